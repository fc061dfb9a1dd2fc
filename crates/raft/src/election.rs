//! Elections: pre-votes, votes, and what a term makes of a replica (section 5.2; thesis, section 9.6).

use std::sync::Arc;

use protocol::{Call, Ctx, Reject, ViewChangeCause};
use types::{NodeId, View};

use crate::liveness::Timer;
use crate::message::{Answer, Ask, Message, Refused};
use crate::progress::Progress;
use crate::replica::Role;
use crate::{Content, Core, Entry, Outcome, Position};

impl Core {
    /// The election timer ran out (L15, L16).
    pub(crate) fn campaign(&mut self, ctx: &mut Ctx<'_, Self>) {
        let may_lead = self.may_lead() || broken!(self.config, LearnerCampaigns);
        if !self.votes() || !may_lead || self.term.next() == self.term {
            return;
        }
        if let Some(leader) = self.leader.take() {
            self.cause = Some(ViewChangeCause::Silent { leader, after: self.patience });
        }
        if broken!(self.config, NoPreVote) {
            return self.ask_for_votes(false, ctx);
        }
        self.truncate(self.flushed.next());
        self.role = Role::PreCandidate;
        self.votes.fill(None);
        let term = self.term.next();
        if self.is_alone() {
            return self.ask_for_votes(false, ctx);
        }
        self.note_vote(self.me, true);
        self.tell_peers(&Message::PreVote(self.ask(term, false)), ctx);
    }

    /// Whether this replica is a voter; one that leaves is still needed until that is committed, for nobody who stays may
    /// have the entry that says so (thesis, section 4.2.2). Its own vote does not count then.
    fn may_lead(&self) -> bool {
        let mut known = self.configurations.iter().rev();
        let counts = known.find(|(seq, members)| *seq <= self.commit || members.is_voter(self.me));
        counts.is_some_and(|(_, members)| members.is_voter(self.me))
    }

    fn ask(&self, term: View, transfer: bool) -> Ask {
        Ask { term, candidate: self.me, last: self.acknowledged(), transfer }
    }

    /// Where the log ends for all others: what is not acknowledged is as good as never heard.
    fn acknowledged(&self) -> Position {
        let term = self.log.term_at(self.flushed);
        term.map_or(self.log.base, |term| Position { seq: self.flushed, term })
    }

    fn note_vote(&mut self, from: NodeId, granted: bool) {
        if let Some(vote) = self.votes.get_mut(from.index()) {
            *vote = Some(granted);
        }
    }
    fn tally(&self) -> Outcome {
        self.members().tally(|id| self.votes.get(id.index()).copied().flatten())
    }

    /// L20: enters the next term as a candidate. The own vote is counted at once: it is durable before anybody can
    /// answer. A replica that is a majority by itself hears from itself, behind the same barrier.
    pub(crate) fn ask_for_votes(&mut self, transfer: bool, ctx: &mut Ctx<'_, Self>) {
        self.enter(self.term.next(), ctx);
        self.truncate(self.flushed.next());
        self.vote = Some(self.me);
        self.role = Role::Candidate;
        self.persist_term(ctx);
        self.votes.fill(None);
        if self.is_alone() {
            let (term, candidate) = (self.term, self.me);
            return ctx.broadcast(Message::Voted(Answer { term, candidate, granted: true }));
        }
        self.note_vote(self.me, true);
        self.tell_peers(&Message::Vote(self.ask(self.term, transfer)), ctx);
    }

    /// Whether a leader was heard so lately that nobody may be voted for (L17, L19).
    fn is_leased(&self, ctx: &Ctx<'_, Self>) -> bool {
        let is_heard =
            self.heard.is_some_and(|heard| ctx.now.since(heard) < self.config.election_timeout);
        (is_heard || self.leads()) && !broken!(self.config, LeaseIgnored)
    }

