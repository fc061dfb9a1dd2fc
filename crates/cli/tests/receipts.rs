//! `unisono receipt verify` against good and tampered receipts, with no network anywhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use codec::{Decode, Encode};
use crypto::{SecretKey, Signatures, Signer, merkle};
use ledger::{
    AppId, Attestation, BlockCertificate, Genesis, Header, Outcome, Receipt, TxRecord, Validator,
    VectorClock,
};
use serde_json::Value;
use types::{Digest, Height, NodeId, Time, View};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn genesis(network: &str) -> Genesis {
    let validator = |index: u8| Validator {
        name: format!("n{index}"),
        key: key(index + 1).public(),
        network_key: key(index + 101).public(),
    };
    Genesis {
        network: network.into(),
        protocol: "pbft".into(),
        fault_model: types::FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

/// A receipt for the second of three transactions, attested by `signers`.
fn receipt(genesis: &Genesis, signers: &[u16]) -> Receipt {
    receipt_for(genesis, signers, 2)
}

/// The same, where the transaction's id consists of one byte.
fn receipt_for(genesis: &Genesis, signers: &[u16], id: u8) -> Receipt {
    let outcomes =
        [Outcome::Applied, Outcome::Applied, Outcome::Refused(ledger::Refusal::AlreadyConsumed)];
    let records: Vec<TxRecord> = outcomes
        .iter()
        .zip([1, id, 3])
        .map(|(&outcome, id)| TxRecord { id: Digest::new([id; 32]), outcome })
        .collect();
    let leaves: Vec<Digest> = records.iter().map(TxRecord::leaf).collect();
    let header = Header {
        chain: genesis.chain_id(),
        height: Height::new(7),
        parent: Digest::new([9; 32]),
        view: View::ZERO,
        proposer: Some(NodeId::new(0)),
        time: Time::from_us(1_000_000),
        payload: Digest::new([8; 32]),
        tx_count: 3,
        tx_root: merkle::root(&leaves),
        state_roots: vec![(AppId(1), Digest::new([3; 32]))],
        clock: VectorClock::new(),
    };
    let attestation = Attestation { height: header.height, block: header.hash() };
    let mut signatures = Signatures::new();
    for &signer in signers {
        let secret = Arc::new(key(u8::try_from(signer).unwrap() + 1));
        let id = NodeId::new(signer);
        let signed = Signer::new(id, genesis.domain(Genesis::LEDGER), secret).sign(attestation);
        signatures.insert(id, signed.signature);
    }
    let certificate = BlockCertificate { height: header.height, block: header.hash(), signatures };
    Receipt::new(header, &records, 1, certificate, ledger::Lineage::default()).unwrap()
}

fn verify(folder: &Path, genesis: &Genesis, files: &[PathBuf]) -> (i32, Value) {
    let path = folder.join("genesis.toml");
    std::fs::write(&path, node::write_genesis(genesis).unwrap()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_unisono"))
        .args(["receipt", "verify", "-o", "json", "--genesis"])
        .arg(path)
        .args(files)
        .output()
        .unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_good_receipt_is_valid_in_both_of_its_forms() {
    let (folder, genesis) = (tempfile::tempdir().unwrap(), genesis("x-dev"));
    let bytes = receipt(&genesis, &[0, 1, 3]).to_bytes();
    use base64::Engine;
    let canonical = base64::engine::general_purpose::STANDARD.encode(&bytes);
    let text = format!(r#"{{"format":"unisono-receipt/1","canonical":"{canonical}"}}"#);
    let files = [write(folder.path(), "a", &bytes), write(folder.path(), "b", text.as_bytes())];
    let (code, answer) = verify(folder.path(), &genesis, &files);
    assert_eq!(
        (code, &answer["verified"], &answer["failed"]),
        (0, &2.into(), &0.into()),
        "{answer}"
    );
    assert_eq!(answer["receipts"][0]["outcome"], "APPLIED");
    assert_eq!(answer["receipts"][1]["signers"], serde_json::json!([0, 1, 3]));
}

#[test]
fn canonical_bytes_may_begin_like_text() {
    let (folder, genesis) = (tempfile::tempdir().unwrap(), genesis("x-dev"));
    let bytes = receipt_for(&genesis, &[0, 1, 3], b'{').to_bytes();
    assert_eq!(bytes[0], b'{');
    let (code, answer) = verify(folder.path(), &genesis, &[write(folder.path(), "a", &bytes)]);
    assert_eq!((code, &answer["verified"]), (0, &1.into()), "{answer}");
}

#[test]
fn no_single_changed_byte_passes() {
    let (folder, genesis) = (tempfile::tempdir().unwrap(), genesis("x-dev"));
    let bytes = receipt(&genesis, &[0, 1, 3]).to_bytes();
    let files: Vec<PathBuf> = (0..bytes.len())
        .map(|at| {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            write(folder.path(), &format!("{at}"), &damaged)
        })
        .collect();
    let (code, answer) = verify(folder.path(), &genesis, &files);
    let passed: Vec<&Value> =
        answer["receipts"].as_array().unwrap().iter().filter(|one| one["valid"] == true).collect();
    assert_eq!((code, passed), (3, Vec::new()));
}

#[test]
fn forgeries_are_violations_with_their_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let genesis = genesis("x-dev");
    let good = receipt(&genesis, &[0, 1, 3]);
    let mut upgraded = good.clone();
    upgraded.record.outcome = Outcome::Refused(ledger::Refusal::AlreadyConsumed);
    let mut moved = good.clone();
    moved.index = 2;
    let mut stranger = good.clone();
    let borrowed =
        good.certificate.signatures.iter().next().map(|(_, &signature)| signature).unwrap();
    stranger.certificate.signatures.insert(NodeId::new(4), borrowed);
    stranger.certificate.signatures.insert(NodeId::new(5), borrowed);
    let mut bloated = good.to_bytes();
    bloated.push(0);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("few", receipt(&genesis, &[0, 1]).to_bytes(), "2 validators signed, 3 must"),
        ("outcome", upgraded.to_bytes(), "not in the block"),
        ("moved", moved.to_bytes(), "not in the block"),
        ("stranger", stranger.to_bytes(), "more signers than validators"),
        ("long", bloated, "it is no receipt"),
        ("short", good.to_bytes()[..100].to_vec(), "it is no receipt"),
        ("empty", Vec::new(), "it is no receipt"),
        ("json", b"{}".to_vec(), "missing field"),
        ("format", br#"{"format":"x","canonical":""}"#.to_vec(), "its format is `x`"),
        (
            "extra",
            br#"{"format":"unisono-receipt/1","canonical":"","outcome":"APPLIED"}"#.to_vec(),
            "unknown field",
        ),
        ("base64", br#"{"format":"unisono-receipt/1","canonical":"%%"}"#.to_vec(), "not base64"),
    ];
    for (name, bytes, why) in cases {
        let file = write(folder.path(), name, &bytes);
        let (code, answer) = verify(folder.path(), &genesis, &[file]);
        let said = answer["receipts"][0]["why"].as_str().unwrap();
        assert!(code == 3 && said.contains(why), "{name}: {said}");
    }
    assert!(Receipt::from_bytes(&good.to_bytes()).is_ok());
}

#[test]
fn a_receipt_of_another_chain_proves_nothing_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "other", &receipt(&genesis("other"), &[0, 1, 2]).to_bytes());
    let (code, answer) = verify(folder.path(), &genesis("x-dev"), &[file]);
    assert_eq!((code, answer["receipts"][0]["valid"].as_bool()), (3, Some(false)));
    assert!(answer["receipts"][0]["why"].as_str().unwrap().contains("another chain"));
}

/// Every case of the verifier's corpus ends in the command line as it ends in the browser.
#[test]
fn the_corpus_ends_here_as_in_the_browser() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/corpus.json");
    let corpus: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(corpus).unwrap()).unwrap();
    use base64::Engine;
    for case in &corpus {
        let (folder, request) = (tempfile::tempdir().unwrap(), &case["request"]);
        let text = |name: &str| request[name].as_str().unwrap();
        let genesis = write(folder.path(), "genesis.json", text("genesis").as_bytes());
        let bytes = base64::engine::general_purpose::STANDARD.decode(text("proof")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command.args(["receipt", "verify", "-o", "json", "--genesis"]).arg(genesis);
        if let Some(block) = request["block"].as_str() {
            command.args(["--block", block]);
        }
        let output = command.arg(write(folder.path(), "proof", &bytes)).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let is_genesis = case["ends"] == "GENESIS_UNREADABLE";
        let valid = case["valid"].as_bool().unwrap();
        let code = if valid {
            0
        } else if is_genesis {
            1
        } else {
            3
        };
        assert_eq!(output.status.code(), Some(code), "{}: {answer}", case["name"]);
        if is_genesis {
            continue;
        }
        let steps = answer["receipts"][0]["steps"].as_array().unwrap();
        let texts: Vec<&Value> = steps.iter().map(|step| &step["text"]).collect();
        assert_eq!(texts, case["texts"].as_array().unwrap().iter().collect::<Vec<_>>());
        assert_eq!(answer["receipts"][0]["valid"], valid, "{}", case["name"]);
    }
}
