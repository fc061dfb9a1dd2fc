//! Any bytes into the decoders of what peers and files hold: what is read is written the same.

#![no_main]

use codec::{Decode, Encode};
use ledger::{BlockCertificate, CertifiedBlock, Genesis, Proposal, Receipt};
use libfuzzer_sys::fuzz_target;

fn read<T: Decode + Encode>(bytes: &[u8]) {
    if let Ok(value) = T::from_bytes(bytes) {
        assert_eq!(value.to_bytes(), bytes, "one value, one encoding");
    }
}

fuzz_target!(|bytes: &[u8]| {
    read::<protocols::Message>(bytes);
    read::<protocols::Record>(bytes);
    read::<Proposal>(bytes);
    read::<BlockCertificate>(bytes);
    read::<CertifiedBlock>(bytes);
    read::<Receipt>(bytes);
    read::<Genesis>(bytes);
});
