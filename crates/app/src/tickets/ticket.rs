use codec::{Bytes, Decode, DecodeError, Encode, Reader, record};
use ledger::{Account, Refusal, TxView, VectorClock};
use types::{Height, Time};

use super::{TicketRequest, Verb};
use crate::BlockContext;

/// Most steps that a ticket's history keeps; its life has at most three.
pub const HISTORY_KEPT_MAX: usize = 8;

/// Where a ticket stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum TicketState {
    /// Created.
    Issued = 0,
    /// Agreed to be valid.
    Validated = 1,
    /// Used up; nothing follows.
    Consumed = 2,
    /// Contested; nothing follows.
    Disputed = 3,
}

impl TicketState {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Issued, Self::Validated, Self::Consumed, Self::Disputed];

    /// The state's name in API answers.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::Validated => "VALIDATED",
            Self::Consumed => "CONSUMED",
            Self::Disputed => "DISPUTED",
        }
    }

    /// Whether `verb` may follow: the whole life of a ticket.
    ///
    /// # Errors
    /// Why it may not.
    pub const fn may_become(self, verb: Verb) -> Result<(), Refusal> {
        match (self, verb) {
            (Self::Issued, Verb::Validate) | (Self::Validated, Verb::Consume | Verb::Dispute) => {
                Ok(())
            }
            (_, Verb::Issue) => Err(Refusal::TicketExists),
            (Self::Consumed, _) => Err(Refusal::AlreadyConsumed),
            (Self::Disputed, _) => Err(Refusal::Disputed),
            (Self::Validated, Verb::Validate) => Err(Refusal::AlreadyValidated),
            (Self::Issued, Verb::Consume | Verb::Dispute) => Err(Refusal::IllegalTransition),
        }
    }
}

/// One agreed step of a ticket's life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What was done.
    pub verb: Verb,
    /// The block that did it.
    pub height: Height,
    /// Its place in the block.
    pub index: u32,
    /// The agreed time.
    pub time: Time,
    /// Who signed the transaction.
    pub sender: Account,
    /// The gate or validator that asked, as it names itself.
    pub actor: String,
}
record!(Step {
    verb: Verb,
    height: Height,
    index: u32,
    time: Time,
    sender: Account,
    actor: String
});

/// A ticket as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: TicketState,
    /// What it carries: opaque to the rules.
    pub data: Bytes,
    /// Its life so far, oldest first.
    pub history: Vec<Step>,
    /// The vector clock of the block of its last step.
    pub clock: VectorClock,
}
record!(Ticket { id: String, state: TicketState, data: Bytes, history: Vec<Step>, clock: VectorClock });

impl Ticket {
    pub(super) const fn new(id: String) -> Self {
        Self {
            id,
            state: TicketState::Issued,
            data: Bytes(Vec::new()),
            history: Vec::new(),
            clock: VectorClock::new(),
        }
    }

    pub(super) fn take_step(
        &mut self,
        verb: Verb,
        request: &TicketRequest,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
    ) {
        self.state = verb.leads_to();
        if !request.data.0.is_empty() && matches!(verb, Verb::Issue | Verb::Validate) {
            self.data = request.data.clone();
        }
        self.clock.clone_from(block.clock);
        self.history.truncate(HISTORY_KEPT_MAX - 1);
        let (height, time) = (block.height, block.time);
        self.history.push(Step {
            verb,
            height,
            index,
            time,
            sender: tx.sender,
            actor: request.actor.clone(),
        });
    }
}

impl Encode for TicketState {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }
}
impl Decode for TicketState {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = reader.byte()?;
        let state = Self::ALL.into_iter().find(|state| *state as u8 == number);
        state.ok_or(DecodeError::NotCanonical { what: "a ticket's state is 0 to 3" })
    }
}
