//! Whose turn it is: proposers in proportion to their voting power, by priorities.

use types::{NodeId, Seq};

use crate::{Config, Round};

/// Priorities start from zero again behind each multiple of this height, so that no replica has to replay all heights to
/// know whose turn it is.
pub(crate) const RESTART: u64 = 65_536;

/// How much each replica is owed. In sum close to zero; whoever is owed most comes next.
#[derive(Clone, Debug)]
pub(crate) struct Priorities(Vec<i128>);

impl Priorities {
    pub(crate) fn new(n: usize) -> Self {
        Self(vec![0; n])
    }

    /// Gives everybody its weight, and the turn to whom is owed most; the lower index wins a tie (L4). Nobody, where
    /// nobody has any weight.
    pub(crate) fn next(&mut self, config: &Config, weights: &[u64]) -> Option<NodeId> {
        let mut total: i128 = 0;
        let mut best: Option<usize> = None;
        for (index, priority) in self.0.iter_mut().enumerate() {
            let weight = weights.get(index).copied().unwrap_or(0);
            if weight == 0 {
                continue;
            }
            let weight = if broken!(config, TurnsUnweighted) { 1 } else { i128::from(weight) };
            total = total.saturating_add(weight);
            *priority = priority.saturating_add(weight);
            best = Some(index);
        }
        for (index, &priority) in self.0.iter().enumerate().rev() {
            let has_turn = weights.get(index).is_some_and(|&weight| weight > 0)
                && best.and_then(|best| self.0.get(best)).is_some_and(|&most| priority >= most);
            if has_turn {
                best = Some(index);
            }
        }
        let best = best?;
        let priority = self.0.get_mut(best)?;
        *priority = priority.saturating_sub(total);
        u16::try_from(best).ok().map(NodeId::new)
    }

    /// Another set: who is new starts an eighth more than all power below zero, so that nobody gains a turn by leaving
    /// and coming back; then the span is bounded by twice all power, and the centre is zero again (L5).
    pub(crate) fn change(&mut self, config: &Config, before: &[u64], after: &[u64]) {
        let total: i128 = after.iter().map(|&weight| i128::from(weight)).sum();
        for (index, priority) in self.0.iter_mut().enumerate() {
            let was = before.get(index).copied().unwrap_or(0) > 0;
            let is = after.get(index).copied().unwrap_or(0) > 0;
            if is && !was && !broken!(config, NewcomersUnpunished) {
                *priority = -(total + (total >> 3));
            } else if !is || !was {
                *priority = 0;
            }
        }
        let members = |priorities: &[i128]| -> Vec<i128> {
            let of_members = priorities.iter().zip(after).filter(|(_, weight)| **weight > 0);
            of_members.map(|(priority, _)| *priority).collect()
        };
        let owed = members(&self.0);
        let (Some(&low), Some(&high)) = (owed.iter().min(), owed.iter().max()) else { return };
        let (span, most) = (high.saturating_sub(low), total.saturating_mul(2));
        if most > 0 && span > most {
            let ratio = (span + most - 1) / most;
            self.0.iter_mut().for_each(|priority| *priority /= ratio);
        }
        let owed = members(&self.0);
        let centre = owed.iter().sum::<i128>().div_euclid(i128::try_from(owed.len()).unwrap_or(1));
        for (priority, weight) in self.0.iter_mut().zip(after) {
            if *weight > 0 {
                *priority = priority.saturating_sub(centre);
            }
        }
    }
}

/// The turns of one height.
#[derive(Debug)]
pub(crate) struct Turns {
    seq: Seq,
    /// Before round 0 of the height.
    base: Priorities,
    /// After `taken` turns of it.
    ahead: Priorities,
    taken: u64,
    last: NodeId,
}

impl Turns {
    /// The turns of a first height.
    pub(crate) fn new(config: &Config, seq: Seq) -> Self {
        let base = Priorities::new(config.n());
        let mut turns =
            Self { seq: Seq::ZERO, ahead: base.clone(), base, taken: 0, last: NodeId::default() };
        turns.enter(config, seq);
        turns
    }

    /// Moves on to a height (L4, L5).
    pub(crate) fn enter(&mut self, config: &Config, seq: Seq) {
        let seq = seq.max(Seq::ZERO.next());
        let start = Seq::new(seq.get() - (seq.get() - 1) % RESTART);
        if self.seq > seq || self.seq < start {
            self.base = Priorities::new(config.n());
            self.seq = start;
        }
        while self.seq < seq {
            let weights = config.weights_at(self.seq);
            self.base.next(config, weights);
            self.seq = self.seq.next();
            let after = config.weights_at(self.seq);
            if after != weights {
                self.base.change(config, weights, after);
            }
        }
        self.ahead.0.clone_from(&self.base.0);
        self.taken = 0;
    }

    /// The proposer of a round of this height: round r has the turn of round 0 of the height r later (L4).
    pub(crate) fn proposer(&mut self, config: &Config, round: Round) -> NodeId {
        let scheduled = self.seq.get().saturating_sub(1).saturating_add(round.get().into());
        let scheduled = usize::try_from(scheduled).ok();
        if let Some(leader) = scheduled.and_then(|at| config.leaders.get(at)) {
            return *leader;
        }
        let turns = u64::from(round.get()) % RESTART + 1;
        if turns < self.taken {
            self.ahead.0.clone_from(&self.base.0);
            self.taken = 0;
        }
        while self.taken < turns {
            let weights = config.weights_at(self.seq);
            self.last = self.ahead.next(config, weights).unwrap_or_default();
            self.taken += 1;
        }
        self.last
    }
}
