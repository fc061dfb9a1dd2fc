//! The replica: its state, the one match over its inputs, and the normal case.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crypto::{Signed, Verified};
use protocol::{
    Call, Ctx, Decision, Input, Payload, Protocol, Reject, Reply, Status, ViewChangeCause,
};
use types::{Digest, NodeId, Quorum, Seq, Time, View};

use crate::checkpoints::Checkpoints;
use crate::liveness::{Pace, Timer};
use crate::message::{
    CheckpointCertificate, Commit, Message, NewView, PrePrepare, Prepare, Prepared,
    PreparedCertificate, Propose, ViewChange,
};
use crate::pending::Pending;
use crate::slots::{Outcome, Slot, Slots};
use crate::votes::Cast;
use crate::{Config, Record, safety};

/// Whether a replica takes part in its view, or has left the last one and waits for the next to begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Normal,
    ViewChange,
}

/// Most messages of views that have not begun here, kept for one sender.
const EARLY_MAX: usize = 64;

/// One PBFT replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) quorum: Quorum,
    /// The quorum's size.
    pub(crate) q: usize,
    pub(crate) me: NodeId,
    pub(crate) view: View,
    pub(crate) phase: Phase,
    /// Set where a quorum certified another state than ours: nothing is signed until it is repaired.
    pub(crate) halted: Option<Seq>,
    pub(crate) slots: Slots,
    /// One above the last place proposed in this view.
    pub(crate) next: Seq,
    pub(crate) decided: Seq,
    pub(crate) executed: Seq,
    /// The highest stable checkpoint known; the low watermark follows when the application gets there.
    pub(crate) certified: CheckpointCertificate,
    /// The stable checkpoint at the low watermark.
    pub(crate) stable: CheckpointCertificate,
    pub(crate) checkpoints: Checkpoints,
    /// The place that the application is being brought to.
    pub(crate) transfer: Option<Seq>,
    pub(crate) pending: Pending,
    /// The place that a payload is being built for.
    pub(crate) building: Option<Seq>,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    /// The newest VIEW-CHANGE of each replica.
    pub(crate) view_changes: Vec<Option<Arc<ViewChange>>>,
    /// Our own last VIEW-CHANGE.
    pub(crate) asked: Option<Arc<ViewChange>>,
    /// The NEW-VIEW of the current view, or of the last one that began.
    pub(crate) new_view: Option<Arc<NewView>>,
    /// Messages of views that have not begun here.
    pub(crate) early: Vec<VecDeque<Verified<Message>>>,
    pub(crate) pace: Pace,
    /// When each replica was last answered.
    pub(crate) answered: Vec<Option<Time>>,
    pub(crate) accused: BTreeSet<(NodeId, Seq, &'static str)>,
    pub(crate) cause: Option<ViewChangeCause>,
}

impl Protocol for Core {
    const NAME: &'static str = "pbft";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let n = config.n;
        let is_fresh = log.is_empty();
        let mut core = Self {
            quorum: Quorum::of(n),
            q: safety::quorum_size(&config),
            me: ctx.me(),
            view: View::ZERO,
            phase: Phase::Normal,
            halted: None,
            slots: Slots::new(config.window),
            next: Seq::ZERO.next(),
            decided: Seq::ZERO,
            executed: Seq::ZERO,
            certified: CheckpointCertificate::default(),
            stable: CheckpointCertificate::default(),
            checkpoints: Checkpoints::new(n),
            transfer: None,
            pending: Pending::default(),
            building: None,
            is_work_at_hand: true,
            view_changes: vec![None; n],
            asked: None,
            new_view: None,
            early: (0..n).map(|_| VecDeque::new()).collect(),
            pace: Pace::new(&config),
            answered: vec![None; n],
            accused: BTreeSet::new(),
            cause: None,
            config,
        };
        core.recover(log); // L41
        if !is_fresh {
            core.resume(ctx); // L42
        }
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Request) => self.on_request_timeout(ctx), // L24
            Input::Timeout(Timer::ViewChange) => self.on_view_change_timeout(ctx), // L32
            Input::Timeout(Timer::Retry) => self.on_retry_timeout(ctx),     // L37
            Input::Submit(work) => self.on_submit(work, ctx),               // L1
            Input::Reply(Reply::Built { view, seq, payload }) => {
                self.on_built(view, seq, payload, ctx); // L3
            }
            Input::Reply(Reply::Checked { view, seq, digest, valid }) => {
                self.on_checked(view, seq, digest, valid, ctx); // L7, L8
            }
            Input::Reply(Reply::Executed { seq, digest, done }) => {
                self.on_executed(seq, digest, &done, ctx); // L15
            }
            Input::Reply(Reply::Transferred { seq, digest, done }) => {
                self.on_transferred(seq, digest, &done, ctx); // L22
            }
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L23
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        self.view
    }
}

