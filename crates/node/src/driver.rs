//! Drives the replica on a thread of its own: takes inputs, keeps what must be kept in one synced write per round,
//! and only then lets out what stands behind it.

mod listeners;
mod miner;
mod timers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use codec::Encode;
use ledger::Epoch;
use protocol::Protocol;
use replica::{Effect, Incoming, Input, Message, Record, Replica, Timer};
use store::{Op, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::byzantine::Byzantine;
use crate::command::Command;
use crate::epoch_log;
use crate::handle::{NodeError, Shared, View};
use crate::metrics::OperationLabels;
use crate::net::{Outbox, Target, frame, peer_id_of};
use crate::recorder::Recorder;
use crate::serve::ServeRequest;

use timers::Timers;

/// Most inputs taken up in one round, so that a round's effects stay bounded.
const INPUTS_PER_ROUND: usize = 512;
/// Most commands taken up in one round.
const COMMANDS_PER_ROUND: usize = 64;

/// Most bytes of batches that wait to be kept.
const BATCH_BYTES_WAITING_MAX: usize = 1024 * 1024;

/// What the driver is made of.
pub(crate) struct Driver<P: Protocol> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) replica: Replica<P>,
    /// The epoch of the core's log as it was found.
    pub(crate) epoch: Option<Epoch>,
    /// What the replica's start wants done.
    pub(crate) effects: Vec<Effect<P>>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) serve: mpsc::Sender<ServeRequest>,
    pub(crate) inputs: mpsc::Receiver<Input<P>>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) byzantine: Option<Byzantine<P>>,
    /// Rung once when the disk has failed for good.
    pub(crate) fatal: Option<oneshot::Sender<StoreError>>,
}

/// A driver at work.
struct Running<P: Protocol> {
    parts: Driver<P>,
    timers: Timers<Timer<P::Timer>>,
    miner: miner::Miner,
    /// One's own broadcasts, on their way back.
    own: Vec<Input<P>>,
    ops: Vec<Op>,
    held: Vec<Effect<P>>,
    /// Whether `ops` are batches and nothing else, and how many bytes of them.
    holds_only_batches: bool,
    batch_bytes: usize,
    /// The disk is full: nothing is stepped any more, questions are answered.
    is_halted: bool,
    /// How often this node has lied.
    lies: usize,
    listeners: listeners::Listeners,
    /// The epoch of the core's log; `None` for the first.
    epoch: Option<Epoch>,
}

impl<P> Driver<P>
where
    P: Protocol + 'static,
    P::Message: Send + Sync,
    P::Timer: Send,
    Replica<P>: Send,
    Input<P>: Send,
    Effect<P>: Send,
{
    /// Starts the thread.
    pub(crate) fn start(self) -> std::io::Result<std::thread::JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        std::thread::Builder::new().name("replica".to_owned()).spawn(move || {
            let listeners = listeners::Listeners::new(&self.shared, &self.replica);
            let epoch = self.epoch.clone();
            let mut running = Running {
                epoch,
                parts: self,
                timers: Timers::new(),
                miner: miner::Miner::new(),
                own: Vec::new(),
                ops: Vec::new(),
                held: Vec::new(),
                holds_only_batches: true,
                batch_bytes: 0,
                is_halted: false,
                lies: 0,
                listeners,
            };
            runtime.block_on(running.run());
        })
    }
}

impl<P: Protocol> Running<P> {
    async fn run(&mut self) {
        let height = self.parts.replica.executor().height();
        self.record(|recorder| recorder.starts(height));
        let first = std::mem::take(&mut self.parts.effects);
        self.carry_out(first);
        let mut inputs = Vec::with_capacity(INPUTS_PER_ROUND);
        let mut commands = Vec::with_capacity(COMMANDS_PER_ROUND);
        loop {
            self.wait(&mut inputs, &mut commands).await;
            let mut fx = Vec::new();
            for command in commands.drain(..) {
                if let Command::Stop(done) = command {
                    self.carry_out(fx);
                    self.stop(done);
                    return;
                }
                self.command(command, &mut fx);
            }
            for input in inputs.drain(..) {
                self.step(input, &mut fx);
            }
            while let Some(timer) = self.timers.pop(Instant::now()) {
                self.step(Input::Timeout(timer), &mut fx);
            }
            self.carry_out(fx);
            self.parts.shared.pool.set(self.parts.replica.pool_load());
            self.parts.shared.fees.set(self.parts.replica.executor().fee_rule());
            self.listeners.observe(&self.parts.shared, &self.parts.replica);
        }
    }

