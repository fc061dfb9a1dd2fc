//! The arithmetic: votes alone, in a batch and folded, and keys that nobody holds.

use blst::min_sig::{AggregatePublicKey, AggregateSignature, PublicKey as Point};
use types::{NodeId, Prng};

use super::arithmetic::Keys;
use super::{KeyError, Possession, PublicKey, SecretKey, fold};
use crate::{KeyRing, Signature, Signatures};

fn secrets(n: usize) -> Vec<SecretKey> {
    let mut prng = Prng::new(5, 0);
    let seeds = (0..n).map(|_| {
        let mut seed = [0; 32];
        prng.fill(&mut seed);
        seed
    });
    seeds.map(SecretKey::from_seed).collect()
}
fn shown(secret: &SecretKey) -> (PublicKey, Possession) {
    (secret.public(), secret.possession())
}

#[test]
fn keys_that_are_shown_to_be_held_make_a_ring() {
    let keys: Vec<_> = secrets(5).iter().map(shown).collect();
    assert_eq!(KeyRing::bls(&keys).unwrap().len(), 5);
    assert!(KeyRing::bls(&[]).unwrap().is_empty());
}

/// Whoever knows others' keys P can name `own - P` as a key of theirs and then sign for P and itself together.
/// The fold would hold; the key does not get that far, because nobody can show to hold it.
#[test]
fn a_rogue_key_gets_into_no_ring() {
    let secrets = secrets(2);
    let (victim, own) = (&secrets[0], &secrets[1]);
    let point = |key: PublicKey| Point::uncompress(&key.0).unwrap();
    let mut difference = AggregatePublicKey::from_public_key(&point(own.public()));
    difference.sub_aggregate(&AggregatePublicKey::from_public_key(&point(victim.public())));
    let rogue = PublicKey(difference.to_public_key().compress());

    let message = b"the victim never said this";
    let folded = own.sign(message);
    let sum = AggregatePublicKey::aggregate(&[&point(victim.public()), &point(rogue)], true);
    let signature =
        blst::min_sig::Signature::uncompress(folded.0.first_chunk::<48>().unwrap()).unwrap();
    let dst = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
    let attack = signature.verify(true, message, dst, &[], &sum.unwrap().to_public_key(), true);
    assert_eq!(attack, blst::BLST_ERROR::BLST_SUCCESS, "the attack works on a bare sum");

    for proof in [own.possession(), victim.possession(), Possession([0; 48])] {
        let ring = KeyRing::bls(&[shown(victim), (rogue, proof)]);
        assert_eq!(ring.err(), Some(KeyError::NotPossessed(NodeId::new(1))));
    }
}

#[test]
fn a_vote_proves_no_possession() {
    let secret = &secrets(1)[0];
    let key = secret.public();
    let vote = Possession(*secret.sign(&key.0).0.first_chunk::<48>().unwrap());
    let ring = KeyRing::bls(&[(key, vote)]);
    assert_eq!(ring.err(), Some(KeyError::NotPossessed(NodeId::new(0))));
}

#[test]
fn a_key_stands_once_and_is_a_point() {
    let secrets = secrets(2);
    let twice = [shown(&secrets[0]), shown(&secrets[1]), shown(&secrets[0])];
    assert_eq!(KeyRing::bls(&twice).err(), Some(KeyError::Repeated(NodeId::new(2))));
    let mut infinity = [0; 96];
    infinity[0] = 0xc0;
    for bytes in [[0; 96], [0xff; 96], infinity] {
        let ring = KeyRing::bls(&[(PublicKey(bytes), secrets[0].possession())]);
        assert_eq!(ring.err(), Some(KeyError::NotAKey(NodeId::new(0))));
    }
}

#[test]
fn only_signatures_fold() {
    let secrets = secrets(3);
    let vote = |index: u16| (NodeId::new(index), secrets[usize::from(index)].sign(b"yes"));
    let votes: Signatures = (0..3).map(vote).collect();
    let folded = fold(&votes).unwrap();
    assert!(folded.signers().eq(NodeId::all(3)));
    assert_eq!(fold(&Signatures::new()), None);

    let mut padded = votes[&NodeId::new(1)];
    padded.0[63] = 1;
    let mut infinity = Signature::NONE;
    infinity.0[0] = 0xc0;
    for wrong in [Signature::NONE, Signature([0xff; 64]), padded, infinity] {
        let mut votes = votes.clone();
        votes.insert(NodeId::new(1), wrong);
        assert_eq!(fold(&votes), None, "{wrong}");
    }
}

/// Two wrong votes whose errors cancel: their plain sum holds, they do not.
#[test]
fn errors_that_cancel_do_not_hold_in_a_batch() {
    use super::Batch;
    use crate::verifier::Batch as _;

    let secrets = secrets(3);
    let ring: Vec<_> = secrets.iter().map(shown).collect();
    let keys = Keys::proven(&ring).unwrap();
    let statement = View(7);
    let domain = crate::Domain::new(types::ChainId::default(), types::Digest::ZERO, "test");
    let votes: Vec<(NodeId, Signature)> = NodeId::all(3)
        .zip(&secrets)
        .map(|(me, key)| {
            let signer = crate::Signer::with_bls(me, domain, std::sync::Arc::new(key.clone()));
            (me, signer.sign(statement).signature)
        })
        .collect();
    let holds = |votes: &Signatures| {
        let mut batch = Batch::new(&keys);
        let certificate = crate::Certificate::List(votes.clone());
        certificate.check(&statement, &mut |signed| batch.add(domain, signed)) && batch.holds()
    };
    let honest: Signatures = votes.iter().copied().collect();
    assert!(holds(&honest));

    let point = |vote: &Signature| {
        blst::min_sig::Signature::uncompress(vote.0.first_chunk::<48>().unwrap()).unwrap()
    };
    let error = point(&secrets[2].sign(b"anything"));
    let mut minus = error.compress();
    minus[0] ^= 0x20;
    let minus = blst::min_sig::Signature::uncompress(&minus).unwrap();
    let shifted = |vote: &Signature, by| {
        let sum = AggregateSignature::aggregate(&[&point(vote), &by], true).unwrap();
        let mut bytes = [0; 64];
        bytes[..48].copy_from_slice(&sum.to_signature().compress());
        Signature(bytes)
    };
    let mut cancelling = honest.clone();
    cancelling.insert(NodeId::new(0), shifted(&honest[&NodeId::new(0)], error));
    cancelling.insert(NodeId::new(1), shifted(&honest[&NodeId::new(1)], minus));
    assert_eq!(fold(&cancelling), fold(&honest), "their plain sum is the honest one");
    assert!(!holds(&cancelling));
}

#[derive(Clone, Copy)]
struct View(u64);
impl codec::Encode for View {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl crate::Statement for View {
    const KIND: u8 = 9;
}

/// RFC 9380, appendix J.9.1: signing with the key 1 gives the point that the message is hashed to.
#[test]
fn messages_are_hashed_to_the_points_of_rfc_9380() {
    let dst = b"QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_";
    let mut one = [0; 32];
    one[31] = 1;
    let key = blst::min_sig::SecretKey::from_bytes(&one).unwrap();
    let x = |message: &[u8]| {
        let bytes = key.sign(message, dst, &[]).serialize();
        bytes[..48].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(
        x(b""),
        "052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1"
    );
    assert_eq!(
        x(b"abc"),
        "03567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903"
    );
}
