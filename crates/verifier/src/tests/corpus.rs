//! Proofs of every kind, made from keys that anybody can make again.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signatures, Signer, merkle};
use ledger::{
    AppId, Attestation, BlockCertificate, BlockProof, ChainHead, EPOCHS, EntryProof, Epoch,
    Genesis, Handover, Header, Lineage, Member, Outcome, Receipt, Refusal, StateTree, TxRecord,
    Validator, VectorClock, note_keys,
};
use serde_json::json;
use types::{Digest, FaultModel, Height, NodeId, Time, View};

/// A proof, what it is checked against, and how that ends.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) genesis: String,
    pub(super) proof: Vec<u8>,
    pub(super) block: Option<String>,
    pub(super) valid: bool,
    /// The code of the last step that is reached.
    pub(super) ends: &'static str,
    /// Whether each byte of the proof counts: in text not each does, and where one key is absent another may be too.
    pub(super) is_canonical: bool,
}

impl Case {
    fn good(name: &'static str, proof: Vec<u8>, ends: &'static str) -> Self {
        let genesis = as_answered(&genesis("corpus"));
        Self { name, genesis, proof, block: None, valid: true, ends, is_canonical: true }
    }
    fn bad(name: &'static str, proof: Vec<u8>, ends: &'static str) -> Self {
        Self { valid: false, ..Self::good(name, proof, ends) }
    }
    fn loose(self) -> Self {
        Self { is_canonical: false, ..self }
    }
    fn about(self, block: Digest) -> Self {
        Self { block: Some(block.to_string()), ..self }
    }
    fn against(self, genesis: String) -> Self {
        Self { genesis, ..self }
    }
}

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn validator(seed: u8) -> Validator {
    let (key, network_key) = (secret(seed).public(), secret(seed + 100).public());
    Validator { name: format!("n{seed}"), key, network_key }
}

