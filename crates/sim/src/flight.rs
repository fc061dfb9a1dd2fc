//! Messages on their way: each kept once for all its receivers, its signatures checked once for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use codec::{Decode, Encode};
use crypto::{
    Authentic, InEpoch, PreparedKey, Signature, Signed, SignedBy, Signer, Verified, Verifier,
};
use ledger::{Account, Attestation, Batch, Epoch, check_client_signatures};
use replica::{Incoming, Input, Message};
use types::NodeId;

use crate::directory::Directory;
use protocol::Inspect;

/// The core's kinds come first, then these.
pub(crate) const OTHER_KINDS: [&str; 6] =
    ["batch", "batch-request", "attestation", "block-request", "blocks", "tip"];

/// A message on its way to `left` receivers.
#[derive(Debug)]
struct Flight<P: Inspect> {
    /// Counts all messages.
    number: u64,
    from: NodeId,
    left: u32,
    kind: u16,
    tag: u64,
    content: Content<P>,
}

/// The message, and what was found out about it. The first receiver has its signatures checked; the verdict is
/// remembered for the others.
#[derive(Debug)]
enum Content<P: Inspect> {
    Unchecked(Message<P>),
    Core(Verified<InEpoch<P::Message>>),
    Attestation(u64, Verified<Signed<Attestation>>),
    Batch(Arc<Batch>),
    BadBatch(Arc<Batch>),
    Refused,
    Free(u32),
}

/// All messages on their way.
#[derive(Debug)]
pub(crate) struct Flights<P: Inspect> {
    flights: Vec<Flight<P>>,
    count: u64,
    free: u32,
    pub(crate) checks: Checks,
    /// Where real signatures are checked together: the core's messages and the attestations that wait for that.
    unchecked: Option<[Vec<u32>; 2]>,
}

/// What receivers check signatures with.
#[derive(Debug)]
pub(crate) struct Checks {
    /// By epoch.
    sets: Vec<SetChecks>,
    /// Clients' keys, where clients sign.
    clients: Option<BTreeMap<Account, PreparedKey>>,
}

/// What checks the members of one epoch.
#[derive(Debug)]
struct SetChecks {
    core: Verifier,
    ledger: Verifier,
    /// The members' machines, by place.
    ids: Vec<NodeId>,
}

impl SetChecks {
    fn place_of(&self, from: NodeId) -> Option<NodeId> {
        let place = self.ids.iter().position(|&id| id == from)?;
        u16::try_from(place).ok().map(NodeId::new)
    }
}

/// One replica's keys.
#[derive(Clone, Debug)]
pub(crate) struct Signers {
    pub(crate) core: Signer,
    pub(crate) ledger: Signer,
}

impl Signers {
    /// A message of one's own, as it comes back to its maker.
    fn vouch_for<P: Inspect>(&self, message: &Message<P>) -> Option<Content<P>> {
        match message {
            Message::Core(message) => {
                Some(Content::Core(self.core.own_shared(Arc::clone(message))))
            }
            Message::Attestation { since, signed } => {
                Some(Content::Attestation(*since, self.ledger.own(signed.clone())))
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        }
    }
}

/// What a receiver is given.
#[derive(Debug)]
pub(crate) struct Arrived<P: Inspect> {
    pub(crate) from: NodeId,
    pub(crate) kind: usize,
    pub(crate) tag: u64,
    pub(crate) number: u64,
    /// `None` for a message whose signatures do not hold.
    pub(crate) input: Option<Input<P>>,
}

const NONE: u32 = u32::MAX;

impl<P: Inspect> Flights<P> {
    /// `together`: whether signatures are so costly that they are checked in batches.
    pub(crate) fn new(checks: Checks, together: bool) -> Self {
        let unchecked = together.then(Default::default);
        Self { flights: Vec::new(), count: 0, free: NONE, checks, unchecked }
    }

