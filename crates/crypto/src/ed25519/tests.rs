//! The acceptance rule against vectors that others wrote, alone and in batches.

use codec::Decode;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest as _, Sha512};

use super::batch::Sum;
use super::{PublicKey, SMALL_ORDER, SecretKey, Signature, SignatureError, verify_batch};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/ed25519/");

/// The order of the base point, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn vectors(file: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("{VECTORS}{file}"));
    if text.is_err() {
        println!("skipped: no shared/vectors/ed25519/{file} beside the checkout");
    }
    text.ok()
}

fn unhex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "half a byte in {text}");
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    pairs.collect::<Result<_, _>>().unwrap()
}

fn good() -> Vec<(PublicKey, Vec<u8>, Signature)> {
    let make = |i: u8| {
        let (key, message) = (SecretKey::from_seed([i; 32]), vec![i; usize::from(i)]);
        (key.public(), message.clone(), key.sign(&message))
    };
    (1..=7).map(make).collect()
}

fn batch(items: &[(PublicKey, Vec<u8>, Signature)]) -> bool {
    let found = items.iter().map(|(key, _, _)| key.prepare()).collect::<Vec<_>>();
    let known = items.iter().zip(&found).map(|((_, message, sig), key)| (key, &message[..], sig));
    let known = verify_batch(known);
    let new = verify_batch(items.iter().map(|(key, message, sig)| (*key, message.as_slice(), sig)));
    assert_eq!(known, new, "a point at hand makes no difference");
    new
}

/// What ed25519-zebra says, which has no view on the order of keys.
fn zebra(key: PublicKey, message: &[u8], signature: Signature) -> bool {
    let key = ed25519_zebra::VerificationKey::try_from(key.to_bytes());
    key.is_ok_and(|key| key.verify(&signature.0.into(), message).is_ok())
}

/// The verdict, which must be the same alone, prepared, in a batch of one, and anywhere among good ones.
fn verdict(key: PublicKey, message: &[u8], signature: Signature) -> bool {
    let alone = key.verify(message, &signature).is_ok();
    assert_eq!(alone, key.prepare().verify(message, &signature).is_ok(), "prepared");
    assert_eq!(alone, zebra(key, message, signature), "another implementation of the rule");
    let item = (key, message.to_vec(), signature);
    assert_eq!(alone, batch(std::slice::from_ref(&item)), "in a batch of one");
    for place in [0, 3, 7] {
        let mut items = good();
        items.insert(place, item.clone());
        assert_eq!(alone, batch(&items), "in a batch of eight, at {place}");
    }
    alone
}

#[test]
fn ref10_signatures_are_made_and_accepted() {
    let Some(text) = vectors("TESTVECTORS") else { return };
    let mut cases = 0;
    for line in text.lines() {
        let fields: Vec<Vec<u8>> = line.split(':').take(4).map(unhex).collect();
        let [secret, public, message, signed] = fields.as_slice() else { panic!("{line}") };
        let key = SecretKey::from_seed(secret[..32].try_into().unwrap());
        let signature = Signature::from_bytes(&signed[..64]).unwrap();
        assert_eq!(&key.public().to_bytes()[..], public);
        assert_eq!(key.sign(message), signature);
        assert_eq!(PublicKey::new(public[..].try_into().unwrap()), Ok(key.public()));
        assert!(verdict(key.public(), message, signature));
        let longer = [message.as_slice(), b"!"].concat();
        assert!(!verdict(key.public(), &longer, signature), "another message");
        cases += 1;
    }
    assert!(cases >= 128, "only {cases} cases");
}

/// Where our rule (ZIP-215, no small-order keys) and Wycheproof's (RFC 8032, strict) differ, by `tcId`, with the reason.
const DIFFERENT: [(u64, &str); 0] = [];

#[test]
fn wycheproof_verdicts_are_ours() {
    let Some(text) = vectors("wycheproof_ed25519_half.json") else { return };
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut cases = 0;
    for group in file["testGroups"].as_array().unwrap() {
        let key = unhex(group["publicKey"]["pk"].as_str().unwrap());
        let key = PublicKey::new(key.try_into().unwrap()).unwrap();
        for case in group["tests"].as_array().unwrap() {
            let message = unhex(case["msg"].as_str().unwrap());
            let signature = unhex(case["sig"].as_str().unwrap());
            let id = case["tcId"].as_u64().unwrap();
            let differs = DIFFERENT.iter().any(|&(different, _)| different == id);
            let wanted = (case["result"] == "valid") != differs;
            let found = Signature::from_bytes(&signature)
                .is_ok_and(|signature| verdict(key, &message, signature));
            assert_eq!(found, wanted, "tcId {id}: {}", case["comment"]);
            cases += 1;
        }
    }
    assert!(cases >= 75, "only {cases} cases");
}

#[test]
fn keys_of_small_order_are_refused_in_every_encoding() {
    let mut encodings: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|p| p.compress().0).collect();
    encodings.extend(SMALL_ORDER);
    for mut bytes in encodings {
        for sign in [0, 0x80] {
            bytes[31] = bytes[31] & 0x7f | sign;
            let point = CompressedEdwardsY(bytes).decompress().unwrap();
            assert!(point.is_small_order());
            assert_eq!(PublicKey::new(bytes), Err(SignatureError::SmallOrder));
            assert!(PublicKey::from_bytes(&bytes).is_err());
        }
    }
}

