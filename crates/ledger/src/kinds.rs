//! The operations of a federation by name: which application each belongs to, and to whom it is addressed.

use codec::Reader;

use crate::{AppId, Operation, TxView};

/// The message queue.
pub const QUEUE: AppId = AppId(5);
/// The registry of hubs and nodes, with their stake.
pub const REGISTRY: AppId = AppId(6);
/// Proposals and votes.
pub const GOVERNANCE: AppId = AppId(7);
/// State updates of nodes.
pub const UPDATES: AppId = AppId(8);
/// Contracts.
pub const CONTRACTS: AppId = AppId(9);
/// Crossings of data between chains.
pub const CROSSINGS: AppId = AppId(11);

/// Longest name of a receiver, in bytes.
pub const RECEIVER_BYTES_MAX: usize = 256;

/// To whom a transaction is addressed, and where its argument says so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Addressing {
    /// To the application itself.
    Application,
    /// To a name at the head of the argument, behind its length of four bytes.
    Name,
    /// To the account at the head of the argument.
    Account,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $app:ident $verb:literal, $label:literal, $to:ident;)+) => {
        /// A named operation: the verb of an application under the name that a federation knows it by.
        ///
        /// An application may have further verbs without a name here.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Kind {
            $($(#[$doc])* $name,)+
        }
        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// Its application and verb.
            #[must_use]
            pub const fn operation(self) -> Operation {
                match self {
                    $(Self::$name => Operation { app: $app, verb: $verb },)+
                }
            }
            /// Its name in calls and listings.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
            /// To whom its transactions are addressed.
            #[must_use]
            pub const fn addressing(self) -> Addressing {
                match self {
                    $(Self::$name => Addressing::$to,)+
                }
            }
        }
    };
}

kinds! {
    /// Gives free stake to an account.
    Transfer = REGISTRY 9, "TRANSFER", Account;
    /// Hands a message to a topic or a receiver.
    Message = QUEUE 1, "MESSAGE", Name;
    /// A hub asks to belong.
    FederationJoin = REGISTRY 1, "FEDERATION_JOIN", Application;
    /// A hub leaves.
    FederationLeave = REGISTRY 2, "FEDERATION_LEAVE", Application;
    /// A hub names one of its nodes.
    NodeRegister = REGISTRY 3, "NODE_REGISTER", Application;
    /// A node says what became of its state.
    NodeUpdate = UPDATES 1, "NODE_UPDATE", Application;
    /// A member votes on a proposal.
    ConsensusVote = GOVERNANCE 2, "CONSENSUS_VOTE", Application;
    /// Somebody calls a contract.
    SmartContract = CONTRACTS 2, "SMART_CONTRACT", Account;
}

impl Kind {
    /// The kind of an operation, where it has a name.
    #[must_use]
    pub fn of(operation: Operation) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.operation() == operation)
    }
    /// The kind with this name.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.label() == label)
    }
}

/// To whom a transaction is addressed, where that is not its application: the name or account at the head of its
/// payload.
#[must_use]
pub fn receiver<'a>(tx: &TxView<'a>) -> Option<&'a [u8]> {
    match Kind::of(tx.operation)?.addressing() {
        Addressing::Application => None,
        Addressing::Account => tx.payload.get(..32),
        Addressing::Name => {
            let mut reader = Reader::new(tx.payload);
            let length = reader.length::<u8>("bytes of a receiver", RECEIVER_BYTES_MAX).ok()?;
            reader.take(length).ok().filter(|name| !name.is_empty())
        }
    }
}

#[cfg(test)]
mod tests;
