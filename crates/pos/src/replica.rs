//! The replica: its state and the one match over its inputs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use codec::Encode as _;
use crypto::{Signed, Verified};
use protocol::{Ctx, Input, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{Digest, NodeId, Seq, View};

use crate::book::Book;
use crate::clock::{Clock, Timer};
use crate::message::{Attestation, Block, Checkpoint, Header, Link, Message, Offence};
use crate::proposing::Building;
use crate::stakes::Stakes;
use crate::tree::Tree;
use crate::{Config, Protection, Record};

/// Most pieces of submitted work remembered.
const PENDING_MAX: usize = 4_096;

/// One replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    pub(crate) clock: Clock,
    pub(crate) stakes: Stakes,
    /// False where the configuration cannot be run: nothing is done then.
    pub(crate) is_runnable: bool,
    /// The slot of the last step, its proposer, and the slots in which this epoch's validators attest.
    pub(crate) slot: u64,
    pub(crate) leader: NodeId,
    pub(crate) places: Vec<u64>,
    pub(crate) tree: Tree,
    /// Final blocks, without gaps up to the tree's root.
    pub(crate) history: VecDeque<(Digest, Arc<Block>)>,
    /// The first header that came for each slot.
    pub(crate) by_slot: BTreeMap<u64, Signed<Header>>,
    pub(crate) book: Book,
    /// The last final checkpoint, at the tree's root, and the link that proves it.
    pub(crate) finalized: Checkpoint,
    pub(crate) final_link: Option<Arc<Link>>,
    /// The highest justified checkpoint, and the link that proves it.
    pub(crate) justified: Checkpoint,
    pub(crate) justified_link: Option<Arc<Link>>,
    /// The justified checkpoint that the fork choice begins at, and the source of one's own votes.
    pub(crate) adopted: Checkpoint,
    /// A final checkpoint whose blocks are not all here.
    pub(crate) ahead: Option<(Checkpoint, Arc<Link>)>,
    pub(crate) protection: Protection,
    pub(crate) own_vote: Option<Signed<Attestation>>,
    pub(crate) own_block: Option<Arc<Block>>,
    /// The first epoch in which this replica signs.
    pub(crate) quiet_until: u64,
    /// The timely proposal of a slot.
    pub(crate) boost: Option<(u64, Digest)>,
    /// The slot since which no payload is to be proposed twice.
    pub(crate) era: u64,
    pub(crate) building: Option<Building>,
    /// The last slot in which a payload was asked for.
    pub(crate) built_slot: u64,
    /// The last slot in which an attestation was tried.
    pub(crate) tried_slot: Option<u64>,
    pub(crate) pending: BTreeSet<Digest>,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    pub(crate) decided: Seq,
    pub(crate) executed: Seq,
    /// Whether it is known where the application stands.
    pub(crate) is_placed: bool,
    pub(crate) transfer: Option<Seq>,
    /// Set where a quorum certified another state than ours.
    pub(crate) halted: Option<Seq>,
    /// Set where a checkpoint was proved final that contradicts a final one: a third of the stake has lied.
    pub(crate) alarm: Option<Arc<Link>>,
    /// Proven liars, with the proof.
    pub(crate) slashed: BTreeMap<NodeId, Arc<Offence>>,
    pub(crate) is_slot_set: bool,
    pub(crate) is_attest_set: bool,
    /// Blocks that were asked for, with the slot of the request.
    pub(crate) asked: BTreeMap<Digest, u64>,
    /// Answers to each replica in its last slot.
    pub(crate) answered: Vec<(u64, u32)>,
    /// The epoch since which this replica has not been idle.
    pub(crate) active_since: Option<u64>,
    /// Records written since the log was last compacted.
    pub(crate) written: usize,
}

impl Protocol for Core {
    const NAME: &'static str = "pos";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let mut core = Self::new(config, ctx);
        if !core.is_runnable {
            return core;
        }
        let is_fresh = log.is_empty();
        core.recover(log); // L24
        core.start_at_anchor();
        core.enter_slot(ctx);
        core.is_placed = is_fresh;
        if !is_fresh {
            core.resume(ctx); // L25
        }
        core.wake(ctx);
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        if !self.is_runnable {
            return;
        }
        if self.clock.slot(ctx.now) > self.slot {
            self.enter_slot(ctx); // L2
        }
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Slot) => self.is_slot_set = false, // L2
            Input::Timeout(Timer::Attest) => {
                self.is_attest_set = false;
                self.attest(ctx); // L10
            }
            Input::Submit(work) => self.on_submit(work), // L1
            Input::Reply(Reply::Built { view, seq, payload }) => {
                self.on_built(view, seq, payload, ctx); // L5
            }
            Input::Reply(Reply::Checked { view, seq, digest, valid }) => {
                self.on_checked(view, seq, digest, valid); // L8
            }
            Input::Reply(Reply::Executed { seq, done, .. }) => {
                self.executed = self.executed.max(seq);
                self.finish(&done);
            }
            Input::Reply(Reply::Transferred { seq, done, .. }) => {
                self.on_transferred(seq, &done, ctx); // L26
            }
            Input::Reply(Reply::Mined { .. }) => {}
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L27
        }
        if !self.is_placed {
            self.is_placed = true;
            self.decide_ready(ctx);
        }
        self.wake(ctx);
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        View::new(self.slot)
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        None
    }
}