    fn is_candidate_named(&self, from: NodeId, ask: &Ask, ctx: &mut Ctx<'_, Self>) -> bool {
        if ask.candidate != from && !broken!(self.config, SenderUnchecked) {
            ctx.reject(from, Reject::Stranger);
            return false;
        }
        ask.candidate.index() < self.config.n && ask.candidate != self.me
    }

    fn abstains(&self) -> bool {
        let is_unaware = !self.members().is_voter(self.me);
        !self.votes() || (is_unaware && broken!(self.config, PromotedAbstains))
    }

    fn is_behind(&self, ask: &Ask) -> bool {
        !ask.last.is_up_to_date_with(self.acknowledged()) && !broken!(self.config, LogNotCompared)
    }

    /// L17: an answer binds nobody, so nothing is persisted.
    pub(crate) fn on_pre_vote(&mut self, from: NodeId, ask: &Ask, ctx: &mut Ctx<'_, Self>) {
        if !self.is_candidate_named(from, ask, ctx) || self.abstains() {
            return;
        }
        let granted = ask.term > self.term && !self.is_leased(ctx) && !self.is_behind(ask);
        let term = if granted { ask.term } else { self.term };
        let answer = Answer { term, candidate: ask.candidate, granted };
        ctx.send(ask.candidate, Message::PreVoted(answer));
    }

    /// L18
    pub(crate) fn on_pre_voted(&mut self, from: NodeId, answer: &Answer, ctx: &mut Ctx<'_, Self>) {
        if !answer.granted && answer.term > self.term {
            return self.follow_term(from, answer.term, ctx);
        }
        let is_current = !answer.granted || answer.term == self.term.next();
        if self.role != Role::PreCandidate || answer.candidate != self.me || !is_current {
            return;
        }
        self.note_vote(from, answer.granted);
        match self.tally() {
            Outcome::Won => self.ask_for_votes(false, ctx),
            Outcome::Lost => self.role = Role::Follower,
            Outcome::Pending => {}
        }
    }

    /// L19: at most one vote in a term, durable before it leaves.
    pub(crate) fn on_vote(&mut self, from: NodeId, ask: &Ask, ctx: &mut Ctx<'_, Self>) {
        if !self.is_candidate_named(from, ask, ctx) || self.abstains() {
            return;
        }
        let is_later = ask.term > self.term;
        if is_later {
            if self.is_leased(ctx) && !ask.transfer {
                return;
            }
            self.note_end(from, ask.transfer);
            self.enter(ask.term, ctx);
            self.role = Role::Follower;
        }
        let is_free = self.vote.is_none_or(|vote| vote == ask.candidate);
        let granted = ask.term == self.term && is_free && !self.leads() && !self.is_behind(ask);
        let is_news = is_later || (granted && self.vote.is_none());
        if granted {
            self.heard = Some(ctx.now);
            self.vote = Some(ask.candidate);
        }
        if is_news && !(granted && broken!(self.config, VoteNotPersisted)) {
            self.persist_term(ctx);
        }
        let answer = Answer { term: self.term, candidate: ask.candidate, granted };
        ctx.send(ask.candidate, Message::Voted(answer));
    }

    /// L21
    pub(crate) fn on_voted(&mut self, from: NodeId, answer: &Answer, ctx: &mut Ctx<'_, Self>) {
        if answer.term > self.term {
            return self.follow_term(from, answer.term, ctx);
        }
        let is_current = answer.term == self.term && answer.candidate == self.me;
        if self.role != Role::Candidate || !is_current {
            return;
        }
        self.note_vote(from, answer.granted);
        match self.tally() {
            Outcome::Won => self.become_leader(ctx),
            Outcome::Lost => self.role = Role::Follower,
            Outcome::Pending => {}
        }
    }

