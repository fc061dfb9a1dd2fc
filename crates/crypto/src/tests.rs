//! The pinned bytes of what this crate and those below it put on the wire and the disk.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Bytes, Decode, Encode};
use types::{ChainId, Digest, Duration, Height, NodeId, Prng, Seq, Time, View};

use crate::{Aggregate, Certificate, PublicKey, Signature, Signatures, Signed, bls};
use conformance::check;

#[derive(Clone, PartialEq, Debug)]
struct Vote {
    view: View,
    digest: Digest,
}
codec::record!(Vote { view: View, digest: Digest });

#[derive(Clone, PartialEq, Debug)]
enum Either {
    Vote(Vote),
    Text(String),
}
codec::tagged!(Either { 1 => Vote, 7 => Text });

fn bytes<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn count(prng: &mut Prng, bound: u64) -> usize {
    usize::try_from(prng.below(bound)).unwrap()
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::try_from(prng.below(1 << 16)).unwrap())
}
fn member(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::try_from(prng.below(1_024)).unwrap())
}
fn certificate(prng: &mut Prng) -> Certificate {
    let signers: Vec<NodeId> = (0..=prng.below(5)).map(|_| member(prng)).collect();
    if prng.below(2) == 0 {
        Certificate::List(signers.into_iter().map(|signer| (signer, signature(prng))).collect())
    } else {
        Certificate::Aggregate(Aggregate::new(signers.into_iter(), bytes(prng)))
    }
}
fn signature(prng: &mut Prng) -> Signature {
    Signature(bytes(prng))
}
fn vote(prng: &mut Prng) -> Vote {
    Vote { view: View::new(prng.next_u64()), digest: Digest::new(bytes(prng)) }
}
fn text(prng: &mut Prng) -> String {
    (0..prng.below(20)).map(|_| ['a', '齐', 'é', '\0'][count(prng, 4)]).collect()
}

#[test]
fn the_bytes_of_numbers_are_pinned() {
    check("View", |prng| View::new(prng.next_u64()));
    check("Seq", |prng| Seq::new(prng.next_u64()));
    check("Height", |prng| Height::new(prng.next_u64()));
    check("NodeId", node);
    check("Time", |prng| Time::from_us(prng.next_u64()));
    check("Duration", |prng| Duration::from_us(prng.next_u64()));
    check("Digest", |prng| Digest::new(bytes(prng)));
    check("ChainId", |prng| ChainId(Digest::new(bytes(prng))));
    check("u8", |prng| bytes::<1>(prng)[0]);
    check("u16", |prng| u16::from_le_bytes(bytes(prng)));
    check("u32", |prng| u32::from_le_bytes(bytes(prng)));
    check("u64", Prng::next_u64);
    check("u128", |prng| u128::from_le_bytes(bytes(prng)));
    check("i64", |prng| i64::from_le_bytes(bytes(prng)));
    check("bool", |prng| prng.chance_ppm(500_000));
}

#[test]
fn the_bytes_of_containers_are_pinned() {
    check("Bytes", |prng| Bytes((0..prng.below(40)).map(|_| bytes::<1>(prng)[0]).collect()));
    check("String", text);
    check("Option<u32>", |prng| prng.chance_ppm(500_000).then(|| u32::from_le_bytes(bytes(prng))));
    check("Vec<u16>", |prng| {
        (0..prng.below(9)).map(|_| u16::from_le_bytes(bytes(prng))).collect::<Vec<_>>()
    });
    check("BTreeSet<NodeId>", |prng| {
        (0..prng.below(9)).map(|_| node(prng)).collect::<BTreeSet<_>>()
    });
    check("BTreeMap<u16,String>", |prng| {
        let pairs = (0..prng.below(5)).map(|_| (u16::from_le_bytes(bytes(prng)), text(prng)));
        pairs.collect::<BTreeMap<_, _>>()
    });
    check("(u64,bool)", |prng| (prng.next_u64(), prng.chance_ppm(500_000)));
    check("record", vote);
    check("tagged", |prng| {
        if prng.chance_ppm(500_000) { Either::Vote(vote(prng)) } else { Either::Text(text(prng)) }
    });
}

#[test]
fn the_bytes_of_signatures_and_keys_are_pinned() {
    check("Signature", signature);
    check("bls::PublicKey", |prng| bls::PublicKey(bytes(prng)));
    check("bls::Possession", |prng| bls::Possession(bytes(prng)));
    check("Certificate", certificate);
    check("Signatures", |prng| {
        (0..prng.below(5)).map(|_| (node(prng), signature(prng))).collect::<Signatures>()
    });
    check("PublicKey", |prng| PublicKey::from_bytes(&bytes::<32>(prng)).unwrap());
    check("Signed<record>", |prng| Signed {
        statement: vote(prng),
        signer: node(prng),
        signature: signature(prng),
    });
}

#[test]
fn a_digest_is_sha256_with_its_domain_before_it() {
    assert_eq!(
        crate::sha256(&[b"a", b"bc"]).to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(crate::hash("ab", b"c"), crate::sha256(&[&[2], b"abc"]));
    assert_ne!(crate::hash("ab", b"c"), crate::hash("a", b"bc"), "a domain ends where it ends");
}

#[test]
fn an_encoding_is_little_endian_and_nothing_else() {
    let vote = Vote { view: View::new(0x0102), digest: Digest::new([9; 32]) };
    assert_eq!(vote.to_bytes(), [&[2, 1, 0, 0, 0, 0, 0, 0][..], &[9; 32]].concat());
    assert_eq!(Either::Text("a".to_owned()).to_bytes(), [7, 1, 0, 0, 0, b'a']);
}
