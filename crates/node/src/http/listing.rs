//! Tickets one by one and in pages.

use std::cmp::Reverse;
use std::sync::Arc;

use api::routes::PREFIX;
use api::{TicketCounts, TicketPage};
use app::tickets::{self, TICKETS, Ticket, TicketState};
use axum::extract::{Path, Request, State};
use axum::response::Response;

use super::failure::{Answer, Failure};
use super::paging::{cursor_bytes, page, to_cursor};
use super::query::{Params, percent_encode};
use super::state::Face;
use super::tickets::check_id;
use super::{convert, reply};
use crate::metrics::StateLabels;

/// Tickets looked at between two of the replica's steps.
const CHUNK: usize = 1_024;
/// Most tickets looked at for one page sorted by id; what remains is for the next.
const SCAN_MAX: usize = 32_768;
/// Most tickets that can be sorted by their last change.
const SORT_MAX: usize = 131_072;

pub(super) async fn get(State(face): State<Arc<Face>>, Path(id): Path<String>) -> Answer<Response> {
    check_id("id", &id)?;
    let wanted = id.clone();
    let found =
        face.handle.query(move |view| tickets::get(view.executor().state(TICKETS)?, &wanted));
    let Some(ticket) = found.await? else {
        let why = format!("{PREFIX}/why?subject={}", percent_encode(&id));
        return Err(Failure::from(ledger::Refusal::TicketUnknown).because(why));
    };
    let mut shown = convert::ticket(face.genesis(), &ticket);
    for step in &mut shown.history {
        let block = face.handle.block(types::Height::new(step.height)).await;
        let record = block.as_ref().and_then(|block| block.records.get(step.index as usize));
        step.transaction = record.map(|record| record.id.to_string());
        step.receipt = record.map(|record| format!("{PREFIX}/receipts/{}", record.id));
    }
    Ok(reply::ok(shown))
}

/// Which tickets, in which order.
#[derive(Clone, Debug)]
struct Wanted {
    state: Option<TicketState>,
    /// In lower case.
    q: Option<String>,
    limit: usize,
}

impl Wanted {
    fn takes(&self, ticket: &Ticket) -> bool {
        self.state.is_none_or(|state| ticket.state == state)
            && self.q.as_ref().is_none_or(|q| ticket.id.to_lowercase().contains(q))
    }
}

pub(super) async fn list(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let wanted = Wanted {
        state: params.given("state").map(state_called).transpose()?,
        q: params.given("q").map(str::to_lowercase),
        limit: params.limit()?,
    };
    let cursor = params.given("cursor").map(read_cursor).transpose()?;
    let (found, next) = match params.given("sort").unwrap_or("id") {
        "id" => by_id(&face, wanted, cursor).await?,
        "updated" => by_update(&face, wanted, cursor, false).await?,
        "-updated" => by_update(&face, wanted, cursor, true).await?,
        other => {
            let detail = format!("`sort` is {other:?}; it has to be id, updated or -updated");
            return Err(Failure::parameter(detail));
        }
    };
    let next_cursor = next.map(to_cursor);
    let items = found.iter().map(|ticket| convert::ticket(face.genesis(), ticket)).collect();
    let shown = TicketPage { items, next_cursor: next_cursor.clone(), counts: counts(&face) };
    Ok(page(request.uri(), shown, next_cursor.as_deref()))
}

fn state_called(text: &str) -> Answer<TicketState> {
    let found = TicketState::ALL.into_iter().find(|state| state.label() == text);
    found.ok_or_else(|| {
        let known = TicketState::ALL.map(TicketState::label).join(", ");
        Failure::parameter(format!("`state` is {text:?}; it has to be one of {known}"))
    })
}

fn read_cursor(text: &str) -> Answer<String> {
    let wrong = |_| Failure::parameter("`cursor` belongs to another list");
    String::from_utf8(cursor_bytes(Some(text))?).map_err(wrong)
}