    /// L22
    fn become_leader(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.role = Role::Leader;
        self.leader = Some(self.me);
        self.is_work_at_hand = true;
        let next = self.log.last().seq.next();
        self.progress = vec![Progress::new(next, ctx.now); self.config.n];
        self.checked = self.log.last().seq;
        self.at_hand.clear();
        self.due.clear();
        // What an earlier leader left goes on its way again: the application must not build from it once more.
        for place in (self.decided.get()..self.log.last().seq.get()).map(|seq| seq + 1) {
            let seq = types::Seq::new(place);
            if let Some(payload) = self.log.get(seq).and_then(|entry| entry.content.payload()) {
                let (view, payload, proposer) = (self.term, payload.clone(), self.me);
                ctx.call(Call::Check { view, seq, payload, proposer });
            }
        }
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat_interval);
        if !broken!(self.config, NoNoop) {
            self.propose(Content::Null, ctx);
        }
        self.build(ctx);
    }

    /// Enters a later term, which nobody was voted for in yet; a leader's entries that never left are gone.
    /// Why a term ends whose leader this replica still believed in; a leader that hands over ends its term as planned.
    pub(crate) fn note_end(&mut self, asked: NodeId, is_planned: bool) {
        if is_planned {
            self.cause = None;
        } else if self.leader.is_some() {
            self.cause = Some(ViewChangeCause::Joined { others: vec![asked] });
        }
    }

    fn enter(&mut self, term: View, ctx: &mut Ctx<'_, Self>) {
        if self.leads() {
            self.resign(ctx);
        }
        if term > self.term {
            (self.term, self.vote) = (term, None);
            self.due.clear();
        }
        self.leader = None;
    }

    fn resign(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.truncate(self.flushed.next());
        // All that it appended is at hand.
        self.checked = self.flushed;
        self.at_hand.clear();
        self.progress = Vec::new();
        self.reads.clear();
        self.is_building = false;
        self.held = None;
        self.successor = None;
        ctx.cancel_timer(Timer::Heartbeat);
        ctx.cancel_timer(Timer::Transfer);
        self.heard = None;
        self.arm_election(ctx);
    }

    /// L23: follows a later term, or steps down in the present one.
    pub(crate) fn become_follower(
        &mut self,
        term: View,
        leader: Option<NodeId>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let is_later = term > self.term;
        self.enter(term, ctx);
        if is_later {
            self.persist_term(ctx);
        }
        self.role = Role::Follower;
        self.leader = leader;
    }

    /// Another member's answer is from a later term (L23); strangers cannot make a leader step down.
    pub(crate) fn follow_term(&mut self, from: NodeId, term: View, ctx: &mut Ctx<'_, Self>) {
        if term > self.term && self.members().contains(from) {
            self.note_end(from, false);
            self.become_follower(term, None, ctx);
        }
    }

    /// Whether a message that only a leader sends is from the leader of this term, which is then followed (L23); a leader
    /// of an earlier term is told (L24).
    pub(crate) fn follows(&mut self, from: NodeId, term: View, ctx: &mut Ctx<'_, Self>) -> bool {
        if term < self.term {
            if from != self.me {
                let (prev, hint) = (types::Seq::ZERO, Position::default());
                ctx.send(from, Message::Refused(Refused { term: self.term, prev, hint }));
            }
            return false;
        }
        // Two leaders in one term would be a lie.
        let is_other = term == self.term && self.leader.is_some_and(|leader| leader != from);
        if from == self.me || is_other {
            ctx.reject(from, Reject::NotLeader);
            return false;
        }
        if term > self.term || self.role != Role::Follower || self.leader.is_none() {
            if term > self.term {
                self.note_end(from, false);
            }
            self.become_follower(term, Some(from), ctx);
        }
        self.heard = Some(ctx.now);
        true
    }

    /// Appends an entry as leader, and sends it when there is room (L4).
    pub(crate) fn propose(&mut self, content: Content, ctx: &mut Ctx<'_, Self>) {
        let members = match &content {
            Content::Members(members) => Some(Arc::clone(members)),
            Content::Null | Content::Payload(_) => None,
        };
        self.log.push(Entry { term: self.term, content });
        if let Some(members) = members {
            self.configurations.push((self.log.last().seq, members));
            self.note_members();
            self.forget_strangers(ctx);
        }
        self.replicate(ctx);
    }
}
