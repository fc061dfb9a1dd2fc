//! What a replica knows of the rounds of its height.

use std::collections::VecDeque;
use std::sync::Arc;

use types::Digest;

use crate::Round;
use crate::message::{Polka, Proposal};
use crate::votes::Tally;

/// Rounds below the current one whose votes are kept; a later commit certificate needs none of them.
pub(crate) const ROUNDS_KEPT: u32 = 16;
/// Empty rounds kept for their room.
const SPARE_MAX: usize = 2;

/// How far the application is with a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Judged {
    /// It has not answered.
    #[default]
    Open,
    /// An honest proposer could have proposed it.
    Valid,
    /// No honest proposer could.
    Invalid,
}

/// One round.
#[derive(Debug, Default)]
pub(crate) struct RoundState {
    pub(crate) round: Round,
    pub(crate) proposal: Option<Arc<Proposal>>,
    pub(crate) judged: Judged,
    pub(crate) prevotes: Tally,
    pub(crate) precommits: Tally,
    /// The first polka that was seen here, for a value or for nil.
    pub(crate) polka: Option<Arc<Polka>>,
    /// Whether the polka has had its effect (L22).
    pub(crate) is_polka_done: bool,
    /// Whether the timers of this round have been started, each once (L21, L26).
    pub(crate) is_prevote_timed: bool,
    pub(crate) is_precommit_timed: bool,
    /// Whether the proposal was shown to everybody, as half of a contradiction.
    pub(crate) is_exhibited: bool,
    /// Whether this replica has signed a PREVOTE and a PRECOMMIT here: the tallies count them only once they are durable.
    pub(crate) has_prevoted: bool,
    pub(crate) has_precommitted: bool,
}

impl RoundState {
    /// The digest of the accepted proposal.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.proposal.as_ref().map(|proposal| proposal.propose.statement.digest)
    }
    /// Whether nothing has been heard of the round.
    pub(crate) fn is_silent(&self) -> bool {
        self.proposal.is_none() && self.prevotes.power() == 0 && self.precommits.power() == 0
    }

    fn clear(&mut self, round: Round) {
        self.round = round;
        self.proposal = None;
        self.judged = Judged::Open;
        self.prevotes.clear();
        self.precommits.clear();
        self.polka = None;
        self.is_polka_done = false;
        self.is_prevote_timed = false;
        self.is_precommit_timed = false;
        self.is_exhibited = false;
        self.has_prevoted = false;
        self.has_precommitted = false;
    }
}

/// The rounds of one height, ascending: the current one and up to [`ROUNDS_KEPT`] below it.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    rounds: VecDeque<RoundState>,
    spare: Vec<RoundState>,
    low: Round,
}

impl Rounds {
    pub(crate) fn len(&self) -> usize {
        self.rounds.len()
    }
    /// A round, where anything is known of it.
    pub(crate) fn get(&self, round: Round) -> Option<&RoundState> {
        self.rounds.iter().rev().find(|state| state.round == round)
    }
    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, round: Round) -> Option<&mut RoundState> {
        self.rounds.iter_mut().rev().find(|state| state.round == round)
    }
    /// A round that is not too old, made where it is not there yet.
    pub(crate) fn reach(&mut self, round: Round) -> Option<&mut RoundState> {
        if round < self.low {
            return None;
        }
        let at = self.rounds.iter().rposition(|state| state.round <= round);
        if at.and_then(|at| self.rounds.get(at)).is_some_and(|state| state.round == round) {
            return self.rounds.get_mut(at?);
        }
        let mut fresh = self.spare.pop().unwrap_or_default();
        fresh.clear(round);
        let at = at.map_or(0, |at| at + 1);
        self.rounds.insert(at, fresh);
        self.rounds.get_mut(at)
    }
    /// Forgets the rounds that are too old in a round.
    pub(crate) fn enter(&mut self, round: Round) {
        self.low = Round::new(round.get().saturating_sub(ROUNDS_KEPT));
        while self.rounds.front().is_some_and(|state| state.round < self.low) {
            self.drop_first();
        }
    }
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.low = Round::ZERO;
        while !self.rounds.is_empty() {
            self.drop_first();
        }
    }
    fn drop_first(&mut self) {
        if let Some(state) = self.rounds.pop_front().filter(|_| self.spare.len() < SPARE_MAX) {
            self.spare.push(state);
        }
    }
    /// All rounds of which anything is known, ascending.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RoundState> {
        self.rounds.iter()
    }
    /// The same, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut RoundState> {
        self.rounds.iter_mut()
    }
}
