//! The replica itself: its parts, its start, and the one match over its inputs.

use std::collections::VecDeque;
use std::sync::Arc;

use app::Executor;
use crypto::{Signed, Signer, Verified};
use ledger::{Attestation, Batch, Epoch, Refusal, SealedTransaction};
use protocol::{Ctx, Decision, Evidence, Payload, Protocol, Reject};
use types::limits::BATCH_TXS_MAX;
use types::{Digest, Duration, Height, NodeId, Time, View};

use crate::batches::{Arrival, Batches};
use crate::build::Pacing;
use crate::catch_up::CatchUp;
use crate::certify::{Certifier, Counted};
use crate::epoch::{Offices, Present};
use crate::mempool::Mempool;
use crate::{Config, Effect, Incoming, Input, Message, Record, Recovered, ReplicaStatus, Timer};

/// One validator (or, without a core, an observer).
#[derive(Debug)]
pub struct Replica<P: Protocol> {
    pub(crate) me: NodeId,
    pub(crate) settings: Settings,
    pub(crate) core: Option<P>,
    pub(crate) core_signer: Option<Signer>,
    /// Whether this replica takes its seats.
    pub(crate) may_vote: bool,
    pub(crate) genesis: Epoch,
    pub(crate) present: Present<P>,
    pub(crate) offices: Offices,
    pub(crate) executor: Executor,
    pub(crate) pool: Mempool,
    pub(crate) next_batch_number: u64,
    pub(crate) seal_timer_set: bool,
    pub(crate) pacing: Pacing,
    pub(crate) forward_timer_set: bool,
    pub(crate) batches: Batches,
    pub(crate) checks: Vec<WaitingCheck>,
    pub(crate) fetch: Fetch,
    pub(crate) decided: VecDeque<Decision>,
    pub(crate) certifier: Certifier,
    pub(crate) catch_up: CatchUp,
    /// The highest block that this replica ever attested: it never attests a second one at the same height.
    pub(crate) attested: Height,
    pub(crate) diverged: bool,
    pub(crate) rebuilt: bool,
    pub(crate) view: View,
    pub(crate) queue: VecDeque<protocol::Input<P>>,
    pub(crate) core_effects: Vec<protocol::Effect<P>>,
}

/// The part of the configuration that is numbers.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) batch_bytes: usize,
    pub(crate) batch_delay: Duration,
    pub(crate) block_interval: Duration,
    pub(crate) batches_in_flight_max: usize,
    pub(crate) anti_entropy_interval: Duration,
    pub(crate) fetch_timeout: Duration,
    pub(crate) clock_drift_max: Duration,
}

/// A proposal whose batches are not all here.
#[derive(Debug)]
pub(crate) struct WaitingCheck {
    pub(crate) view: View,
    pub(crate) seq: types::Seq,
    pub(crate) payload: Payload,
    pub(crate) proposer: NodeId,
}

/// A batch waits this many fetch timeouts for its proposal before the leader is sent a copy.
const FORWARD_FETCH_TIMEOUTS: u64 = 2;

/// Whom to ask next for missing batches.
#[derive(Debug, Default)]
pub(crate) struct Fetch {
    pub(crate) timer_set: bool,
    pub(crate) turn: usize,
}

