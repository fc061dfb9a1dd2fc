//! Says why something is as it is, and what would change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{Answer as Standing, Code, SubjectKind, Timer, Why};
use app::tickets::{self, TICKETS, Ticket};
use axum::extract::{Request, State};
use axum::response::Response;
use types::{Digest, Height, NodeId};

use super::failure::{Answer, Failure};
use super::network::{Seen, Situation};
use super::query::Params;
use super::state::Face;
use super::{convert, reply};

/// What was asked about, once it is known what it is.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    Network,
    Height(Height),
    Node(NodeId),
    Ticket(String, Option<Box<Ticket>>),
    Transaction(Digest, Option<Height>),
}

pub(super) async fn why(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let text = params.given("subject").unwrap_or("network");
    let subject = resolve(&face, text).await?;
    let situation = Situation::of(&face).await?;
    Ok(reply::ok(explain(&situation, text, &subject)))
}

/// Finds what a name means. `ticket:`, `height:`, `node:` and `tx:` say it; without, a validator comes before a
/// ticket, a ticket before a height, a height before a transaction.
async fn resolve(face: &Face, text: &str) -> Answer<Subject> {
    if text == "network" {
        return Ok(Subject::Network);
    }
    let (kind, name) = match text.split_once(':') {
        Some((kind @ ("ticket" | "height" | "node" | "tx"), name)) => (Some(kind), name),
        Some(_) | None => (None, text),
    };
    let is = |wanted: &str| kind.is_none_or(|kind| kind == wanted);
    if let Some(node) = convert::node_called(face.genesis(), name).filter(|_| is("node")) {
        return Ok(Subject::Node(node));
    }
    if is("ticket") {
        let id = name.to_owned();
        let look = move |view: &crate::handle::View<'_>| {
            tickets::get(view.executor().state(TICKETS)?, &id)
        };
        let found = face.handle.query(look).await?.map(Box::new);
        if found.is_some() || kind.is_some() {
            return Ok(Subject::Ticket(name.to_owned(), found));
        }
    }
    if let Some(height) = name.parse().ok().map(Height::new).filter(|_| is("height")) {
        return Ok(Subject::Height(height));
    }
    if let Some(id) = Digest::from_hex(name).filter(|_| is("tx")) {
        return Ok(Subject::Transaction(
            id,
            face.handle.locate(id).await.map(|(height, _)| height),
        ));
    }
    if kind.is_none() {
        return Ok(Subject::Ticket(name.to_owned(), None));
    }
    let detail = format!(
        "nothing is called {text:?}; name a ticket, a height, a validator or a transaction"
    );
    Err(Failure::new(Code::SubjectUnknown, detail))
}

/// The answer, from what is known.
pub(super) fn explain(situation: &Situation, text: &str, subject: &Subject) -> Why {
    let mut why = waiting(situation);
    text.clone_into(&mut why.subject);
    why.facts.push(situation.verdict().sentence);
    match subject {
        Subject::Network => {}
        Subject::Height(height) => {
            why.kind = SubjectKind::Height;
            about_height(situation, *height, &mut why);
        }
        Subject::Node(node) => {
            why.kind = SubjectKind::Node;
            about_node(situation, *node, &mut why);
        }
        Subject::Ticket(id, ticket) => {
            why.kind = SubjectKind::Ticket;
            about_ticket(situation, id, ticket.as_deref(), &mut why);
        }
        Subject::Transaction(id, height) => {
            why.kind = SubjectKind::Transaction;
            match height {
                Some(height) => about_height(situation, *height, &mut why),
                None => absent(&format!("transaction {id} is not executed here"), &mut why),
            }
        }
    }
    why
}

/// What stands between this validator and its next block.
fn waiting(situation: &Situation) -> Why {
    let status = &situation.status;
    let mut why = Why {
        subject: String::new(),
        kind: SubjectKind::Network,
        answer: Standing::Idle,
        sentence: "nothing waits: all that was asked is agreed and certified".to_owned(),
        height: None,
        phase: None,
        votes: Vec::new(),
        missing: Vec::new(),
        need: 0,
        timer: None,
        last_view_change: situation.last_view_change.clone(),
        unblock: None,
        facts: facts(situation),
    };
    if let Some(waiting) = status.core.as_ref().and_then(|core| core.waiting.as_ref()) {
        why.timer =
            waiting.timer.map(|(name, span)| Timer { name: name.to_owned(), span_ms: span.ms() });
        let height = waiting.seq.get();
        count_votes(situation, height, waiting.phase, &waiting.have, waiting.need, &mut why);
    } else if let Some((height, have, need)) = &status.attesting {
        count_votes(situation, height.get(), "attestation", have, *need, &mut why);
    } else if let Some(target) = status.catching_up {
        why.answer = Standing::Waiting;
        why.sentence = format!(
            "this validator fetches blocks {} to {target} from others",
            status.height.next()
        );
    }
    why
}

