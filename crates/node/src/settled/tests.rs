use ledger::{Attestation, BlockCertificate};
use types::{Digest, Height};

use super::{KEPT_MAX, Settled};

fn attestation(height: u64, block: u8) -> Attestation {
    Attestation { height: Height::new(height), block: Digest::new([block; 32]) }
}

#[test]
fn only_what_a_certificate_says_needs_no_check() {
    let settled = Settled::default();
    let Attestation { height, block } = attestation(1, 1);
    settled.add(&BlockCertificate { height, block, signatures: crypto::Signatures::new() });
    assert!(settled.has(&attestation(1, 1)));
    assert!(!settled.has(&attestation(1, 2)), "a contradiction is checked, and is evidence");
    assert!(!settled.has(&attestation(2, 1)));
}

#[test]
fn old_certificates_are_forgotten() {
    let settled = Settled::default();
    for height in 1..=KEPT_MAX as u64 + 1 {
        let Attestation { height, block } = attestation(height, 1);
        settled.add(&BlockCertificate { height, block, signatures: crypto::Signatures::new() });
    }
    assert!(!settled.has(&attestation(1, 1)));
    assert!(settled.has(&attestation(2, 1)));
}
