use std::collections::BTreeSet;

use ledger::{SealedTransaction, tx_signing_bytes};
use types::Digest;

use super::*;

fn kind(signed: bool, tx_size: usize) -> Kind {
    Kind { chain: ChainId(Digest::new([7; 32])), tx_size, signed, expires: Time::from_us(1) }
}

#[test]
fn notes_have_the_size_asked_for_and_are_all_different() {
    let mut supply = Supply::new(&kind(false, 512), 1, 3, 0).unwrap();
    let notes: Vec<SealedTransaction> =
        (0..100).map(|_| SealedTransaction::from_bytes(&supply.next()).unwrap()).collect();
    assert!(notes.iter().all(|note| note.bytes().len() == 512));
    let nonces: BTreeSet<_> =
        notes.iter().map(|note| (note.view().sender, note.view().nonce)).collect();
    assert_eq!(nonces.len(), 100);
    assert_eq!(notes.iter().map(|note| note.view().nonce).max(), Some(34));
}

#[test]
fn signed_notes_hold_beyond_those_made_beforehand() {
    let mut supply = Supply::new(&kind(true, 300), 1, 2, 3).unwrap();
    for _ in 0..6 {
        let note = SealedTransaction::from_bytes(&supply.next()).unwrap();
        let view = note.view();
        let key = crypto::PublicKey::new(view.sender.0).unwrap();
        assert!(key.verify(&tx_signing_bytes(note.bytes()), &view.signature).is_ok());
    }
}

#[test]
fn a_size_that_no_transaction_has_is_refused() {
    assert!(Supply::new(&kind(false, 100), 1, 1, 0).is_err());
}
