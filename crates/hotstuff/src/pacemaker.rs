//! When views end: timeouts, their certificates, and how replicas come into one view.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::{Signatures, Signed};
use protocol::{Ctx, Reject, Status, Tentative, ViewChangeCause, Waiting};
use types::{Duration, NodeId, Time, View};

use crate::Record;
use crate::certificate::{Expire, ExpireGroup, Tc};
use crate::message::{Fetch, Message, Timeout};
use crate::replica::Core;

/// The names of timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// Runs while something is outstanding: the view has failed, or its TIMEOUT must be repeated.
    View,
    /// Runs while a block is missing: another peer is asked.
    Fetch,
}

/// How patient a replica is.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// How many views in a row failed without a decision.
    pub(crate) attempts: u32,
    /// Whether the view timer runs.
    pub(crate) is_armed: bool,
    /// When this view began.
    pub(crate) entered: Time,
    /// What the leader of this view did.
    pub(crate) blamed: Option<ViewChangeCause>,
}

impl Core {
    /// How long this view may last (L27).
    pub(crate) fn timeout(&self) -> Duration {
        let attempts = if broken!(self.config, TimerConstant) { 0 } else { self.pace.attempts };
        let span = self.config.view_timeout.times(1 << attempts.min(32));
        span.min(self.config.view_timeout_max)
    }

    /// Whether anything is left to be decided.
    pub(crate) fn is_outstanding(&self) -> bool {
        let candidate = self.candidate.as_ref().map(|candidate| &candidate.proposal.block);
        let high = self.tree.get(self.high_qc.link()).map(|proposal| &proposal.block);
        let committed = self.committed_seq();
        !self.pending.is_empty()
            || self.committed.view > self.head.view
            || !self.held.is_empty()
            || high.is_none()
            || candidate.into_iter().chain(high).any(|block| block.seq > committed)
            || self.is_overtaken()
    }

    /// Whether others have gone on behind the certificate that decided everything here: they have not seen it, and may
    /// need this replica's turn to decide what it decided (L4).
    pub(crate) fn is_overtaken(&self) -> bool {
        self.high_qc.view() > self.deciding.view() && !broken!(self.config, OvertakenRests)
    }

    /// Runs the view timer while something is outstanding, and only then (L20).
    pub(crate) fn arm(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_outstanding = self.is_outstanding();
        if is_outstanding && !self.pace.is_armed {
            self.pace.is_armed = true;
            ctx.set_timer(Timer::View, self.timeout());
        } else if !is_outstanding && self.pace.is_armed {
            self.pace.is_armed = false;
            ctx.cancel_timer(Timer::View);
        }
    }

    /// Enters a view that a certificate opened.
    pub(crate) fn enter(&mut self, view: View, ctx: &mut Ctx<'_, Self>) {
        self.view = view;
        self.candidate = None;
        self.held.clear();
        self.expired_qc = Arc::default();
        self.building = None;
        self.is_work_at_hand = true;
        self.pace.blamed = None;
        self.pace.entered = ctx.now;
        if self.is_outstanding() {
            self.pace.is_armed = true;
            ctx.set_timer(Timer::View, self.timeout());
        } else {
            self.arm(ctx);
        }
        self.propose(ctx);
    }

