//! The replica: its state and the one match over its inputs.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crypto::Verified;
use protocol::{Ctx, Input, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{NodeId, Quorum, Seq, Time, View};

use crate::checkpoints::Checkpoints;
use crate::liveness::{Pace, Timer};
use crate::message::{CheckpointCertificate, Message, NewView, ViewChange};
use crate::pending::Pending;
use crate::slots::Slots;
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
        let window = if broken!(config, NoHighWatermark) { 1 << 16 } else { config.window };
        let mut core = Self {
            quorum: Quorum::of(n),
            q: safety::quorum_size(&config),
            me: ctx.me(),
            view: View::ZERO,
            phase: Phase::Normal,
            halted: None,
            slots: Slots::new(window),
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
            Input::Reply(Reply::Mined { .. }) => {}
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L23
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        self.view
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        self.cause.clone()
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
    pub(crate) fn leader(&self) -> NodeId {
        safety::primary(self.view, &self.config)
    }
    pub(crate) fn leads(&self) -> bool {
        self.leader() == self.me && self.phase == Phase::Normal
    }
}
