use crypto::{SecretKey, merkle};
use types::{Digest, FaultModel};

use super::{BlockProof, ChainHead, HeadError, note_keys};
use crate::{Genesis, NoteError, Validator};

fn secrets() -> Vec<SecretKey> {
    (1..=4).map(|seed| SecretKey::from_seed([seed; 32])).collect()
}

fn genesis() -> Genesis {
    let validators = secrets().into_iter().enumerate().map(|(index, key)| Validator {
        name: format!("n{index}"),
        key: key.public(),
        network_key: SecretKey::from_seed([0x40 + u8::try_from(index).unwrap(); 32]).public(),
    });
    Genesis {
        network: "test of heads".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: validators.collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

fn blocks(count: u8) -> Vec<Digest> {
    (0..count).map(|at| Digest::new([at; 32])).collect()
}

fn tree(count: u8) -> merkle::Tree {
    blocks(count).iter().map(|block| merkle::leaf(block.as_bytes())).collect()
}

fn head(genesis: &Genesis, count: u8) -> ChainHead {
    ChainHead { chain: genesis.chain_id(), size: u64::from(count), root: tree(count).root() }
}

fn note(genesis: &Genesis, head: &ChainHead, signers: &[usize]) -> String {
    let (keys, secrets) = (note_keys(genesis), secrets());
    let lines = signers.iter().map(|&at| head.sign(&keys[at], &secrets[at])).collect();
    head.to_note(lines).unwrap().to_text()
}

#[test]
fn a_head_that_a_quorum_signed_is_believed_and_no_other() {
    let genesis = genesis();
    let head = head(&genesis, 7);
    assert_eq!(ChainHead::from_text(&head.text()), Ok(head));
    assert_eq!(ChainHead::verify(&note(&genesis, &head, &[0, 2, 3]), &genesis), Ok(head));
    let too_few = Err(HeadError::TooFew { have: 2, need: 3 });
    assert_eq!(ChainHead::verify(&note(&genesis, &head, &[0, 2]), &genesis), too_few);
    assert_eq!(ChainHead::verify(&note(&genesis, &head, &[0, 2, 2]), &genesis), too_few);
    let mut other = genesis.clone();
    other.network = "another".to_owned();
    let note = note(&genesis, &head, &[0, 1, 2, 3]);
    assert_eq!(ChainHead::verify(&note, &other), Err(HeadError::WrongChain));
}

#[test]
fn every_changed_character_of_a_head_is_noticed() {
    let genesis = genesis();
    let note = note(&genesis, &head(&genesis, 7), &[0, 1, 2]);
    for (at, old) in note.char_indices() {
        for new in ['0', 'A', 'f', '\n', ' '] {
            let changed = format!("{}{new}{}", &note[..at], &note[at + old.len_utf8()..]);
            let is_believed = ChainHead::verify(&changed, &genesis).is_ok();
            assert!(!is_believed || new == old, "{new:?} for {old:?} at {at} may pass unnoticed");
        }
    }
}

#[test]
fn a_strangers_line_is_passed_over_and_a_forged_one_is_not() {
    let genesis = genesis();
    let head = head(&genesis, 5);
    let (keys, secrets) = (note_keys(&genesis), secrets());
    let stranger = crate::NoteKey::new("witness.example".to_owned(), secrets[0].public()).unwrap();
    let mut lines: Vec<_> = (0..3).map(|at| head.sign(&keys[at], &secrets[at])).collect();
    lines.push(head.sign(&stranger, &secrets[0]));
    let cosigned = head.to_note(lines.clone()).unwrap().to_text();
    assert_eq!(ChainHead::verify(&cosigned, &genesis), Ok(head));
    lines.push(head.sign(&keys[3], &secrets[0]));
    let forged = head.to_note(lines).unwrap().to_text();
    let bad = NoteError::BadSignature { name: keys[3].name().to_owned() };
    assert_eq!(ChainHead::verify(&forged, &genesis), Err(HeadError::Note(bad)));
}

#[test]
fn a_later_head_extends_an_earlier_one_by_a_consistency_path() {
    let genesis = genesis();
    let (old, new) = (head(&genesis, 5), head(&genesis, 11));
    let path = tree(11).consistency_path(5, 11).unwrap();
    assert!(new.extends(&old, &path));
    assert!(!old.extends(&new, &path) && !new.extends(&old, &path[1..]));
    let rewritten = ChainHead { root: tree(6).root(), ..old };
    assert!(!new.extends(&rewritten, &path));
}

#[test]
fn a_proof_travels_as_text_and_holds_for_one_block_at_one_place() {
    let genesis = genesis();
    let (head, tree, blocks) = (head(&genesis, 7), tree(7), blocks(7));
    let signed = note(&genesis, &head, &[1, 2, 3]);
    for (index, block) in (0_u64..).zip(&blocks) {
        let path = tree.inclusion_path(usize::try_from(index).unwrap());
        let proof = BlockProof { extra: Vec::new(), index, path, head: signed.clone() };
        let read = BlockProof::from_text(&proof.to_text()).unwrap();
        assert_eq!((&read, read.verify(block, &genesis)), (&proof, Ok(head)));
        let stranger = Digest::new([99; 32]);
        assert_eq!(read.verify(&stranger, &genesis), Err(HeadError::NotIncluded));
        for other in (0..8).filter(|&other| other != index) {
            let moved = BlockProof { index: other, ..proof.clone() };
            assert_eq!(moved.verify(block, &genesis), Err(HeadError::NotIncluded));
        }
        let with_extra = proof.to_text().replace("\nindex", "\nextra AAAA\nindex");
        let extra = BlockProof { extra: vec![0; 3], ..proof };
        assert_eq!((extra.to_text(), extra.block()), (with_extra.clone(), None));
        assert_eq!(BlockProof::from_text(&with_extra), Ok(extra));
    }
}

#[test]
fn what_is_no_head_or_proof_says_so() {
    let text = head(&genesis(), 7).text();
    let lines: Vec<&str> = text.lines().collect();
    let bad = [
        String::new(),
        format!("{}\n{}\n", lines[0], lines[1]),
        text.replace("\n7\n", "\n07\n"),
        text.replace("\n7\n", "\n+7\n"),
        text.replace("unisono/", "example.com/"),
        text.replace("unisono/", "unisono/0"),
        text.to_uppercase(),
        format!("{text}\n"),
        format!("{}\n7\nAAAA\n", lines[0]),
    ];
    for text in bad {
        assert!(ChainHead::from_text(&text).is_err(), "{text:?}");
    }
    let extended = format!("{text}some extension\n");
    assert!(ChainHead::from_text(&extended).is_ok(), "others may extend the text");
    let proof =
        BlockProof { extra: Vec::new(), index: 1, path: blocks(3), head: "note".to_owned() };
    let proof = proof.to_text();
    for text in [
        proof.replace("@v1", "@v2"),
        proof.replace("index 1", "index 01"),
        proof.replace("index 1\n", ""),
        proof.replace("AAAA", "AA"),
        proof.replace("\n\n", "\n"),
    ] {
        assert!(BlockProof::from_text(&text).is_err(), "{text:?}");
    }
}
