//! Who may say what, where: rules, with both schemes.

use codec::Decode as _;
use types::{ChainId, Digest, NodeId, View};

use super::{Authentic, Domain, Signed, SignedBytes, Signer, Statement};
use crate::{
    KeyRing, PublicKey, Scheme, SecretKey, SignatureError, SimulatedKey, Verifier, VerifyError,
    sha256,
};

fn schemes() -> impl Iterator<Item = Scheme> {
    [Scheme::Ed25519, Scheme::Bls, Scheme::Cheap].into_iter().filter(|scheme| scheme.is_available())
}

/// Statements with the same bytes, told apart by their kind alone.
macro_rules! statement {
    ($name:ident, $kind:literal) => {
        impl codec::Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }
        }
        impl Statement for $name {
            const KIND: u8 = $kind;
        }
    };
}
#[derive(Clone, PartialEq, Debug)]
struct Prepare(View);
statement!(Prepare, 1);

#[derive(Clone, PartialEq, Debug)]
struct Commit(View);
statement!(Commit, 2);

/// A message with an author and a certificate.
#[derive(Clone, Debug)]
struct Message {
    own: Signed<Prepare>,
    certificate: Vec<Signed<Commit>>,
}

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        Some(self.own.signer)
    }
    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        self.own.check(check) && self.certificate.iter().all(|signed| signed.check(check))
    }
}

struct Set {
    ring: KeyRing,
    keys: Vec<SimulatedKey>,
}

impl Set {
    fn new(scheme: Scheme, n: usize) -> Self {
        let (ring, keys) = KeyRing::simulated(scheme, n, 7);
        assert_eq!((ring.len(), ring.is_empty(), keys.len()), (n, false, n));
        Self { ring, keys }
    }
    fn signer(&self, index: u16, domain: Domain) -> Signer {
        Signer::simulated(NodeId::new(index), domain, self.keys[usize::from(index)].clone())
    }
    fn verifier(&self, domain: Domain) -> Verifier {
        Verifier::new(domain, self.ring.clone())
    }
    fn message(&self, signers: u16) -> Message {
        let commit = |index| self.signer(index, domain()).sign(Commit(View::new(3)));
        let own = self.signer(1, domain()).sign(Prepare(View::new(3)));
        Message { own, certificate: (0..signers).map(commit).collect() }
    }
}

fn chain(name: u8) -> ChainId {
    ChainId(sha256(&[&[name]]))
}
fn domain() -> Domain {
    Domain::new(chain(1), Digest::new([1; 32]), "pbft")
}

#[test]
fn an_honest_message_is_verified() {
    for scheme in schemes() {
        let set = Set::new(scheme, 20);
        for signers in [0, 1, 2, 3, 4, 5, 20] {
            let verified = set.verifier(domain()).verify(NodeId::new(1), set.message(signers));
            assert_eq!(verified.unwrap().certificate.len(), usize::from(signers));
        }
    }
}

#[test]
fn x2_a_signature_says_nothing_in_another_kind() {
    for scheme in schemes() {
        let set = Set::new(scheme, 4);
        let prepare = set.signer(1, domain()).sign(Prepare(View::new(3)));
        let Signed { statement, signer, signature } = prepare.clone();
        let commit = Signed { statement: Commit(statement.0), signer, signature };
        assert!(set.verifier(domain()).holds_one(&prepare));
        assert!(!set.verifier(domain()).holds_one(&commit));
    }
}

#[test]
fn x2_a_signature_says_nothing_in_another_chain_set_or_protocol() {
    let others = [
        Domain::new(chain(2), Digest::new([1; 32]), "pbft"),
        Domain::new(chain(1), Digest::new([2; 32]), "pbft"),
        Domain::new(chain(1), Digest::new([1; 32]), "raft"),
    ];
    for scheme in schemes() {
        let set = Set::new(scheme, 4);
        for other in others {
            let signer = set.signer(1, domain());
            let here = signer.sign(Prepare(View::new(3)));
            let there = signer.in_domain(other).sign(Prepare(View::new(3)));
            assert!(!set.verifier(other).holds_one(&here), "{scheme:?} {other:?}");
            assert!(!set.verifier(domain()).holds_one(&there), "{scheme:?} {other:?}");
            assert!(set.verifier(other).holds_one(&there));
        }
    }
}

#[test]
fn x3_a_message_must_come_from_its_author() {
    for scheme in schemes() {
        let set = Set::new(scheme, 4);
        let refused = set.verifier(domain()).verify(NodeId::new(3), set.message(2));
        let author = NodeId::new(1);
        assert_eq!(refused.err(), Some(VerifyError::NotFromAuthor { author }));
    }
}

#[test]
fn x3_a_statement_must_be_signed_by_whom_it_names() {
    for scheme in schemes() {
        let set = Set::new(scheme, 4);
        let mut signed = set.signer(3, domain()).sign(Prepare(View::new(3)));
        signed.signer = NodeId::new(1);
        assert!(!set.verifier(domain()).holds_one(&signed));
        let message = Message { own: signed, certificate: Vec::new() };
        let refused = set.verifier(domain()).verify(NodeId::new(1), message);
        assert_eq!(refused.err(), Some(VerifyError::BadSignature));
    }
}

