//! Replicas side by side, with messages delivered in order and everything durable at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use app::Apps;
use codec::Bytes;
use crypto::{Domain, KeyRing, Scheme, SecretKey, Signature, Signer, Verifier};
use ledger::{
    Account, Attesters, Batch, BlockCertificate, CertifiedBlock, Epoch, Member, Operation, Outcome,
    SealedTransaction, StoredBlock, Transaction, Validator,
};
use protocol::Reject;
use types::{ChainId, Digest, Duration, Height, NodeId, Quorum, Time};

use super::sequencer::Sequencer;
use crate::{
    Config, Effect, Incoming, Input, Message, Record, Recovered, Replica, Seat, Term, Terms, Timer,
    mempool,
};

pub(super) struct Net {
    pub(super) now: Time,
    pub(super) replicas: Vec<Replica<Sequencer>>,
    pub(super) cut: BTreeSet<NodeId>,
    pub(super) drop_batches: bool,
    /// Whom no attestation of which height reaches.
    pub(super) lost_attestations: Option<(NodeId, Height)>,
    pub(super) outcomes: BTreeMap<Digest, Vec<Outcome>>,
    pub(super) certified: Vec<Height>,
    pub(super) rejects: Vec<(NodeId, NodeId, Reject)>,
    pub(super) diverged: Vec<NodeId>,
    pub(super) tamper: Option<fn(&mut Vec<CertifiedBlock>)>,
    pub(super) disks: Vec<Disk>,
    timers: BTreeSet<(NodeId, Timer<()>)>,
    queue: VecDeque<(NodeId, NodeId, Message<Sequencer>)>,
    verifier: Verifier,
    core_verifier: Verifier,
}

#[derive(Default)]
pub(super) struct Disk {
    pub(super) blocks: BTreeMap<Height, Arc<StoredBlock>>,
    pub(super) batches: BTreeMap<Digest, Arc<Batch>>,
    pub(super) certificates: BTreeMap<Height, BlockCertificate>,
}

const SEED: u64 = 1;

fn ledger_domain() -> Domain {
    Domain::new(ChainId::default(), Digest::ZERO, "ledger")
}
fn core_domain() -> Domain {
    Domain::new(ChainId::default(), Digest::ZERO, "sequencer")
}

fn config(n: usize, me: NodeId) -> Config<Sequencer> {
    let (ring, keys) = KeyRing::simulated(Scheme::Cheap, n, SEED);
    let key = keys[me.index()].clone();
    let terms = Terms::new(move |_| {
        let verifier = Verifier::new(ledger_domain(), ring.clone());
        let seat = Seat {
            id: me,
            core: (),
            core_signer: Signer::simulated(me, core_domain(), key.clone()),
            ledger_signer: Signer::simulated(me, ledger_domain(), key.clone()),
        };
        Term { attesters: Attesters::new(verifier, vec![1; n], Quorum::of(n)), seat: Some(seat) }
    });
    Config {
        chain: ChainId::default(),
        genesis: genesis(n),
        terms,
        me,
        apps: Apps::builtin(),
        mempool: mempool::Limits { txs_max: 100, bytes_max: 100_000, per_sender_max: 50 },
        batch_bytes: 2_000,
        batch_delay: Duration::from_ms(1),
        block_interval: Duration::ZERO,
        batches_in_flight_max: 4,
        anti_entropy_interval: Duration::from_ms(100),
        fetch_timeout: Duration::from_ms(10),
        clock_drift_max: Duration::from_ms(500),
    }
}

fn genesis(n: usize) -> Epoch {
    let members = NodeId::all(n).map(|id| {
        let key = SecretKey::from_seed([u8::try_from(id.index()).unwrap(); 32]).public();
        let validator = Validator { name: id.to_string(), key, network_key: key };
        Member { id, validator, weight: 1 }
    });
    Epoch {
        number: 0,
        first: Height::new(1),
        protocol: "sequencer".to_owned(),
        since: 0,
        members: members.collect(),
        next_id: u16::try_from(n).unwrap(),
    }
}