#[test]
fn unreduced_keys_of_large_order_are_accepted_and_others_are_no_points() {
    let (mut large, mut none) = (0, 0);
    for first in 0xed..=0xff_u8 {
        for last in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (first, last);
            match (CompressedEdwardsY(bytes).decompress(), PublicKey::new(bytes)) {
                (None, Err(SignatureError::NotAPoint)) => none += 1,
                (Some(point), Err(SignatureError::SmallOrder)) => assert!(point.is_small_order()),
                (Some(point), Ok(_)) => {
                    assert!(!point.is_small_order());
                    large += 1;
                }
                (point, key) => panic!("{first:02x}: {point:?} but {key:?}"),
            }
        }
    }
    assert!(large > 0 && none > 0);
}

#[test]
fn a_key_that_is_no_point_verifies_nothing() {
    let bytes = (0..=255)
        .map(|first| [first; 32])
        .find(|&bytes| PublicKey::new(bytes) == Err(SignatureError::NotAPoint))
        .unwrap();
    let key = PublicKey::from_bytes(&bytes).unwrap();
    let signature = SecretKey::from_seed([1; 32]).sign(b"m");
    assert_eq!(key.verify(b"m", &signature), Err(SignatureError::NotAPoint));
    assert!(!verdict(key, b"m", signature));
    assert!(!verdict(key, b"m", Signature::NONE));
}

#[test]
fn an_unreduced_s_is_refused() {
    let key = SecretKey::from_seed([7; 32]);
    let mut signature = key.sign(b"m");
    assert!(verdict(key.public(), b"m", signature));
    let mut carry = 0;
    for (byte, order) in signature.0[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    assert!(!verdict(key.public(), b"m", signature));
}

#[test]
fn every_flipped_bit_is_refused() {
    let key = SecretKey::from_seed([7; 32]);
    let signature = key.sign(b"m");
    for bit in 0..512 {
        let mut flipped = signature;
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.public().verify(b"m", &flipped), Err(SignatureError::Mismatch), "bit {bit}");
    }
}

/// A signature whose nonce point is `[r]B + torsion`, by a key whose point is `[a]B + key_torsion`.
fn twisted(
    a: Scalar,
    key_torsion: EdwardsPoint,
    r: Scalar,
    nonce: Option<[u8; 32]>,
    torsion: EdwardsPoint,
) -> (PublicKey, Signature) {
    let key = PublicKey::new((BASE * a + key_torsion).compress().0).unwrap();
    let nonce = nonce.unwrap_or_else(|| (BASE * r + torsion).compress().0);
    let hash = Sha512::new().chain_update(nonce).chain_update(key.to_bytes()).chain_update(b"m");
    let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&nonce);
    bytes[32..].copy_from_slice((r + k * a).as_bytes());
    (key, Signature(bytes))
}

/// ZIP-215: torsion in the key or the nonce makes no difference, to one check or to a batch.
#[test]
fn torsion_is_accepted_alone_and_in_a_batch() {
    let (a, r) = (Scalar::from(0x1234_5678_u64), Scalar::from(0x8765_4321_u64));
    for key_torsion in EIGHT_TORSION {
        for torsion in EIGHT_TORSION {
            let (key, signature) = twisted(a, key_torsion, r, None, torsion);
            assert!(verdict(key, b"m", signature));
            assert!(!verdict(key, b"another", signature));
        }
    }
}

/// ZIP-215: an unreduced encoding of the nonce's point (here the identity) is accepted, as long as it was hashed.
#[test]
fn an_unreduced_nonce_is_accepted_alone_and_in_a_batch() {
    let a = Scalar::from(0x1234_5678_u64);
    let unreduced_identity = SMALL_ORDER[4];
    let (key, signature) =
        twisted(a, EIGHT_TORSION[0], Scalar::ZERO, Some(unreduced_identity), EIGHT_TORSION[0]);
    assert!(verdict(key, b"m", signature));
    let mut reduced = signature;
    reduced.0[..32].copy_from_slice(&SMALL_ORDER[1]);
    assert!(!verdict(key, b"m", reduced), "the encoding is part of what is signed");
}

#[test]
fn an_empty_batch_holds_and_one_bad_signature_among_many_does_not() {
    assert!(batch(&[]));
    let items: Vec<_> = (0..40).flat_map(|_| good()).collect();
    assert!(batch(&items));
    for place in [0, 100, items.len() - 1] {
        let mut bad = items.clone();
        bad[place].1.push(0);
        assert!(!batch(&bad), "at {place}");
    }
    let mut swapped = good();
    (swapped[0].2, swapped[1].2) = (swapped[1].2, swapped[0].2);
    assert!(!batch(&swapped));
}

/// Whoever knew the coefficients before choosing signatures could let two wrong ones cancel.
#[test]
fn the_coefficients_of_a_batch_depend_on_all_of_it() {
    let block = |items: &[(PublicKey, Vec<u8>, Signature)]| {
        let mut sum = Sum::with_capacity(0);
        for (key, message, signature) in items {
            let _ = sum.add(key, message, signature);
        }
        sum.coefficients().next()
    };
    let items = good();
    let mut changed = vec![items.clone(); 5];
    changed[0][3].0 = SecretKey::from_seed([9; 32]).public();
    changed[1][3].1.push(0);
    changed[2][3].2.0[0] ^= 1;
    changed[3][3].2.0[63] ^= 1;
    changed[4].pop();
    for (case, other) in changed.iter().enumerate() {
        assert_ne!(block(other), block(&items), "case {case}");
    }
}

#[test]
fn two_wrong_signatures_do_not_cancel() {
    let mut items = good();
    for (item, change) in items.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
        let s = Scalar::from_canonical_bytes(item.2.0[32..].try_into().unwrap()).unwrap();
        item.2.0[32..].copy_from_slice((s + change).as_bytes());
    }
    assert!(!batch(&items));
}