    /// Lets a message leave; its receivers are counted by [`Self::add`].
    pub(crate) fn launch(&mut self, from: NodeId, message: Message<P>) -> u32 {
        self.count += 1;
        let flight = Flight {
            number: self.count,
            from,
            left: 0,
            kind: kind_of(&message),
            tag: tag_of(&message),
            content: Content::Unchecked(message),
        };
        if self.free == NONE {
            self.flights.push(flight);
            let slot = u32::try_from(self.flights.len() - 1).unwrap_or(NONE);
            self.queue_check(slot);
            return slot;
        }
        let slot = self.free;
        let free = std::mem::replace(&mut self.flights[slot as usize], flight);
        self.free = match free.content {
            Content::Free(next) => next,
            Content::Unchecked(_)
            | Content::Core(_)
            | Content::Attestation(..)
            | Content::Batch(_)
            | Content::BadBatch(_)
            | Content::Refused => unreachable!("the list of free slots holds only free ones"),
        };
        self.queue_check(slot);
        slot
    }

    fn queue_check(&mut self, slot: u32) {
        let Some([core, attestations]) = &mut self.unchecked else { return };
        match &self.flights[slot as usize].content {
            Content::Unchecked(Message::Core(_)) => core.push(slot),
            Content::Unchecked(Message::Attestation { .. }) => attestations.push(slot),
            Content::Unchecked(_)
            | Content::Core(_)
            | Content::Attestation(..)
            | Content::Batch(_)
            | Content::BadBatch(_)
            | Content::Refused
            | Content::Free(_) => {}
        }
    }

    /// One more receiver.
    pub(crate) fn add(&mut self, slot: u32) {
        self.flights[slot as usize].left += 1;
    }

    /// Forgets a message that nobody is to receive.
    pub(crate) fn close(&mut self, slot: u32) {
        if self.flights[slot as usize].left == 0 {
            self.release(slot);
        }
    }

    /// A receiver that is down: the message is lost for it.
    pub(crate) fn miss(&mut self, slot: u32) {
        self.flights[slot as usize].left -= 1;
        self.close(slot);
    }

    /// A message's number and kind.
    pub(crate) fn name(&self, slot: u32) -> (u64, usize) {
        let flight = &self.flights[slot as usize];
        (flight.number, flight.kind.into())
    }

    /// The epoch whose members have signed a message.
    pub(crate) fn epoch_of(&self, slot: u32) -> u64 {
        match &self.flights[slot as usize].content {
            Content::Unchecked(message) => epoch_of(message),
            Content::Core(said) => said.epoch,
            Content::Attestation(since, _) => *since,
            Content::Batch(_) | Content::BadBatch(_) | Content::Refused | Content::Free(_) => 0,
        }
    }

    /// Whether a message comes from the replica with this index.
    pub(crate) fn is_from(&self, slot: u32, index: usize) -> bool {
        self.flights[slot as usize].from.index() == index
    }

    /// The message arrives at one receiver; `own` holds its keys where that is the sender itself.
    pub(crate) fn open(&mut self, slot: u32, own: Option<&Signers>) -> Arrived<P> {
        let flight = &self.flights[slot as usize];
        let (from, kind, tag) = (flight.from, usize::from(flight.kind), flight.tag);
        let number = flight.number;
        if let (Some(own), Content::Unchecked(message)) = (own, &flight.content)
            && epoch_of(message) == 0
        {
            // One's own words need no check, and leave that of the others for later.
            let input = own.vouch_for(message).and_then(|content| content.into_input(from));
            self.miss(slot);
            return Arrived { from, kind, tag, number, input };
        }
        self.check(slot);
        let flight = &mut self.flights[slot as usize];
        flight.left -= 1;
        let input = if flight.left == 0 {
            let content = std::mem::replace(&mut flight.content, Content::Refused);
            self.release(slot);
            content.into_input(from)
        } else {
            flight.content.share().into_input(from)
        };
        Arrived { from, kind, tag, number, input }
    }

    /// Checks a message, once; where signatures are costly, together with all others that wait for it.
    fn check(&mut self, slot: u32) {
        let flight = &mut self.flights[slot as usize];
        let Content::Unchecked(message) = &flight.content else { return };
        match (message, &mut self.unchecked) {
            (Message::Core(_), Some([waiting, _])) => {
                let slots = std::mem::take(waiting);
                self.check_core_together(slots);
            }
            (Message::Attestation { .. }, Some([_, waiting])) => {
                let slots = std::mem::take(waiting);
                self.check_attestations_together(slots);
            }
            (message, Some(_) | None) => {
                if let Some(checked) = self.checks.check(flight.from, message) {
                    flight.content = checked;
                }
            }
        }
    }