/// The tickets behind the id `after`, by id; and behind which id the next page begins.
async fn by_id(
    face: &Face,
    wanted: Wanted,
    after: Option<String>,
) -> Answer<(Vec<Ticket>, Option<String>)> {
    let (limit, mut found, mut at) = (wanted.limit, Vec::new(), after);
    for _ in 0..SCAN_MAX / CHUNK {
        let chunk = chunk(face, at.clone()).await?;
        let is_last = chunk.len() < CHUNK;
        for ticket in chunk {
            at = Some(ticket.id.clone());
            if wanted.takes(&ticket) {
                found.push(ticket);
            }
            if found.len() > limit {
                found.truncate(limit);
                let last = found.last().map(|ticket| ticket.id.clone());
                return Ok((found, last));
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, at))
}

/// The next tickets behind an id, whatever they are.
async fn chunk(face: &Face, after: Option<String>) -> Answer<Vec<Ticket>> {
    let look = move |view: &crate::handle::View<'_>| {
        let Some(state) = view.executor().state(TICKETS) else { return Vec::new() };
        let start = after.as_deref().unwrap_or("");
        let behind =
            tickets::list(state, start).skip_while(|ticket| Some(&ticket.id) == after.as_ref());
        behind.take(CHUNK).collect()
    };
    Ok(face.handle.query(look).await?)
}

/// Where a ticket's last step stands in the chain, and its id to tell steps of the same place apart.
type Place = (u64, u32, String);

fn place(ticket: &Ticket) -> Place {
    let last = ticket.history.last();
    let (height, index) = last.map_or((0, 0), |step| (step.height.get(), step.index));
    (height, index, ticket.id.clone())
}

fn read_place(cursor: &str) -> Answer<Place> {
    let mut parts = cursor.splitn(3, '.');
    let read = || {
        let height = parts.next()?.parse().ok()?;
        Some((height, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
    };
    let mut read = read;
    read().ok_or_else(|| Failure::parameter("`cursor` belongs to another order of the list"))
}

/// The tickets by their last step, oldest or newest first.
async fn by_update(
    face: &Face,
    wanted: Wanted,
    after: Option<String>,
    newest_first: bool,
) -> Answer<(Vec<Ticket>, Option<String>)> {
    let after = after.as_deref().map(read_place).transpose()?;
    let is_behind = |place: &Place| match &after {
        None => true,
        Some(after) if newest_first => place < after,
        Some(after) => place > after,
    };
    let (mut found, mut at, mut scanned) = (Vec::new(), None, 0);
    loop {
        let chunk = chunk(face, at.take()).await?;
        scanned += chunk.len();
        let is_last = chunk.len() < CHUNK;
        at = chunk.last().map(|ticket| ticket.id.clone());
        let takes = |ticket: &Ticket| wanted.takes(ticket) && is_behind(&place(ticket));
        found.extend(chunk.into_iter().filter(takes));
        if is_last {
            break;
        }
        if scanned > SORT_MAX {
            let detail = format!("more than {SORT_MAX} tickets cannot be sorted so; use sort=id");
            return Err(Failure::parameter(detail));
        }
    }
    if newest_first {
        found.sort_by_cached_key(|ticket| Reverse(place(ticket)));
    } else {
        found.sort_by_cached_key(place);
    }
    let more = found.len() > wanted.limit;
    found.truncate(wanted.limit);
    let last = found.last().filter(|_| more).map(place);
    let next = last.map(|(height, index, id)| format!("{height}.{index}.{id}"));
    Ok((found, next))
}

/// How many tickets are in each state, as the node counts them block by block.
pub(super) fn counts(face: &Face) -> TicketCounts {
    let in_state = |state: TicketState| {
        let labels = StateLabels { state: state.label() };
        let gauge = face.handle.metrics().tickets.get_or_create(&labels).get();
        u64::try_from(gauge).unwrap_or(0)
    };
    let mut counts = TicketCounts {
        total: 0,
        issued: in_state(TicketState::Issued),
        validated: in_state(TicketState::Validated),
        consumed: in_state(TicketState::Consumed),
        disputed: in_state(TicketState::Disputed),
    };
    counts.total = counts.issued + counts.validated + counts.consumed + counts.disputed;
    counts
}