    pub(crate) fn on_view_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.pace.is_armed = false;
        if !self.is_outstanding() {
            return;
        }
        if self.signs() {
            return self.expire(ctx);
        }
        // Who signs nothing asks for news instead.
        ctx.broadcast(Message::Fetch(Fetch { block: self.high_qc.link(), above: self.decided }));
        self.pace.is_armed = true;
        ctx.set_timer(Timer::View, self.timeout());
    }

    /// Gives up this view, or says so again (L21, L22).
    pub(crate) fn expire(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.signs() {
            return;
        }
        self.pace.is_armed = true;
        ctx.set_timer(Timer::View, self.config.retry_interval.max(Duration::from_ms(1)));
        if let Some(mine) = self.signing.timeout.as_ref().filter(|_| self.has_expired()) {
            return ctx.broadcast(Message::Timeout(Arc::clone(mine)));
        }
        let (view, high) = (self.view, self.high_qc.view());
        if !self.safety.may_expire(view, high) {
            return;
        }
        let vote = if broken!(self.config, VotesLost) { None } else { self.open_vote() };
        let expire = ctx.sign(Expire { view, high });
        let high_qc = Arc::clone(&self.high_qc);
        let timeout = Arc::new(Timeout { expire, high_qc, tc: self.opening(), vote });
        if !broken!(self.config, VotesAfterTimeout) {
            self.safety.last_voted = view;
        }
        self.building = None;
        self.signing.timeout = Some(Arc::clone(&timeout));
        if !broken!(self.config, TimeoutNotPersisted) {
            self.persist(Record::TimedOut(Arc::clone(&timeout)), ctx);
        }
        ctx.broadcast(Message::Timeout(timeout));
    }

    pub(crate) fn on_timeout(
        &mut self,
        from: NodeId,
        timeout: &Arc<Timeout>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let said = timeout.expire.statement;
        let high = timeout.high_qc.view();
        let is_begun = high.next() == said.view
            || timeout.tc.as_ref().is_some_and(|tc| tc.view.next() == said.view)
            || broken!(self.config, ViewUnproved);
        let is_proved = said.high == high
            && high < said.view
            && is_begun
            && timeout.high_qc.is_valid(&self.config)
            && timeout.tc.as_ref().is_none_or(|tc| tc.is_valid(&self.config))
            && timeout.vote.as_ref().is_none_or(|vote| vote.signer == timeout.expire.signer);
        if !is_proved {
            return ctx.reject(from, Reject::BadCertificate); // L23
        }
        let known = self.high_qc.view();
        self.learn_qc(&timeout.high_qc, from, ctx);
        if let Some(tc) = &timeout.tc {
            self.learn_tc(tc, from, ctx);
        }
        if let Some(vote) = &timeout.vote {
            self.on_vote(vote, ctx); // L24
        }
        if self.high_qc.view() > known {
            self.persist(Record::Certified(Arc::clone(&self.high_qc)), ctx);
        }
        // Who waits here, while nothing is left to be decided, has missed the certificate that decided it.
        let has_missed = said.high < self.high_qc.view() && !self.is_outstanding();
        if said.view < self.view || has_missed {
            return self.help(from, said.view, ctx); // L28
        }
        if broken!(self.config, ViewUnproved) && said.view > self.view {
            self.enter(said.view, ctx);
        }
        if said.view == self.view {
            self.count_timeout(timeout, ctx);
        }
    }

    fn count_timeout(&mut self, timeout: &Arc<Timeout>, ctx: &mut Ctx<'_, Self>) {
        let said = timeout.expire.statement;
        let Some(slot) = self.expired.get_mut(timeout.expire.signer.index()) else { return };
        if let Some(earlier) = slot.clone().filter(|earlier| earlier.statement.view == said.view) {
            if earlier.statement != said {
                self.accuse("double-timeout", said.view, &earlier, &timeout.expire, ctx);
            }
            return;
        }
        *slot = Some(timeout.expire.clone());
        if said.high > self.expired_qc.view() {
            self.expired_qc = Arc::clone(&timeout.high_qc);
        }
        let count = self.expired_here().len();
        let joins = if broken!(self.config, JoinedByOne) { 1 } else { self.quorum.one_honest() };
        if count >= joins && !self.has_expired() && !broken!(self.config, NeverJoined) {
            self.expire(ctx); // L25
        }
        if count >= self.q {
            let tc = self.certify_expired(ctx);
            self.learn_tc(&Arc::new(tc), self.me, ctx); // L26
        }
    }

    fn of_this_view(&self) -> impl Iterator<Item = &Signed<Expire>> {
        self.expired.iter().flatten().filter(|expire| expire.statement.view == self.view)
    }
    /// Who gave up this view.
    pub(crate) fn expired_here(&self) -> Vec<NodeId> {
        self.of_this_view().map(|expire| expire.signer).collect()
    }

    fn certify_expired(&self, ctx: &Ctx<'_, Self>) -> Tc {
        let mut by_high: BTreeMap<View, Signatures> = BTreeMap::new();
        for expire in self.of_this_view() {
            let group = by_high.entry(expire.statement.high).or_default();
            group.insert(expire.signer, expire.signature);
        }
        let certify = |(high, votes)| ExpireGroup { high, votes: ctx.certify(votes) };
        let groups = by_high.into_iter().map(certify).collect();
        Tc { view: self.view, groups, high_qc: Arc::clone(&self.expired_qc) }
    }

    pub(crate) fn on_expired(&mut self, from: NodeId, tc: &Arc<Tc>, ctx: &mut Ctx<'_, Self>) {
        if tc.is_valid(&self.config) {
            if tc.view >= self.view {
                self.persist(Record::Expired(Arc::clone(tc)), ctx);
            }
            self.learn_tc(tc, from, ctx);
        } else {
            ctx.reject(from, Reject::BadCertificate);
        }
    }

    /// Takes a valid timeout certificate: it opens the view behind it (L26).
    pub(crate) fn learn_tc(&mut self, tc: &Arc<Tc>, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        if tc.view < self.view {
            return;
        }
        self.learn_qc(&tc.high_qc, from, ctx);
        if tc.view < self.view {
            return;
        }
        self.cause = Some(self.end_cause(self.leader()));
        self.tc = Some(Arc::clone(tc));
        self.pace.attempts = self.pace.attempts.saturating_add(1);
        self.enter(tc.view.next(), ctx);
    }

    /// Shows somebody behind how this view began (L28). Whoever is one view behind, and not for long, hears it without
    /// help: most TIMEOUTs come a little later than the quorum's.
    fn help(&mut self, to: NodeId, view: View, ctx: &mut Ctx<'_, Self>) {
        let is_fresh = ctx.now.since(self.pace.entered) < self.config.retry_interval;
        if to == self.me
            || (view.next() == self.view && is_fresh)
            || !self.allow(to, ctx)
            || broken!(self.config, NoHelpForLaggards)
        {
            return;
        }
        match self.opening().filter(|_| view < self.view) {
            Some(tc) => ctx.send(to, Message::Expired(tc)),
            None => ctx.send(to, Message::Certified(Arc::clone(&self.high_qc))),
        }
    }

    pub(crate) fn describe(&self) -> Status {
        let is_outstanding = self.is_outstanding();
        let high = self.tree.get(self.high_qc.link()).filter(|high| high.block.seq > self.decided);
        let phase = match self.halted {
            Some(_) => "halted",
            None if self.has_expired() => "view-change",
            None => "normal",
        };
        Status {
            view: self.view,
            leader: self.leader(),
            voting: self.signs(),
            phase,
            decided: self.decided,
            tentative: high
                .map(|high| Tentative { seq: high.block.seq, digest: high.link().block }),
            stable: self.executed,
            pending: self.pending.len(),
            log_entries: self.tree.len(),
            waiting: is_outstanding.then(|| self.describe_wait()),
            view_change_cause: self.cause.clone(),
        }
    }

    fn describe_wait(&self) -> Waiting {
        let (phase, have, need) = if self.has_expired() {
            ("timeout", self.expired_here(), self.q)
        } else if self.want.is_some() {
            ("block", Vec::new(), 1)
        } else if self.candidate.is_some() {
            ("vote", self.votes.voters(self.view), self.q)
        } else {
            ("proposal", Vec::new(), 1)
        };
        let timer = self.pace.is_armed.then(|| ("view", self.timeout()));
        Waiting { seq: self.decided.next(), phase, have, need, timer }
    }
}
