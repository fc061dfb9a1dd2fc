//! Messages of rounds and heights that have not begun here, within limits.

use std::collections::VecDeque;

use crypto::Verified;
use protocol::{Ctx, Reject, ViewChangeCause};
use types::{NodeId, Seq};

use crate::Round;
use crate::message::Message;
use crate::replica::Core;

/// How many heights above the present one messages are kept for.
pub(crate) const EARLY_HEIGHTS: u64 = 4;
/// How many later rounds of one height are kept for one sender: its newest.
const EARLY_ROUNDS: usize = 2;
/// Most messages kept for one sender: a proposal and two votes for each height and round.
pub(crate) const EARLY_MAX: usize = 3 * (EARLY_HEIGHTS as usize + EARLY_ROUNDS);

/// Early messages by sender.
#[derive(Debug)]
pub(crate) struct Early {
    by: Vec<VecDeque<Verified<Message>>>,
    count: usize,
}

/// What became of an early message.
enum Kept {
    Yes,
    NoRoom,
    /// Its sender had said this in its place.
    Other(Verified<Message>),
}

/// What tells two messages of one sender apart: the place, and the kind.
fn place(message: &Message) -> Option<(Seq, Round, u8)> {
    match message {
        Message::Proposal(proposal) => {
            let said = proposal.propose.statement;
            Some((said.seq, said.round, 0))
        }
        Message::Prevote(vote) => Some((vote.statement.seq, vote.statement.round, 1)),
        Message::Precommit(vote) => Some((vote.statement.seq, vote.statement.round, 2)),
        Message::Polka(_) | Message::Committed(_) | Message::Status(_) | Message::Exhibit(_) => {
            None
        }
    }
}

fn position(message: &Message) -> Option<(Seq, Round)> {
    place(message).map(|(seq, round, _)| (seq, round))
}

impl Early {
    pub(crate) fn new(n: usize) -> Self {
        Self { by: (0..n).map(|_| VecDeque::new()).collect(), count: 0 }
    }
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// Keeps a message, where there is room and its sender has said nothing else.
    fn keep(&mut self, from: NodeId, message: &Verified<Message>) -> Kept {
        let Some(kept) = self.by.get_mut(from.index()) else { return Kept::NoRoom };
        let Some((seq, round, kind)) = place(message) else { return Kept::NoRoom };
        if let Some(other) = kept.iter().find(|m| place(m) == Some((seq, round, kind))) {
            return if **other == **message { Kept::Yes } else { Kept::Other(other.clone()) };
        }
        let rounds = || kept.iter().filter_map(|m| position(m)).filter(|at| at.0 == seq);
        let mut known: Vec<Round> = rounds().map(|at| at.1).collect();
        known.sort_unstable();
        known.dedup();
        if known.len() >= EARLY_ROUNDS && !known.contains(&round) {
            let Some(&lowest) = known.first().filter(|&&lowest| lowest < round) else {
                return Kept::NoRoom;
            };
            kept.retain(|other| position(other) != Some((seq, lowest)));
        }
        let has_room = kept.len() < EARLY_MAX;
        if has_room {
            kept.push_back(message.clone());
        }
        self.count = self.by.iter().map(VecDeque::len).sum();
        if has_room { Kept::Yes } else { Kept::NoRoom }
    }

    /// Takes out what is due at a height and round, and forgets what is late.
    fn take(&mut self, seq: Seq, round: Round) -> Vec<(NodeId, Verified<Message>)> {
        let mut due = Vec::new();
        if self.count == 0 {
            return due;
        }
        let is_due = |message: &Verified<Message>| {
            position(message).is_none_or(|at| at.0 < seq || (at.0 == seq && at.1 <= round))
        };
        for (kept, from) in self.by.iter_mut().zip(NodeId::all(usize::from(u16::MAX))) {
            if kept.iter().any(is_due) {
                let (now, later) = kept.drain(..).partition(is_due);
                *kept = later;
                let now: VecDeque<Verified<Message>> = now;
                due.extend(now.into_iter().map(|message| (from, message)));
            }
        }
        self.count = self.by.iter().map(VecDeque::len).sum();
        due
    }

    /// The highest later round of a height that each sender is in.
    fn rounds(&self, seq: Seq) -> impl Iterator<Item = (NodeId, Round)> {
        let all = self.by.iter().zip(NodeId::all(usize::from(u16::MAX)));
        all.filter_map(move |(kept, from)| {
            let positions = kept.iter().filter_map(|message| position(message));
            let rounds = positions.filter(|at| at.0 == seq).map(|at| at.1);
            Some((from, rounds.max()?))
        })
    }
}

impl Core {
    /// Keeps a message for later (L33), and follows those who are further (L28).
    pub(crate) fn keep_early(
        &mut self,
        from: NodeId,
        seq: Seq,
        round: Round,
        message: &Verified<Message>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if broken!(self.config, EarlyMessagesLost) {
            return;
        }
        if seq.above(self.seq) > EARLY_HEIGHTS {
            ctx.reject(from, Reject::OutsideWatermarks);
        } else {
            match self.early.keep(from, message) {
                Kept::Yes => {}
                Kept::NoRoom => ctx.reject(from, Reject::FarView),
                Kept::Other(earlier) => self.accuse_early(&earlier, message, ctx),
            }
        }
        if seq == self.seq {
            self.follow(round, ctx);
        } else if seq.above(self.seq) > 1 {
            self.ask(from, ctx);
        }
        self.arm_retry(ctx);
    }

    /// Two messages for one place, before its time (L32).
    fn accuse_early(&mut self, earlier: &Message, message: &Message, ctx: &mut Ctx<'_, Self>) {
        let Some(at) = position(message) else { return };
        if let (Message::Proposal(a), Message::Proposal(b)) = (earlier, message)
            && a.propose.statement != b.propose.statement
        {
            self.accuse("equivocation", at, &a.propose, &b.propose, ctx);
        }
        if let (Message::Prevote(a), Message::Prevote(b)) = (earlier, message)
            && a.statement != b.statement
        {
            self.accuse("double-prevote", at, a, b, ctx);
        }
        if let (Message::Precommit(a), Message::Precommit(b)) = (earlier, message)
            && a.statement != b.statement
        {
            self.accuse("double-precommit", at, a, b, ctx);
        }
    }

    /// Goes to the highest round that some honest replica has reached (L28).
    fn follow(&mut self, heard: Round, ctx: &mut Ctx<'_, Self>) {
        let mut ahead: Vec<(Round, NodeId)> = self
            .early
            .rounds(self.seq)
            .filter(|(_, round)| *round > self.round)
            .map(|(from, round)| (round, from))
            .collect();
        ahead.sort_unstable_by(|a, b| b.cmp(a));
        let mut power = 0;
        let mut others = Vec::new();
        for (round, from) in ahead {
            power += self.set.power(from);
            if broken!(self.config, VotesSkipTwice) && round == heard {
                power += self.set.power(from);
            }
            others.push(from);
            if self.set.has_honest(power) {
                others.sort_unstable();
                self.cause = Some(ViewChangeCause::Joined { others });
                return self.start_round(round, ctx);
            }
        }
    }

    /// Takes up what came early for the round that begins.
    pub(crate) fn replay(&mut self, ctx: &mut Ctx<'_, Self>) {
        for (from, message) in self.early.take(self.seq, self.round) {
            self.receive(from, &message, ctx);
        }
    }
}