impl<P: Protocol> Replica<P> {
    /// Starts a replica from what was durable, and pushes its first effects.
    pub fn start(
        config: Config<P>,
        recovered: Recovered<P>,
        now: Time,
        fx: &mut Vec<Effect<P>>,
    ) -> Self {
        let executor =
            Executor::recover(config.chain, config.apps, recovered.entries, &recovered.last_blocks);
        let offices = Offices::new(&config.genesis, &executor, &config.terms);
        let mut certifier = Certifier::new(recovered.certificate);
        for (header, _) in &recovered.last_blocks {
            certifier.executed(header.height, header.hash(), None);
        }
        let attested = recovered.attested.max(executor.height());
        let mut this = Self {
            me: config.me,
            settings: Settings {
                batch_bytes: config.batch_bytes,
                batch_delay: config.batch_delay,
                block_interval: config.block_interval,
                batches_in_flight_max: config.batches_in_flight_max,
                anti_entropy_interval: config.anti_entropy_interval,
                fetch_timeout: config.fetch_timeout,
                clock_drift_max: config.clock_drift_max,
            },
            core: None,
            core_signer: None,
            may_vote: recovered.may_vote,
            present: Present::new(
                recovered.epoch.unwrap_or_else(|| config.genesis.clone()),
                config.terms,
            ),
            genesis: config.genesis,
            offices,
            executor,
            pool: Mempool::new(config.mempool),
            next_batch_number: recovered.next_batch_number,
            seal_timer_set: false,
            pacing: Pacing::default(),
            forward_timer_set: false,
            batches: Batches::default(),
            checks: Vec::new(),
            fetch: Fetch::default(),
            decided: VecDeque::new(),
            certifier,
            catch_up: CatchUp::default(),
            attested,
            diverged: false,
            rebuilt: false,
            view: View::ZERO,
            queue: VecDeque::new(),
            core_effects: Vec::new(),
        };
        for batch in recovered.batches {
            let origin = batch.origin();
            this.batches.insert(batch, origin);
        }
        let core_log = if this.start_epoch(fx) { Vec::new() } else { recovered.core_log };
        this.take_seat(now, core_log, fx);
        this.start_anti_entropy(fx);
        this.settle_epoch(now, fx);
        this
    }

    pub(crate) fn start_core(
        &mut self,
        now: Time,
        config: P::Config,
        log: Vec<P::Record>,
        fx: &mut Vec<Effect<P>>,
    ) {
        let mut effects = std::mem::take(&mut self.core_effects);
        let Some(signer) = &self.core_signer else { return };
        let core = P::start(config, log, &mut Ctx::new(now, signer, &mut effects));
        self.view = core.view();
        self.core = Some(core);
        // The core learns how far the application is before its own first effects are carried out.
        if self.present.seq_of(self.executor.height()) > types::Seq::ZERO {
            self.queue.push_back(self.transferred());
        }
        for digest in self.batches.digests() {
            self.queue.push_back(protocol::Input::Submit(digest));
        }
        for effect in effects.drain(..) {
            self.carry_out(now, effect, fx);
        }
        self.core_effects = effects;
        self.run_core(now, fx);
    }

    /// Takes one input: the only way in, besides [`Self::submit`].
    pub fn step(&mut self, now: Time, input: Input<P>, fx: &mut Vec<Effect<P>>) {
        self.take(now, input, fx);
        self.settle_epoch(now, fx);
    }

    fn take(&mut self, now: Time, input: Input<P>, fx: &mut Vec<Effect<P>>) {
        match input {
            Input::Receive { from, message } => self.receive(now, from, message, fx),
            Input::BadBatch { from, digest } => {
                fx.push(Effect::Reject { peer: from, reason: Reject::BadPayload });
                self.batches.mark_bad(digest);
                self.answer_checks(now, fx);
            }
            Input::Timeout(Timer::Core(timer)) => {
                self.present.timer_gone(timer);
                self.feed(now, protocol::Input::Timeout(timer), fx)
            }
            Input::Mined { work, nonce } => {
                let mined = protocol::Reply::Mined { work, nonce };
                self.feed(now, protocol::Input::Reply(mined), fx);
            }
            Input::Timeout(Timer::Seal) => {
                self.seal_timer_set = false;
                self.seal(now, fx);
            }
            Input::Timeout(Timer::Build) => self.build_waiting(now, fx),
            Input::Timeout(Timer::FetchBatches) => self.fetch_batches(fx),
            Input::Timeout(Timer::Forward) => self.forward(fx),
            Input::Timeout(Timer::CatchUp) => self.ask_next_peer(fx),
            Input::Timeout(Timer::AntiEntropy) => self.anti_entropy(fx),
        }
    }