#[test]
fn x4_a_signature_has_no_second_form() {
    for scheme in schemes() {
        let set = Set::new(scheme, 4);
        let signed = set.signer(1, domain()).sign(Prepare(View::new(3)));
        assert_eq!(signed, set.signer(1, domain()).sign(Prepare(View::new(3))), "deterministic");
        for bit in 0..512 {
            let mut malleated = signed.clone();
            malleated.signature.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!set.verifier(domain()).holds_one(&malleated), "{scheme:?}, bit {bit}");
        }
        let other = Signed { statement: Prepare(View::new(4)), ..signed };
        assert!(!set.verifier(domain()).holds_one(&other), "another statement");
    }
}

#[test]
fn strangers_are_refused() {
    for scheme in schemes() {
        let (large, small) = (Set::new(scheme, 5), Set::new(scheme, 4));
        let stranger = large.signer(4, domain()).sign(Prepare(View::new(3)));
        assert!(large.verifier(domain()).holds_one(&stranger));
        assert!(!small.verifier(domain()).holds_one(&stranger), "{scheme:?}: not in the set");
        let mut far = stranger.clone();
        far.signer = NodeId::new(u16::MAX);
        assert!(!large.verifier(domain()).holds_one(&far));
        let (_, foreign) = KeyRing::simulated(scheme, 5, 8);
        let impostor = Signer::simulated(NodeId::new(1), domain(), foreign[1].clone());
        assert!(!large.verifier(domain()).holds_one(&impostor.sign(Prepare(View::new(3)))));
    }
}

#[test]
fn one_bad_signature_among_many_refuses_the_message() {
    for scheme in schemes() {
        let set = Set::new(scheme, 20);
        for signers in [1, 3, 4, 20_u16] {
            for bad in 0..usize::from(signers) {
                let mut forged = set.message(signers);
                forged.certificate[bad].signature.0[1] ^= 1;
                let mut false_claim = set.message(signers);
                false_claim.certificate[bad].statement = Commit(View::new(4));
                let mut stranger = set.message(signers);
                stranger.certificate[bad].signer = NodeId::new(20);
                for message in [forged, false_claim, stranger] {
                    let refused = set.verifier(domain()).verify(NodeId::new(1), message);
                    assert_eq!(
                        refused.err(),
                        Some(VerifyError::BadSignature),
                        "{bad} of {signers}"
                    );
                }
            }
        }
    }
}

#[test]
fn ones_own_message_is_verified_and_nobody_elses() {
    let set = Set::new(Scheme::Cheap, 4);
    let verified = set.signer(1, domain()).own(set.message(1));
    assert_eq!(verified.clone().own, verified.shared().own);
    let other = set.signer(2, domain());
    let result = std::panic::catch_unwind(|| other.own(set.message(1)));
    assert!(result.is_err(), "a message of another author");
}

#[test]
fn a_key_that_is_no_point_signs_nothing_in_a_ring() {
    let secret = SecretKey::from_seed([3; 32]);
    let no_point = (0..=255)
        .map(|byte| [byte; 32])
        .find(|&bytes| PublicKey::new(bytes) == Err(SignatureError::NotAPoint))
        .unwrap();
    let no_point = PublicKey::from_bytes(&no_point).unwrap();
    let verifier = Verifier::new(domain(), KeyRing::ed25519(vec![no_point, secret.public()]));
    for (index, holds) in [(0, false), (1, true)] {
        let signer = Signer::new(NodeId::new(index), domain(), std::sync::Arc::new(secret.clone()));
        assert_eq!(verifier.holds_one(&signer.sign(Prepare(View::new(1)))), holds);
    }
}

#[test]
fn many_messages_have_the_verdicts_that_each_has_alone() {
    for scheme in schemes() {
        let set = Set::new(scheme, 8);
        let verifier = set.verifier(domain());
        let me = NodeId::new(1);
        let mut forged = set.message(3);
        forged.certificate[1] = set.signer(2, domain()).sign(Commit(View::new(4)));
        forged.certificate[1].signer = NodeId::new(5);
        for spoilt in [false, true] {
            let mut messages: Vec<(NodeId, std::sync::Arc<Message>)> =
                (0..6).map(|signers| (me, set.message(signers).into())).collect();
            if spoilt {
                messages[2].1 = forged.clone().into();
                messages[4].0 = NodeId::new(3);
            }
            let alone: Vec<_> = messages
                .iter()
                .map(|(from, message)| verifier.verify_shared(*from, message.clone()).err())
                .collect();
            let together = verifier.verify_all(messages).into_iter().map(Result::err);
            assert_eq!(together.collect::<Vec<_>>(), alone);
            assert_eq!(alone.iter().flatten().count(), if spoilt { 2 } else { 0 });
        }
    }
}
