//! The routes of the message queue.

use std::sync::Arc;

use api::{HubRoutePage, MessagePage, TopicPage};
use app::queue::{self, Message, OwnedRoute, QUEUE, Stage, Topic};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use ledger::{Account, Refusal, StateTree};

use super::body::to_base64;
use super::chain::{account_of, proof_path};
use super::failure::{Answer, Failure};
use super::paging::{cursor_bytes, cursor_number, cut, page, to_cursor};
use super::query::Params;
use super::state::Face;
use super::{convert, reply};

/// Messages looked at for one page; what remains is for the next.
const SCAN_MAX: usize = 4_096;

/// Looks at the queue's state.
async fn look<T: Send + 'static>(
    face: &Face,
    look: impl FnOnce(&StateTree) -> T + Send + 'static,
) -> Answer<Option<T>> {
    Ok(face.handle.query(|view| view.executor().state(QUEUE).map(look)).await?)
}

pub(super) async fn topics(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, cursor_bytes(params.given("cursor"))?);
    let found = look(&face, move |state| {
        let from = queue::topics_from(state, &from);
        from.take(limit + 1).collect::<Vec<_>>()
    });
    let found = found.await?.unwrap_or_default();
    let (found, next_cursor) = cut(found, limit, |(name, _)| to_cursor(name));
    let items = found.iter().map(|(name, topic)| shown_topic(name, topic)).collect();
    let next = next_cursor.clone();
    Ok(page(request.uri(), TopicPage { items, next_cursor }, next.as_deref()))
}

pub(super) async fn topic(
    State(face): State<Arc<Face>>,
    Path(name): Path<String>,
) -> Answer<Response> {
    let wanted = name.clone();
    let found = look(&face, move |state| queue::topic(state, &wanted)).await?.flatten();
    let topic = found.ok_or_else(|| Failure::from(Refusal::TopicUnknown))?;
    Ok(reply::ok(shown_topic(&name, &topic)))
}

/// Messages by number, and the number at which the next page begins.
type Found = (Vec<(u64, Message)>, Option<u64>);

/// Which messages of a topic.
#[derive(Clone, Debug)]
struct Wanted {
    topic: String,
    stages: Option<Vec<Stage>>,
    consumer: Option<Account>,
    from: u64,
    limit: usize,
}

impl Wanted {
    fn of(topic: String, params: &Params) -> Answer<Self> {
        let stages = match params.given("stage") {
            None => None,
            Some("DEAD") => {
                Some(Stage::ALL.iter().copied().filter(|stage| stage.is_dead()).collect())
            }
            Some(label) => {
                let stage = Stage::from_label(label).ok_or_else(|| {
                    let known: Vec<&str> = Stage::ALL.iter().map(|stage| stage.label()).collect();
                    let known = known.join(", ");
                    Failure::parameter(format!(
                        "`stage` is {label:?}; it has to be DEAD or one of {known}"
                    ))
                })?;
                Some(vec![stage])
            }
        };
        Ok(Self {
            topic,
            stages,
            consumer: params.given("consumer").map(account_of).transpose()?,
            from: cursor_number(params.given("cursor"))?,
            limit: params.limit()?,
        })
    }

    /// These messages; `None` where there is no such topic.
    fn find(&self, state: &StateTree) -> Option<Found> {
        queue::topic(state, &self.topic)?;
        let takes = |message: &Message| {
            self.stages.as_ref().is_none_or(|stages| stages.contains(&message.stage))
        };
        let mut found = Vec::new();
        let mut all: Box<dyn Iterator<Item = (u64, Message)>> = match &self.consumer {
            Some(consumer) => {
                let held = queue::held(state, &self.topic, consumer);
                Box::new(held.filter(|(number, _)| *number >= self.from))
            }
            None => Box::new(queue::messages(state, &self.topic, self.from)),
        };
        for (number, message) in all.by_ref().take(SCAN_MAX) {
            if found.len() >= self.limit {
                return Some((found, Some(number)));
            }
            if takes(&message) {
                found.push((number, message));
            }
        }
        let next = all.next().map(|(number, _)| number);
        Some((found, next))
    }
}

