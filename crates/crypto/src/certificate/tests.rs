//! What is a certificate and what is not, by its bytes and by its signatures.

use codec::{Decode, DecodeError, Encode};
use types::NodeId;
use types::limits::NODES_MAX;

use super::{AGGREGATE_BYTES, Aggregate, Certificate};
use crate::fixture::{Set, schemes};
use crate::{Signature, Signatures};

#[test]
fn a_certificate_holds_for_its_own_statement_alone() {
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        assert!(set.holds(5, set.certificate(5, 0..5)), "{scheme:?}");
        assert!(set.holds(5, set.certificate(5, 3..4)), "{scheme:?}");
        assert!(!set.holds(6, set.certificate(5, 0..5)), "{scheme:?}");
    }
}

#[test]
fn one_wrong_signature_spoils_a_certificate() {
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        let mut votes = set.votes(5, 0..5);
        votes.insert(NodeId::new(2), set.votes(5, 3..4)[&NodeId::new(3)]);
        assert!(!set.holds(5, set.signers[0].certify(votes)), "{scheme:?}");
    }
}

#[test]
fn another_scheme_certifies_nothing() {
    let folded = Aggregate::new((0..5).map(NodeId::new), [9; AGGREGATE_BYTES]);
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        assert!(!set.holds(5, Certificate::Aggregate(folded.clone())), "{scheme:?}");
        for other in schemes().filter(|&other| other != scheme) {
            assert!(!set.holds(5, Set::new(other, 7).certificate(5, 0..5)), "{scheme:?} {other:?}");
        }
    }
}

#[test]
fn strangers_and_nobody_certify_nothing() {
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        let mut votes = set.votes(5, 0..5);
        votes.insert(NodeId::new(7), votes[&NodeId::new(0)]);
        assert!(!set.holds(5, set.signers[0].certify(votes)), "{scheme:?}");
        assert!(!set.holds(5, set.signers[0].certify(Signatures::new())), "{scheme:?}");
    }
}

#[test]
fn the_signers_of_both_kinds_ascend() {
    let signers = [0, 7, 8, 31, 700].map(NodeId::new);
    let list = signers.map(|signer| (signer, Signature::NONE));
    let aggregate = Aggregate::new(signers.into_iter().rev(), [9; AGGREGATE_BYTES]);
    for certificate in [Certificate::List(list.into()), Certificate::Aggregate(aggregate)] {
        assert!(certificate.signers().eq(signers));
        assert_eq!((certificate.len(), certificate.is_empty()), (5, false));
        assert!(signers.iter().all(|&signer| certificate.contains(signer)));
        assert!(
            ![1, 6, 9, 699, 701, u16::MAX]
                .map(NodeId::new)
                .iter()
                .any(|&signer| { certificate.contains(signer) })
        );
        assert_eq!(Certificate::from_bytes(&certificate.to_bytes()), Ok(certificate));
    }
}

#[test]
fn a_list_by_nobody_or_by_a_member_of_no_set_is_no_certificate() {
    let list = |signers: &[u16]| {
        let signers = signers.iter().map(|&signer| (NodeId::new(signer), Signature::NONE));
        Certificate::from_bytes(&Certificate::List(signers.collect()).to_bytes())
    };
    assert!(list(&[0, 1_023]).is_ok());
    assert!(matches!(list(&[]), Err(DecodeError::NotCanonical { .. })));
    assert!(matches!(list(&[0, 1_024]), Err(DecodeError::TooLong { max: NODES_MAX, .. })));
}

#[test]
fn an_aggregate_has_one_encoding_and_a_bound() {
    let bytes = |signers: &[u8]| [&[1][..], &signers.to_vec().to_bytes(), &[7; 48]].concat();
    let decode = |signers: &[u8]| Certificate::from_bytes(&bytes(signers));
    assert!(decode(&[0, 1]).is_ok_and(|certificate| certificate.contains(NodeId::new(8))));
    assert!(matches!(decode(&[]), Err(DecodeError::NotCanonical { .. })));
    assert!(matches!(decode(&[1, 0]), Err(DecodeError::NotCanonical { .. })));
    assert!(decode(&[1; 128]).is_ok());
    assert!(matches!(decode(&[1; 129]), Err(DecodeError::TooLong { .. })));
}