impl Core {
    pub(crate) fn receive(
        &mut self,
        from: NodeId,
        message: &Verified<Message>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if from.index() >= self.config.n {
            return ctx.reject(from, Reject::Stranger);
        }
        match &**message {
            Message::PrePrepare(proposal) => {
                let said = proposal.propose.statement;
                if self.admits(from, proposal.propose.signer, said.view, said.seq, message, ctx) {
                    self.on_pre_prepare(proposal, ctx); // L4
                }
            }
            Message::Prepare(vote) => {
                let said = vote.statement;
                if self.admits(from, vote.signer, said.view, said.seq, message, ctx) {
                    self.on_prepare(vote, ctx); // L9
                }
            }
            Message::Commit(vote) => {
                let said = vote.statement;
                if self.admits(from, vote.signer, said.view, said.seq, message, ctx) {
                    self.on_commit(vote, ctx); // L12
                }
            }
            Message::Checkpoint(signed) => self.on_checkpoint(from, signed, ctx), // L16
            Message::ViewChange(asked) => self.on_view_change(from, asked, ctx),  // L27
            Message::NewView(begun) => self.on_new_view(from, begun, ctx),        // L33
            Message::Status(report) => self.on_status(from, *report, ctx),        // L38
            Message::Stable(certificate) => self.on_stable(from, certificate, ctx), // L21
            Message::Committed(proof) => self.on_committed(from, proof, ctx),     // L39
            Message::Exhibit(propose) => self.witness(propose, ctx),              // L40
        }
    }

    /// Whether a message of the normal case is for this view and window; one for a later view is kept (L34).
    fn admits(
        &mut self,
        from: NodeId,
        signer: NodeId,
        view: View,
        seq: Seq,
        message: &Verified<Message>,
        ctx: &mut Ctx<'_, Self>,
    ) -> bool {
        if signer != from && !broken!(self.config, SenderUnchecked) {
            ctx.reject(from, Reject::Stranger);
            return false;
        }
        if view > self.view || (view == self.view && self.phase == Phase::ViewChange) {
            let early = &mut self.early[from.index()];
            if early.len() < EARLY_MAX {
                early.push_back(message.clone());
            } else {
                ctx.reject(from, Reject::FarView);
            }
            return false;
        }
        if view < self.view || seq <= self.slots.low() {
            return false;
        }
        if seq > self.slots.high() {
            ctx.reject(from, Reject::OutsideWatermarks);
            return false;
        }
        true
    }

    /// Whether this replica signs anything at all.
    pub(crate) const fn votes(&self) -> bool {
        self.config.voting && self.halted.is_none()
    }
    pub(crate) const fn leader(&self) -> NodeId {
        safety::primary(self.view, self.config.n)
    }
    pub(crate) fn leads(&self) -> bool {
        self.leader() == self.me && self.phase == Phase::Normal
    }

    fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.pending.submit(work, ctx.now) {
            self.is_work_at_hand = true;
            self.note_owed(ctx.now);
            self.arm_request(ctx);
            self.arm_retry(ctx);
            self.propose(ctx);
        }
    }

    /// Asks for a payload where there is room and work (L2).
    pub(crate) fn propose(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_due = self.leads()
            && self.votes()
            && self.building.is_none()
            && self.is_work_at_hand
            && !self.pending.is_empty()
            && self.transfer.is_none()
            && self.next.above(self.executed.next()) < self.config.pipeline
            && (self.next <= self.slots.high() || broken!(self.config, NoHighWatermark));
        if is_due {
            self.building = Some(self.next);
            ctx.call(Call::Build { view: self.view, seq: self.next });
        }
    }

    fn on_built(
        &mut self,
        view: View,
        seq: Seq,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if view != self.view || self.building != Some(seq) || !self.leads() {
            return;
        }
        self.building = None;
        let Some(payload) = payload else {
            self.is_work_at_hand = false;
            return;
        };
        if seq != self.next || !self.votes() {
            return;
        }
        let propose = ctx.sign(Propose { view, seq, digest: payload.digest() });
        let proposal = PrePrepare { propose, payload: Some(payload) };
        if !broken!(self.config, ProposalNotPersisted) {
            ctx.persist(Record::Accepted(proposal.clone()));
        }
        ctx.broadcast(Message::PrePrepare(proposal));
        self.next = seq.next();
        self.propose(ctx);
    }

    fn on_pre_prepare(&mut self, proposal: &PrePrepare, ctx: &mut Ctx<'_, Self>) {
        let Propose { seq, digest, .. } = proposal.propose.statement;
        let from = proposal.propose.signer;
        if from != self.leader() && !broken!(self.config, AnybodyProposes) {
            return ctx.reject(from, Reject::NotLeader);
        }
        // The null request is for new views alone.
        if proposal.payload.is_none() || !safety::names(digest, proposal.payload.as_ref()) {
            return ctx.reject(from, Reject::BadPayload);
        }
        let Some(slot) = self.slots.reach(seq) else { return };
        if slot.digest() == Some(digest) {
            return;
        }
        if let Some(accepted) = &slot.proposal
            && !broken!(self.config, ProposalOverwritten)
        {
            let first = accepted.propose.clone();
            return self.catch_equivocation(&first, &proposal.propose, ctx); // L5
        }
        if slot.outcome.as_ref().is_some_and(|outcome| outcome.digest != digest) {
            return ctx.reject(from, Reject::Conflicting);
        }
        self.accept(proposal.clone(), ctx);
    }

    /// Gives a proposal its slot, and asks the application about it (L6).
    pub(crate) fn accept(&mut self, proposal: PrePrepare, ctx: &mut Ctx<'_, Self>) {
        let seq = proposal.propose.statement.seq;
        let Some(slot) = self.slots.reach(seq) else { return };
        slot.proposal = Some(proposal);
        slot.promised = false;
        self.next = self.next.max(seq.next());
        self.note_proposed(ctx);
        self.arm_retry(ctx);
        self.examine(seq, ctx);
        self.exhibit(seq, ctx);
    }

    fn on_checked(
        &mut self,
        view: View,
        seq: Seq,
        digest: Digest,
        is_valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Some(slot) = self.slots.get(seq) else { return };
        if view != self.view || self.phase != Phase::Normal || slot.digest() != Some(digest) {
            return;
        }
        if is_valid || broken!(self.config, PayloadUnchecked) {
            return self.promise(seq, ctx);
        }
        let leader = self.leader();
        ctx.reject(leader, Reject::BadPayload);
        self.leave_view(view.next(), ViewChangeCause::BadProposal { leader, seq }, ctx); // L8
    }

    /// Votes for the accepted proposal of a place: at most one for each view and place, durable before it is heard
    /// (L7).
    pub(crate) fn promise(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        if !self.votes() {
            return self.advance(seq, ctx);
        }
        let Some(slot) = self.slots.get_mut(seq) else { return };
        let Some(proposal) = slot.proposal.as_ref().filter(|_| !slot.promised) else { return };
        slot.promised = true;
        if proposal.propose.signer != self.me {
            if !broken!(self.config, PrepareNotPersisted) {
                ctx.persist(Record::Accepted(proposal.clone()));
            }
            self.say_accepted(seq, ctx);
        }
        self.advance(seq, ctx);
    }

    /// Broadcasts the PRE-PREPARE or PREPARE of a promised place.
    pub(crate) fn say_accepted(&self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let Some(proposal) = self.slots.get(seq).and_then(|slot| slot.proposal.as_ref()) else {
            return;
        };
        if !self.votes() {
            return;
        }
        if proposal.propose.signer == self.me {
            return ctx.broadcast(Message::PrePrepare(proposal.clone()));
        }
        let Propose { view, seq, digest } = proposal.propose.statement;
        let vote = ctx.sign(Prepare { view, seq, digest });
        ctx.broadcast(Message::Prepare(vote));
    }

    /// Broadcasts the COMMIT of a prepared place.
    pub(crate) fn say_commit(&self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let Some(digest) = self.slots.get(seq).and_then(Slot::digest) else { return };
        if self.votes() {
            let vote = ctx.sign(Commit { view: self.view, seq, digest });
            ctx.broadcast(Message::Commit(vote));
        }
    }

    fn on_prepare(&mut self, vote: &Signed<Prepare>, ctx: &mut Ctx<'_, Self>) {
        let Prepare { view, seq, digest } = vote.statement;
        if vote.signer == self.leader() {
            return ctx.reject(vote.signer, Reject::NotLeader);
        }
        let Some(slot) = self.slots.reach(seq) else { return };
        if broken!(self.config, EarlyVotesLost) && slot.proposal.is_none() {
            return;
        }
        match slot.prepares.cast(self.config.n, vote.signer, digest, vote.signature) {
            Cast::Counted if slot.is_prepared && slot.digest() == Some(digest) => {}
            Cast::Counted => {
                self.exhibit(seq, ctx);
                self.advance(seq, ctx);
            }
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                slot.prepares.cast_again(vote.signature, self.config.n);
                self.advance(seq, ctx);
            }
            Cast::Repeated => {}
            Cast::Conflicting(earlier, signature) => {
                let statement = Prepare { view, seq, digest: earlier };
                let first = Signed { statement, signer: vote.signer, signature };
                self.accuse("double-prepare", view, seq, &first, vote, ctx);
            }
        }
    }

    fn on_commit(&mut self, vote: &Signed<Commit>, ctx: &mut Ctx<'_, Self>) {
        let Commit { view, seq, digest } = vote.statement;
        let Some(slot) = self.slots.reach(seq) else { return };
        if broken!(self.config, EarlyVotesLost) && slot.proposal.is_none() {
            return;
        }
        match slot.commits.cast(self.config.n, vote.signer, digest, vote.signature) {
            Cast::Counted if slot.outcome.is_some() => {}
            Cast::Counted => self.advance(seq, ctx),
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                slot.commits.cast_again(vote.signature, self.config.n);
                self.advance(seq, ctx);
            }
            Cast::Repeated => {}
            Cast::Conflicting(earlier, signature) => {
                let statement = Commit { view, seq, digest: earlier };
                let first = Signed { statement, signer: vote.signer, signature };
                self.accuse("double-commit", view, seq, &first, vote, ctx);
            }
        }
    }

    /// Takes a place as far as its votes carry it.
    pub(crate) fn advance(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let is_voting = self.votes();
        let Some(slot) = self.slots.get_mut(seq) else { return };
        let Some(proposal) = &slot.proposal else { return };
        let digest = proposal.propose.statement.digest;
        let prepares = if broken!(self.config, DigestsPooled) {
            slot.prepares.count_all()
        } else {
            slot.prepares.count(digest)
        };
        // L11
        if !slot.is_prepared && slot.promised && is_voting && prepares + 1 >= self.q {
            let certificate = PreparedCertificate {
                propose: proposal.propose.clone(),
                prepares: slot.prepares.signatures(digest),
            };
            let payload = proposal.payload.clone();
            slot.is_prepared = true;
            if !broken!(self.config, CommitNotPersisted) {
                ctx.persist(Record::Prepared(certificate.clone()));
            }
            slot.prepared = Some(Prepared { certificate, payload });
            self.say_commit(seq, ctx);
        }
        let Some(slot) = self.slots.get_mut(seq) else { return };
        // L13: a replica that does not vote goes by a quorum of those that do.
        let is_ready = slot.is_prepared || !is_voting;
        if is_ready && slot.outcome.is_none() && slot.commits.count(digest) >= self.q {
            let payload = slot.proposal.as_ref().and_then(|proposal| proposal.payload.clone());
            slot.outcome = Some(Outcome { view: self.view, digest, payload });
            if broken!(self.config, ExecutedOutOfOrder) {
                self.decided = Seq::new(seq.get() - 1);
            }
            self.deliver(ctx);
        }
    }

    /// Hands over what is decided, in order and without gaps (L14).
    pub(crate) fn deliver(&mut self, ctx: &mut Ctx<'_, Self>) {
        while self.transfer.is_none() && self.halted.is_none() {
            let seq = self.decided.next();
            let Some(slot) = self.slots.get(seq) else { return };
            let Some(outcome) = &slot.outcome else { return };
            let commits = match &slot.proof {
                Some(proof) => proof.commits.clone(),
                None => slot.commits.signatures(outcome.digest),
            };
            let (view, payload) = (outcome.view, outcome.payload.clone());
            self.decided = seq;
            ctx.decide(Decision { view, seq, payload, commits });
        }
    }

    fn on_executed(&mut self, seq: Seq, digest: Digest, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.pending.finish(done);
        if seq <= self.executed {
            return;
        }
        self.executed = seq;
        self.transfer = self.transfer.filter(|&wanted| seq < wanted);
        self.note_progress(ctx);
        self.take_checkpoint(seq, digest, ctx);
        self.settle(ctx);
        // Work may be left that the application had counted among what was on its way.
        self.is_work_at_hand |= self.next == self.executed.next();
        self.propose(ctx);
    }
}
