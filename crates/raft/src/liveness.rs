//! Timers: elections, heartbeats, and a leader's doubt whether it is still heard.

use protocol::{Ctx, ViewChangeCause};
use types::{Duration, NodeId, Seq};

use crate::Core;
use crate::message::{Heartbeat, HeartbeatAck, Message};
use crate::progress::Pace;
use crate::replica::Role;

/// The core's timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// A follower waits for its leader, a candidate for votes.
    Election,
    /// The leader's next heartbeat.
    Heartbeat,
    /// How long the leader waits for its successor.
    Transfer,
}

impl Core {
    /// Draws a fresh election timeout and waits for it (L15).
    pub(crate) fn arm_election(&mut self, ctx: &mut Ctx<'_, Self>) {
        let least = self.config.election_timeout.us();
        self.patience = Duration::from_us(self.prng.between(least, least.saturating_mul(2)));
        ctx.set_timer(Timer::Election, self.patience);
    }

    /// L15: the timer is not moved by every message of the leader; when it runs out, it waits for what is left.
    pub(crate) fn on_election_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.leads() {
            return;
        }
        let silence = self.heard.map(|heard| ctx.now.since(heard));
        let is_following = self.role == Role::Follower;
        if let Some(silence) = silence.filter(|&span| is_following && span < self.patience) {
            let left = self.patience.us().saturating_sub(silence.us());
            return ctx.set_timer(Timer::Election, Duration::from_us(left));
        }
        self.arm_election(ctx);
        self.campaign(ctx);
    }

    /// L25
    pub(crate) fn on_heartbeat_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.leads() {
            return;
        }
        if !self.is_heard(ctx) && !broken!(self.config, NoCheckQuorum) {
            let after = self.config.election_timeout;
            self.cause = Some(ViewChangeCause::Silent { leader: self.me, after });
            return self.become_follower(self.term, None, ctx); // L28
        }
        self.beat(ctx);
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat_interval);
    }

    /// L28: whether a majority was heard within the election timeout.
    fn is_heard(&self, ctx: &Ctx<'_, Self>) -> bool {
        let span = self.config.election_timeout;
        self.members().is_majority(|id| {
            let progress = self.progress.get(id.index());
            id == self.me || progress.is_some_and(|p| ctx.now.since(p.heard) < span)
        })
    }

    /// Starts a round of heartbeats (L25, L30).
    pub(crate) fn beat(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.reads.begin_round(ctx.now);
        let (term, round) = (self.term, self.reads.round);
        for &peer in &self.peers {
            let progress = &mut self.progress[peer.index()];
            let commit = self.commit.min(progress.matched);
            progress.told = progress.told.max(commit);
            ctx.send(peer, Message::Heartbeat(Heartbeat { term, commit, round }));
        }
    }

    /// L26
    pub(crate) fn on_heartbeat(&mut self, from: NodeId, beat: Heartbeat, ctx: &mut Ctx<'_, Self>) {
        if self.follows(from, beat.term, ctx) {
            self.commit_to(beat.commit, ctx);
            let (term, round) = (self.term, beat.round);
            ctx.send(from, Message::HeartbeatAck(HeartbeatAck { term, round }));
        }
    }

    /// L27: the replica is there. If it acknowledged nothing since its last answer, an APPEND was lost.
    pub(crate) fn on_heartbeat_ack(
        &mut self,
        from: NodeId,
        ack: HeartbeatAck,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if !self.hears(from, ack.term, ctx) || ack.round > self.reads.round {
            return;
        }
        self.confirm(from, ack.round); // L31
        if !self.leads() || !self.peers.contains(&from) {
            return;
        }
        let span = self.config.election_timeout;
        let progress = &mut self.progress[from.index()];
        let is_stuck = !std::mem::replace(&mut progress.is_moving, false);
        match progress.pace {
            Pace::Install if ctx.now.since(progress.installed) >= span => {
                self.send_install(from, ctx);
            }
            Pace::Probe | Pace::Replicate if is_stuck && progress.matched < self.flushed => {
                let next = if progress.pace == Pace::Probe {
                    progress.next
                } else {
                    progress.matched.next()
                };
                progress.probe(next);
                self.replicate(ctx);
            }
            Pace::Probe | Pace::Replicate | Pace::Install => {}
        }
    }

    /// Counts a replica's answer to a heartbeat round (L31).
    fn confirm(&mut self, from: NodeId, round: u64) {
        let progress = &mut self.progress[from.index()];
        progress.round = progress.round.max(round);
        let (progress, me, latest) = (&self.progress, self.me, self.reads.round);
        let place = |id: NodeId| {
            let known = progress.get(id.index()).map_or(0, |p| p.round);
            Seq::new(if id == me { latest } else { known })
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let confirmed = self.members().reached(place, &mut scratch).get();
        self.scratch = scratch;
        self.reads.confirm(confirmed);
        let span = self.config.election_timeout.us();
        let drift = span / 1_000_000 * u64::from(self.config.clock_drift_ppm)
            + span % 1_000_000 * u64::from(self.config.clock_drift_ppm) / 1_000_000;
        let lease = Duration::from_us(span.saturating_sub(drift));
        if self.successor.is_none() || broken!(self.config, LeaseOutlivesTransfer) {
            self.reads.extend_lease(confirmed, lease);
        }
    }
}
