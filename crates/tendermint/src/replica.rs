//! The replica: its state and the one match over its inputs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crypto::Verified;
use protocol::{Ctx, Input, Payload, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{Digest, NodeId, Seq, Time, View};

use crate::early::Early;
use crate::liveness::{Pace, Timer};
use crate::message::{Committed, Message, Polka};
use crate::pending::Pending;
use crate::proposer::Turns;
use crate::rounds::Rounds;
use crate::safety::{Lock, view_of};
use crate::validators::Validators;
use crate::{Config, Record, Round};

/// What a replica does in its round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Step {
    Propose,
    Prevote,
    Precommit,
}

/// The last value that had a polka here, and the polka.
#[derive(Clone, Debug)]
pub(crate) struct Valid {
    pub(crate) payload: Payload,
    pub(crate) polka: Arc<Polka>,
}

/// One Tendermint replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    /// The height in flight: one above the last decision.
    pub(crate) seq: Seq,
    pub(crate) round: Round,
    pub(crate) step: Step,
    /// The set of this height, and whose turn it is in this round.
    pub(crate) set: Validators,
    pub(crate) turns: Turns,
    pub(crate) proposer: NodeId,
    pub(crate) rounds: Rounds,
    pub(crate) lock: Option<Lock>,
    pub(crate) valid: Option<Valid>,
    /// Messages of rounds and heights that have not begun here.
    pub(crate) early: Early,
    /// Commit certificates of later heights.
    pub(crate) later: BTreeMap<Seq, Arc<Committed>>,
    /// The last commit certificates, ascending.
    pub(crate) history: VecDeque<Arc<Committed>>,
    /// Decisions since the log was last compacted.
    pub(crate) uncompacted: usize,
    pub(crate) executed: Seq,
    /// Below this height everything that this replica signed is forgotten, so it signs nothing there.
    pub(crate) signed_below: Seq,
    /// Set from the start until it is known how far the application is.
    pub(crate) is_unplaced: bool,
    /// Set where a quorum certified another state than ours: nothing is signed until it is repaired.
    pub(crate) halted: Option<Seq>,
    pub(crate) pending: Pending,
    /// The view that a payload is being built for.
    pub(crate) building: Option<View>,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    pub(crate) pace: Pace,
    /// When each replica was last answered, and how far it was.
    pub(crate) answered: Vec<Option<(Time, Seq)>>,
    pub(crate) accused: BTreeSet<(NodeId, Seq, &'static str)>,
    pub(crate) cause: Option<ViewChangeCause>,
}

