//! Application 1: tickets. ISSUED to VALIDATED to CONSUMED, and DISPUTED from VALIDATED; every step is agreed.

mod seed;
mod ticket;

use codec::{Bytes, Decode, DecodeError, Encode, Reader, record};
use ledger::{AppId, Outcome, Refusal, StateTree, TxView};

use crate::{App, BlockContext, Event, conclude};

pub use seed::{SEED_TICKETS, seed_ticket};
pub use ticket::{HISTORY_KEPT_MAX, Step, Ticket, TicketState};

/// The tickets' number.
pub const TICKETS: AppId = AppId(1);
/// Longest ticket id, in bytes.
pub const TICKET_ID_BYTES_MAX: usize = 128;
/// Longest data of a ticket, in bytes.
pub const TICKET_DATA_BYTES_MAX: usize = 16 * 1024;

/// What can be asked of a ticket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Create it.
    Issue = 1,
    /// Validate it.
    Validate = 2,
    /// Use it up.
    Consume = 3,
    /// Contest it.
    Dispute = 4,
}

impl Verb {
    /// The verb with this number.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Issue),
            2 => Some(Self::Validate),
            3 => Some(Self::Consume),
            4 => Some(Self::Dispute),
            _ => None,
        }
    }
    /// The state that it leads to.
    #[must_use]
    pub const fn leads_to(self) -> TicketState {
        match self {
            Self::Issue => TicketState::Issued,
            Self::Validate => TicketState::Validated,
            Self::Consume => TicketState::Consumed,
            Self::Dispute => TicketState::Disputed,
        }
    }
}

/// The argument of every verb: which ticket, its data (kept by issue, and by validate where it brings any), and
/// who asks, for people to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketRequest {
    /// The ticket's id, 1 to [`TICKET_ID_BYTES_MAX`] bytes.
    pub ticket: String,
    /// Its data; empty to leave as it is.
    pub data: Bytes,
    /// The gate or validator that asks, as it names itself.
    pub actor: String,
}
record!(TicketRequest { ticket: String, data: Bytes, actor: String });

#[derive(Debug)]
pub(crate) struct Tickets;

impl App for Tickets {
    fn id(&self) -> AppId {
        TICKETS
    }
    fn name(&self) -> &'static str {
        "tickets"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        read_request(tx).map(|_| ())
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let done = step(tx, block, index, state).map(|(verb, ticket)| {
            let kind = match verb {
                Verb::Issue => "ticket.issued",
                Verb::Validate => "ticket.validated",
                Verb::Consume => "ticket.consumed",
                Verb::Dispute => "ticket.disputed",
            };
            [(kind, ticket)]
        });
        conclude(TICKETS, index, done, events)
    }
}

fn read_request(tx: &TxView<'_>) -> Result<(Verb, TicketRequest), Refusal> {
    let verb = Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)?;
    let request = TicketRequest::from_bytes(tx.payload).map_err(|_| Refusal::MalformedPayload)?;
    let id_fits = (1..=TICKET_ID_BYTES_MAX).contains(&request.ticket.len());
    let id_is_plain = !request.ticket.chars().any(char::is_control);
    let fits =
        request.data.0.len() <= TICKET_DATA_BYTES_MAX && request.actor.len() <= TICKET_ID_BYTES_MAX;
    if id_fits && id_is_plain && fits {
        Ok((verb, request))
    } else {
        Err(Refusal::MalformedPayload)
    }
}

fn step(
    tx: &TxView<'_>,
    block: &BlockContext<'_>,
    index: u32,
    state: &mut StateTree,
) -> Result<(Verb, String), Refusal> {
    let (verb, request) = read_request(tx)?;
    let key = request.ticket.clone().into_bytes();
    let kept = state.get(&key).map(Ticket::from_bytes);
    let mut ticket = match (verb, kept) {
        (Verb::Issue, None) => Ticket::new(request.ticket.clone()),
        (Verb::Issue, Some(_)) => return Err(Refusal::TicketExists),
        (Verb::Validate | Verb::Consume | Verb::Dispute, None) => {
            return Err(Refusal::TicketUnknown);
        }
        (Verb::Validate | Verb::Consume | Verb::Dispute, Some(kept)) => {
            let ticket = kept
                .unwrap_or_else(|error| unreachable!("the state holds what was encoded: {error}"));
            ticket.state.may_become(verb)?;
            ticket
        }
    };
    ticket.take_step(verb, &request, tx, block, index);
    state.set(key, ticket.to_bytes());
    Ok((verb, request.ticket))
}

/// One ticket of the state.
#[must_use]
pub fn get(state: &StateTree, id: &str) -> Option<Ticket> {
    Ticket::from_bytes(state.get(id.as_bytes())?).ok()
}

/// The tickets from `start` on, by ascending id.
pub fn list<'a>(state: &'a StateTree, start: &'a str) -> impl Iterator<Item = Ticket> + 'a {
    state.range(start.as_bytes()).filter_map(|(_, value)| Ticket::from_bytes(value).ok())
}

impl Encode for Verb {
    fn encode(&self, out: &mut Vec<u8>) {
        (*self as u16).encode(out);
    }
}
impl Decode for Verb {
    const BYTES_MIN: usize = 2;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = u16::decode(reader)?;
        Self::from_number(number).ok_or(DecodeError::NotCanonical { what: "a verb is 1 to 4" })
    }
}

#[cfg(test)]
mod tests;
