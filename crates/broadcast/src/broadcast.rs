//! One replica's part in everybody's broadcasts.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use codec::Bytes;
use types::limits::PAYLOAD_BYTES_MAX;
use types::{Digest, NodeId, Quorum, Seq};

use crate::instance::Instance;
use crate::{Carried, Claim, Message, Place};

/// How far above a sender's lowest number not delivered others of its broadcasts may be.
pub const SEQUENCES_OPEN_MAX: usize = 8;

/// One replica's part in the broadcasts of all senders.
#[derive(Debug)]
pub struct Broadcast {
    me: NodeId,
    quorum: Quorum,
    next: Seq,
    lanes: Vec<Lane>,
    #[cfg(test)]
    pub(crate) mutant: Option<crate::mutants::Mutant>,
}

/// One sender's broadcasts: those below `base` are delivered, then come the open ones.
#[derive(Debug, Default)]
struct Lane {
    base: Seq,
    open: VecDeque<Slot>,
}

#[derive(Debug)]
enum Slot {
    Open(Box<Instance>),
    Delivered,
}

/// What follows from a message.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Step {
    /// To be said to all replicas, oneself included.
    pub say: Option<Message>,
    /// To be handed on.
    pub deliver: Option<Delivery>,
}

/// A payload that every honest replica delivers in this place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Whose it is, and which of theirs.
    pub place: Place,
    /// What was sent.
    pub payload: Arc<Bytes>,
}

/// Why a message changes nothing. All of these are counted drops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It comes from, or is about, somebody who is not of the set.
    Stranger,
    /// An INITIAL that does not come from its sender.
    NotTheSender,
    /// The payload is longer than [`PAYLOAD_BYTES_MAX`].
    TooLong,
    /// Further ahead than [`SEQUENCES_OPEN_MAX`]: to be brought again when more has been delivered.
    Ahead,
    /// The same replica has said this, or something else, in this place before.
    Repeated,
    /// This place is delivered.
    Done,
}

impl Broadcast {
    /// The part of replica `me` among `n`.
    #[must_use]
    pub fn new(me: NodeId, n: usize) -> Self {
        Self {
            me,
            quorum: Quorum::of(n),
            next: Seq::ZERO,
            lanes: NodeId::all(n).map(|_| Lane::default()).collect(),
            #[cfg(test)]
            mutant: None,
        }
    }

    /// Begins a broadcast of one's own: the message is to be said to all, oneself included.
    ///
    /// # Errors
    /// Where the payload is too long, or [`SEQUENCES_OPEN_MAX`] of one's own are not delivered yet.
    pub fn send(&mut self, payload: Vec<u8>) -> Result<Message, Refusal> {
        let lane = self.lanes.get(self.me.index()).ok_or(Refusal::Stranger)?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        if self.next.above(lane.base) >= SEQUENCES_OPEN_MAX as u64 {
            return Err(Refusal::Ahead);
        }
        // L1
        let place = Place { sender: self.me, seq: self.next };
        self.next = self.next.next();
        Ok(Message::Initial(Carried { place, payload: Arc::new(Bytes(payload)) }))
    }

    /// How many of a sender's broadcasts are delivered without a gap.
    #[must_use]
    pub fn delivered(&self, sender: NodeId) -> Seq {
        self.lanes.get(sender.index()).map_or(Seq::ZERO, |lane| lane.base)
    }

    /// Takes a message that came over the channel of `from`.
    ///
    /// # Errors
    /// Where it changes nothing, with the reason.
    pub fn receive(&mut self, from: NodeId, message: &Message) -> Result<Step, Refusal> {
        if from.index() >= self.quorum.n() {
            return Err(Refusal::Stranger);
        }
        match message {
            Message::Initial(carried) => self.on_initial(from, carried),
            Message::Echo(carried) => self.on_echo(from, carried),
            Message::Ready(claim) => self.on_ready(from, *claim),
        }
    }

    fn on_initial(&mut self, from: NodeId, carried: &Carried) -> Result<Step, Refusal> {
        // L2
        if from != carried.place.sender && !broken!(self, SenderUnchecked) {
            return Err(Refusal::NotTheSender);
        }
        within(carried)?;
        let again = broken!(self, EchoesAgain);
        let instance = self.open(carried.place)?;
        if instance.initial.is_some() && !again {
            return Err(Refusal::Repeated);
        }
        instance.initial = Some(carried.digest());
        Ok(Step { say: Some(Message::Echo(carried.clone())), deliver: None })
    }

    fn on_echo(&mut self, from: NodeId, carried: &Carried) -> Result<Step, Refusal> {
        // L3
        within(carried)?;
        let (one_honest, again) = (self.quorum.one_honest(), broken!(self, RepeatedVotesCount));
        let instance = self.open(carried.place)?;
        if !instance.echoes.is_first_of(from) && !again {
            return Err(Refusal::Repeated);
        }
        let claim = carried.claim();
        let count = instance.echoes.count(claim.digest);
        if count >= one_honest && instance.payload(claim.digest).is_none() {
            instance.payloads.push((claim.digest, Arc::clone(&carried.payload)));
        }
        Ok(self.advance(claim))
    }

