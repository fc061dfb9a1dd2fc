//! The bytes of every ledger type that travels or is kept are pinned.

use std::sync::Arc;

use codec::Bytes;
use conformance::check;
use crypto::{PublicKey, SecretKey, Signature, Signatures};
use types::{ChainId, Digest, Height, NodeId, Prng, Time, View};

use crate::{
    Account, AppId, Attestation, Batch, Block, BlockCertificate, CertifiedBlock, Change,
    EntryProof, Epoch, Handover, Header, Lineage, Member, Nonces, Operation, Outcome, Outline,
    Proposal, Receipt, Refusal, Seal, Sealed, SealedTransaction, StatePath, StoredBlock,
    Transaction, TxRecord, Validator, VectorClock,
};

fn digest(prng: &mut Prng) -> Digest {
    let mut bytes = [0; 32];
    prng.fill(&mut bytes);
    Digest::new(bytes)
}
fn signature(prng: &mut Prng) -> Signature {
    let mut bytes = [0; 64];
    prng.fill(&mut bytes);
    Signature(bytes)
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::try_from(prng.below(1_000)).unwrap())
}
fn small(prng: &mut Prng) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(prng.below(40)).unwrap()];
    prng.fill(&mut bytes);
    bytes
}
fn list<T>(prng: &mut Prng, max: u64, item: impl Fn(&mut Prng) -> T) -> Vec<T> {
    (0..prng.below(max + 1)).map(|_| item(prng)).collect()
}
fn outcome(prng: &mut Prng) -> Outcome {
    let refusals = Refusal::ALL;
    match refusals.get(usize::try_from(prng.below(refusals.len() as u64 + 1)).unwrap()) {
        Some(refusal) => Outcome::Refused(*refusal),
        None => Outcome::Applied,
    }
}
fn clock(prng: &mut Prng) -> VectorClock {
    let mut clock = VectorClock::new();
    (0..prng.below(6))
        .for_each(|_| clock.increment(NodeId::new(u16::try_from(prng.below(4)).unwrap())));
    clock
}
fn transaction(prng: &mut Prng) -> Transaction {
    Transaction {
        chain: ChainId(digest(prng)),
        sender: Account(*digest(prng).as_bytes()),
        nonce: prng.next_u64(),
        operation: Operation { app: AppId(3), verb: u16::try_from(prng.below(9)).unwrap() },
        payload: Bytes(small(prng)),
        fee: prng.next_u64(),
        expires: Time::from_us(prng.next_u64()),
        signature: signature(prng),
    }
}
fn batch(prng: &mut Prng) -> Batch {
    let mut sealed = list(prng, 2, |prng| SealedTransaction::new(&transaction(prng)).unwrap());
    sealed.push(SealedTransaction::new(&transaction(prng)).unwrap());
    Batch::seal(node(prng), prng.next_u64(), &sealed).unwrap()
}
fn proposal(prng: &mut Prng) -> Proposal {
    Proposal {
        view: View::new(prng.next_u64()),
        proposer: node(prng),
        time: Time::from_us(prng.next_u64()),
        batches: list(prng, 3, digest),
    }
}
fn header(prng: &mut Prng) -> Header {
    Header {
        chain: ChainId(digest(prng)),
        height: Height::new(prng.next_u64()),
        parent: digest(prng),
        view: View::new(prng.next_u64()),
        proposer: prng.chance_ppm(500_000).then(|| node(prng)),
        time: Time::from_us(prng.next_u64()),
        payload: digest(prng),
        tx_count: 7,
        tx_root: digest(prng),
        state_roots: list(prng, 3, |prng| (AppId(1), digest(prng))),
        clock: clock(prng),
    }
}
fn record(prng: &mut Prng) -> TxRecord {
    TxRecord { id: digest(prng), outcome: outcome(prng) }
}
fn certificate(prng: &mut Prng) -> BlockCertificate {
    let signatures: Signatures =
        list(prng, 4, |prng| (node(prng), signature(prng))).into_iter().collect();
    BlockCertificate { height: Height::new(prng.next_u64()), block: digest(prng), signatures }
}
fn seal(prng: &mut Prng) -> Seal {
    match prng.below(4) {
        0 => Seal::None,
        1 => Seal::Certificate(certificate(prng)),
        2 => Seal::Signed(signature(prng)),
        _ => Seal::Work { difficulty: prng.next_u64(), nonce: prng.next_u64() },
    }
}
fn key(prng: &mut Prng) -> PublicKey {
    SecretKey::from_seed(*digest(prng).as_bytes()).public()
}
fn epoch(prng: &mut Prng) -> Epoch {
    let member = |prng: &mut Prng| {
        let validator = Validator { name: "n".to_owned(), key: key(prng), network_key: key(prng) };
        Member { id: node(prng), validator, weight: prng.next_u64() }
    };
    Epoch {
        number: prng.next_u64(),
        first: Height::new(prng.next_u64()),
        protocol: "pbft".to_owned(),
        since: prng.next_u64(),
        members: list(prng, 3, member),
        next_id: 7,
    }
}
fn lineage(prng: &mut Prng) -> Lineage {
    let handover =
        |prng: &mut Prng| Handover { header: header(prng), certificate: certificate(prng) };
    Lineage { epochs: list(prng, 2, epoch), handovers: list(prng, 2, handover) }
}
fn change(prng: &mut Prng) -> Change {
    let value = prng.chance_ppm(500_000).then(|| Bytes(small(prng)));
    Change { app: AppId(2), key: Bytes(small(prng)), value }
}

