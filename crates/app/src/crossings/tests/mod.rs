use std::sync::Arc;

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature, Signer};
use ledger::{
    Account, AppId, Attestation, Batch, BlockCertificate, EntryProof, Epoch, Genesis, Header,
    Lineage, Operation, Outcome, Proposal, Refusal, SealedTransaction, Transaction, Validator,
};
use types::{ChainId, Digest, FaultModel, NodeId, Time, View};

use super::{
    CROSSINGS, Connect, Fate, Mutant, Return, Send, Side, Verb, Want, arrival_key, ends_key, sent,
    sent_key,
};
use crate::epochs::{Fit, Rules};
use crate::{Apps, Event, Executor};

mod chains;
mod life;
mod proofs;
mod walks;

/// Who asks where it does not matter who.
pub(super) const SOMEBODY: Account = Account([9; 32]);

pub(super) fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

pub(super) fn account(seed: u8) -> Account {
    Account(secret(seed).public().to_bytes())
}

fn validator(seed: u8) -> Validator {
    let key = secret(seed).public();
    Validator { name: format!("n{seed}"), key, network_key: key }
}

/// A chain of validators with these keys.
pub(super) fn genesis(network: &str, seeds: &[u8]) -> Genesis {
    Genesis {
        network: network.to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: seeds.iter().map(|seed| validator(*seed)).collect(),
        client_signatures: false,
        apps: Vec::new(),
    }
}

/// A chain in one hand: every call is a block, and a quorum attests it at once.
pub(super) struct Net {
    pub(super) genesis: Genesis,
    pub(super) executor: Executor,
    pub(super) now_us: u64,
    pub(super) header: Option<Header>,
    pub(super) events: Vec<Event>,
    /// The epoch whose members attest, and their keys' seeds.
    pub(super) office: (Epoch, Vec<u8>),
    nonce: u64,
}

impl Net {
    /// Anybody may connect it.
    pub(super) fn open(network: &str, seeds: &[u8]) -> Self {
        Self::with(network, seeds, Apps::builtin())
    }
    pub(super) fn broken(network: &str, seeds: &[u8], mutant: Mutant) -> Self {
        Self::with(network, seeds, Apps::builtin().with_broken_crossings(None, mutant))
    }
    /// Its validators decide.
    pub(super) fn governed(network: &str, seeds: &[u8]) -> Self {
        let genesis = Epoch::first_of(&genesis(network, seeds));
        let protocols = vec![Fit { name: "pbft".to_owned(), weighs: false }];
        let rules = Rules { genesis, faults: FaultModel::Byzantine, protocols };
        Self::with(network, seeds, Apps::governed(rules))
    }
    fn with(network: &str, seeds: &[u8], apps: Apps) -> Self {
        let genesis = genesis(network, seeds);
        Self {
            executor: Executor::new(genesis.chain_id(), apps),
            office: (Epoch::first_of(&genesis), seeds.to_vec()),
            genesis,
            now_us: 1_000,
            header: None,
            events: Vec::new(),
            nonce: 0,
        }
    }
    pub(super) fn id(&self) -> ChainId {
        self.genesis.chain_id()
    }
    pub(super) fn state(&self) -> &ledger::StateTree {
        self.executor.state(CROSSINGS).unwrap()
    }

    /// A block with one request.
    pub(super) fn one(
        &mut self,
        sender: Account,
        app: AppId,
        verb: u16,
        payload: Vec<u8>,
    ) -> Outcome {
        self.nonce += 1;
        let transaction = Transaction {
            chain: self.id(),
            sender,
            nonce: self.nonce,
            operation: Operation { app, verb },
            payload: Bytes(payload),
            fee: 0,
            expires: Time::from_us(u64::MAX),
            signature: Signature::NONE,
        };
        let sealed = SealedTransaction::new(&transaction).unwrap();
        let batch = Batch::seal(NodeId::new(0), self.nonce, &[sealed]).unwrap();
        let proposal = Proposal {
            view: View::ZERO,
            proposer: NodeId::new(0),
            time: Time::from_us(self.now_us),
            batches: vec![batch.digest()],
        };
        let executed = self.executor.execute(Some(proposal), Digest::ZERO, &[Arc::new(batch)]);
        self.header = Some(executed.block.header);
        self.events.extend(executed.events);
        executed.block.records[0].outcome
    }
    pub(super) fn ask(&mut self, verb: Verb, argument: &impl Encode) -> Outcome {
        self.one(SOMEBODY, CROSSINGS, verb as u16, argument.to_bytes())
    }
    #[track_caller]
    pub(super) fn applied(&mut self, verb: Verb, argument: &impl Encode) {
        assert_eq!(self.ask(verb, argument), Outcome::Applied);
    }
    /// A request that is refused, and leaves all as it was.
    #[track_caller]
    pub(super) fn refused(&mut self, verb: Verb, argument: &impl Encode) -> Refusal {
        let before = self.executor.state_mut(CROSSINGS).unwrap().root();
        let Outcome::Refused(refusal) = self.ask(verb, argument) else { panic!("applied") };
        assert_eq!(self.executor.state_mut(CROSSINGS).unwrap().root(), before);
        refusal
    }
    /// Time passes, and a block shows it.
    pub(super) fn pass_to(&mut self, now_us: u64) {
        self.now_us = now_us;
        self.one(SOMEBODY, crate::NOTES, crate::NOTE_PUT, Vec::new());
    }