impl Core {
    fn new(config: Config, ctx: &Ctx<'_, Self>) -> Self {
        let is_valid = config.validate().is_ok() || broken!(config, WeightsWrap);
        let n = config.n();
        let genesis = Checkpoint {
            epoch: 0,
            seq: config.base,
            block: crypto::hash("unisono-pos-genesis", &(config.seed, config.base).to_bytes()),
        };
        let clock = Clock::new(&config);
        let quiet = if broken!(config, SignsAtOnce) { 0 } else { config.quiet_epochs };
        let is_imported = !broken!(config, ImportIgnored);
        Self {
            me: ctx.me(),
            clock,
            stakes: Stakes::new(&config),
            is_runnable: is_valid && ctx.me().index() < n,
            slot: 0,
            leader: NodeId::default(),
            places: Vec::new(),
            tree: Tree::new(genesis.block, genesis.seq, 0),
            history: VecDeque::new(),
            by_slot: BTreeMap::new(),
            book: Book::new(n),
            finalized: genesis,
            final_link: None,
            justified: genesis,
            justified_link: None,
            adopted: genesis,
            ahead: None,
            protection: if is_imported { config.protection } else { Protection::default() },
            own_vote: None,
            own_block: None,
            quiet_until: clock.epoch(clock.slot(ctx.now)).saturating_add(quiet),
            boost: None,
            era: 0,
            building: None,
            built_slot: 0,
            tried_slot: None,
            pending: BTreeSet::new(),
            is_work_at_hand: true,
            decided: config.base,
            executed: config.base,
            is_placed: false,
            transfer: None,
            halted: None,
            alarm: None,
            slashed: BTreeMap::new(),
            is_slot_set: false,
            is_attest_set: false,
            asked: BTreeMap::new(),
            answered: vec![(0, 0); n],
            active_since: None,
            written: 0,
            config,
        }
    }

    fn receive(&mut self, from: NodeId, message: &Verified<Message>, ctx: &mut Ctx<'_, Self>) {
        if from.index() >= self.config.n() {
            return ctx.reject(from, Reject::Stranger);
        }
        match &**message {
            Message::Proposal(block) => self.on_block(from, block, true, ctx), // L6
            Message::Block(block) => self.on_block(from, block, false, ctx),   // L6
            Message::Attestation(vote) => self.on_attestation(from, vote, ctx), // L11
            Message::Votes(votes) => {
                for vote in votes.0.iter() {
                    self.consider(from, vote, ctx); // L11
                }
            }
            Message::Link(link) => self.on_link(from, link, ctx), // L21
            Message::Ask(ask) => self.on_ask(from, *ask, ctx),    // L20
            Message::Status(report) => self.on_status(from, *report, ctx), // L19
            Message::Evidence(offence) => self.on_evidence(from, offence, ctx), // L23
        }
    }

    /// Work waits to be proposed (L1).
    fn on_submit(&mut self, work: Digest) {
        self.is_work_at_hand = true;
        if self.pending.len() < PENDING_MAX {
            self.pending.insert(work);
        }
    }

    pub(crate) fn finish(&mut self, done: &[Digest]) {
        for work in done {
            self.pending.remove(work);
        }
    }

    /// The epoch of the last step.
    pub(crate) const fn epoch(&self) -> u64 {
        self.clock.epoch(self.slot)
    }
    /// The last slot that may already have begun at somebody whose clock is a little ahead.
    pub(crate) const fn slot_max(&self) -> u64 {
        self.slot.saturating_add(1)
    }

    /// Takes note of a new slot, and of a new epoch where one has begun (L2).
    pub(crate) fn enter_slot(&mut self, ctx: &mut Ctx<'_, Self>) {
        let before = self.epoch();
        self.slot = self.clock.slot(ctx.now).max(self.slot);
        self.leader = self.leader_of(self.slot);
        if self.epoch() != before || self.places.is_empty() {
            self.places = self.stakes.places(self.epoch());
            self.begin_epoch(ctx); // L18
        }
        self.adopt(); // L14
    }

    /// Sets the timers that are needed now, and does what this slot asks for.
    pub(crate) fn wake(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_active() {
            self.active_since = None;
            if self.is_slot_set {
                self.is_slot_set = false;
                ctx.cancel_timer(Timer::Slot);
            }
            return;
        }
        if self.active_since.is_none() {
            self.active_since = Some(self.epoch());
        }
        if !self.is_slot_set {
            self.is_slot_set = true;
            ctx.set_timer(Timer::Slot, self.clock.until_next(ctx.now));
        }
        self.propose(ctx); // L4
        self.prepare_to_attest(ctx); // L9
    }

    /// Whether anything waits to be proposed or to become final. Otherwise slots pass in silence.
    fn is_active(&self) -> bool {
        (!self.pending.is_empty() && self.is_work_at_hand)
            || self.tree.is_tentative()
            || self.ahead.is_some()
    }

    /// Whether this replica signs anything at all.
    pub(crate) const fn signs(&self) -> bool {
        self.is_sound() && self.epoch() >= self.quiet_until
    }

    /// Whether it signs once its quiet epochs are over, which need no help to end.
    pub(crate) const fn is_sound(&self) -> bool {
        self.config.voting && self.halted.is_none() && self.alarm.is_none()
    }
}
