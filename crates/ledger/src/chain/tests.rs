//! Chains of every sealing, grown block by block.

mod defects;
mod forks;
mod grow;
mod queries;

use std::sync::Arc;

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature, Signer};
use types::{Digest, FaultModel, NodeId, Time, View};

use crate::{
    Account, Attestation, Batch, Block, BlockCertificate, BlockError, Chain, ChainError,
    ConsensusConfig, CryptoConfig, Genesis, Kind, Offered, Outcome, Proposal, Seal, Sealed,
    SealedTransaction, Sealing, Transaction, Validator, sign_transaction, way_of,
};

const NOW: Time = Time::from_us(1_000_000_000_000);
const SECOND: u64 = 1_000_000;

fn secret(at: u16) -> SecretKey {
    SecretKey::from_seed([u8::try_from(at).unwrap() + 1; 32])
}
fn client(at: u8) -> SecretKey {
    SecretKey::from_seed([0x80 + at; 32])
}

fn genesis(protocol: &str, client_signatures: bool) -> Genesis {
    let validators = (0..4).map(|at| Validator {
        name: format!("n{at}"),
        key: secret(at).public(),
        network_key: secret(at + 50).public(),
    });
    Genesis {
        network: "test".to_owned(),
        protocol: protocol.to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: validators.collect(),
        client_signatures,
        apps: Vec::new(),
    }
}

fn config(protocol: &str) -> ConsensusConfig {
    ConsensusConfig {
        difficulty_initial: 4,
        retarget_interval: 4,
        finality_depth: 8,
        ..ConsensusConfig::of(protocol).unwrap()
    }
}

fn chain_of(protocol: &str) -> Chain {
    with_config(protocol, |_| ())
}
fn with_config(protocol: &str, edit: impl FnOnce(&mut ConsensusConfig)) -> Chain {
    let genesis = genesis(protocol, false);
    let mut config = config(protocol);
    edit(&mut config);
    Chain::new(&genesis, config, CryptoConfig::of(&genesis)).unwrap()
}

/// A signed transaction of a client for a chain.
fn tx(chain: &Chain, sender: u8, nonce: u64) -> Transaction {
    let mut transaction = Transaction {
        chain: chain.id(),
        sender: Account::default(),
        nonce,
        operation: Kind::Message.operation(),
        payload: Bytes(("orders".to_owned(), u64::from(sender)).to_bytes()),
        fee: 1,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    };
    sign_transaction(&mut transaction, &client(sender));
    transaction
}

fn batch(transactions: &[Transaction]) -> Vec<Arc<Batch>> {
    let sealed: Vec<_> =
        transactions.iter().map(|tx| SealedTransaction::new(tx).unwrap()).collect();
    if sealed.is_empty() {
        return Vec::new();
    }
    vec![Arc::new(Batch::seal(NodeId::new(0), 1, &sealed).unwrap())]
}

/// The next block of a proposer at so many seconds, without a seal.
fn draft(chain: &Chain, proposer: u16, seconds: u64, transactions: &[Transaction]) -> Block {
    let batches = batch(transactions);
    let proposal = Proposal {
        view: View::ZERO,
        proposer: NodeId::new(proposer),
        time: Time::from_us(seconds * SECOND),
        batches: batches.iter().map(|batch| batch.digest()).collect(),
    };
    chain.draft(proposal, batches, |_| Outcome::Applied)
}

fn certificate(genesis: &Genesis, block: &Block, signers: &[u16]) -> BlockCertificate {
    let (height, hash) = (block.header.height, block.header.hash());
    let signatures = signers.iter().map(|&at| {
        let domain = genesis.domain(Genesis::LEDGER);
        let signer = Signer::new(NodeId::new(at), domain, Arc::new(secret(at)));
        (NodeId::new(at), signer.sign(Attestation { height, block: hash }).signature)
    });
    BlockCertificate { height, block: hash, signatures: signatures.collect() }
}

/// Seals a block as its protocol wants it, with the key of validator `by`.
fn seal(chain: &Chain, block: &mut Block, by: u16) {
    let protocol = &chain.consensus().protocol;
    let genesis = genesis(protocol, chain.crypto().require_signatures);
    let hash = block.header.hash();
    block.seal = match way_of(protocol).unwrap().0 {
        Sealing::Certificate => Seal::Certificate(certificate(&genesis, block, &[0, 1, 2])),
        Sealing::Turns | Sealing::Slots | Sealing::Stake => {
            let domain = genesis.domain(Genesis::LEDGER);
            let signer = Signer::new(NodeId::new(by), domain, Arc::new(secret(by)));
            let statement = Sealed { height: block.header.height, block: hash };
            Seal::Signed(signer.sign(statement).signature)
        }
        Sealing::Work => Seal::search(&hash, chain.next_difficulty(), 0..u64::MAX).unwrap(),
        Sealing::Nothing => Seal::None,
    };
}

/// The next block, sealed by whose turn it is; `step` blocks of ten seconds after the genesis.
fn next(chain: &Chain, transactions: &[Transaction]) -> Block {
    let height = chain.height().get() + 1;
    let proposer = u16::try_from(height % 4).unwrap();
    let mut block = draft(chain, proposer, height * 10, transactions);
    seal(chain, &mut block, proposer);
    block
}

fn grow(chain: &mut Chain, blocks: u64) {
    for _ in 0..blocks {
        let block = next(chain, &[]);
        assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
    }
}

fn block_error(taken: Result<Offered, ChainError>) -> BlockError {
    match taken {
        Err(ChainError::Block { error, .. }) => error,
        other => panic!("the block should be refused for itself, not {other:?}"),
    }
}

/// Offers an edited next block, resealed where `reseal`; what is wrong with it. The chain must not have moved.
fn refused(chain: &mut Chain, reseal: bool, edit: impl FnOnce(&mut Block)) -> BlockError {
    let before = chain.summary();
    let transactions = [tx(chain, 1, 900)];
    let mut block = next(chain, &transactions);
    edit(&mut block);
    if reseal {
        let by = block.header.proposer.map_or(0, NodeId::get).min(3);
        seal(chain, &mut block, by);
    }
    let error = block_error(chain.offer(block, NOW));
    assert_eq!(chain.summary(), before);
    error
}

fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}
const ALL: [&str; 12] = [
    "pbft",
    "hotstuff",
    "hotstuff-3",
    "tendermint",
    "raft",
    "poa",
    "aura",
    "pos",
    "pow",
    "fba",
    "central",
    "none",
];