impl Net {
    pub(super) fn new(n: usize) -> Self {
        let (ring, _) = KeyRing::simulated(Scheme::Cheap, n, SEED);
        let mut this = Self {
            now: Time::from_us(1),
            replicas: Vec::new(),
            cut: BTreeSet::new(),
            drop_batches: false,
            lost_attestations: None,
            outcomes: BTreeMap::new(),
            certified: vec![Height::ZERO; n],
            rejects: Vec::new(),
            diverged: Vec::new(),
            tamper: None,
            disks: (0..n).map(|_| Disk::default()).collect(),
            timers: BTreeSet::new(),
            queue: VecDeque::new(),
            verifier: Verifier::new(ledger_domain(), ring.clone()),
            core_verifier: Verifier::new(core_domain(), ring),
        };
        for me in NodeId::all(n) {
            let mut fx = Vec::new();
            this.replicas.push(Replica::start(
                config(n, me),
                Recovered::fresh(),
                this.now,
                &mut fx,
            ));
            this.carry_out(me, fx);
        }
        this
    }

    /// Starts one replica again from its disk.
    pub(super) fn restart(&mut self, me: NodeId) {
        let n = self.replicas.len();
        let disk = &self.disks[me.index()];
        let mut state: BTreeMap<(ledger::AppId, Vec<u8>), Option<Vec<u8>>> = BTreeMap::new();
        for change in disk.blocks.values().flat_map(|block| &block.changes) {
            state.insert(
                (change.app, change.key.0.clone()),
                change.value.clone().map(|value| value.0),
            );
        }
        let entries =
            state.into_iter().filter_map(|((app, key), value)| Some((app, key, value?))).collect();
        let last = disk
            .blocks
            .values()
            .map(|block| (block.header.clone(), block.executed.clone()))
            .collect();
        let recovered = Recovered {
            entries,
            last_blocks: last,
            certificate: disk.certificates.values().next_back().cloned(),
            ..Recovered::fresh()
        };
        let mut fx = Vec::new();
        self.replicas[me.index()] = Replica::start(config(n, me), recovered, self.now, &mut fx);
        self.carry_out(me, fx);
    }

    pub(super) fn submit(
        &mut self,
        to: NodeId,
        txs: Vec<SealedTransaction>,
    ) -> Vec<Result<(), ledger::Refusal>> {
        let mut fx = Vec::new();
        let answers = self.replicas[to.index()].submit(self.now, txs, &mut fx);
        self.carry_out(to, fx);
        answers
    }

    pub(super) fn step(&mut self, to: NodeId, input: Input<Sequencer>) {
        let mut fx = Vec::new();
        self.replicas[to.index()].step(self.now, input, &mut fx);
        self.carry_out(to, fx);
    }

    fn carry_out(&mut self, me: NodeId, effects: Vec<Effect<Sequencer>>) {
        for effect in effects {
            let disk = &mut self.disks[me.index()];
            match effect {
                Effect::Persist(Record::Block(block)) => {
                    disk.blocks.insert(block.header.height, block);
                }
                Effect::Persist(Record::Batch(batch)) => {
                    disk.batches.insert(batch.digest(), batch);
                }
                Effect::Persist(Record::Certificate(certificate)) => {
                    disk.certificates.insert(certificate.height, certificate);
                }
                Effect::Persist(Record::Core(_))
                | Effect::CompactCore(_)
                | Effect::Scheduled(_)
                | Effect::EnterEpoch(_) => {}
                Effect::Send { to, message } => self.queue.push_back((me, to, message)),
                Effect::Broadcast(message) => {
                    let to_self = matches!(message, Message::Core(_) | Message::Attestation { .. });
                    for to in NodeId::all(self.replicas.len().max(self.disks.len())) {
                        if to != me || to_self {
                            self.queue.push_back((me, to, message.clone()));
                        }
                    }
                }
                Effect::SetTimer { timer, .. } => {
                    self.timers.insert((me, timer));
                }
                Effect::CancelTimer(timer) => {
                    self.timers.remove(&(me, timer));
                }
                Effect::Mine { .. } => {}
                Effect::ServeBlocks { to, from } => self.serve_blocks(me, to, from),
                Effect::ServeBatches { to, digests } => {
                    let found =
                        digests.iter().filter_map(|digest| disk.batches.get(digest)).cloned();
                    self.queue.extend(found.map(|batch| (me, to, Message::Batch(batch))));
                }
                Effect::Executed(block) => {
                    for record in &block.records {
                        self.outcomes.entry(record.id).or_default().push(record.outcome);
                    }
                }
                Effect::Certified(certificate) => self.certified[me.index()] = certificate.height,
                Effect::Reject { peer, reason } => self.rejects.push((me, peer, reason)),
                Effect::Diverged { .. } => self.diverged.push(me),
                Effect::ResetLedger { .. } => {
                    disk.blocks.clear();
                    disk.certificates.clear();
                }
                Effect::Accuse { evidence, .. } => panic!("{evidence:?}"),
                Effect::ViewChanged { .. } => {}
            }
        }
    }

