//! Application 11: crossings. Data goes from one chain to another, to both sides or to neither.
//!
//! Each chain keeps what it must know of the other to check its certified blocks: who attests them. A crossing is agreed
//! on where it begins, arrives where an entry proof of that is agreed on, and ends where it began, by a proof that it has
//! arrived or by a proof that it never will. The steps are those of `docs/chains.md`, C1 to C7.

mod arguments;
mod counterpart;
#[macro_use]
mod mutants;
mod proofs;
mod records;
mod relayer;
mod rules;

use ledger::{AppId, Outcome, Refusal, StateTree, TxView};
use types::ChainId;

use crate::argument::kept;
use crate::epochs::Rules;
use crate::{App, BlockContext, Event, conclude};

pub use arguments::{Connect, Return, Send, Verb};
pub use ledger::kinds::CROSSINGS;
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use records::{
    Arrival, Counterpart, Crossing, Ends, Fate, Sent, arrival_key, counterpart_key, ends_key,
    sent_key,
};
pub use relayer::{Relayer, Side, Want};

/// Most chains that one is connected with.
pub const COUNTERPARTS_MAX: usize = 16;
/// Most validators of a chain that one is connected with: each of their signatures may have to be checked for each proof.
pub const VALIDATORS_MAX: usize = 128;
/// Most crossings to one chain that are open at once, counted from the oldest.
pub const OPEN_MAX: u64 = 1_024;
/// So many of the latest crossings are kept at either end when they are over; blocks prove the older ones.
pub const KEPT: u64 = 1_024;
/// Most arrivals from one chain that are kept: the sender's end shows which of them are over.
pub const ARRIVALS_MAX: u64 = 4_096;
/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// Longest life of a crossing, in microseconds: seven days.
pub const LIFE_US_MAX: u64 = 7 * 24 * 3_600 * 1_000_000;

/// The application; the validators connect chains where rules are given, and anybody does where none are.
#[derive(Debug)]
pub(crate) struct Crossings {
    pub(crate) rules: Option<Rules>,
    #[cfg(any(test, feature = "mutants"))]
    pub(crate) mutant: Option<Mutant>,
}

impl Crossings {
    pub(crate) const fn new(rules: Option<Rules>) -> Self {
        Self {
            rules,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

impl App for Crossings {
    fn id(&self) -> AppId {
        CROSSINGS
    }
    fn name(&self) -> &'static str {
        "crossings"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        arguments::read(tx).map(drop)
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let done = arguments::read(tx).and_then(|request| self.step(tx, request, block, state));
        conclude(CROSSINGS, index, done.map(|told| [told]), events)
    }
}

/// A connected chain.
#[must_use]
pub fn counterpart(state: &StateTree, chain: ChainId) -> Option<Counterpart> {
    kept(state, &counterpart_key(chain))
}

/// How far the crossings with a connected chain have come.
#[must_use]
pub fn ends(state: &StateTree, chain: ChainId) -> Option<Ends> {
    kept(state, &ends_key(chain))
}

/// A crossing that began here, where it is kept.
#[must_use]
pub fn sent(state: &StateTree, to: ChainId, number: u64) -> Option<Sent> {
    kept(state, &sent_key(to, number))
}

/// A crossing that has arrived here, where it is kept.
#[must_use]
pub fn arrival(state: &StateTree, from: ChainId, number: u64) -> Option<Arrival> {
    kept(state, &arrival_key(from, number))
}

#[cfg(test)]
mod tests;
