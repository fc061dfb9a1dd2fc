//! State what must always hold, and check it in every world.
//!
//! Each checker is an object that is told what a world saw and answers with a [`Violation`] where that cannot be.
//! They are cheap enough to stay on in every simulation: short digests, arrays by height, no text before a failure.

mod accusations;
mod amnesia;
mod certificates;
mod chain;
mod crossings;
mod epochs;
mod linearizable;
mod table;
mod tickets;
mod transactions;

use std::fmt;

pub use accusations::Accusations;
pub use amnesia::Amnesia;
pub use certificates::Certificates;
pub use chain::Chain;
pub use crossings::{Crossing, Crossings};
pub use epochs::Epochs;
pub use linearizable::{Call, Linearity, Model, Operation, TicketModel, check_history, linearize};
pub use tickets::{State as TicketState, Tickets};
pub use transactions::Transactions;

/// Something that must always hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invariant {
    /// Its short name, for reports and tests.
    pub id: &'static str,
    /// What must hold, in one line.
    pub statement: &'static str,
}

/// A moment at which an invariant did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// What was seen instead, in one sentence.
    pub detail: String,
}

macro_rules! invariants {
    ($($name:ident = $id:literal, $statement:literal;)+) => {
        $(#[doc = $statement] pub const $name: Invariant = Invariant { id: $id, statement: $statement };)+
        /// All of them, in the order of their ids.
        pub const ALL: &[Invariant] = &[$($name),+];
    };
}

invariants! {
    AGREEMENT = "S1", "no two correct replicas execute different blocks at one height";
    VALIDITY = "S2", "only transactions that a client submitted are executed";
    TOTAL_ORDER = "S3", "blocks follow each other without gaps, each naming the hash of the one before";
    EXACTLY_ONCE = "S4", "a client's transaction is executed at most once";
    CERTIFICATES = "S5", "a certificate holds a quorum's own attestations of the block that was executed";
    STATE_ROOTS = "S6", "equal blocks leave equal states";
    MONOTONE = "S7", "a replica never loses a block that it had made durable";
    ACCUSATIONS = "S8", "no correct replica is accused";
    AMNESIA = "S9", "nothing that a replica ever let out is contradicted, not even after a recovery";
    TICKET_LIFE = "S10", "a ticket takes exactly the steps that its life allows, and is consumed at most once";
    DURABILITY = "S11", "what a client was told to be committed is never lost";
    EPOCHS = "S12", "the blocks of an epoch are ordered by its own core, which begins behind the last before it";
    LINEARIZABLE = "S13", "one copy of every ticket could have given all answers that clients saw, when they saw them";
    MESSAGES = "S14", "a message is put once under its id, delivered as often as its guarantee allows, and acknowledged once";
    CROSSINGS = "S15", "what is sent to another chain arrives there or is returned, never both, and in the end one of them";
}

impl Invariant {
    /// Says what was seen instead.
    #[must_use]
    pub const fn violated(self, detail: String) -> Violation {
        Violation { invariant: self, detail }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invariant { id, statement } = self.invariant;
        write!(f, "{id} ({statement}): {}", self.detail)
    }
}

#[cfg(test)]
mod tests;