    pub(super) fn serve_blocks(&mut self, me: NodeId, to: NodeId, from: Height) {
        let disk = &self.disks[me.index()];
        let served = disk.blocks.range(from..).filter_map(|(height, block)| {
            Some(CertifiedBlock {
                header: block.header.clone(),
                proposal: block.proposal.clone(),
                batches: block
                    .executed
                    .iter()
                    .filter_map(|digest| disk.batches.get(digest).cloned())
                    .collect(),
                certificate: disk.certificates.get(height)?.clone(),
            })
        });
        let mut served: Vec<CertifiedBlock> = served.take(3).collect();
        if let Some(tamper) = self.tamper {
            tamper(&mut served);
        }
        self.queue.push_back((me, to, Message::Blocks(Arc::new(served))));
    }

    /// Delivers until nothing is on its way.
    pub(super) fn deliver(&mut self) {
        for _ in 0..100_000 {
            let Some((from, to, message)) = self.queue.pop_front() else { return };
            if from != to && (self.cut.contains(&from) || self.cut.contains(&to)) {
                continue;
            }
            let incoming = match message {
                Message::Core(message) => Incoming::Core(
                    self.core_verifier.verify(from, message.as_ref().clone()).unwrap(),
                ),
                Message::Batch(_) if self.drop_batches => continue,
                Message::Batch(batch) => Incoming::Batch(batch),
                Message::BatchRequest(digests) => {
                    self.drop_batches = false;
                    Incoming::BatchRequest(digests)
                }
                Message::Attestation { signed, .. }
                    if self.lost_attestations == Some((to, signed.statement.height)) =>
                {
                    continue;
                }
                Message::Attestation { since, signed } => {
                    let signed = self.verifier.verify(from, signed).unwrap();
                    Incoming::Attestation { since, signed }
                }
                Message::BlockRequest(height) => Incoming::BlockRequest(height),
                Message::Blocks(blocks) => Incoming::Blocks(blocks.to_vec()),
                Message::Tip(certificate) => Incoming::Tip(certificate.as_ref().clone()),
            };
            self.step(to, Input::Receive { from, message: incoming });
        }
        panic!("messages never end");
    }

    /// Fires every timer that is set, `rounds` times, delivering in between.
    pub(super) fn tick(&mut self, rounds: usize) {
        for _ in 0..rounds {
            self.now = self.now.after(Duration::from_ms(100));
            for (node, timer) in std::mem::take(&mut self.timers) {
                self.step(node, Input::Timeout(timer));
            }
            self.deliver();
        }
    }

    pub(super) fn heights(&self) -> Vec<u64> {
        self.replicas.iter().map(|replica| replica.executor().height().get()).collect()
    }
}

pub(super) fn note(sender: u8, nonce: u64, bytes: usize) -> SealedTransaction {
    let transaction = Transaction {
        chain: ChainId::default(),
        sender: Account([sender; 32]),
        nonce,
        operation: Operation { app: app::NOTES, verb: app::NOTE_PUT },
        payload: Bytes(vec![sender; bytes]),
        fee: 0,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    };
    SealedTransaction::new(&transaction).unwrap()
}
