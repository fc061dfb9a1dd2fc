//! The replica: its state and the one match over its inputs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crypto::Verified;
use protocol::{Ctx, Input, Protocol, Reject, Reply, ViewChangeCause};
use types::{Digest, NodeId, Seq, Time, View};

use crate::liveness::Timer;
use crate::message::Message;
use crate::past::{History, Past};
use crate::pledge::Ballot;
use crate::record::{Recovered, sort};
use crate::sets::Sets;
use crate::slot::Slot;
use crate::{Config, Record};

/// How many slots above the present one are listened to.
pub(crate) const AHEAD_MAX: usize = 16;

/// One replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    pub(crate) sets: Sets,
    /// Set where a quorum certified another state than ours: nothing is signed any more.
    pub(crate) halted: Option<Seq>,
    pub(crate) decided: Seq,
    pub(crate) executed: Seq,
    /// The slot behind the last decided one.
    pub(crate) slot: Box<Slot>,
    /// The slots behind that, as far as somebody spoke of them.
    pub(crate) ahead: VecDeque<Option<Box<Slot>>>,
    pub(crate) past: History,
    /// What the log held of slots not entered again.
    pub(crate) recovered: BTreeMap<Seq, Recovered>,
    pub(crate) is_started: bool,
    pub(crate) pending: BTreeSet<Digest>,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    /// Statements whose quorum set is not known: of each replica the last NOMINATE and the last pledge.
    pub(crate) unread: Vec<[Option<Verified<Message>>; 2]>,
    /// The highest slot that each replica spoke of.
    pub(crate) horizon: Vec<Seq>,
    /// What had been decided when the others were last asked for more.
    pub(crate) asked: Option<Seq>,
    /// When each replica was last answered, and how often since.
    pub(crate) answered: Vec<(Time, u32)>,
    pub(crate) is_retrying: bool,
    /// Counts whatever moves; what it was when the retry timer last ran out.
    pub(crate) moves: u64,
    pub(crate) moves_seen: u64,
    pub(crate) accused: BTreeSet<(NodeId, Seq, &'static str)>,
    /// The last slot in which a leader was silent.
    pub(crate) cause: Option<(Seq, ViewChangeCause)>,
    /// Room for the ballots that one step looks at.
    pub(crate) scratch: Vec<Ballot>,
}

impl Protocol for Core {
    const NAME: &'static str = "fba";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let n = config.n;
        let is_fresh = log.is_empty();
        let (base, recovered) = sort(log);
        let mut core = Self {
            me: ctx.me(),
            sets: Sets::new(&config, ctx.me()),
            halted: None,
            decided: base,
            executed: base,
            slot: Box::new(Slot::new(base.next(), n)),
            ahead: VecDeque::new(),
            past: History::new(config.history),
            recovered,
            is_started: false,
            pending: BTreeSet::new(),
            is_work_at_hand: true,
            unread: vec![[const { None }; 2]; n],
            horizon: vec![Seq::ZERO; n],
            asked: None,
            answered: vec![(Time::ZERO, 0); n],
            is_retrying: false,
            moves: 0,
            moves_seen: 0,
            accused: BTreeSet::new(),
            cause: None,
            scratch: Vec::new(),
            config,
        };
        if is_fresh {
            core.asked = Some(base);
        } else {
            core.arm_retry(ctx);
        }
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        if !self.is_started {
            self.begin(&input, ctx); // L45
        }
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Nomination) => self.on_nomination_timeout(ctx), // L15
            Input::Timeout(Timer::Ballot) => self.on_ballot_timeout(ctx),         // L30
            Input::Timeout(Timer::Retry) => self.on_retry_timeout(ctx),           // L37
            Input::Submit(work) => self.on_submit(work, ctx),                     // L6
            Input::Reply(Reply::Built { view, seq, payload }) => {
                self.on_built(view, seq, payload, ctx); // L10
            }
            Input::Reply(Reply::Checked { seq, digest, valid, .. }) => {
                self.on_checked(seq, digest, valid, ctx); // L18
            }
            Input::Reply(Reply::Executed { seq, done, .. }) => self.on_executed(seq, &done, ctx), // L35
            Input::Reply(Reply::Transferred { seq, done, .. }) => {
                self.on_transferred(seq, &done, ctx); // L42
            }
            Input::Reply(Reply::Mined { .. }) => {}
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L42
        }
    }

    fn status(&self) -> protocol::Status {
        self.describe()
    }

    fn view(&self) -> View {
        View::new(self.slot.seq.get())
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        self.cause()
    }
}