    fn check_core_together(&mut self, slots: Vec<u32>) {
        let mut by_epoch: BTreeMap<u64, (Vec<u32>, Vec<_>)> = BTreeMap::new();
        for slot in slots {
            let flight = &mut self.flights[slot as usize];
            // A slot may have been freed, or used and noted again, since it was noted.
            let Content::Unchecked(Message::Core(message)) = &flight.content else { continue };
            let place = self.checks.set(message.epoch).and_then(|set| set.place_of(flight.from));
            let Some(place) = place else {
                flight.content = Content::Refused;
                continue;
            };
            let (slots, messages) = by_epoch.entry(message.epoch).or_default();
            slots.push(slot);
            messages.push((place, Arc::clone(message)));
        }
        for (epoch, (slots, messages)) in by_epoch {
            let Some(set) = self.checks.set(epoch) else { continue };
            for (slot, verdict) in slots.into_iter().zip(set.core.verify_all(messages)) {
                self.flights[slot as usize].content =
                    verdict.map_or(Content::Refused, Content::Core);
            }
        }
    }

    fn check_attestations_together(&mut self, slots: Vec<u32>) {
        let mut by_set: BTreeMap<u64, (Vec<u32>, Vec<_>)> = BTreeMap::new();
        for slot in slots {
            let flight = &mut self.flights[slot as usize];
            let Content::Unchecked(Message::Attestation { since, signed }) = &flight.content else {
                continue;
            };
            let place = self.checks.set(*since).and_then(|set| set.place_of(flight.from));
            let Some(place) = place else {
                flight.content = Content::Refused;
                continue;
            };
            let (slots, messages) = by_set.entry(*since).or_default();
            slots.push(slot);
            messages.push((place, Arc::new(signed.clone())));
        }
        for (since, (slots, messages)) in by_set {
            let Some(set) = self.checks.set(since) else { continue };
            for (slot, verdict) in slots.into_iter().zip(set.ledger.verify_all(messages)) {
                self.flights[slot as usize].content =
                    verdict.map_or(Content::Refused, |signed| Content::Attestation(since, signed));
            }
        }
    }

    fn release(&mut self, slot: u32) {
        self.flights[slot as usize].content = Content::Free(self.free);
        self.free = slot;
    }
}

impl Checks {
    /// Of the first epoch; `clients` says whether clients sign.
    pub(crate) fn new(directory: &Directory, clients: bool) -> Self {
        let mut this = Self { sets: Vec::new(), clients: clients.then(Default::default) };
        this.begin(directory, &directory.genesis);
        this
    }

    /// The next epoch's members are known.
    pub(crate) fn begin(&mut self, directory: &Directory, epoch: &Epoch) {
        self.sets.push(SetChecks {
            core: directory.core_verifier(epoch),
            ledger: directory.attesters(epoch).verifier().clone(),
            ids: epoch.members.iter().map(|member| member.id).collect(),
        });
    }

    fn set(&self, epoch: u64) -> Option<&SetChecks> {
        self.sets.get(usize::try_from(epoch).ok()?)
    }

    /// What is found out about a message at its first receiver; `None` where there is nothing to check.
    fn check<P: Inspect>(&mut self, from: NodeId, message: &Message<P>) -> Option<Content<P>> {
        match message {
            Message::Core(message) => {
                let set = self.set(message.epoch);
                let checked = set.and_then(|set| {
                    let place = set.place_of(from)?;
                    set.core.verify_shared(place, Arc::clone(message)).ok()
                });
                Some(checked.map_or(Content::Refused, Content::Core))
            }
            Message::Attestation { since, signed } => {
                let set = self.set(*since);
                let checked = set.and_then(|set| {
                    let place = set.place_of(from)?;
                    set.ledger.verify(place, signed.clone()).ok()
                });
                Some(
                    checked.map_or(Content::Refused, |signed| Content::Attestation(*since, signed)),
                )
            }
            Message::Batch(batch) => {
                let bad = self
                    .clients
                    .as_mut()
                    .is_some_and(|keys| check_client_signatures(batch, keys).is_err());
                let batch = Arc::clone(batch);
                Some(if bad { Content::BadBatch(batch) } else { Content::Batch(batch) })
            }
            Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        }
    }
}

impl<P: Inspect> Content<P> {
    fn share(&self) -> Self {
        match self {
            Self::Unchecked(message) => Self::Unchecked(message.clone()),
            Self::Core(message) => Self::Core(message.clone()),
            Self::Attestation(since, signed) => Self::Attestation(*since, signed.clone()),
            Self::Batch(batch) => Self::Batch(Arc::clone(batch)),
            Self::BadBatch(batch) => Self::BadBatch(Arc::clone(batch)),
            Self::Refused | Self::Free(_) => Self::Refused,
        }
    }

