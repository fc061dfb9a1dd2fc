//! Where things stand in the queue's state. Names hold no control characters, so a zero byte ends them.

use ledger::Account;
use types::Time;

use super::Priority;

pub(super) const TOPIC: &[u8] = b"topic/";
pub(super) const TOTALS: &[u8] = b"totals";
pub(super) const ROUTE: &[u8] = b"route/";

fn of(kind: &str, topic: &str, rest: &[&[u8]]) -> Vec<u8> {
    let mut key = [kind.as_bytes(), b"/", topic.as_bytes(), b"\0"].concat();
    rest.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(super) fn topic(name: &str) -> Vec<u8> {
    [TOPIC, name.as_bytes()].concat()
}
pub(super) fn topics_of(owner: &Account) -> Vec<u8> {
    [b"topics/".as_slice(), &owner.0].concat()
}
pub(super) fn route(name: &str) -> Vec<u8> {
    [ROUTE, name.as_bytes()].concat()
}
/// The names of the routes to a hub.
pub(super) fn routes_to(hub: &Account) -> Vec<u8> {
    [b"routes/".as_slice(), &hub.0, b"/"].concat()
}
pub(super) fn messages(topic: &str) -> Vec<u8> {
    of("message", topic, &[])
}
pub(super) fn message(topic: &str, number: u64) -> Vec<u8> {
    of("message", topic, &[&number.to_be_bytes()])
}
/// The number of a message, by its sender's name for it.
pub(super) fn id(topic: &str, sender: &Account, id: &[u8; 16]) -> Vec<u8> {
    of("id", topic, &[&sender.0, id])
}
/// The ready messages for one consumer, or for all, best first.
pub(super) fn ready_for(topic: &str, to: Option<&Account>) -> Vec<u8> {
    match to {
        None => of("ready", topic, &[&[0]]),
        Some(to) => of("ready", topic, &[&[1], &to.0]),
    }
}
/// What follows [`ready_for`].
pub(super) fn rank(priority: Priority, number: u64) -> Vec<u8> {
    [&[priority as u8][..], &number.to_be_bytes()].concat()
}
/// The deliveries under way, by the time that they end.
pub(super) fn leases(topic: &str) -> Vec<u8> {
    of("lease", topic, &[])
}
/// All messages, by the time that the queue looks at them again.
pub(super) fn looks(topic: &str) -> Vec<u8> {
    of("look", topic, &[])
}
/// What follows [`leases`] and [`looks`].
pub(super) fn when(time: Time, number: u64) -> Vec<u8> {
    [time.us().to_be_bytes(), number.to_be_bytes()].concat()
}
/// The deliveries under way of one consumer.
pub(super) fn held_by(topic: &str, consumer: &Account) -> Vec<u8> {
    of("held", topic, &[&consumer.0])
}
/// The unfinished ordered messages of one sender.
pub(super) fn order_of(topic: &str, sender: &Account) -> Vec<u8> {
    of("order", topic, &[&sender.0])
}