    fn on_ready(&mut self, from: NodeId, claim: Claim) -> Result<Step, Refusal> {
        // L4
        let again = broken!(self, RepeatedVotesCount);
        let instance = self.open(claim.place)?;
        if !instance.readies.is_first_of(from) && !again {
            return Err(Refusal::Repeated);
        }
        instance.readies.count(claim.digest);
        Ok(self.advance(claim))
    }

    /// What the votes for a payload allow.
    fn advance(&mut self, claim: Claim) -> Step {
        let Claim { place, digest } = claim;
        let say = self.may_say_ready(claim).then_some(Message::Ready(claim));
        let readies_min =
            if broken!(self, FewReadies) { self.quorum.f() + 1 } else { 2 * self.quorum.f() + 1 };
        let mixes = broken!(self, PayloadUnbound);
        let Ok(instance) = self.open(place) else { return Step::default() };
        instance.has_said_ready |= say.is_some();
        let readies: usize = if mixes {
            instance.readies.digests().map(|digest| instance.readies.of(digest)).sum()
        } else {
            instance.readies.of(digest)
        };
        // L6
        let payload = instance.payload(digest).filter(|_| readies >= readies_min).cloned();
        if payload.is_some() {
            self.close(place);
        }
        Step { say, deliver: payload.map(|payload| Delivery { place, payload }) }
    }

    /// L5
    fn may_say_ready(&mut self, claim: Claim) -> bool {
        let quorum = self.quorum;
        let echoes_min = if broken!(self, FewEchoes) { quorum.one_honest() } else { quorum.size() };
        let amplifies = !broken!(self, NoAmplification);
        let Ok(instance) = self.open(claim.place) else { return false };
        let echoed = instance.echoes.of(claim.digest) >= echoes_min;
        let is_ready = instance.readies.of(claim.digest) >= quorum.one_honest();
        !instance.has_said_ready && (echoed || is_ready && amplifies)
    }

    /// The state of a place that is neither delivered nor too far ahead.
    fn open(&mut self, place: Place) -> Result<&mut Instance, Refusal> {
        let unbound = broken!(self, SequenceUnbound);
        let lane = self.lanes.get_mut(place.sender.index()).ok_or(Refusal::Stranger)?;
        if place.seq < lane.base {
            return Err(Refusal::Done);
        }
        let offset = usize::try_from(place.seq.above(lane.base)).unwrap_or(usize::MAX);
        if offset >= SEQUENCES_OPEN_MAX {
            return Err(Refusal::Ahead);
        }
        let offset = if unbound { 0 } else { offset };
        while lane.open.len() <= offset {
            lane.open.push_back(Slot::Open(Box::default()));
        }
        match lane.open.get_mut(offset) {
            Some(Slot::Open(instance)) => Ok(instance),
            Some(Slot::Delivered) | None => Err(Refusal::Done),
        }
    }

    fn close(&mut self, place: Place) {
        let forgets = broken!(self, DeliversAgain);
        let Some(lane) = self.lanes.get_mut(place.sender.index()) else { return };
        let offset = usize::try_from(place.seq.above(lane.base)).unwrap_or(usize::MAX);
        if let Some(slot) = lane.open.get_mut(offset).filter(|_| !forgets) {
            *slot = Slot::Delivered;
        }
        while let Some(Slot::Delivered) = lane.open.front() {
            lane.open.pop_front();
            lane.base = lane.base.next();
        }
    }

    /// How many votes and payloads are held, for the tests of bounds.
    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        let slots = self.lanes.iter().flat_map(|lane| &lane.open);
        let payloads = slots.clone().map(|slot| match slot {
            Slot::Open(instance) => instance.payloads.len(),
            Slot::Delivered => 0,
        });
        (slots.count(), payloads.sum())
    }
}

fn within(carried: &Carried) -> Result<(), Refusal> {
    if carried.payload.0.len() > PAYLOAD_BYTES_MAX { Err(Refusal::TooLong) } else { Ok(()) }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stranger => "somebody who is not of the set",
            Self::NotTheSender => "an INITIAL that does not come from its sender",
            Self::TooLong => "the payload is too long",
            Self::Ahead => "too far ahead of what is delivered",
            Self::Repeated => "the same replica has voted in this place before",
            Self::Done => "this place is delivered",
        })
    }
}
impl std::error::Error for Refusal {}

/// The digest under which a delivery was agreed on.
impl Delivery {
    /// Names the payload in its place.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Carried { place: self.place, payload: Arc::clone(&self.payload) }.digest()
    }
}
