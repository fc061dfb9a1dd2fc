//! The verbs and their arguments.

use codec::{Bytes, record, tagged};
use ledger::{Account, Refusal, TxView};
use types::Time;

use super::{
    BODY_BYTES_MAX, Guarantee, Policy, Priority, ROUTE_BYTES_MAX, Route, Settings, TAKE_MAX,
    TOPIC_BYTES_MAX,
};
use crate::argument::{Argument, argument, is_name};

/// What can be asked of the queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Put a message into a topic; the argument is a [`Put`].
    Put = 1,
    /// Take the best ready messages; the argument is a [`Take`].
    Take = 2,
    /// Acknowledge a delivery: the message is done. The argument is a [`Claim`].
    Ack = 3,
    /// Give a delivery back. The argument is a [`Claim`].
    Nack = 4,
    /// Open a topic; the argument is an [`Open`].
    Open = 5,
    /// Close an empty topic; the argument is a [`TopicName`].
    Close = 6,
    /// Put a topic in order: end deliveries, bury and forget messages whose time has come. The argument is a
    /// [`TopicName`].
    Sweep = 7,
    /// Say that one has forwarded a message; the argument is a [`Forward`].
    Forward = 8,
    /// Register a route, or change one's own; the argument is an [`AddRoute`].
    AddRoute = 9,
    /// Take one's own route away; the argument is a [`RemoveRoute`].
    RemoveRoute = 10,
}

impl Verb {
    /// All verbs, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Put,
        Self::Take,
        Self::Ack,
        Self::Nack,
        Self::Open,
        Self::Close,
        Self::Sweep,
        Self::Forward,
        Self::AddRoute,
        Self::RemoveRoute,
    ];
    /// The verb with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| *verb as u16 == number)
    }
}

/// The route that a message takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Via {
    /// This one.
    Route(String),
    /// The best one that fits.
    Best(Best),
}
tagged!(Via { 1 => Route, 2 => Best });

/// Where a message goes, and what it demands of its route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Best {
    /// The hub at the end of the route.
    pub destination: Account,
    /// What it demands.
    pub policy: Policy,
}
record!(Best { destination: Account, policy: Policy });

/// A message to be put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Put {
    /// The topic.
    pub topic: String,
    /// The sender's name for it: put twice under one id, it is refused the second time until it has expired.
    pub id: [u8; 16],
    /// Who alone may take it.
    pub to: Option<Account>,
    /// Which goes first.
    pub priority: Priority,
    /// What is promised.
    pub guarantee: Guarantee,
    /// When it is of no use any more: later than the block, by at most [`super::LIFE_US_MAX`].
    pub expires: Time,
    /// The route it takes; straight into the topic without one.
    pub via: Option<Via>,
    /// What it says, at most [`BODY_BYTES_MAX`] bytes.
    pub body: Bytes,
}
record!(Put {
    topic: String, id: [u8; 16], to: Option<Account>, priority: Priority, guarantee: Guarantee, expires: Time,
    via: Option<Via>, body: Bytes,
});

/// A wish for messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Take {
    /// The topic.
    pub topic: String,
    /// How many at most, 1 to [`TAKE_MAX`].
    pub count: u8,
    /// How long the sender may take to acknowledge, in milliseconds; the topic's longest where it is shorter.
    pub lease_ms: u32,
}
record!(Take { topic: String, count: u8, lease_ms: u32 });

/// A delivery that the sender holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The topic.
    pub topic: String,
    /// The message.
    pub number: u64,
    /// The attempt, so that a late word about an earlier delivery cannot finish a later one.
    pub attempt: u16,
}
record!(Claim { topic: String, number: u64, attempt: u16 });

/// A topic to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// Its name, 1 to [`TOPIC_BYTES_MAX`] bytes.
    pub topic: String,
    /// How it works.
    pub settings: Settings,
}
record!(Open { topic: String, settings: Settings });

/// A topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicName {
    /// Its name.
    pub topic: String,
}
record!(TopicName { topic: String });

/// A message that the sender has forwarded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    /// The topic.
    pub topic: String,
    /// The message.
    pub number: u64,
}
record!(Forward { topic: String, number: u64 });

/// A route to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddRoute {
    /// The route.
    pub route: Route,
}
record!(AddRoute { route: Route });

/// A route to be taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemoveRoute {
    /// Its name.
    pub route: String,
}
record!(RemoveRoute { route: String });

macro_rules! fits {
    ($($name:ident, $argument:ident => $fits:expr;)+) => {$(
        impl Argument for $name {
            fn fits(&self) -> bool {
                let $argument = self;
                $fits
            }
        }
    )+};
}
fits! {
    Put, put => is_topic(&put.topic) && put.body.0.len() <= BODY_BYTES_MAX && match &put.via {
        Some(Via::Route(name)) => is_name(name, ROUTE_BYTES_MAX),
        Some(Via::Best(best)) => best.policy.is_within_bounds(),
        None => true,
    };
    Take, take => is_topic(&take.topic) && (1..=TAKE_MAX).contains(&take.count) && take.lease_ms > 0;
    Claim, claim => is_topic(&claim.topic);
    Open, open => is_topic(&open.topic) && open.settings.is_within_bounds();
    TopicName, name => is_topic(&name.topic);
    Forward, forward => is_topic(&forward.topic);
    AddRoute, add => add.route.is_within_bounds();
    RemoveRoute, remove => is_name(&remove.route, ROUTE_BYTES_MAX);
}

fn is_topic(name: &str) -> bool {
    is_name(name, TOPIC_BYTES_MAX)
}

/// An operation with its argument.
pub(super) enum Request {
    Put(Put),
    Take(Take),
    Ack(Claim),
    Nack(Claim),
    Open(Open),
    Close(TopicName),
    Sweep(TopicName),
    Forward(Forward),
    AddRoute(AddRoute),
    RemoveRoute(RemoveRoute),
}

pub(super) fn read(tx: &TxView<'_>) -> Result<Request, Refusal> {
    Ok(match Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)? {
        Verb::Put => Request::Put(argument(tx)?),
        Verb::Take => Request::Take(argument(tx)?),
        Verb::Ack => Request::Ack(argument(tx)?),
        Verb::Nack => Request::Nack(argument(tx)?),
        Verb::Open => Request::Open(argument(tx)?),
        Verb::Close => Request::Close(argument(tx)?),
        Verb::Sweep => Request::Sweep(argument(tx)?),
        Verb::Forward => Request::Forward(argument(tx)?),
        Verb::AddRoute => Request::AddRoute(argument(tx)?),
        Verb::RemoveRoute => Request::RemoveRoute(argument(tx)?),
    })
}