    /// A proof at the last block, which the members with these keys attest.
    pub(super) fn prove_by(
        &self,
        app: AppId,
        key: Vec<u8>,
        epoch: &Epoch,
        seeds: &[u8],
    ) -> EntryProof {
        let header = self.header.clone().unwrap();
        let statement = Attestation { height: header.height, block: header.hash() };
        let domain = epoch.ledger_domain(self.id());
        let sign = |seed: &u8| {
            let key = secret(*seed);
            let mut members = epoch.members.iter();
            let place = members.position(|one| one.validator.key == key.public()).unwrap();
            let place = NodeId::new(u16::try_from(place).unwrap());
            (place, Signer::new(place, domain, Arc::new(key)).sign(statement).signature)
        };
        let certificate = BlockCertificate {
            height: header.height,
            block: header.hash(),
            signatures: seeds.iter().map(sign).collect(),
        };
        let state = self.executor.state(app).unwrap();
        EntryProof {
            app,
            value: state.get(&key).map(|value| Bytes(value.to_vec())),
            path: state.prove(&key),
            key: Bytes(key),
            header,
            certificate,
            lineage: Lineage::default(),
        }
    }
    pub(super) fn prove(&self, key: Vec<u8>) -> EntryProof {
        let (epoch, seeds) = &self.office;
        let quorum = epoch.quorum(FaultModel::Byzantine).size();
        self.prove_by(CROSSINGS, key, epoch, &seeds[..quorum])
    }
}

/// Two chains that are connected with each other.
pub(super) struct Pair {
    pub(super) left: Net,
    pub(super) right: Net,
}

impl Pair {
    pub(super) fn new(left: Net, right: Net) -> Self {
        let mut this = Self { left, right };
        let genesis = this.right.genesis.clone();
        this.left.applied(Verb::Connect, &Connect { genesis });
        let genesis = this.left.genesis.clone();
        this.right.applied(Verb::Connect, &Connect { genesis });
        this
    }
    pub(super) fn small() -> Self {
        Self::new(Net::open("left", &[1]), Net::open("right", &[11]))
    }
    pub(super) fn side(&mut self, side: Side) -> &mut Net {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }
    /// The wish to send from the left to the right.
    pub(super) fn wish(&self, deadline_us: u64) -> Send {
        Send {
            to: self.right.id(),
            receiver: account(12),
            deadline: Time::from_us(deadline_us),
            body: Bytes(b"data".to_vec()),
        }
    }
    pub(super) fn sent_proof(&self, number: u64) -> EntryProof {
        self.left.prove(sent_key(self.right.id(), number))
    }
    pub(super) fn arrival_proof(&self, number: u64) -> EntryProof {
        self.right.prove(arrival_key(self.left.id(), number))
    }
    pub(super) fn give_back(&self, number: u64) -> Return {
        Return { number, proof: self.arrival_proof(number) }
    }
    pub(super) fn fate(&self, number: u64) -> Option<Fate> {
        sent(self.left.state(), self.right.id(), number).map(|sent| sent.fate)
    }
    pub(super) fn has_arrived(&self, number: u64) -> bool {
        super::arrival(self.right.state(), self.left.id(), number).is_some()
    }
    /// Carries out what a relayer wants, to the end of its round.
    pub(super) fn round(&mut self, relayer: &mut super::Relayer) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        let mut wants = std::collections::VecDeque::from(relayer.round());
        while let Some(want) = wants.pop_front() {
            match want {
                Want::Prove { at, app, key } => {
                    assert_eq!(app, CROSSINGS);
                    let proof = self.side(at).prove(key);
                    wants.extend(relayer.told(at, &proof));
                }
                Want::Submit { to, verb, payload } => {
                    let net = self.side(to);
                    outcomes.push(net.one(SOMEBODY, CROSSINGS, verb as u16, payload));
                }
            }
        }
        outcomes
    }
}

/// The key of the ends that the left keeps of its crossings with the right.
pub(super) fn left_ends(pair: &Pair) -> EntryProof {
    pair.left.prove(ends_key(pair.right.id()))
}
