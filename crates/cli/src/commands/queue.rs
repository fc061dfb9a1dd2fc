//! `unisono queue`: topics, messages, deliveries, routes.

use std::path::Path;

use app::queue::{
    AddRoute, Claim, Forward, Guarantee, Open, Priority, Put, QUEUE, RemoveRoute, Route,
    RouteStatus, Settings, Take, TopicName, Verb, Via, least_fee,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Bytes, Encode};
use ledger::Operation;
use serde_json::json;
use types::Time;

use super::to_value;
use crate::args::{PutArgs, QueueCommand, RouteArgs, SignArgs};
use crate::client::{Client, escape};
use crate::failure::{Failure, Result};
use crate::output::{Report, Table};
use crate::signer::{Parameters, Signer, done, now_us, who};

/// Most pages of messages that are looked through for one.
const PAGES_MAX: usize = 16;

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: QueueCommand,
) -> Result<Report> {
    if let QueueCommand::List { topic, stage, limit, cursor, routes } = command {
        let page = Page { limit, cursor };
        return match (topic, routes) {
            (Some(topic), _) => list_messages(client, &topic, stage.as_deref(), &page).await,
            (None, true) => list_routes(client, &page).await,
            (None, false) => list_topics(client, &page).await,
        };
    }
    let signer = Signer::new(client, folder, sign).await?;
    match command {
        QueueCommand::Open { topic, depth_max, attempts_max, lease_max, consumer } => {
            let consumers = consumer.iter().map(|text| who(text)).collect::<Result<_>>()?;
            let lease_ms_max = ms(lease_max);
            let settings = Settings { depth_max, attempts_max, lease_ms_max, consumers };
            let open = Open { topic: topic.clone(), settings };
            send(&signer, Verb::Open, &open, &format!("topic {topic} opened")).await
        }
        QueueCommand::Close { topic } => {
            let what = format!("topic {topic} closed");
            send(&signer, Verb::Close, &TopicName { topic }, &what).await
        }
        QueueCommand::Put(args) => put(client, &signer, args).await,
        QueueCommand::Get { topic, count, lease, held } => {
            if !held {
                let take = Take { topic: topic.clone(), count, lease_ms: ms(lease) };
                signer.send(operation(Verb::Take), &take, 0).await?;
            }
            show_held(client, &signer, &topic).await
        }
        QueueCommand::Ack { topic, number } => {
            let what = format!("{topic}#{number} acknowledged");
            finish(client, &signer, Verb::Ack, topic, number, &what).await
        }
        QueueCommand::Nack { topic, number } => {
            let what = format!("{topic}#{number} given back");
            finish(client, &signer, Verb::Nack, topic, number, &what).await
        }
        QueueCommand::Forward { topic, number } => {
            let what = format!("{topic}#{number} forwarded");
            send(&signer, Verb::Forward, &Forward { topic, number }, &what).await
        }
        QueueCommand::Route(args) => route(&signer, args).await,
        // Answered above, as nothing is signed for it.
        QueueCommand::List { .. } => Ok(Report::silent()),
    }
}

const fn operation(verb: Verb) -> Operation {
    Operation { app: QUEUE, verb: verb as u16 }
}

async fn send(
    signer: &Signer<'_>,
    verb: Verb,
    argument: &impl Encode,
    what: &str,
) -> Result<Report> {
    let submitted = signer.send(operation(verb), argument, 0).await?;
    Ok(done(what, &submitted, json!({})))
}

