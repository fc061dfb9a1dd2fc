//! Whether a history of calls and answers is one that a single copy of the object could have given (Herlihy and Wing,
//! TOPLAS 1990), by the search of Wing and Gong (JPDC 1993) with the memory of Lowe (2017): states that were reached by
//! the same calls before are not searched again. Calls about different keys are checked apart, which loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{LINEARIZABLE, Violation};

/// Most states of one key that are searched; a history that needs more is neither accepted nor refused.
const STATES_MAX: usize = 1_000_000;

/// An object as one copy of it behaves.
pub trait Model {
    /// What it is at a moment.
    type State: Clone + Ord + Default;
    /// What it is asked.
    type Input;
    /// What it answers.
    type Output: PartialEq;

    /// What it answers, and what it is afterwards.
    fn apply(state: &Self::State, input: &Self::Input) -> (Self::Output, Self::State);
}

/// One call as its client saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation<I, O> {
    /// When it was made.
    pub called_us: u64,
    /// What was asked.
    pub input: I,
    /// When it was answered, and what; `None` where it never was: it may have happened at any later time, or not at all.
    pub answer: Option<(u64, O)>,
}

/// A call of a model's object.
pub type Call<M> = Operation<<M as Model>::Input, <M as Model>::Output>;

/// What was found out about a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linearity {
    /// One copy could have answered so.
    Linearizable,
    /// No single copy could.
    Violated,
    /// The search was given up.
    Unknown,
}

/// Judges the calls about one key.
#[must_use]
pub fn linearize<M: Model>(calls: &[&Call<M>]) -> Linearity {
    let mut seen = BTreeSet::new();
    let mut open = vec![(Done::none(calls.len()), M::State::default())];
    while let Some((done, state)) = open.pop() {
        let undone = || (0..calls.len()).filter(|&at| !done.has(at));
        // Whatever is called after this moment comes after the call that is answered then.
        let answers = undone().filter_map(|at| calls[at].answer.as_ref());
        let Some(first_us) = answers.map(|(at_us, _)| *at_us).min() else {
            return Linearity::Linearizable;
        };
        for at in undone().filter(|&at| calls[at].called_us <= first_us) {
            let (output, after) = M::apply(&state, &calls[at].input);
            if calls[at].answer.as_ref().is_some_and(|(_, said)| *said != output) {
                continue;
            }
            let next = (done.with(at), after);
            if seen.len() >= STATES_MAX {
                return Linearity::Unknown;
            }
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    Linearity::Violated
}

/// Judges a whole history, key by key.
///
/// # Errors
/// Where no single copy of some key's object could have answered so.
pub fn check_history<M: Model>(history: &[(u32, Call<M>)]) -> Result<(), Violation> {
    let mut keys: BTreeMap<u32, Vec<&Call<M>>> = BTreeMap::new();
    for (key, operation) in history {
        keys.entry(*key).or_default().push(operation);
    }
    for (key, calls) in keys {
        if linearize::<M>(&calls) == Linearity::Violated {
            let detail = format!("no order of the {} calls about {key} explains it", calls.len());
            return Err(LINEARIZABLE.violated(detail));
        }
    }
    Ok(())
}

/// Which calls have happened, a bit for each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Done(Vec<u64>);

impl Done {
    fn none(calls: usize) -> Self {
        Self(vec![0; calls.div_ceil(64)])
    }
    fn has(&self, at: usize) -> bool {
        self.0[at / 64] & (1 << (at % 64)) != 0
    }
    fn with(&self, at: usize) -> Self {
        let mut more = self.clone();
        more.0[at / 64] |= 1 << (at % 64);
        more
    }
}

/// A ticket's life: each verb takes effect, or does not.
#[derive(Clone, Copy, Debug)]
pub struct TicketModel;

impl Model for TicketModel {
    type State = crate::tickets::State;
    type Input = u16;
    type Output = bool;

    fn apply(state: &Self::State, verb: &u16) -> (bool, Self::State) {
        match state.after(*verb) {
            Some(next) => (true, next),
            None => (false, *state),
        }
    }
}

#[cfg(test)]
mod tests;