    fn receive(&mut self, now: Time, from: NodeId, message: Incoming<P>, fx: &mut Vec<Effect<P>>) {
        match message {
            Incoming::Core(said) => self.receive_core(now, from, &said, fx),
            Incoming::Attestation { since, signed } => {
                self.count_attestation(now, from, since, &signed, fx);
            }
            Incoming::Batch(batch) => self.take_batch(now, from, batch, fx),
            Incoming::BatchRequest(digests) => self.serve_batches(from, digests, fx),
            Incoming::BlockRequest(height) => {
                fx.push(Effect::ServeBlocks { to: from, from: height })
            }
            Incoming::Blocks(blocks) => self.take_blocks(now, from, blocks, fx),
            Incoming::Tip(certificate) => self.take_tip(from, &certificate, fx),
        }
    }

    /// Takes clients' transactions, whose signatures the world has checked; answers each in order.
    pub fn submit(
        &mut self,
        now: Time,
        transactions: Vec<SealedTransaction>,
        fx: &mut Vec<Effect<P>>,
    ) -> Vec<Result<(), Refusal>> {
        let answers =
            transactions.into_iter().map(|tx| self.pool.admit(tx, &self.executor)).collect();
        self.seal_some(now, fx);
        self.settle_epoch(now, fx);
        answers
    }

    /// Seals what fills batches, and what is left too where no own batch is on its way: nobody is served by waiting
    /// then. Else the rest waits for company.
    pub(crate) fn seal_some(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        self.seal_full(now, fx);
        if self.batches.in_flight_of(self.me) == 0 {
            self.seal(now, fx);
        }
        if self.pool.len() > 0 && !self.seal_timer_set {
            self.seal_timer_set = true;
            fx.push(Effect::SetTimer { timer: Timer::Seal, after: self.settings.batch_delay });
        }
    }

    /// Seals batches as long as the pool fills one.
    fn seal_full(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        while self.pool.bytes() >= self.settings.batch_bytes && self.may_seal() {
            self.seal_one(now, fx);
        }
    }

    /// Seals what waits; where too many own batches are on their way, the next execution does it.
    fn seal(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        if self.pool.len() > 0 && self.may_seal() {
            self.seal_one(now, fx);
        }
    }

    fn may_seal(&self) -> bool {
        self.core.is_some()
            && self.batches.in_flight_of(self.me) < self.settings.batches_in_flight_max
    }

    fn seal_one(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        let txs = self.pool.drain(self.settings.batch_bytes, BATCH_TXS_MAX, &self.executor);
        let Ok(batch) = Batch::seal(self.me, self.next_batch_number, &txs) else { return };
        self.next_batch_number += 1;
        let batch = Arc::new(batch);
        // A batch is no promise: it may leave before it is durable, and every vote that names it waits for that.
        fx.push(Effect::Broadcast(Message::Batch(Arc::clone(&batch))));
        self.add_batch(now, self.me, batch, fx);
    }

    fn take_batch(&mut self, now: Time, from: NodeId, batch: Arc<Batch>, fx: &mut Vec<Effect<P>>) {
        let digest = batch.digest();
        if self.executor.has_executed(&digest) || self.core.is_none() {
            return;
        }
        self.add_batch(now, from, batch, fx);
    }

    fn add_batch(&mut self, now: Time, from: NodeId, batch: Arc<Batch>, fx: &mut Vec<Effect<P>>) {
        let digest = batch.digest();
        match self.batches.insert(Arc::clone(&batch), from) {
            Arrival::Known => {}
            Arrival::OverLimit => fx.push(Effect::Reject { peer: from, reason: Reject::OverLimit }),
            Arrival::New => {
                fx.push(Effect::Persist(Record::Batch(batch)));
                self.queue.push_back(protocol::Input::Submit(digest));
                self.answer_checks(now, fx);
                self.execute_decided(now, fx);
                self.run_core(now, fx);
                self.set_forward_timer(fx);
            }
        }
    }

    fn set_forward_timer(&mut self, fx: &mut Vec<Effect<P>>) {
        if !self.forward_timer_set && self.batches.len() > 0 {
            self.forward_timer_set = true;
            let after = self.settings.fetch_timeout.times(FORWARD_FETCH_TIMEOUTS);
            fx.push(Effect::SetTimer { timer: Timer::Forward, after });
        }
    }

