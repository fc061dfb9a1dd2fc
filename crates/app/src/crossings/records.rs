//! What stands in the state, and under which keys.

use codec::{Bytes, Decode, DecodeError, Encode, Reader, record};
use ledger::{Account, Epoch};
use types::{ChainId, FaultModel, Height, Time};

/// Data on its way from one chain to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crossing {
    /// Its place among all crossings from the one chain to the other, from zero.
    pub number: u64,
    /// Who sends it, on the chain where it begins.
    pub sender: Account,
    /// To whom, on the chain where it arrives.
    pub receiver: Account,
    /// From this moment of the other chain's agreed time on, it does not arrive any more.
    pub deadline: Time,
    /// What it says, at most [`super::BODY_BYTES_MAX`] bytes.
    pub body: Bytes,
}
record!(Crossing { number: u64, sender: Account, receiver: Account, deadline: Time, body: Bytes });

/// What became of a crossing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Fate {
    /// Not known yet where it began.
    Open = 0,
    /// It has arrived.
    Delivered = 1,
    /// It has not arrived and never will.
    Returned = 2,
}

impl Fate {
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
        }
    }
}
impl Encode for Fate {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
}
impl Decode for Fate {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(Self::Open),
            1 => Ok(Self::Delivered),
            2 => Ok(Self::Returned),
            tag => Err(DecodeError::UnknownTag { of: "Fate", tag }),
        }
    }
}

/// A crossing where it began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// The crossing.
    pub crossing: Crossing,
    /// The block in which it began.
    pub height: Height,
    /// What became of it.
    pub fate: Fate,
}
record!(Sent { crossing: Crossing, height: Height, fate: Fate });

/// A crossing where it arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The crossing.
    pub crossing: Crossing,
    /// The block in which it arrived.
    pub height: Height,
    /// The agreed time of that block, before the crossing's deadline.
    pub time: Time,
}
record!(Arrival { crossing: Crossing, height: Height, time: Time });

/// What is known of a connected chain: enough to check its certified blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterpart {
    /// Its name for people.
    pub network: String,
    /// What its validators stand: it decides how many of them certify.
    pub faults: FaultModel,
    /// The epoch since whose first block its present validators attest, as far as this chain has been told.
    pub epoch: Epoch,
}
record!(Counterpart { network: String, faults: FaultModel, epoch: Epoch });

/// How far the crossings with a connected chain have come, in both directions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ends {
    /// How many have begun here.
    pub sent: u64,
    /// All of those below this number are over.
    pub settled: u64,
    /// How many have arrived here.
    pub arrived: u64,
    /// Those from there below this number are over; their arrivals are not kept.
    pub forgotten: u64,
}
record!(Ends { sent: u64, settled: u64, arrived: u64, forgotten: u64 });

/// Where all that is known of connected chains begins.
pub(super) const COUNTERPART: &[u8] = b"chain/";
/// Where the validators' wishes to be connected begin.
pub(super) const WISH: &[u8] = b"wish/";

fn key(kind: &[u8], chain: ChainId, rest: &[u8]) -> Vec<u8> {
    [kind, chain.0.as_bytes(), rest].concat()
}

/// The key of a [`Counterpart`].
#[must_use]
pub fn counterpart_key(chain: ChainId) -> Vec<u8> {
    key(COUNTERPART, chain, &[])
}
/// The key of the [`Ends`] of the crossings with a chain.
#[must_use]
pub fn ends_key(chain: ChainId) -> Vec<u8> {
    key(b"ends/", chain, &[])
}
/// The key of a [`Sent`] to a chain.
#[must_use]
pub fn sent_key(to: ChainId, number: u64) -> Vec<u8> {
    key(b"sent/", to, &number.to_be_bytes())
}
/// The key of an [`Arrival`] from a chain.
#[must_use]
pub fn arrival_key(from: ChainId, number: u64) -> Vec<u8> {
    key(b"arrival/", from, &number.to_be_bytes())
}
/// The key of a validator's wish, by its account.
pub(super) fn wish_key(account: &Account) -> Vec<u8> {
    [WISH, &account.0].concat()
}