impl Protocol for Core {
    const NAME: &'static str = "tendermint";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let n = config.n();
        let is_fresh = log.is_empty();
        let first = Seq::ZERO.next();
        let mut core = Self {
            me: ctx.me(),
            seq: first,
            round: Round::ZERO,
            step: Step::Propose,
            set: Validators::at(&config, first),
            turns: Turns::new(&config, first),
            proposer: NodeId::default(),
            rounds: Rounds::default(),
            lock: None,
            valid: None,
            early: Early::new(n),
            later: BTreeMap::new(),
            history: VecDeque::new(),
            uncompacted: 0,
            executed: Seq::ZERO,
            signed_below: Seq::ZERO,
            is_unplaced: !is_fresh,
            halted: None,
            pending: Pending::default(),
            building: None,
            is_work_at_hand: true,
            pace: Pace::new(&config),
            answered: vec![None; n],
            accused: BTreeSet::new(),
            cause: None,
            config,
        };
        core.proposer = core.turns.proposer(&core.config, Round::ZERO);
        core.recover(log); // L37
        if !is_fresh {
            core.resume(ctx); // L38
        }
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        if self.is_unplaced && !matches!(input, Input::Reply(Reply::Transferred { .. })) {
            self.place(Seq::ZERO, ctx); // L39
        }
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Propose) => self.on_propose_timeout(ctx), // L29
            Input::Timeout(Timer::Prevote) => self.on_prevote_timeout(ctx), // L30
            Input::Timeout(Timer::Precommit) => self.on_precommit_timeout(ctx), // L30
            Input::Timeout(Timer::Retry) => self.on_retry_timeout(ctx),     // L34
            Input::Submit(work) => self.on_submit(work, ctx),               // L6
            Input::Reply(Reply::Built { view, payload, .. }) => {
                self.on_built(view, payload, ctx); // L11
            }
            Input::Reply(Reply::Checked { view, seq, digest, valid }) => {
                self.on_checked(view, seq, digest, valid, ctx); // L17, L18, L19
            }
            Input::Reply(Reply::Executed { seq, done, .. }) => self.on_executed(seq, &done, ctx),
            Input::Reply(Reply::Transferred { seq, done, .. }) => {
                self.on_transferred(seq, &done, ctx); // L39
            }
            Input::Reply(Reply::Mined { .. }) => {}
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L40
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        view_of(self.seq, self.round)
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
        if from.index() >= self.config.n() {
            return ctx.reject(from, Reject::Stranger);
        }
        match &**message {
            Message::Proposal(proposal) => {
                let said = proposal.propose.statement;
                if self.admits(from, proposal.propose.signer, said.seq, said.round, message, ctx) {
                    self.on_proposal(proposal, ctx); // L13
                }
            }
            Message::Prevote(vote) => {
                let said = vote.statement;
                if self.admits(from, vote.signer, said.seq, said.round, message, ctx) {
                    self.on_prevote(vote, ctx); // L20
                }
            }
            Message::Precommit(vote) => {
                let said = vote.statement;
                if self.admits(from, vote.signer, said.seq, said.round, message, ctx) {
                    self.on_precommit(vote, ctx); // L25
                }
            }
            Message::Polka(polka) => self.on_polka(from, polka, ctx), // L36
            Message::Committed(proof) => self.on_committed(from, proof, ctx), // L36
            Message::Status(report) => self.on_status(from, *report, ctx), // L35
            Message::Exhibit(propose) => self.witness(propose, ctx),  // L16
        }
    }

    /// Whether a message is for this height and a round that has begun; one for later is kept (L33).
    fn admits(
        &mut self,
        from: NodeId,
        signer: NodeId,
        seq: Seq,
        round: Round,
        message: &Verified<Message>,
        ctx: &mut Ctx<'_, Self>,
    ) -> bool {
        if signer != from && !broken!(self.config, SenderUnchecked) {
            ctx.reject(from, Reject::Stranger);
            return false;
        }
        if seq == self.seq && round <= self.round {
            if self.set.power(signer) == 0 {
                ctx.reject(from, Reject::Stranger);
                return false;
            }
            return true;
        }
        if seq >= self.seq {
            self.keep_early(from, seq, round, message, ctx);
        }
        false
    }

    /// Whether this replica signs anything at this height.
    pub(crate) fn votes(&self) -> bool {
        self.config.voting
            && self.halted.is_none()
            && self.seq >= self.signed_below
            && self.set.power(self.me) > 0
    }
    pub(crate) fn leads(&self) -> bool {
        self.proposer == self.me
    }
    /// The set and the turns of the present height.
    pub(crate) fn enter_set(&mut self) {
        if !self.config.changes.is_empty() {
            self.set = Validators::at(&self.config, self.seq);
        }
        self.turns.enter(&self.config, self.seq);
    }
    /// A payload that is known by its digest in this height.
    pub(crate) fn payload_of(&self, digest: Digest) -> Option<Payload> {
        let proposals = self.rounds.iter().rev().filter(|state| state.digest() == Some(digest));
        let mut payloads = proposals.filter_map(|state| state.proposal.as_ref());
        let valid = self.valid.as_ref().map(|valid| &valid.payload);
        payloads
            .next()
            .map(|proposal| &proposal.payload)
            .or_else(|| valid.filter(|payload| payload.digest() == digest))
            .cloned()
    }
}