    /// Sends batches that nobody proposes to the leader: their origin's message to it was lost, or withheld to make
    /// it look idle (rule P-14).
    fn forward(&mut self, fx: &mut Vec<Effect<P>>) {
        self.forward_timer_set = false;
        let overdue = self.batches.overdue(self.me);
        let leader = || self.core.as_ref().and_then(|core| core.status().leader);
        let leader = || leader().map(|leader| self.present.office().id_of(leader));
        if !overdue.is_empty()
            && let Some(to) = leader().filter(|&leader| leader != self.me)
        {
            let message = |batch| Effect::Send { to, message: Message::Batch(batch) };
            fx.extend(overdue.into_iter().map(message));
        }
        self.set_forward_timer(fx);
    }

    fn serve_batches(&self, to: NodeId, digests: Vec<Digest>, fx: &mut Vec<Effect<P>>) {
        let mut kept = Vec::new();
        for digest in digests {
            match self.batches.get_all(&[digest]) {
                Some(batches) => {
                    let message = |batch| Effect::Send { to, message: Message::Batch(batch) };
                    fx.extend(batches.into_iter().map(message));
                }
                None => kept.push(digest),
            }
        }
        if !kept.is_empty() {
            fx.push(Effect::ServeBatches { to, digests: kept });
        }
    }

    fn count_attestation(
        &mut self,
        now: Time,
        from: NodeId,
        since: u64,
        signed: &Verified<Signed<Attestation>>,
        fx: &mut Vec<Effect<P>>,
    ) {
        let office = self.office_at(signed.statement.height);
        if office.since != since {
            // Of a set that we do not know yet, or of one that was in office before.
            let reason = if since > office.since { Reject::FarView } else { Reject::OldView };
            return fx.push(Effect::Reject { peer: from, reason });
        }
        let counted = self.certifier.count(signed, &office.attesters);
        if let Counted::Conflict(earlier) = &counted {
            let offender = office.id_of(signed.signer);
            let evidence = evidence_of(earlier, signed);
            fx.push(Effect::Accuse { offender, epoch: since, evidence });
        }
        self.after_count(now, signed.statement.height, &counted, fx);
    }

    /// How many transactions wait in the pool, and their bytes.
    #[must_use]
    pub fn pool_load(&self) -> (usize, usize) {
        (self.pool.len(), self.pool.bytes())
    }

    /// Who attests the lowest uncertified block that we executed, by id, and how much weight is needed.
    fn attesting(&self) -> Option<(Height, Vec<NodeId>, usize)> {
        let (height, have) = self.certifier.waiting()?;
        let office = self.office_at(height);
        let have = have.into_iter().map(|place| office.id_of(place)).collect();
        Some((height, have, office.attesters.quorum().size()))
    }

    /// The state of the applications, and how far the chain is.
    #[must_use]
    pub const fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The same, to be spoilt by a test that wants the difference to be found.
    pub const fn executor_mut(&mut self) -> &mut Executor {
        &mut self.executor
    }

    /// What the replica shows of itself.
    #[must_use]
    pub fn status(&self) -> ReplicaStatus {
        ReplicaStatus {
            me: self.me,
            epoch: self.present.epoch().clone(),
            scheduled: self.scheduled(),
            core: self.core.as_ref().map(|core| self.present.on_chain(core.status())),
            height: self.executor.height(),
            tip: self.executor.tip(),
            block_time: self.executor.time(),
            certified: self.certifier.certified(),
            diverged: self.diverged,
            catching_up: self.catch_up.target(),
            pool_txs: self.pool.len(),
            pool_bytes: self.pool.bytes(),
            batches: self.batches.len(),
            batches_missing: self.batches.wanted().len(),
            attesting: self.attesting(),
        }
    }
}

/// Two attestations of different blocks at one height.
fn evidence_of(first: &Signed<Attestation>, second: &Signed<Attestation>) -> Evidence {
    use codec::Encode as _;
    Evidence {
        offender: second.signer,
        kind: "double-attestation",
        view: View::ZERO,
        seq: types::Seq::new(second.statement.height.get()),
        first: first.to_bytes(),
        second: second.to_bytes(),
    }
}