fn facts(situation: &Situation) -> Vec<String> {
    let status = &situation.status;
    let mut facts = Vec::new();
    if status.diverged {
        facts.push(
            "a quorum attests another state than this validator computed: it has stopped voting"
                .to_owned(),
        );
    }
    if let Some(reason) = situation.stopped_voting {
        facts.push(format!("this validator does not vote: {reason}"));
    }
    if status.batches_missing > 0 {
        let count = status.batches_missing;
        facts.push(format!("{count} batches that are decided have not arrived here yet"));
    }
    if status.pool_txs > 0 {
        facts.push(format!("{} transactions wait in this validator's pool", status.pool_txs));
    }
    facts
}

/// Whose votes are here, whose are missing, and who would have to come.
fn count_votes(
    situation: &Situation,
    height: u64,
    phase: &str,
    have: &[NodeId],
    need: usize,
    why: &mut Why,
) {
    let genesis = &situation.genesis;
    let here: BTreeSet<NodeId> = have.iter().copied().collect();
    let missing = || situation.nodes.iter().filter(|node| !here.contains(&node.id));
    let (to_come, gone): (Vec<&Seen>, Vec<&Seen>) =
        missing().partition(|node| situation.is_up(node));
    let lacking = need.saturating_sub(here.len());
    why.height = Some(height);
    why.phase = Some(phase.to_owned());
    why.need = need;
    why.votes = convert::names(genesis, here.iter().copied());
    why.missing = convert::names(genesis, missing().map(|node| node.id));
    let gone_names = convert::names(genesis, gone.iter().map(|node| node.id));
    let short = lacking.saturating_sub(to_come.len());
    why.sentence = format!(
        "height {height} waits in phase {phase}: {} of {need} votes are here, missing {}",
        here.len(),
        if why.missing.is_empty() { "none".to_owned() } else { why.missing.join(", ") }
    );
    if short > 0 {
        why.answer = Standing::Blocked;
        why.unblock = Some(match (short, gone_names.as_slice()) {
            (1, [only]) => format!("start or reconnect {only}"),
            (count, names) if count == names.len() => {
                format!("start or reconnect {}", names.join(" and "))
            }
            (count, names) => format!("start or reconnect any {count} of {}", names.join(", ")),
        });
    } else {
        why.answer = Standing::Waiting;
        why.unblock = why.timer.as_ref().map(|timer| {
            format!(
                "nothing to do: votes of validators that are up are on their way, or timer `{}` ({} ms) changes \
                 the view",
                timer.name, timer.span_ms
            )
        });
    }
}

fn about_height(situation: &Situation, height: Height, why: &mut Why) {
    let status = &situation.status;
    if height <= status.certified {
        committed(format!("height {height} is agreed, and a quorum certifies it"), why);
    } else if height <= status.height {
        why.sentence = format!(
            "height {height} is executed here and waits for attestations; {}",
            why.sentence
        );
    } else {
        absent(&format!("height {height} is not reached: the chain is at {}", status.height), why);
    }
}

fn about_node(situation: &Situation, node: NodeId, why: &mut Why) {
    let Some(seen) = situation.nodes.iter().find(|seen| seen.id == node) else { return };
    let name = convert::name(&situation.genesis, node);
    let ago = |what: &str, at: Option<types::Time>| match at {
        Some(at) => format!("its last {what} came {} ms ago", situation.now.since(at).ms()),
        None => format!("no {what} came from it since this node started"),
    };
    let state = format!("{:?}", situation.state_of(seen)).to_lowercase();
    let waits = why.missing.contains(&name);
    let is_me = Some(node) == situation.me;
    why.sentence = match (is_me, waits) {
        (true, _) => format!(
            "{name} is this validator; it is {state}, at height {}",
            situation.status.height
        ),
        (false, true) => format!("{name} is {state} and its vote is missing; {}", why.sentence),
        (false, false) => format!("{name} is {state}; nothing waits for its vote"),
    };
    if !is_me {
        why.facts.insert(0, ago("vote", seen.heard.last_vote));
        why.facts.insert(0, ago("message", seen.heard.last_heard));
        if seen.cut_off {
            why.facts.insert(0, format!("a drill has cut {name} off from this validator"));
            why.unblock = Some("heal the partition: `unisono net heal`".to_owned());
        }
    }
}

fn about_ticket(situation: &Situation, id: &str, ticket: Option<&Ticket>, why: &mut Why) {
    let Some(ticket) = ticket else {
        return absent(
            &format!("no ticket is called {id:?} at height {}", situation.status.height),
            why,
        );
    };
    let Some(step) = ticket.history.last() else { return };
    let done = format!(
        "{id} is {} since height {}, asked by {}",
        ticket.state.label(),
        step.height,
        if step.actor.is_empty() { "an unnamed client" } else { &step.actor }
    );
    if step.height <= situation.status.certified {
        committed(format!("{done}; a quorum certifies it"), why);
    } else {
        why.sentence = format!("{done}; its block waits for attestations: {}", why.sentence);
    }
}

fn committed(sentence: String, why: &mut Why) {
    why.answer = Standing::Committed;
    why.sentence = sentence;
    why.unblock = None;
}

/// What is not there may be on its way: the sentence goes on with what waits.
fn absent(sentence: &str, why: &mut Why) {
    if matches!(why.answer, Standing::Idle | Standing::Committed) {
        why.answer = Standing::Absent;
        why.sentence = format!("{sentence}, and nothing waits here");
    } else {
        why.sentence = format!("{sentence}; {}", why.sentence);
    }
}
