//! What replicas say to each other, and the certificates made of it.

use std::fmt;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{Authentic, Certificate, Check, Signatures, Signed, Statement};
use protocol::Payload;
use types::{Digest, NodeId, Seq};

/// A round of one height: one proposer's turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Round(u32);

impl Round {
    /// The first round of every height.
    pub const ZERO: Self = Self(0);
    /// Names a number from outside.
    #[must_use]
    pub const fn new(value: u32) -> Self {
        Self(value)
    }
    /// The bare number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
    /// The next one; stays at the maximum rather than wrapping.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
impl Encode for Round {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for Round {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u32::decode(reader).map(Self)
    }
}
impl fmt::Debug for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}
impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The signed part of a PROPOSAL: the proposer of a round names a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Propose {
    /// The height.
    pub seq: Seq,
    /// The round.
    pub round: Round,
    /// The payload's digest.
    pub digest: Digest,
    /// The earlier round in which the value had a polka, where it is proposed again.
    pub valid_round: Option<Round>,
}
codec::record!(Propose { seq: Seq, round: Round, digest: Digest, valid_round: Option<Round> });
impl Statement for Propose {
    const KIND: u8 = 1;
}

/// PREVOTE: the sender finds the proposal of the round acceptable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Prevote {
    /// The height.
    pub seq: Seq,
    /// The round.
    pub round: Round,
    /// The payload's digest; zero for nil.
    pub digest: Digest,
    /// The valid round of the proposal that it answers: what excuses a sender that had precommitted something else.
    pub valid_round: Option<Round>,
}
codec::record!(Prevote { seq: Seq, round: Round, digest: Digest, valid_round: Option<Round> });
impl Statement for Prevote {
    const KIND: u8 = 2;
}

/// PRECOMMIT: the sender saw a polka for the value in this round, and has locked it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Precommit {
    /// The height.
    pub seq: Seq,
    /// The round.
    pub round: Round,
    /// The payload's digest; zero for nil.
    pub digest: Digest,
}
codec::record!(Precommit { seq: Seq, round: Round, digest: Digest });
impl Statement for Precommit {
    const KIND: u8 = 3;
}

/// A polka: PREVOTEs for one value in one round by more than two thirds of the voting power.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Polka {
    /// What all of them say.
    pub prevote: Prevote,
    /// Who says so.
    pub prevotes: Signatures,
}
codec::record!(Polka { prevote: Prevote, prevotes: Signatures });

/// PROPOSAL: a value for a round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// What the proposer signed.
    pub propose: Signed<Propose>,
    /// The payload.
    pub payload: Payload,
    /// The polka of the valid round, so that nobody has to have seen it (the proof of lock).
    pub polka: Option<Arc<Polka>>,
}
codec::record!(Proposal { propose: Signed<Propose>, payload: Payload, polka: Option<Arc<Polka>> });

/// A commit certificate with its payload: the value is decided, whatever round the reader is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// What all PRECOMMITs say.
    pub precommit: Precommit,
    /// The payload.
    pub payload: Payload,
    /// Who says so.
    pub precommits: Signatures,
}
codec::record!(Committed { precommit: Precommit, payload: Payload, precommits: Signatures });

/// STATUS: how far the sender is; the others answer with what it lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusReport {
    /// The height that it works on.
    pub seq: Seq,
    /// Its round.
    pub round: Round,
    /// The round of the last polka that it knows.
    pub valid_round: Option<Round>,
}
codec::record!(StatusReport { seq: Seq, round: Round, valid_round: Option<Round> });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`Proposal`].
    Proposal(Arc<Proposal>),
    /// See [`Prevote`].
    Prevote(Signed<Prevote>),
    /// See [`Precommit`].
    Precommit(Signed<Precommit>),
    /// See [`Polka`]; anybody may pass it on.
    Polka(Arc<Polka>),
    /// See [`Committed`]; anybody may pass it on.
    Committed(Arc<Committed>),
    /// See [`StatusReport`]; unsigned, for it is believed only as far as answering goes.
    Status(StatusReport),
    /// A proposer's signed proposal, shown to somebody who votes for another one of the same round.
    Exhibit(Signed<Propose>),
}
codec::tagged!(Message {
    1 => Proposal, 2 => Prevote, 3 => Precommit, 4 => Polka, 5 => Committed, 6 => Status, 7 => Exhibit
});

impl Polka {
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        Certificate::List(self.prevotes.clone()).check(&self.prevote, check)
    }
}

impl Committed {
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        Certificate::List(self.precommits.clone()).check(&self.precommit, check)
    }
}

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        match self {
            Self::Proposal(message) => Some(message.propose.signer),
            Self::Prevote(message) => Some(message.signer),
            Self::Precommit(message) => Some(message.signer),
            Self::Polka(_) | Self::Committed(_) | Self::Status(_) | Self::Exhibit(_) => None,
        }
    }

    fn check_signatures(&self, check: Check<'_>) -> bool {
        match self {
            Self::Proposal(message) => {
                message.propose.check(check)
                    && message.polka.as_ref().is_none_or(|polka| polka.check(check))
            }
            Self::Prevote(message) => message.check(check),
            Self::Precommit(message) => message.check(check),
            Self::Polka(message) => message.check(check),
            Self::Committed(message) => message.check(check),
            Self::Status(_) => true,
            Self::Exhibit(message) => message.check(check),
        }
    }
}