fn genesis(network: &str) -> Genesis {
    Genesis {
        network: network.to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

/// A genesis as a validator answers it.
fn as_answered(genesis: &Genesis) -> String {
    let canonical = STANDARD.encode(genesis.to_bytes());
    json!({ "success": true, "data": { "network": genesis.network, "canonical": canonical } })
        .to_string()
}

/// The members of an epoch attest a header; each is called by the seed of its key.
fn attested(epoch: &Epoch, header: &Header, seeds: &[u8]) -> BlockCertificate {
    let statement = Attestation { height: header.height, block: header.hash() };
    let sign = |&seed: &u8| {
        let key = secret(seed);
        let place = epoch.members.iter().position(|one| one.validator.key == key.public()).unwrap();
        let place = NodeId::new(u16::try_from(place).unwrap());
        let domain = epoch.ledger_domain(header.chain);
        (place, Signer::new(place, domain, Arc::new(key)).sign(statement).signature)
    };
    let signatures: Signatures = seeds.iter().map(sign).collect();
    BlockCertificate { height: header.height, block: header.hash(), signatures }
}

fn records() -> Vec<TxRecord> {
    let outcomes = [Outcome::Applied, Outcome::Refused(Refusal::AlreadyConsumed)];
    let outcome = |at: u8| outcomes[usize::from(at % 2)];
    (0..12).map(|at| TxRecord { id: Digest::new([at; 32]), outcome: outcome(at) }).collect()
}

fn header(height: u64, state_roots: Vec<(AppId, Digest)>) -> Header {
    let leaves: Vec<Digest> = records().iter().map(TxRecord::leaf).collect();
    let mut clock = VectorClock::new();
    clock.increment(NodeId::new(1));
    Header {
        chain: genesis("corpus").chain_id(),
        height: Height::new(height),
        parent: Digest::new([9; 32]),
        view: View::new(2),
        proposer: Some(NodeId::new(1)),
        time: Time::from_us(1_767_225_600_000_000),
        payload: Digest::new([8; 32]),
        tx_count: 12,
        tx_root: merkle::root(&leaves),
        state_roots,
        clock,
    }
}

fn receipt(index: usize, seeds: &[u8]) -> Receipt {
    let header = header(7, vec![(AppId(1), Digest::new([3; 32]))]);
    let certificate = attested(&Epoch::first_of(&genesis("corpus")), &header, seeds);
    Receipt::new(header, &records(), index, certificate, Lineage::default()).unwrap()
}

/// A fifth validator joins at 40 with a weight of its own, and the five attest block 50.
fn later(weight: u64, seeds: &[u8]) -> Receipt {
    let first = Epoch::first_of(&genesis("corpus"));
    let mut joined = Epoch { number: 1, first: Height::new(40), since: 1, ..first.clone() };
    joined.members.push(Member { id: NodeId::new(4), validator: validator(4), weight });
    joined.next_id = 5;
    let mut named = StateTree::default();
    named.set(joined.key(), joined.to_bytes());
    let last = header(39, vec![(EPOCHS, named.root())]);
    let handover = Handover { certificate: attested(&first, &last, &[0, 1, 2]), header: last };
    let header = header(50, Vec::new());
    let certificate = attested(&joined, &header, seeds);
    let lineage = Lineage { epochs: vec![joined], handovers: vec![handover] };
    Receipt::new(header, &records(), 4, certificate, lineage).unwrap()
}

fn changed<T: Clone>(value: &T, change: impl FnOnce(&mut T)) -> T {
    let mut value = value.clone();
    change(&mut value);
    value
}

fn file(format: &str, canonical: &str) -> Vec<u8> {
    json!({ "format": format, "canonical": canonical }).to_string().into_bytes()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = receipts();
    cases.extend(lineages());
    cases.extend(entries());
    cases.extend(heads());
    cases.extend(blocks());
    cases.extend(nothings());
    cases
}

fn receipts() -> Vec<Case> {
    let good = receipt(4, &[0, 1, 3]);
    let in_file = file("unisono-receipt/1", &STANDARD.encode(good.to_bytes()));
    let other = as_answered(&genesis("another"));
    let place = |at: u16| NodeId::new(at);
    let upgraded = changed(&receipt(5, &[0, 1, 3]), |it| it.record.outcome = Outcome::Applied);
    let borrowed = good.certificate.signatures[&place(0)];
    let crowded = changed(&good, |it| {
        it.certificate.signatures.insert(place(4), borrowed);
        it.certificate.signatures.insert(place(5), borrowed);
    });
    let forged = changed(&receipt(4, &[0, 1]), |it| {
        it.certificate.signatures.insert(place(2), borrowed);
    });
    let stranger = changed(&receipt(4, &[0, 1]), |it| {
        it.certificate.signatures.insert(place(7), borrowed);
    });
    vec![
        Case::good("a transaction that took effect", good.to_bytes(), "SIGNED"),
        Case::good(
            "a transaction that was refused",
            receipt(5, &[0, 1, 2, 3]).to_bytes(),
            "SIGNED",
        ),
        Case::good("a receipt in its file", in_file, "SIGNED").loose(),
        Case::bad("a refusal turned into a success", upgraded.to_bytes(), "NOT_INCLUDED"),
        Case::bad(
            "another transaction",
            changed(&good, |it| it.record.id = Digest::new([77; 32])).to_bytes(),
            "NOT_INCLUDED",
        ),
        Case::bad("another place", changed(&good, |it| it.index = 6).to_bytes(), "NOT_INCLUDED"),
        Case::bad(
            "a path cut short",
            changed(&good, |it| it.path.truncate(1)).to_bytes(),
            "NOT_INCLUDED",
        ),
        Case::bad(
            "a header changed after it was signed",
            changed(&good, |it| it.header.time = Time::from_us(1)).to_bytes(),
            "OTHER_BLOCK",
        ),
        Case::bad("two signatures of four", receipt(4, &[0, 2]).to_bytes(), "TOO_FEW"),
        Case::bad("no signature at all", receipt(4, &[]).to_bytes(), "TOO_FEW"),
        Case::bad("one signature in another's name", forged.to_bytes(), "BAD_SIGNATURE"),
        Case::bad("a signature of nobody", stranger.to_bytes(), "BAD_SIGNATURE"),
        Case::bad("more signatures than validators", crowded.to_bytes(), "TOO_MANY_SIGNERS"),
        Case::bad("a receipt of another chain", good.to_bytes(), "WRONG_CHAIN").against(other),
    ]
}

fn lineages() -> Vec<Case> {
    let good = later(1, &[0, 2, 3, 4]);
    vec![
        Case::good("validators changed since the genesis", good.to_bytes(), "SIGNED"),
        Case::good("a validator weighs more", later(3, &[1, 2, 4]).to_bytes(), "SIGNED_BY_WEIGHT"),
        Case::bad("the weight is missing", later(3, &[0, 1, 2]).to_bytes(), "TOO_LIGHT"),
        Case::bad(
            "a change without its proof",
            changed(&good, |it| it.lineage.handovers.clear()).to_bytes(),
            "NOT_IN_OFFICE",
        ),
        Case::bad(
            "a validator slipped into the set",
            changed(&good, |it| it.lineage.epochs[0].members[4].validator = validator(9))
                .to_bytes(),
            "NOT_IN_OFFICE",
        ),
    ]
}

fn entries() -> Vec<Case> {
    let mut state = StateTree::default();
    for at in 0..9_u8 {
        state.set(format!("hub/{at}").into_bytes(), vec![at; 3]);
    }
    let header = header(8, vec![(AppId(1), Digest::ZERO), (AppId(6), state.root())]);
    let first = Epoch::first_of(&genesis("corpus"));
    let proof = |key: &[u8], seeds: &[u8]| EntryProof {
        app: AppId(6),
        key: Bytes(key.to_vec()),
        value: state.get(key).map(|value| Bytes(value.to_vec())),
        path: state.prove(key),
        certificate: attested(&first, &header, seeds),
        header: header.clone(),
        lineage: Lineage::default(),
    };
    let good = proof(b"hub/4", &[0, 1, 2]);
    let in_file = file("unisono-entry/1", &STANDARD.encode(good.to_bytes()));
    vec![
        Case::good("an entry of the state", good.to_bytes(), "SIGNED"),
        Case::good("an entry that is not there", proof(b"hub/40", &[1, 2, 3]).to_bytes(), "SIGNED")
            .loose(),
        Case::good("an entry proof in its file", in_file, "SIGNED").loose(),
        Case::bad(
            "another value",
            changed(&good, |it| it.value = Some(Bytes(vec![9]))).to_bytes(),
            "ENTRY_NOT_INCLUDED",
        ),
        Case::bad(
            "an entry that is hidden",
            changed(&good, |it| it.value = None).to_bytes(),
            "ENTRY_NOT_INCLUDED",
        ),
        Case::bad("an entry that two attest", proof(b"hub/4", &[1, 2]).to_bytes(), "TOO_FEW"),
    ]
}

fn at_height(height: u8) -> Header {
    header(height.into(), Vec::new())
}

fn chain(count: u8) -> (Vec<Digest>, ChainHead) {
    let blocks: Vec<Digest> = (1..=count).map(|at| at_height(at).hash()).collect();
    let leaves: Vec<Digest> = blocks.iter().map(|block| merkle::leaf(block.as_bytes())).collect();
    let chain = genesis("corpus").chain_id();
    (blocks, ChainHead { chain, size: count.into(), root: merkle::root(&leaves) })
}

fn note(head: &ChainHead, signers: &[u8]) -> String {
    let keys = note_keys(&genesis("corpus"));
    let lines = signers.iter().map(|&at| head.sign(&keys[usize::from(at)], &secret(at)));
    head.to_note(lines.collect()).unwrap().to_text()
}

fn heads() -> Vec<Case> {
    let (_, head) = chain(7);
    let good = note(&head, &[0, 2, 3]);
    let forged = {
        let keys = note_keys(&genesis("corpus"));
        let lines = vec![head.sign(&keys[0], &secret(1)), head.sign(&keys[2], &secret(2))];
        head.to_note(lines).unwrap().to_text()
    };
    let shorter = good.replacen("\n7\n", "\n6\n", 1);
    let other = as_answered(&genesis("another"));
    vec![
        Case::good("a head that a quorum signed", good.clone().into_bytes(), "SIGNED"),
        Case::bad("a head that two signed", note(&head, &[0, 2]).into_bytes(), "TOO_FEW"),
        Case::bad("a head with another size", shorter.into_bytes(), "BAD_SIGNATURE"),
        Case::bad("a line in another's name", forged.into_bytes(), "BAD_SIGNATURE"),
        Case::bad("a head of another chain", good.into_bytes(), "WRONG_CHAIN").against(other),
        Case::bad("a head without its signatures", head.text().into_bytes(), "PROOF_UNREADABLE"),
    ]
}

fn blocks() -> Vec<Case> {
    let (blocks, head) = chain(7);
    let leaves: Vec<Digest> = blocks.iter().map(|block| merkle::leaf(block.as_bytes())).collect();
    let proof = |signers: &[u8], extra: Vec<u8>| {
        let path = merkle::inclusion_path(&leaves, 4);
        BlockProof { extra, index: 4, path, head: note(&head, signers) }.to_text().into_bytes()
    };
    let good = proof(&[0, 1, 2, 3], Vec::new());
    let carried = proof(&[0, 1, 2], at_height(5).to_bytes());
    let other = proof(&[0, 1, 2], at_height(6).to_bytes());
    vec![
        Case::good("a block in the chain", good.clone(), "BLOCK_INCLUDED").about(blocks[4]).loose(),
        Case::good("a block that travels with its proof", carried, "BLOCK_INCLUDED").loose(),
        Case::bad("another block travels with it", other, "BLOCK_NOT_INCLUDED"),
        Case::bad("another block", good.clone(), "BLOCK_NOT_INCLUDED").about(blocks[5]),
        Case::bad("no block is said", good, "BLOCK_UNNAMED"),
        Case::bad("a block under a head that one signed", proof(&[1], Vec::new()), "TOO_FEW")
            .about(blocks[4]),
    ]
}

fn nothings() -> Vec<Case> {
    let good = receipt(4, &[0, 1, 3]).to_bytes();
    let canonical = STANDARD.encode(&good);
    let extra =
        json!({ "format": "unisono-receipt/1", "canonical": canonical, "outcome": "APPLIED" });
    let longer = [good.as_slice(), b"\0"].concat();
    let toml = "network = \"corpus\"".to_owned();
    let bad = |name, proof: &[u8]| Case::bad(name, proof.to_vec(), "PROOF_UNREADABLE");
    vec![
        bad("nothing", b""),
        bad("a text", "你好".as_bytes()),
        bad("a receipt cut short", &good[..100]),
        bad("a receipt with more behind it", &longer),
        bad("a file with more in it", extra.to_string().as_bytes()),
        bad("a file of another format", &file("unisono-trace/1", &canonical)),
        bad("a file whose bytes are no base64", &file("unisono-receipt/1", "%%")),
        bad("a block proof without a head", b"c2sp.org/tlog-proof@v1\nindex 4\n"),
        Case::bad("no genesis", good.clone(), "GENESIS_UNREADABLE").against("{}".to_owned()),
        Case::bad("a genesis of another form", good, "GENESIS_UNREADABLE").against(toml),
    ]
}
