//! What a verifier remembers, and what nobody can make it remember.

use std::sync::Arc;

use types::{Digest, NodeId};

use super::{CERTIFICATES_KNOWN_MAX, Known};
use crate::fixture::{Certified, Set, schemes, vote};
use crate::{Aggregate, Certificate, Scheme};

fn real() -> impl Iterator<Item = Scheme> {
    schemes().filter(|&scheme| scheme != Scheme::Cheap)
}

#[test]
fn only_what_holds_is_remembered() {
    for scheme in real() {
        let set = Set::new(scheme, 4);
        let good = set.certificate(5, 0..3);
        for _ in 0..2 {
            assert!(!set.holds(6, good.clone()));
            assert_eq!(set.verifier.known(), 0, "{scheme:?}");
        }
        for _ in 0..2 {
            assert!(set.holds(5, good.clone()));
            assert_eq!(set.verifier.known(), 1, "{scheme:?}");
        }
        assert!(!set.holds(6, good), "what is known for one statement is not for another");
    }
}

/// One good and one bad certificate arrive in one batch: nothing of the bad one is learnt from the good one.
#[test]
fn a_batch_with_a_bad_one_teaches_only_what_holds() {
    for scheme in real() {
        let set = Set::new(scheme, 4);
        let good = Certified { vote: vote(5), certificate: set.certificate(5, 0..3) };
        let bad = Certified { vote: vote(6), certificate: good.certificate.clone() };
        for _ in 0..2 {
            let messages = [&good, &bad, &good].map(|message| Arc::new(message.clone()));
            let messages = messages.map(|message| (NodeId::new(0), message)).to_vec();
            let verdicts = set.verifier.verify_all(messages);
            let held: Vec<bool> = verdicts.iter().map(Result::is_ok).collect();
            assert_eq!(held, [true, false, true], "{scheme:?}");
            assert_eq!(set.verifier.known(), 1, "{scheme:?}");
        }
    }
}

/// Each byte of a certificate counts: its signers too, which a signature does not cover.
#[test]
fn a_known_certificate_with_other_signers_is_another() {
    for scheme in real() {
        let set = Set::new(scheme, 4);
        let good = set.certificate(5, 0..3);
        assert!(set.holds(5, good.clone()));
        let others = match &good {
            Certificate::List(list) => {
                let votes =
                    list.iter().map(|(signer, &vote)| (NodeId::new(signer.get() + 1), vote));
                Certificate::List(votes.collect())
            }
            Certificate::Aggregate(aggregate) => {
                let signers = (1..4).map(NodeId::new);
                Certificate::Aggregate(Aggregate::new(signers, *aggregate.signature()))
            }
        };
        assert!(!set.holds(5, others), "{scheme:?}");
        assert!(set.holds(5, good), "{scheme:?}");
    }
}

#[test]
fn clones_share_and_other_domains_do_not() {
    let set = Set::new(Scheme::Ed25519, 4);
    let other = Set::in_epoch(Scheme::Ed25519, 4, 1);
    let clone = set.verifier.clone();
    assert!(set.holds(5, set.certificate(5, 0..3)));
    assert_eq!((clone.known(), other.verifier.known()), (1, 0));
    assert!(!other.holds(5, set.certificate(5, 0..3)));
}

#[test]
fn the_memory_is_bounded_and_keeps_the_latest() {
    let mut known = Known::default();
    let name = |index: usize| crate::sha256(&[&index.to_le_bytes()]);
    for index in 0..3 * CERTIFICATES_KNOWN_MAX {
        known.insert(name(index));
        assert!(known.len() <= CERTIFICATES_KNOWN_MAX);
        let latest = index.saturating_sub(CERTIFICATES_KNOWN_MAX / 2 - 1)..=index;
        assert!([*latest.start(), *latest.end()].iter().all(|&index| known.contains(&name(index))));
    }
    assert!(!known.contains(&name(0)));
    assert!(!known.contains(&Digest::ZERO));
}
