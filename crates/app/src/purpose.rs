//! What a chain is for: which applications it has, where a federation's work is shared among several chains.

use ledger::AppId;

use crate::crossings::CROSSINGS;
use crate::epochs::EPOCHS;
use crate::governance::GOVERNANCE;
use crate::queue::QUEUE;
use crate::registry::REGISTRY;
use crate::updates::UPDATES;
use crate::{NOTES, tickets};

/// What a chain is for. Each has the validators' own application and crossings to the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Purpose {
    /// Everything at once: all built-in applications.
    Everything,
    /// Proposals, votes, parameters, and the hubs whose stake weighs them.
    Governance,
    /// The message queue.
    Messaging,
    /// Hubs and their stake, and notes.
    Registry,
    /// The stream of state updates, and the hubs that tell them.
    Monitoring,
    /// Tickets.
    Tickets,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Everything,
        Self::Governance,
        Self::Messaging,
        Self::Registry,
        Self::Monitoring,
        Self::Tickets,
    ];
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Governance => "governance",
            Self::Messaging => "messaging",
            Self::Registry => "registry",
            Self::Monitoring => "monitoring",
            Self::Tickets => "tickets",
        }
    }
    /// The purpose with this name.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.label() == label)
    }
    /// The applications of such a chain, ascending, as a genesis names them; none for all.
    #[must_use]
    pub fn apps(self) -> Vec<AppId> {
        match self {
            Self::Everything => Vec::new(),
            Self::Governance => vec![EPOCHS, REGISTRY, GOVERNANCE, CROSSINGS],
            Self::Messaging => vec![EPOCHS, QUEUE, CROSSINGS],
            Self::Registry => vec![NOTES, EPOCHS, REGISTRY, CROSSINGS],
            Self::Monitoring => vec![EPOCHS, REGISTRY, UPDATES, CROSSINGS],
            Self::Tickets => vec![tickets::TICKETS, EPOCHS, CROSSINGS],
        }
    }
}

#[cfg(test)]
mod tests;
