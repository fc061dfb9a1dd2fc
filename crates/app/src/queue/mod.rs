//! Application 5: the message queue. Topics, priorities, leases, acknowledgements, dead letters, routes.
//!
//! A delivery is an agreed transaction of its consumer, and so is an acknowledgement; what was delivered to whom is
//! therefore the same at every validator, and survives crashes and changes of view like any other state. The body of
//! a message is read from the state by whoever holds the delivery, as often as it likes.

mod arguments;
mod book;
mod keys;
mod message;
mod routes;
mod rules;
mod topic;

use codec::Decode;
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView};

use crate::argument::{entries, kept};
use crate::{App, BlockContext, Event, conclude};

pub use arguments::{
    AddRoute, Best, Claim, Forward, Open, Put, RemoveRoute, Take, TopicName, Verb, Via,
};
pub use ledger::kinds::QUEUE;
pub use message::{DELIVERIES_KEPT_MAX, Delivery, Guarantee, Hop, Message, Place, Priority, Stage};
pub use routes::{
    HOPS_MAX, OwnedRoute, PPM, Policy, ROUTE_BYTES_MAX, ROUTES_MAX, ROUTES_TO_HUB_MAX, Route,
    RouteStatus, choose, route, routes, routes_from,
};
pub use rules::least_fee;
pub use topic::{
    ATTEMPTS_MAX, BODIES_BYTES_MAX, CONSUMERS_MAX, DEPTH_MAX, KEPT_MAX, LEASE_MS_MAX, Settings,
    TOPIC_BYTES_MAX, TOPICS_MAX, TOPICS_PER_OWNER_MAX, Topic, Totals,
};

/// Longest body of a message, in bytes.
pub const BODY_BYTES_MAX: usize = 32 * 1024;
/// Most messages that one request takes.
pub const TAKE_MAX: u8 = 16;
/// Longest life of a message, in microseconds: seven days.
pub const LIFE_US_MAX: u64 = 7 * 24 * 3_600 * 1_000_000;
/// So long a dead letter is kept, in microseconds: a day.
pub const DEAD_KEPT_US: u64 = 24 * 3_600 * 1_000_000;
/// Most messages whose time has come that one request puts in order.
pub const SWEEP_MAX: usize = 64;

/// The application.
#[derive(Debug)]
pub(crate) struct Queue;

impl App for Queue {
    fn id(&self) -> AppId {
        QUEUE
    }
    fn name(&self) -> &'static str {
        "queue"
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
        let at = Place { height: block.height, index, time: block.time };
        let done =
            arguments::read(tx).and_then(|request| rules::step(tx, request, at, block, state));
        conclude(QUEUE, index, done, events)
    }
}

/// A topic by its name.
#[must_use]
pub fn topic(state: &StateTree, name: &str) -> Option<Topic> {
    kept(state, &keys::topic(name))
}

/// The topics, by name.
pub fn topics(state: &StateTree) -> impl Iterator<Item = (String, Topic)> + '_ {
    topics_from(state, &[])
}

/// The topics from a name on, by name.
pub fn topics_from<'a>(
    state: &'a StateTree,
    from: &[u8],
) -> impl Iterator<Item = (String, Topic)> + use<'a> {
    entries(state, keys::TOPIC, from).filter_map(|(name, topic)| {
        Some((String::from_utf8(name.to_vec()).ok()?, Topic::from_bytes(topic).ok()?))
    })
}

/// A message by its topic and number.
#[must_use]
pub fn message(state: &StateTree, topic: &str, number: u64) -> Option<Message> {
    kept(state, &keys::message(topic, number))
}

/// The messages of a topic, from number `start` on: unfinished ones, dead letters and those still remembered.
pub fn messages<'a>(
    state: &'a StateTree,
    topic: &str,
    start: u64,
) -> impl Iterator<Item = (u64, Message)> + use<'a> {
    entries(state, &keys::messages(topic), &start.to_be_bytes()).filter_map(|(number, message)| {
        let number = u64::from_be_bytes(number.try_into().ok()?);
        Some((number, Message::from_bytes(message).ok()?))
    })
}

/// The number of the message that a sender put under an id, as long as it is remembered.
#[must_use]
pub fn number_of(state: &StateTree, topic: &str, sender: &Account, id: &[u8; 16]) -> Option<u64> {
    kept(state, &keys::id(topic, sender, id))
}

/// The messages that a consumer has taken and not finished: what it reads after a take, and again after a crash.
pub fn held<'a>(
    state: &'a StateTree,
    topic: &'a str,
    consumer: &Account,
) -> impl Iterator<Item = (u64, Message)> + use<'a> {
    entries(state, &keys::held_by(topic, consumer), &[]).filter_map(move |(number, _)| {
        let number = u64::from_be_bytes(number.try_into().ok()?);
        Some((number, message(state, topic, number)?))
    })
}

/// Sums over all topics.
#[must_use]
pub fn totals(state: &StateTree) -> Totals {
    kept(state, keys::TOTALS).unwrap_or_default()
}

/// The key of a topic's entry, for a proof of it.
#[must_use]
pub fn topic_key(name: &str) -> Vec<u8> {
    keys::topic(name)
}

/// The key of a route's entry, for a proof of it.
#[must_use]
pub fn route_key(name: &str) -> Vec<u8> {
    keys::route(name)
}

/// The key of a message's entry, for a proof of its deliveries and hops.
#[must_use]
pub fn message_key(topic: &str, number: u64) -> Vec<u8> {
    keys::message(topic, number)
}

#[cfg(test)]
mod tests;