    /// Sleeps until there is something to do, and takes all of it that fits a round.
    async fn wait(&mut self, inputs: &mut Vec<Input<P>>, commands: &mut Vec<Command>) {
        let next = self.timers.next().map(tokio::time::Instant::from_std);
        let timer = async {
            match next {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // A closed channel is always ready: without this a stopping node would spin.
            _ = self.parts.inputs.recv_many(inputs, INPUTS_PER_ROUND), if !self.parts.inputs.is_closed() => {}
            _ = self.parts.commands.recv_many(commands, COMMANDS_PER_ROUND) => {}
            () = timer => {}
            found = self.miner.found() => inputs.push(found),
        }
        while inputs.len() < INPUTS_PER_ROUND
            && let Ok(input) = self.parts.inputs.try_recv()
        {
            inputs.push(input);
        }
        while commands.len() < COMMANDS_PER_ROUND
            && let Ok(command) = self.parts.commands.try_recv()
        {
            commands.push(command);
        }
    }

    /// Writes into the trace, where there is one.
    fn record(&self, write: impl FnOnce(&Recorder)) {
        if let Some(recorder) = &self.parts.shared.recorder {
            write(recorder);
        }
    }

    fn step(&mut self, input: Input<P>, fx: &mut Vec<Effect<P>>) {
        if let Input::Timeout(timer) = &input {
            self.record(|recorder| recorder.times_out(format!("{timer:?}")));
        }
        if !self.is_halted {
            self.parts.replica.step(crate::clock::now(), input, fx);
        }
    }

    fn command(&mut self, command: Command, fx: &mut Vec<Effect<P>>) {
        match command {
            Command::Submit { transactions, answer } => {
                let admitted = if self.is_halted {
                    Err(NodeError::Store("the disk is full".to_owned()))
                } else {
                    Ok(self.parts.replica.submit(crate::clock::now(), transactions, fx))
                };
                if let Some(answer) = answer {
                    // The client may have gone away; its transactions are in the pool all the same.
                    let _ = answer.send(admitted);
                }
            }
            Command::Query(question) => {
                let replica = &self.parts.replica;
                question(&View::new(replica.executor(), &|| replica.status()));
            }
            Command::Stop(_) => unreachable!("a stop ends the loop before it gets here"),
        }
    }

    /// Carries out effects in their order, and whatever one's own broadcasts lead to.
    fn carry_out(&mut self, mut fx: Vec<Effect<P>>) {
        while !fx.is_empty() && !self.is_halted {
            self.separate(&mut fx);
            if self.must_commit()
                && let Err(error) = self.commit()
            {
                self.fail(error);
                return;
            }
            for effect in std::mem::take(&mut self.held) {
                self.release(effect);
            }
            for input in std::mem::take(&mut self.own) {
                self.step(input, &mut fx);
            }
            self.listeners.flush(&self.parts.shared);
        }
    }

    /// What stands before the first record to be kept leaves at once; the records are collected; the rest is held
    /// until they are durable.
    fn separate(&mut self, fx: &mut Vec<Effect<P>>) {
        for effect in fx.drain(..) {
            match effect {
                Effect::Persist(record) => self.keep(op_of(record)),
                Effect::CompactCore(records) => {
                    let records = records.iter().map(Encode::to_bytes);
                    self.keep(Op::CoreReplace(epoch_log::begin(self.epoch.as_ref(), records)));
                }
                // Known before the checks of what its members say.
                Effect::Scheduled(epoch) => self.scheduled(epoch),
                Effect::EnterEpoch(epoch) => {
                    self.keep(Op::CoreReplace(epoch_log::begin(Some(&epoch), std::iter::empty())));
                    self.listeners.epoch_entered(&self.parts.shared, &epoch);
                    self.epoch = Some(epoch);
                }
                Effect::ResetLedger { attested } => self.keep(Op::ResetLedger { attested }),
                // A timer leaves nothing but this process.
                timer @ (Effect::SetTimer { .. } | Effect::CancelTimer(_)) => self.release(timer),
                other @ (Effect::Send { .. }
                | Effect::Broadcast(_)
                | Effect::ServeBlocks { .. }
                | Effect::ServeBatches { .. }
                | Effect::Mine { .. }
                | Effect::Executed(_)
                | Effect::Certified(_)
                | Effect::Accuse { .. }
                | Effect::Reject { .. }
                | Effect::ViewChanged { .. }
                | Effect::Diverged { .. }) => {
                    let nothing_is_before = self.ops.is_empty();
                    if nothing_is_before || (self.holds_only_batches && promises_nothing(&other)) {
                        self.release(other);
                    } else {
                        self.held.push(other);
                    }
                }
            }
        }
    }

    fn keep(&mut self, op: Op) {
        match &op {
            Op::Batch(batch) => self.batch_bytes += batch.bytes().len(),
            Op::CoreAppend(_)
            | Op::CoreReplace(_)
            | Op::Block(_)
            | Op::Certificate(_)
            | Op::ResetLedger { .. } => self.holds_only_batches = false,
        }
        self.ops.push(op);
    }

    /// Batches alone wait for the next record or message that needs them, so that a quiet network does not sync
    /// for every one of them.
    fn must_commit(&self) -> bool {
        !self.held.is_empty()
            || !self.holds_only_batches
            || self.batch_bytes > BATCH_BYTES_WAITING_MAX
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let start = Instant::now();
        let written = self.parts.shared.store.commit(&self.ops);
        self.ops.clear();
        self.holds_only_batches = true;
        self.batch_bytes = 0;
        let metrics = &self.parts.shared.metrics;
        let labels = OperationLabels { op: "commit" };
        metrics.storage_operations.get_or_create(&labels).inc();
        metrics.storage_seconds.get_or_create(&labels).observe(start.elapsed().as_secs_f64());
        metrics.storage_bytes.inc_by(written?);
        Ok(())
    }

    /// A full disk ends voting and leaves reading; a failing one ends the process, without another try.
    fn fail(&mut self, error: StoreError) {
        self.is_halted = true;
        self.held.clear();
        self.own.clear();
        self.parts.shared.readiness.disk_failed();
        self.parts.shared.board.stop_voting("the store has failed");
        tracing::error!(%error, "the store has failed: this node stops voting");
        if !error.is_full()
            && let Some(fatal) = self.parts.fatal.take()
        {
            // Nobody listens where the node is on its way down already.
            let _ = fatal.send(error);
        }
    }

    /// Lets an effect out whose barrier has been passed.
    fn release(&mut self, effect: Effect<P>) {
        match effect {
            Effect::Persist(_)
            | Effect::CompactCore(_)
            | Effect::EnterEpoch(_)
            | Effect::Scheduled(_)
            | Effect::ResetLedger { .. } => {
                unreachable!("what is kept is never let out")
            }
            Effect::Send { to, message } => {
                self.parts.outbox.send(Target::Node(to), frame(&message));
            }
            Effect::Broadcast(message) => self.broadcast(message),
            Effect::SetTimer { timer, after } => {
                self.timers.set(timer, Instant::now(), Duration::from_micros(after.us()));
            }
            Effect::CancelTimer(timer) => self.timers.cancel(&timer),
            Effect::ServeBlocks { to, from } => {
                self.serve(ServeRequest::Blocks { to: Target::Node(to), from });
            }
            Effect::ServeBatches { to, digests } => {
                self.serve(ServeRequest::Batches { to: Target::Node(to), digests });
            }
            Effect::Mine { work, target } => self.miner.search(work, target),
            Effect::Executed(block) => {
                self.record(|recorder| recorder.executes(block.header.height, &block.hash));
                self.listeners.executed(&self.parts.shared, &block);
            }
            Effect::Certified(certificate) => {
                self.record(|recorder| recorder.certifies(certificate.height));
                self.listeners.certified(&self.parts.shared, &certificate);
            }
            Effect::Accuse { offender, epoch, evidence } => {
                self.listeners.accused(&self.parts.shared, offender, epoch, evidence);
            }
            Effect::Reject { peer, reason } => {
                self.parts.shared.metrics.drop_for(reason.label());
                self.parts.shared.rejected(peer, reason.label(), &"the replica refused it");
            }
            Effect::ViewChanged { view, cause } => {
                self.record(|recorder| recorder.enters(view));
                self.listeners.view_changed(&self.parts.shared, view, cause);
            }
            Effect::Diverged { height } => self.listeners.diverged(&self.parts.shared, height),
        }
    }

    /// An epoch is agreed on: its members' words can be checked, and whoever joins is sent to, from now on.
    fn scheduled(&self, epoch: Epoch) {
        let shared = &self.parts.shared;
        for member in &epoch.members {
            match peer_id_of(member.validator.network_key) {
                Ok(peer) => shared.network.add_validator(member.id, peer),
                Err(error) => tracing::error!(%error, "a validator's network key is no good"),
            }
        }
        let number = epoch.number;
        shared.roster.begin(epoch);
        if self.parts.replica.status().epoch.number == number {
            self.listeners.takes_seat(shared, number);
        }
    }

    fn serve(&self, request: ServeRequest) {
        if self.parts.serve.try_send(request).is_err() {
            self.parts.shared.metrics.drop_for("serving_busy");
        }
    }

    /// Sends to all others; what is signed comes back to oneself.
    fn broadcast(&mut self, message: Message<P>) {
        let honest = frame(&message);
        match self.parts.byzantine.as_ref().and_then(|liar| liar.contradict(&message)) {
            Some(lie) => {
                self.lies += 1;
                self.parts.outbox.broadcast_two(&honest, &frame(&lie), self.lies);
            }
            None => self.parts.outbox.broadcast(&honest),
        }
        let office = |epoch| self.parts.shared.roster.of(epoch);
        match message {
            Message::Core(message) => {
                let Some(office) = office(message.epoch) else { return };
                let Some((from, signer)) = office.me() else { return };
                let message = Arc::try_unwrap(message).unwrap_or_else(|kept| (*kept).clone());
                let message = Incoming::Core(signer.own(message));
                self.own.push(Input::Receive { from, message });
            }
            Message::Attestation { since, signed } => {
                let Some(office) = office(since) else { return };
                let Some((from, signer)) = office.me() else { return };
                let message = Incoming::Attestation { since, signed: signer.own(signed) };
                self.own.push(Input::Receive { from, message });
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => {}
        }
    }

    fn stop(&mut self, done: oneshot::Sender<()>) {
        if !self.is_halted
            && !self.ops.is_empty()
            && let Err(error) = self.commit()
        {
            tracing::error!(%error, "the last batches could not be kept");
        }
        if !self.is_halted
            && let Err(error) = self.parts.shared.store.sync()
        {
            tracing::error!(%error, "the last sync failed");
        }
        self.record(Recorder::finish);
        let _ = done.send(());
    }
}

/// Whether a message may leave although batches before it are not durable: it says nothing that a crash could take
/// back.
fn promises_nothing<P: Protocol>(effect: &Effect<P>) -> bool {
    match effect {
        Effect::Broadcast(message) | Effect::Send { message, .. } => match message {
            Message::Batch(_) | Message::BatchRequest(_) | Message::BlockRequest(_) => true,
            Message::Core(_)
            | Message::Attestation { .. }
            | Message::Blocks(_)
            | Message::Tip(_) => false,
        },
        Effect::Persist(_)
        | Effect::CompactCore(_)
        | Effect::Scheduled(_)
        | Effect::EnterEpoch(_)
        | Effect::SetTimer { .. }
        | Effect::CancelTimer(_)
        | Effect::ServeBlocks { .. }
        | Effect::ServeBatches { .. }
        | Effect::Mine { .. }
        | Effect::Executed(_)
        | Effect::Certified(_)
        | Effect::Accuse { .. }
        | Effect::Reject { .. }
        | Effect::ViewChanged { .. }
        | Effect::Diverged { .. }
        | Effect::ResetLedger { .. } => false,
    }
}

fn op_of<P: Protocol>(record: Record<P>) -> Op {
    match record {
        Record::Core(record) => Op::CoreAppend(record.to_bytes()),
        Record::Batch(batch) => Op::Batch(batch),
        Record::Block(block) => Op::Block(block),
        Record::Certificate(certificate) => Op::Certificate(certificate),
    }
}