#[test]
fn the_bytes_of_transactions_and_batches_are_pinned() {
    check("Transaction", transaction);
    check("Batch", batch);
    check("Outcome", outcome);
    check("Nonces", |prng| {
        let mut nonces = Nonces::default();
        (0..prng.below(20)).for_each(|_| {
            nonces.take(prng.below(30));
        });
        nonces
    });
}

#[test]
fn the_bytes_of_blocks_and_receipts_are_pinned() {
    check("Proposal", proposal);
    check("Header", header);
    check("Attestation", |prng| Attestation {
        height: Height::new(prng.next_u64()),
        block: digest(prng),
    });
    check("Sealed", |prng| Sealed { height: Height::new(prng.next_u64()), block: digest(prng) });
    check("BlockCertificate", certificate);
    check("StoredBlock", |prng| StoredBlock {
        header: header(prng),
        proposal: prng.chance_ppm(800_000).then(|| proposal(prng)),
        executed: list(prng, 3, digest),
        records: list(prng, 3, record),
        changes: list(prng, 3, change),
    });
    check("CertifiedBlock", |prng| CertifiedBlock {
        header: header(prng),
        proposal: Some(proposal(prng)),
        batches: list(prng, 1, |prng| Arc::new(batch(prng))),
        certificate: certificate(prng),
    });
    check("Block", |prng| Block {
        header: header(prng),
        proposal: Some(proposal(prng)),
        batches: list(prng, 1, |prng| Arc::new(batch(prng))),
        outcomes: vec![Outcome::Applied; 3],
        seal: seal(prng),
    });
    check("Outline", |prng| Outline {
        header: header(prng),
        proposal: Some(proposal(prng)),
        executed: list(prng, 3, digest),
        records: list(prng, 3, |prng| TxRecord { id: digest(prng), outcome: Outcome::Applied }),
        seal: seal(prng),
    });
    check("Receipt", |prng| Receipt {
        record: record(prng),
        index: 3,
        path: list(prng, 4, digest),
        header: header(prng),
        certificate: certificate(prng),
        lineage: lineage(prng),
    });
    check("EntryProof", |prng| EntryProof {
        app: AppId(4),
        key: Bytes(small(prng)),
        value: prng.chance_ppm(500_000).then(|| Bytes(small(prng))),
        path: StatePath {
            siblings: list(prng, 4, digest),
            neighbour: prng.chance_ppm(200_000).then(|| (digest(prng), Bytes(small(prng)))),
        },
        header: header(prng),
        certificate: certificate(prng),
        lineage: lineage(prng),
    });
    check("Epoch", epoch);
}