fn ms(span: std::time::Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

/// The one of an enumeration with this name.
fn named<T>(text: &str, found: Option<T>, what: &str, known: &[&str]) -> Result<T> {
    found.ok_or_else(|| {
        Failure::usage(format!("`{text}` is no {what}"))
            .next(format!("it is one of {}", known.join(", ")))
    })
}

/// The sender's name for a message: given, or drawn.
fn id_of(given: Option<&str>) -> Result<[u8; 16]> {
    let mut id = [0; 16];
    match given {
        Some(text) => {
            let room = id.get_mut(..text.len()).ok_or_else(|| {
                Failure::usage("the id is longer than 16 bytes").next("choose a shorter one")
            })?;
            room.copy_from_slice(text.as_bytes());
        }
        // Differs from one command to the next, and from one process to another.
        None => {
            id[..8].copy_from_slice(&now_us().to_be_bytes());
            id[8..12].copy_from_slice(&std::process::id().to_be_bytes());
        }
    }
    Ok(id)
}

async fn put(client: &Client, signer: &Signer<'_>, args: PutArgs) -> Result<Report> {
    let PutArgs { topic, body, to, priority, guarantee, life, id, route } = args;
    let labels: Vec<&str> = Priority::ALL.iter().map(|one| one.label()).collect();
    let priority = named(&priority, Priority::from_label(&priority), "priority", &labels)?;
    let labels: Vec<&str> = Guarantee::ALL.iter().map(|one| one.label()).collect();
    let guarantee = named(&guarantee, Guarantee::from_label(&guarantee), "guarantee", &labels)?;
    let life_us = u64::try_from(life.as_micros()).unwrap_or(u64::MAX);
    let put = Put {
        topic: topic.clone(),
        id: id_of(id.as_deref())?,
        to: to.as_deref().map(who).transpose()?,
        priority,
        guarantee,
        expires: Time::from_us(now_us().saturating_add(life_us)),
        via: route.map(Via::Route),
        body: Bytes(body.into_bytes()),
    };
    let base = Parameters::of(client).await?.value("queue.fee_per_kib");
    let fee = least_fee(base, put.body.0.len(), priority, guarantee);
    let submitted = signer.send(operation(Verb::Put), &put, fee).await?;
    let number = number_of(client, &topic, &submitted).await?;
    let what = format!("{topic}#{number} put");
    Ok(done(&what, &submitted, json!({ "topic": topic, "number": number })))
}

/// The number that a message was given: it is one of the topic's last, at the transaction's place.
async fn number_of(client: &Client, topic: &str, put: &api::Submitted) -> Result<u64> {
    let found: api::Topic = client.get(&format!("/api/v1/queue/topics/{}", escape(topic))).await?;
    let is_it = |message: &&api::Message| {
        (Some(message.put.height), Some(message.put.index)) == (put.height, put.index)
    };
    let mut end = found.next;
    // It was put a moment ago: it stands near the end, or somebody is lying about it.
    for _ in 0..PAGES_MAX {
        if end == 0 {
            break;
        }
        let start = end.saturating_sub(500);
        let path =
            format!("/api/v1/queue/topics/{}/messages?limit=500&cursor={start}", escape(topic));
        let page: api::MessagePage = client.get(&path).await?;
        if let Some(message) = page.items.iter().find(is_it) {
            return Ok(message.number);
        }
        end = start;
    }
    Err(Failure::failed("the message is put and its number is not known here yet")
        .next(format!("`unisono queue list {topic}` shows it soon")))
}

/// What a consumer holds, with the bodies.
async fn held(client: &Client, signer: &Signer<'_>, topic: &str) -> Result<api::MessagePage> {
    let path = format!(
        "/api/v1/queue/topics/{}/messages?limit=500&consumer={}",
        escape(topic),
        signer.account()
    );
    client.get(&path).await
}

async fn show_held(client: &Client, signer: &Signer<'_>, topic: &str) -> Result<Report> {
    let page = held(client, signer, topic).await?;
    let lines = page.items.iter().map(|message| {
        let until = message.deliveries.last().map_or("", |delivery| delivery.until.as_str());
        let (number, attempt) = (message.number, message.attempts);
        format!("{topic}#{number}  attempt {attempt}  until {until}\n{}", text_of(&message.body))
    });
    let text = match page.items.len() {
        0 => format!("nothing of {topic} is held"),
        _ => lines.collect::<Vec<_>>().join("\n"),
    };
    Ok(Report::new(to_value(&page)?, text))
}

fn text_of(body: &str) -> String {
    let bytes = STANDARD.decode(body).unwrap_or_default();
    String::from_utf8_lossy(&bytes).chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// Ends a delivery that the signer holds, under the attempt that it holds.
async fn finish(
    client: &Client,
    signer: &Signer<'_>,
    verb: Verb,
    topic: String,
    number: u64,
    what: &str,
) -> Result<Report> {
    let path = format!("/api/v1/queue/topics/{}/messages/{number}", escape(&topic));
    let message: api::Message = client.get(&path).await?;
    let claim = Claim { topic, number, attempt: message.attempts };
    send(signer, verb, &claim, what).await
}

async fn route(signer: &Signer<'_>, args: RouteArgs) -> Result<Report> {
    let RouteArgs { name, hops, latency_ms, cost_per_kib, reliability, status, remove } = args;
    if remove {
        let what = format!("route {name} removed");
        return send(signer, Verb::RemoveRoute, &RemoveRoute { route: name }, &what).await;
    }
    let labels: Vec<&str> = RouteStatus::ALL.iter().map(|one| one.label()).collect();
    let status = named(&status, RouteStatus::from_label(&status), "status of a route", &labels)?;
    let hops = hops.iter().map(|hop| who(hop)).collect::<Result<Vec<_>>>()?;
    let what = format!("route {name} set over {} hubs", hops.len());
    let (reliability_ppm, name) = (reliability, name);
    let route = Route { name, hops, latency_ms, cost_per_kib, reliability_ppm, status };
    send(signer, Verb::AddRoute, &AddRoute { route }, &what).await
}

/// Which part of a list.
struct Page {
    limit: u32,
    cursor: Option<String>,
}

impl Page {
    fn path(&self, path: &str, more: &str) -> String {
        let cursor = self.cursor.as_deref().map(escape);
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        format!("{path}?limit={}{more}{cursor}", self.limit)
    }
}

fn more(text: String, next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{text}\n\nmore: --cursor {next}"),
        None => text,
    }
}

async fn list_topics(client: &Client, page: &Page) -> Result<Report> {
    let page: api::TopicPage = client.get(&page.path("/api/v1/queue/topics", "")).await?;
    let mut table = Table::new(["TOPIC", "OPEN", "DONE", "DEAD", "OPENED", "OWNER"]);
    for topic in &page.items {
        table.row([
            topic.name.clone(),
            topic.unfinished.to_string(),
            topic.finished.to_string(),
            topic.dead.to_string(),
            topic.opened.to_string(),
            topic.owner.clone(),
        ]);
    }
    Ok(Report::new(to_value(&page)?, more(table.render(), page.next_cursor.as_deref())))
}

async fn list_messages(
    client: &Client,
    topic: &str,
    stage: Option<&str>,
    page: &Page,
) -> Result<Report> {
    let stage = stage.map(|stage| stage.to_uppercase().replace('-', "_"));
    let stage = stage.map_or_else(String::new, |stage| format!("&stage={}", escape(&stage)));
    let path = format!("/api/v1/queue/topics/{}/messages", escape(topic));
    let page: api::MessagePage = client.get(&page.path(&path, &stage)).await?;
    let mut table =
        Table::new(["NUMBER", "STAGE", "PRIORITY", "GUARANTEE", "TRIES", "WAY", "BODY"]);
    for message in &page.items {
        let passed = message.hops.iter().filter(|hop| hop.at.is_some()).count();
        let body = text_of(&message.body).replace('\n', " ");
        table.row([
            message.number.to_string(),
            message.stage.clone(),
            message.priority.clone(),
            message.guarantee.clone(),
            message.attempts.to_string(),
            format!("{passed} of {}", message.hops.len()),
            body.chars().take(40).collect(),
        ]);
    }
    Ok(Report::new(to_value(&page)?, more(table.render(), page.next_cursor.as_deref())))
}

async fn list_routes(client: &Client, page: &Page) -> Result<Report> {
    let page: api::HubRoutePage = client.get(&page.path("/api/v1/queue/routes", "")).await?;
    let mut table = Table::new(["ROUTE", "HOPS", "MS", "PER KIB", "PPM", "STATUS"]);
    for route in &page.items {
        table.row([
            route.name.clone(),
            route.hops.len().to_string(),
            route.latency_ms.to_string(),
            route.cost_per_kib.to_string(),
            route.reliability_ppm.to_string(),
            route.status.clone(),
        ]);
    }
    Ok(Report::new(to_value(&page)?, more(table.render(), page.next_cursor.as_deref())))
}