pub(super) async fn messages(
    State(face): State<Arc<Face>>,
    Path(topic): Path<String>,
    request: Request,
) -> Answer<Response> {
    let wanted = Wanted::of(topic.clone(), &Params::of(request.uri())?)?;
    let found = look(&face, move |state| wanted.find(state)).await?.flatten();
    let (found, next) = found.ok_or_else(|| Failure::from(Refusal::TopicUnknown))?;
    let next_cursor = next.map(|number| number.to_string());
    let items = found.iter().map(|(number, message)| shown(&topic, *number, message)).collect();
    let next = next_cursor.clone();
    Ok(page(request.uri(), MessagePage { items, next_cursor }, next.as_deref()))
}

pub(super) async fn message(
    State(face): State<Arc<Face>>,
    Path((topic, number)): Path<(String, String)>,
) -> Answer<Response> {
    let number = number.parse::<u64>();
    let number = number.map_err(|_| Failure::parameter("a message's number is a whole number"))?;
    let wanted = topic.clone();
    let found = look(&face, move |state| {
        queue::topic(state, &wanted).ok_or(Refusal::TopicUnknown)?;
        queue::message(state, &wanted, number).ok_or(Refusal::MessageUnknown)
    });
    let found = found.await?.unwrap_or(Err(Refusal::TopicUnknown))?;
    Ok(reply::ok(shown(&topic, number, &found)))
}

pub(super) async fn routes(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, cursor_bytes(params.given("cursor"))?);
    let found = look(&face, move |state| {
        let from = queue::routes_from(state, &from);
        from.take(limit + 1).collect::<Vec<_>>()
    });
    let found = found.await?.unwrap_or_default();
    let (found, next_cursor) = cut(found, limit, |owned| to_cursor(&owned.route.name));
    let items = found.iter().map(shown_route).collect();
    let next = next_cursor.clone();
    Ok(page(request.uri(), HubRoutePage { items, next_cursor }, next.as_deref()))
}

fn shown_topic(name: &str, topic: &Topic) -> api::Topic {
    api::Topic {
        name: name.to_owned(),
        owner: topic.owner.to_string(),
        opened: topic.opened.get(),
        next: topic.next,
        unfinished: topic.open,
        finished: topic.kept.saturating_sub(topic.dead),
        dead: topic.dead,
        depth_max: topic.settings.depth_max,
        attempts_max: topic.settings.attempts_max,
        lease_ms_max: topic.settings.lease_ms_max,
        consumers: topic.settings.consumers.iter().map(Account::to_string).collect(),
        proof: proof_path(QUEUE, &queue::topic_key(name)),
    }
}

fn place(place: &queue::Place) -> api::Place {
    api::Place { height: place.height.get(), index: place.index, time: convert::time(place.time) }
}

fn shown(topic: &str, number: u64, message: &Message) -> api::Message {
    let deliveries = message.deliveries.iter().map(|delivery| api::Delivery {
        consumer: delivery.consumer.to_string(),
        at: place(&delivery.at),
        attempt: delivery.attempt,
        until: convert::time(delivery.until),
    });
    let hops = message.hops.iter();
    api::Message {
        topic: topic.to_owned(),
        number,
        id: convert::hex(&message.id),
        sender: message.sender.to_string(),
        to: message.to.map(|to| to.to_string()),
        priority: message.priority.label().to_owned(),
        guarantee: message.guarantee.label().to_owned(),
        stage: message.stage.label().to_owned(),
        put: place(&message.put),
        expires: convert::time(message.expires),
        body: to_base64(&message.body.0),
        digest: message.digest.to_string(),
        attempts: message.attempts,
        deliveries: deliveries.collect(),
        hops: hops
            .map(|hop| api::Hop { hub: hop.hub.to_string(), at: hop.at.as_ref().map(place) })
            .collect(),
        proof: proof_path(QUEUE, &queue::message_key(topic, number)),
    }
}

fn shown_route(owned: &OwnedRoute) -> api::HubRoute {
    let route = &owned.route;
    api::HubRoute {
        name: route.name.clone(),
        owner: owned.owner.to_string(),
        hops: route.hops.iter().map(Account::to_string).collect(),
        latency_ms: route.latency_ms,
        cost_per_kib: route.cost_per_kib,
        reliability_ppm: route.reliability_ppm,
        status: route.status.label().to_owned(),
        proof: proof_path(QUEUE, &queue::route_key(&route.name)),
    }
}
