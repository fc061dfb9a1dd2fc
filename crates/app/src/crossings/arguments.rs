//! The verbs and their arguments.

use codec::{Bytes, record};
use ledger::{Account, EntryProof, Genesis, Lineage, Refusal, TxView};
use types::{ChainId, Time};

use super::BODY_BYTES_MAX;
use crate::argument::{Argument, argument};

/// What can be asked of crossings. The arguments of all verbs but three are an [`EntryProof`] without a lineage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Wish that a chain be connected; the argument is a [`Connect`].
    Connect = 1,
    /// Tell of the next validators of a connected chain, by the entry of its epoch.
    Follow = 2,
    /// Begin a crossing; the argument is a [`Send`].
    Send = 3,
    /// Let a crossing arrive, by its entry where it began.
    Receive = 4,
    /// End a crossing as delivered, by its entry where it arrived.
    Acknowledge = 5,
    /// End a crossing as returned; the argument is a [`Return`].
    Return = 6,
    /// Forget arrivals of crossings that are over, by the entry of the ends where they began.
    Forget = 7,
}

impl Verb {
    /// All verbs, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::Follow,
        Self::Send,
        Self::Receive,
        Self::Acknowledge,
        Self::Return,
        Self::Forget,
    ];
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Follow => "follow",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Acknowledge => "acknowledge",
            Self::Return => "return",
            Self::Forget => "forget",
        }
    }
    /// The verb with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| *verb as u16 == number)
    }
}

/// A wish to connect a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connect {
    /// Its genesis, whole: its digest is the chain's id.
    pub genesis: Genesis,
}
record!(Connect { genesis: Genesis });

/// A crossing that is to begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Send {
    /// The chain where it is to arrive.
    pub to: ChainId,
    /// To whom.
    pub receiver: Account,
    /// From when on, by that chain's agreed time, it is not to arrive any more: later than this chain's block, by at
    /// most [`super::LIFE_US_MAX`].
    pub deadline: Time,
    /// What it says, at most [`BODY_BYTES_MAX`] bytes.
    pub body: Bytes,
}
record!(Send { to: ChainId, receiver: Account, deadline: Time, body: Bytes });

/// That a crossing has not arrived in time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    /// Its number.
    pub number: u64,
    /// That no arrival of it stood there at or behind its deadline.
    pub proof: EntryProof,
}
record!(Return { number: u64, proof: EntryProof });

impl Argument for Connect {
    fn fits(&self) -> bool {
        true
    }
}
impl Argument for Send {
    fn fits(&self) -> bool {
        self.body.0.len() <= BODY_BYTES_MAX
    }
}
impl Argument for Return {
    fn fits(&self) -> bool {
        self.proof.fits()
    }
}
impl Argument for EntryProof {
    fn fits(&self) -> bool {
        // What a chain knows of another makes the way from its genesis needless.
        self.lineage == Lineage::default()
    }
}

/// A request, read.
#[derive(Debug)]
pub(super) enum Request {
    Connect(Connect),
    Follow(EntryProof),
    Send(Send),
    Receive(EntryProof),
    Acknowledge(EntryProof),
    Return(Return),
    Forget(EntryProof),
}

pub(super) fn read(tx: &TxView<'_>) -> Result<Request, Refusal> {
    match Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)? {
        Verb::Connect => argument(tx).map(Request::Connect),
        Verb::Follow => argument(tx).map(Request::Follow),
        Verb::Send => argument(tx).map(Request::Send),
        Verb::Receive => argument(tx).map(Request::Receive),
        Verb::Acknowledge => argument(tx).map(Request::Acknowledge),
        Verb::Return => argument(tx).map(Request::Return),
        Verb::Forget => argument(tx).map(Request::Forget),
    }
}