impl Core {
    fn receive(&mut self, from: NodeId, message: &Verified<Message>, ctx: &mut Ctx<'_, Self>) {
        if from.index() >= self.config.n {
            return ctx.reject(from, Reject::Stranger);
        }
        match &**message {
            Message::Nominate(nominate) => {
                let said = &nominate.said.statement;
                if self.admits(from, nominate.said.signer, said.seq, ctx) {
                    self.on_nominate(message, nominate, ctx); // L12
                }
            }
            Message::Ballot(said) => {
                if self.admits(from, said.signer, said.statement.seq, ctx) {
                    self.on_pledge(message, said, ctx); // L22
                }
            }
            Message::Want(want) => self.on_want(from, want, ctx), // L19
            Message::Values(values) => self.on_values(from, values, ctx), // L20
            Message::WantQuorumSet(digest) => self.on_want_quorum_set(from, digest, ctx), // L5
            Message::QuorumSet(set) => self.on_quorum_set(from, set, ctx), // L4
            Message::Status(status) => self.on_status(from, *status, ctx), // L38
        }
    }

    /// Whether a statement is its sender's, and about a slot that is listened to.
    fn admits(&mut self, from: NodeId, signer: NodeId, seq: Seq, ctx: &mut Ctx<'_, Self>) -> bool {
        if (signer != from && !broken!(self.config, SenderUnchecked))
            || signer.index() >= self.config.n
        {
            ctx.reject(from, Reject::Stranger);
            return false;
        }
        if from != self.me {
            self.note_horizon(signer, seq, ctx);
        }
        if seq > self.slot.seq.plus(AHEAD_MAX as u64) {
            ctx.reject(from, Reject::OutsideWatermarks);
            return false;
        }
        seq > self.decided
    }

    /// The slot of a number, made where nobody spoke of it yet.
    pub(crate) fn slot_mut(&mut self, seq: Seq) -> Option<&mut Slot> {
        let Some(at) = seq.above(self.slot.seq).checked_sub(1) else {
            return (seq == self.slot.seq).then_some(&mut *self.slot);
        };
        let at = usize::try_from(at).ok().filter(|&at| at < AHEAD_MAX)?;
        while self.ahead.len() <= at {
            self.ahead.push_back(None);
        }
        let n = self.config.n;
        let slot = self.ahead.get_mut(at)?;
        Some(&mut **slot.get_or_insert_with(|| Box::new(Slot::new(seq, n))))
    }

    /// Whether this replica signs anything at all.
    pub(crate) const fn votes(&self) -> bool {
        self.config.voting && self.halted.is_none()
    }

    /// The first step of a life: by now the application has said where it stands, if it stands anywhere (L45).
    fn begin(&mut self, first: &Input<Self>, ctx: &mut Ctx<'_, Self>) {
        self.is_started = true;
        if let Input::Reply(Reply::Transferred { seq, .. }) = first {
            self.decided = self.decided.max(*seq);
            self.executed = self.decided;
        }
        let decided = self.decided;
        for (&seq, recovered) in self.recovered.range(..=decided) {
            if let Some((value, said)) = recovered.outcome() {
                self.past.push(Past { seq, value: value.clone(), said: Some(said) });
            }
        }
        self.recovered = self.recovered.split_off(&decided.next());
        *self.slot = Slot::new(decided.next(), self.config.n);
        self.enter(ctx);
    }

    /// Jumps behind a slot that the application has reached otherwise (L42).
    fn on_transferred(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.finish(done);
        self.executed = self.executed.max(seq);
        // A repaired replica votes again.
        self.halted = self.halted.filter(|&halted| seq < halted);
        if seq > self.decided {
            let next = seq.next();
            let skipped = usize::try_from(seq.above(self.slot.seq)).unwrap_or(usize::MAX);
            self.decided = seq;
            let reached = if skipped < self.ahead.len() {
                self.ahead.drain(..skipped);
                self.ahead.pop_front().flatten()
            } else {
                self.ahead.clear();
                None
            };
            self.slot = reached.unwrap_or_else(|| Box::new(Slot::new(next, self.config.n)));
            self.recovered = self.recovered.split_off(&next);
            self.enter(ctx);
        }
        self.nominate(ctx);
    }

    /// Counts a submitted piece of work as done.
    pub(crate) fn finish(&mut self, done: &[Digest]) {
        for work in done {
            self.pending.remove(work);
        }
        self.is_work_at_hand |= !done.is_empty();
    }
}
