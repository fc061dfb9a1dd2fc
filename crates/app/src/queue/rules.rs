//! The rules: what each request changes, and when it is refused.

use crypto::sha256;
use ledger::{Account, Refusal, StateTree, TxView};
use types::{Duration, Time};

use super::arguments::Request;
use super::book::Book;
use super::routes::{remove_route, set_route};
use super::{
    Claim, Forward, Guarantee, Hop, LIFE_US_MAX, Message, Open, Place, Priority, Put, Route,
    RouteStatus, Stage, TOPICS_MAX, TOPICS_PER_OWNER_MAX, Take, Topic, Via, choose, keys,
    number_of, route, topic, totals,
};
use crate::argument::{keep, kept};
use crate::governance::{Parameter, parameter};
use crate::registry::{self, REGISTRY};
use crate::{BlockContext, Others};

/// What happened, and to which message.
type Told = Vec<(&'static str, String)>;

pub(super) fn step(
    tx: &TxView<'_>,
    request: Request,
    at: Place,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let sender = tx.sender;
    match request {
        Request::Put(put) => self::put(sender, put, tx.fee, at, block.others, state),
        Request::Take(take) => self::take(sender, &take, at, state),
        Request::Ack(claim) => finish(sender, &claim, at.time, true, state),
        Request::Nack(claim) => finish(sender, &claim, at.time, false, state),
        Request::Open(open) => self::open(sender, open, block, state),
        Request::Close(name) => close(sender, &name.topic, state),
        Request::Sweep(name) => sweep(&name.topic, at.time, state),
        Request::Forward(forward) => self::forward(sender, &forward, at, state),
        Request::AddRoute(add) => {
            for hub in add.route.hops.iter().chain([&sender]) {
                let hubs = block.others.get(REGISTRY);
                hubs.and_then(|hubs| registry::hub(hubs, hub)).ok_or(Refusal::HubUnknown)?;
            }
            Ok(vec![("route.set", set_route(sender, add.route, state)?)])
        }
        Request::RemoveRoute(remove) => {
            remove_route(sender, &remove.route, state)?;
            Ok(vec![("route.removed", remove.route)])
        }
    }
}

fn open(
    sender: Account,
    open: Open,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    if topic(state, &open.topic).is_some() {
        return Err(Refusal::TopicExists);
    }
    let mut totals = totals(state);
    let owned: u32 = kept(state, &keys::topics_of(&sender)).unwrap_or(0);
    if totals.topics >= TOPICS_MAX || owned >= TOPICS_PER_OWNER_MAX {
        return Err(Refusal::TooManyTopics);
    }
    totals.topics = totals.topics.saturating_add(1);
    keep(state, keys::TOTALS.to_vec(), &totals);
    keep(state, keys::topics_of(&sender), &owned.saturating_add(1));
    let (settings, opened) = (open.settings, block.height);
    let topic = Topic { owner: sender, settings, opened, next: 0, open: 0, kept: 0, dead: 0 };
    keep(state, keys::topic(&open.topic), &topic);
    Ok(vec![("topic.opened", open.topic)])
}

fn close(sender: Account, name: &str, state: &mut StateTree) -> Result<Told, Refusal> {
    let topic = topic(state, name).ok_or(Refusal::TopicUnknown)?;
    if topic.owner != sender {
        return Err(Refusal::NotTopicOwner);
    }
    if topic.open > 0 || topic.kept > 0 {
        return Err(Refusal::TopicNotEmpty);
    }
    let mut totals = totals(state);
    totals.topics = totals.topics.saturating_sub(1);
    keep(state, keys::TOTALS.to_vec(), &totals);
    match kept(state, &keys::topics_of(&sender)).unwrap_or(0_u32).saturating_sub(1) {
        0 => state.remove(&keys::topics_of(&sender)),
        left => keep(state, keys::topics_of(&sender), &left),
    }
    state.remove(&keys::topic(name));
    Ok(vec![("topic.closed", name.to_owned())])
}

fn put(
    sender: Account,
    put: Put,
    fee: u64,
    at: Place,
    others: Others<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let known = topic(state, &put.topic).ok_or(Refusal::TopicUnknown)?;
    if number_of(state, &put.topic, &sender, &put.id).is_some() {
        return Err(Refusal::MessageExists);
    }
    if !(1..=LIFE_US_MAX).contains(&put.expires.since(at.time).us()) {
        return Err(Refusal::BadMessageExpiry);
    }
    let base = parameter(others, Parameter::QueueFeePerKib);
    if fee < least_fee(base, put.body.0.len(), put.priority, put.guarantee) {
        return Err(Refusal::FeeTooLow);
    }
    let hops = way(put.via.as_ref(), state)?;
    let depth = parameter(others, Parameter::QueueDepthMax).min(known.settings.depth_max.into());
    let message = Message {
        id: put.id,
        sender,
        to: put.to,
        priority: put.priority,
        guarantee: put.guarantee,
        expires: put.expires,
        put: at,
        digest: sha256(&[&put.body.0]),
        body: put.body,
        stage: Stage::OnItsWay,
        attempts: 0,
        deliveries: Vec::new(),
        hops: hops.into_iter().map(|hub| Hop { hub, at: None }).collect(),
        look: put.expires,
    };
    let mut book = Book::open(state, &put.topic)?;
    let number = book.add(message, depth)?;
    book.close();
    Ok(vec![("message.put", subject(&put.topic, number))])
}

/// The hubs on a message's way.
fn way(via: Option<&Via>, state: &StateTree) -> Result<Vec<Account>, Refusal> {
    let found: Option<Route> = match via {
        None => return Ok(Vec::new()),
        Some(Via::Route(name)) => {
            let found = route(state, name).ok_or(Refusal::HubRouteUnknown)?.route;
            let works = matches!(found.status, RouteStatus::Active | RouteStatus::Degraded);
            works.then_some(found)
        }
        Some(Via::Best(best)) => choose(state, &best.destination, &best.policy),
    };
    found.map(|route| route.hops).ok_or(Refusal::NoRouteFits)
}

/// What a message must offer: the agreed base for each started KiB (at most 100), times a factor of its priority and
/// one of its guarantee, and never less than the base (seed 003).
#[must_use]
pub fn least_fee(base: u64, body_bytes: usize, priority: Priority, guarantee: Guarantee) -> u64 {
    let priority_tenths = match priority {
        Priority::Emergency => 50,
        Priority::High => 15,
        Priority::Normal => 10,
        Priority::Low => 5,
        Priority::Bulk => 1,
    };
    let guarantee_tenths = match guarantee {
        Guarantee::AtMostOnce => 5,
        Guarantee::AtLeastOnce => 10,
        Guarantee::ExactlyOnce => 20,
        Guarantee::Ordered => 15,
    };
    let kib = (body_bytes.div_ceil(1024) as u64).min(100);
    let hundredths = base.saturating_mul(kib).saturating_mul(priority_tenths * guarantee_tenths);
    base.max(hundredths / 100)
}

fn take(sender: Account, take: &Take, at: Place, state: &mut StateTree) -> Result<Told, Refusal> {
    let mut book = Book::open(state, &take.topic)?;
    let settings = &book.topic.settings;
    if !settings.consumers.is_empty() && !settings.consumers.contains(&sender) {
        return Err(Refusal::NotConsumer);
    }
    let lease = Duration::from_ms(take.lease_ms.min(settings.lease_ms_max).into());
    let swept = book.sweep(at.time);
    let until = at.time.after(lease);
    let mut told = Vec::new();
    while told.len() < usize::from(take.count) {
        let Some(number) = book.deliver(sender, at, until) else { break };
        told.push(("message.taken", subject(&take.topic, number)));
    }
    // Messages that were put in order stay so, even where none of them could be taken.
    if told.is_empty() && swept == 0 {
        return Err(Refusal::NothingToTake);
    }
    book.close();
    Ok(told)
}

fn sweep(name: &str, now: Time, state: &mut StateTree) -> Result<Told, Refusal> {
    let mut book = Book::open(state, name)?;
    if book.sweep(now) == 0 {
        return Err(Refusal::NothingToTake);
    }
    book.close();
    Ok(vec![("topic.swept", name.to_owned())])
}

/// The end of a delivery by its consumer's word.
fn finish(
    sender: Account,
    claim: &Claim,
    now: Time,
    is_done: bool,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let mut book = Book::open(state, &claim.topic)?;
    let mut message = book.message(claim.number)?;
    let is_held = message.stage == Stage::Taken
        && message.delivery().is_some_and(|delivery| {
            delivery.consumer == sender && delivery.attempt == claim.attempt && now < delivery.until
        });
    if !is_held {
        return Err(Refusal::LeaseLost);
    }
    if is_done {
        book.shift(claim.number, &mut message, Stage::Done, now);
    } else {
        book.end_delivery(claim.number, &mut message, now);
    }
    book.close();
    let kind = if is_done { "message.acknowledged" } else { "message.given_back" };
    Ok(vec![(kind, subject(&claim.topic, claim.number))])
}

fn forward(
    sender: Account,
    forward: &Forward,
    at: Place,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let mut book = Book::open(state, &forward.topic)?;
    let mut message = book.message(forward.number)?;
    if !message.stage.is_open() || message.next_hop() != Some(sender) {
        return Err(Refusal::NotNextHop);
    }
    if let Some(hop) = message.hops.iter_mut().find(|hop| hop.at.is_none()) {
        hop.at = Some(at);
    }
    book.write(forward.number, &message);
    book.make_ready(forward.number, &mut message);
    book.close();
    Ok(vec![("message.forwarded", subject(&forward.topic, forward.number))])
}

fn subject(topic: &str, number: u64) -> String {
    format!("{topic}#{number}")
}
