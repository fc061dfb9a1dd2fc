//! Who certifies at which height: too few, strangers, other epochs, large sets.

use std::sync::Arc;

use types::{Height, NodeId};

use super::{CertificateError, EPOCHS_KEPT_MAX, Epochs};
use crate::fixture::{Certified, Set, schemes, vote};
use crate::{Aggregate, Certificate, InEpoch};

fn height(height: u64) -> Height {
    Height::new(height)
}

#[test]
fn a_quorum_certifies_and_fewer_do_not() {
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        let certifies = |n| set.verifier.certifies(&vote(5), &set.certificate(5, 0..n));
        assert_eq!(certifies(5), Ok(()), "{scheme:?}");
        assert_eq!(certifies(7), Ok(()), "{scheme:?}");
        assert_eq!(certifies(4), Err(CertificateError::TooFew { have: 4, need: 5 }));
        assert_eq!(certifies(0), Err(CertificateError::TooFew { have: 0, need: 5 }));
    }
}

#[test]
fn one_replica_many_times_is_no_quorum() {
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        let one = set.votes(5, 0..1)[&NodeId::new(0)];
        let votes = (0..5).map(|signer| (NodeId::new(signer), one)).collect();
        let certificate = set.signers[0].certify(votes);
        let verdict = set.verifier.certifies(&vote(5), &certificate);
        assert_eq!(verdict, Err(CertificateError::BadSignature), "{scheme:?}");
    }
}

#[test]
fn an_aggregate_that_names_others_than_its_signers_does_not_hold() {
    for scheme in schemes() {
        let set = Set::new(scheme, 7);
        let Certificate::Aggregate(honest) = set.certificate(5, 0..5) else { continue };
        for claimed in [0..6, 1..6, 0..7] {
            let signers = claimed.map(NodeId::new);
            let certificate = Certificate::Aggregate(Aggregate::new(signers, *honest.signature()));
            let verdict = set.verifier.certifies(&vote(5), &certificate);
            assert_eq!(verdict, Err(CertificateError::BadSignature));
        }
    }
}

#[test]
fn a_stranger_is_named() {
    for scheme in schemes() {
        let (set, larger) = (Set::new(scheme, 7), Set::new(scheme, 8));
        let verdict = set.verifier.certifies(&vote(5), &larger.certificate(5, 2..8));
        assert_eq!(verdict, Err(CertificateError::Stranger(NodeId::new(7))), "{scheme:?}");
    }
}

#[test]
fn a_certificate_of_another_epoch_does_not_hold() {
    for scheme in schemes() {
        let sets = [0, 1].map(|epoch| Set::in_epoch(scheme, 4, epoch));
        let mut epochs = Epochs::new(sets[0].verifier.clone());
        assert!(epochs.begin(height(10), sets[1].verifier.clone()));
        let [old, new] = sets.each_ref().map(|set| set.certificate(5, 0..3));
        let certifies = |at, certificate| epochs.certifies(height(at), &vote(5), certificate);
        assert_eq!(certifies(9, &old), Ok(()), "{scheme:?}");
        assert_eq!(certifies(10, &new), Ok(()), "{scheme:?}");
        assert_eq!(certifies(u64::MAX, &new), Ok(()), "{scheme:?}");
        assert_eq!(certifies(10, &old), Err(CertificateError::BadSignature), "{scheme:?}");
        assert_eq!(certifies(9, &new), Err(CertificateError::BadSignature), "{scheme:?}");
    }
}

#[test]
fn epochs_ascend_and_are_forgotten() {
    let set = Set::new(crate::Scheme::Cheap, 4).verifier;
    let mut epochs = Epochs::new(set.clone());
    assert!(epochs.begin(height(5), set.clone()));
    assert!(!epochs.begin(height(5), set.clone()));
    assert!(!epochs.begin(Height::ZERO, set.clone()));
    for epoch in 0..EPOCHS_KEPT_MAX as u64 {
        assert!(epochs.at(height(5)).is_some());
        assert!(epochs.begin(height(6 + epoch), set.clone()));
    }
    assert!(epochs.at(height(5)).is_none());
    assert!(epochs.at(height(6)).is_some());
    let certificate = Set::new(crate::Scheme::Cheap, 4).certificate(5, 0..3);
    let verdict = epochs.certifies(height(5), &vote(5), &certificate);
    assert_eq!(verdict, Err(CertificateError::UnknownEpoch));
}

#[test]
fn a_thousand_replicas_certify() {
    for scheme in schemes() {
        let set = Set::new(scheme, 1_000);
        let certificate = set.certificate(5, 333..1_000);
        assert_eq!(set.verifier.certifies(&vote(5), &certificate), Ok(()), "{scheme:?}");
        let verdict = set.verifier.certifies(&vote(6), &certificate);
        assert_eq!(verdict, Err(CertificateError::BadSignature), "{scheme:?}");
        let verdict = set.verifier.certifies(&vote(5), &set.certificate(5, 335..1_000));
        assert_eq!(verdict, Err(CertificateError::TooFew { have: 665, need: 667 }));
    }
}

/// One verifier checks the messages of all epochs, each in its own domain, whatever it remembers of the others.
#[test]
fn what_is_said_in_one_epoch_holds_in_no_other() {
    for scheme in schemes() {
        let set = Set::new(scheme, 4);
        for said in 0..3 {
            let votes = set.signers[..3].iter().map(|signer| signer.in_epoch(said).sign(vote(5)));
            let votes = votes.map(|signed| (signed.signer, signed.signature)).collect();
            let certificate = set.signers[0].certify(votes);
            let message = Arc::new(Certified { vote: vote(5), certificate });
            for _again in 0..2 {
                for epoch in 0..3 {
                    let message = InEpoch { epoch, message: Arc::clone(&message) };
                    assert_eq!(set.verifier.holds(&message), epoch == said, "{scheme:?} {said}");
                }
            }
        }
    }
}