    fn into_input(self, from: NodeId) -> Option<Input<P>> {
        let message = match self {
            Self::Core(message) => Incoming::Core(message),
            Self::Attestation(since, signed) => Incoming::Attestation { since, signed },
            Self::Batch(batch) => Incoming::Batch(batch),
            Self::BadBatch(batch) => {
                return Some(Input::BadBatch { from, digest: batch.digest() });
            }
            Self::Unchecked(Message::BatchRequest(digests)) => Incoming::BatchRequest(digests),
            Self::Unchecked(Message::BlockRequest(height)) => Incoming::BlockRequest(height),
            Self::Unchecked(Message::Blocks(blocks)) => {
                Incoming::Blocks(Arc::unwrap_or_clone(blocks))
            }
            Self::Unchecked(Message::Tip(certificate)) => {
                Incoming::Tip(Arc::unwrap_or_clone(certificate))
            }
            Self::Unchecked(Message::Core(_) | Message::Attestation { .. } | Message::Batch(_))
            | Self::Refused
            | Self::Free(_) => return None,
        };
        Some(Input::Receive { from, message })
    }
}

/// A message through bytes and back, as on a real wire.
pub(crate) fn through_bytes<P: Inspect>(message: &Message<P>) -> Message<P> {
    let bytes = message.to_bytes();
    match Message::from_bytes(&bytes) {
        Ok(back) => back,
        Err(error) => panic!("a message of our own does not decode: {error}: {message:?}"),
    }
}

fn kind_of<P: Inspect>(message: &Message<P>) -> u16 {
    let kind = match message {
        Message::Core(said) => P::kind(&said.message),
        Message::Batch(_) => P::KINDS.len(),
        Message::BatchRequest(_) => P::KINDS.len() + 1,
        Message::Attestation { .. } => P::KINDS.len() + 2,
        Message::BlockRequest(_) => P::KINDS.len() + 3,
        Message::Blocks(_) => P::KINDS.len() + 4,
        Message::Tip(_) => P::KINDS.len() + 5,
    };
    u16::try_from(kind).unwrap_or(u16::MAX)
}

/// The epoch whose members have signed a message; 0 for what nobody signs.
fn epoch_of<P: Inspect>(message: &Message<P>) -> u64 {
    match message {
        Message::Core(said) => said.epoch,
        Message::Attestation { since, .. } => *since,
        Message::Batch(_)
        | Message::BatchRequest(_)
        | Message::BlockRequest(_)
        | Message::Blocks(_)
        | Message::Tip(_) => 0,
    }
}

/// A number that tells messages of one kind apart, for the trace.
fn tag_of<P: Inspect>(message: &Message<P>) -> u64 {
    match message {
        Message::Core(said) => first_signature(&*said.message),
        Message::Batch(batch) => batch.digest().short(),
        Message::BatchRequest(digests) => digests.first().map_or(0, |digest| digest.short()),
        Message::Attestation { signed, .. } => short(&signed.signature),
        Message::BlockRequest(height) => height.get(),
        Message::Blocks(blocks) => {
            blocks.first().map_or(0, |block| block.certificate.block.short())
        }
        Message::Tip(certificate) => certificate.block.short(),
    }
}

fn first_signature(message: &impl Authentic) -> u64 {
    let mut first = 0;
    message.check_signatures(&mut |signed| {
        first = match signed.by {
            SignedBy::One(_, signature) => short(signature),
            SignedBy::Each(list) => list.iter().next().map_or(0, |(_, first)| short(first)),
            SignedBy::Together(aggregate) => number(aggregate.signature()),
        };
        false
    });
    first
}

fn short(signature: &Signature) -> u64 {
    number(&signature.0)
}
fn number(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
