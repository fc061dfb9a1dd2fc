use std::collections::BTreeSet;

use codec::{Bytes, Encode};
use crypto::Signature;
use types::{ChainId, Time};

use super::{Kind, RECEIVER_BYTES_MAX, receiver};
use crate::{Account, Operation, SealedTransaction, Transaction};

#[test]
fn every_kind_has_one_operation_and_one_name() {
    let operations: BTreeSet<Operation> = Kind::ALL.iter().map(|kind| kind.operation()).collect();
    let labels: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.label()).collect();
    assert_eq!((operations.len(), labels.len()), (Kind::ALL.len(), Kind::ALL.len()));
    for &kind in Kind::ALL {
        assert_eq!(Kind::of(kind.operation()), Some(kind));
        assert_eq!(Kind::from_label(kind.label()), Some(kind));
    }
}

#[test]
fn only_an_addressed_kind_with_a_whole_name_has_a_receiver() {
    let of = |kind: Kind, payload: Vec<u8>| {
        let sealed = SealedTransaction::new(&Transaction {
            chain: ChainId::default(),
            sender: Account([1; 32]),
            nonce: 1,
            operation: kind.operation(),
            payload: Bytes(payload),
            fee: 0,
            expires: Time::from_us(1),
            signature: Signature::NONE,
        })
        .unwrap();
        receiver(&sealed.view()).map(<[u8]>::to_vec)
    };
    let named = ("orders".to_owned(), 7_u64).to_bytes();
    assert_eq!(of(Kind::Message, named.clone()).as_deref(), Some(b"orders".as_slice()));
    assert_eq!(of(Kind::FederationJoin, named.clone()), None, "addressed to the registry itself");
    assert_eq!(of(Kind::Message, named[..7].to_vec()), None, "cut short");
    assert_eq!(of(Kind::Message, Vec::new()), None);
    assert_eq!(of(Kind::Message, String::new().to_bytes()), None, "no name");
    let account = (Account([9; 32]), 5_u64).to_bytes();
    assert_eq!(of(Kind::Transfer, account.clone()).as_deref(), Some([9; 32].as_slice()));
    assert_eq!(of(Kind::Transfer, account[..31].to_vec()), None, "cut short");
    let long = "x".repeat(RECEIVER_BYTES_MAX + 1).to_bytes();
    assert_eq!(of(Kind::Message, long), None, "a name too long");
}
