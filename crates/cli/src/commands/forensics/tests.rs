use std::sync::Arc;

use crypto::{SecretKey, Signatures, Signer};
use ledger::{Header, Proposal, Validator, VectorClock};
use store::{Op, Store, StoreOptions};
use types::{ChainId, Digest, Time};

use super::*;

fn key(index: u8) -> SecretKey {
    SecretKey::from_seed([index + 1; 32])
}

fn genesis(protocol: &str) -> Genesis {
    let validator = |index: u8| Validator {
        name: format!("n{index}"),
        key: key(index).public(),
        network_key: key(100 + index).public(),
    };
    Genesis {
        network: "test-dev".into(),
        protocol: protocol.into(),
        fault_model: protocols::fault_model(protocol),
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

fn block(chain: ChainId, what: u8) -> StoredBlock {
    let proposal = Proposal {
        view: View::ZERO,
        proposer: NodeId::new(0),
        time: Time::from_us(1),
        batches: vec![Digest::new([what; 32])],
    };
    let header = Header {
        chain,
        height: Height::new(1),
        parent: Digest::ZERO,
        view: View::ZERO,
        proposer: Some(NodeId::new(0)),
        time: proposal.time,
        payload: Payload::new(&proposal.to_bytes()).digest(),
        tx_count: 0,
        tx_root: Digest::ZERO,
        state_roots: Vec::new(),
        clock: VectorClock::default(),
    };
    StoredBlock {
        header,
        proposal: Some(proposal),
        executed: Vec::new(),
        records: Vec::new(),
        changes: Vec::new(),
    }
}

fn certificate(genesis: &Genesis, block: &StoredBlock, signers: &[u8]) -> BlockCertificate {
    let statement = Attestation { height: block.header.height, block: block.header.hash() };
    let mut signatures = Signatures::default();
    for &index in signers {
        let node = NodeId::new(u16::from(index));
        let signer = Signer::new(node, genesis.domain(Genesis::LEDGER), Arc::new(key(index)));
        signatures.insert(node, signer.sign(statement).signature);
    }
    BlockCertificate { height: statement.height, block: statement.block, signatures }
}

/// Two validators' folders and their genesis; each has one block, and some signers' attestations of it.
fn network(folder: &Path, protocol: &str, sides: [(u8, &[u8]); 2]) -> [PathBuf; 2] {
    let genesis = genesis(protocol);
    std::fs::write(folder.join("genesis.toml"), node::write_genesis(&genesis).unwrap()).unwrap();
    let mut index = 0;
    sides.map(|(what, signers)| {
        index += 1;
        let data = folder.join(format!("n{index}"));
        let options = StoreOptions {
            path: data.join("db"),
            sign_state_folder: data.clone(),
            chain: genesis.chain_id(),
            trust_lost_state: false,
        };
        let (store, _) = Store::open(&options).unwrap();
        let block = block(genesis.chain_id(), what);
        let certificate = certificate(&genesis, &block, signers);
        store.commit(&[Op::Block(Arc::new(block)), Op::Certificate(certificate)]).unwrap();
        data
    })
}

fn names(report: &Report) -> Vec<String> {
    let culprits = report.value()["culprits"].as_array().unwrap();
    culprits.iter().map(|one| one["node"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_forked_ledger_names_whoever_attested_both_blocks() {
    for protocol in ["pbft", "poa"] {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = network(folder.path(), protocol, [(1, &[0, 1, 3]), (2, &[0, 2, 3])]);
        let report = run([&a, &b], None).unwrap();
        assert_eq!(report.exit_code(), Exit::Violated);
        assert_eq!(names(&report), ["n0", "n3"]);
        assert_eq!(report.value()["note"].is_null(), protocol == "pbft");
    }
}

#[test]
fn a_fork_that_nobody_attested_twice_is_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = network(folder.path(), "pbft", [(1, &[0, 1]), (2, &[2, 3])]);
    let report = run([&a, &b], None).unwrap();
    assert_eq!(report.exit_code(), Exit::Inconclusive);
    assert!(names(&report).is_empty());
}

#[test]
fn ledgers_that_agree_blame_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = network(folder.path(), "pbft", [(1, &[0, 1, 3]), (1, &[0, 2, 3])]);
    let report = run([&a, &b], None).unwrap();
    assert_eq!(report.exit_code(), Exit::Ok);
    assert_eq!(report.value()["common_height"], 1);
}

#[test]
fn wrong_folders_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = network(folder.path(), "pbft", [(1, &[0, 1, 3]), (1, &[0, 2, 3])]);
    assert_eq!(run([&a, &a], None).unwrap_err().exit, Exit::Usage);
    let nowhere = folder.path().join("n9");
    let failure = run([&a, &nowhere], None).unwrap_err();
    assert!(failure.exit == Exit::Failed && !failure.next.is_empty(), "{failure:?}");
    let other = folder.path().join("other.toml");
    std::fs::write(&other, node::write_genesis(&genesis("raft")).unwrap()).unwrap();
    let failure = run([&a, &b], Some(&other)).unwrap_err();
    assert!(failure.next.contains("--genesis"), "{failure:?}");
}
