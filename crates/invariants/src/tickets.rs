use crate::{TICKET_LIFE, Violation};

/// Checks S10: a second, independent telling of a ticket's life, in the order of the chain.
#[derive(Clone, Default, Debug)]
pub struct Tickets {
    states: Vec<State>,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    #[default]
    Unknown,
    Issued,
    Validated,
    Consumed,
    Disputed,
}

impl Tickets {
    /// The chain has executed a step: `verb` 1 issues, 2 validates, 3 consumes, 4 disputes.
    ///
    /// # Errors
    /// Where it took effect and the ticket's life does not allow it, or was refused and is allowed.
    pub fn stepped(&mut self, ticket: usize, verb: u16, applied: bool) -> Result<(), Violation> {
        if self.states.len() <= ticket {
            self.states.resize(ticket + 1, State::Unknown);
        }
        let state = self.states[ticket];
        let next = match (state, verb) {
            (State::Unknown, 1) => Some(State::Issued),
            (State::Issued, 2) => Some(State::Validated),
            (State::Validated, 3) => Some(State::Consumed),
            (State::Validated, 4) => Some(State::Disputed),
            (
                State::Unknown
                | State::Issued
                | State::Validated
                | State::Consumed
                | State::Disputed,
                _,
            ) => None,
        };
        if next.is_some() != applied {
            let did = if applied { "took effect on" } else { "was refused for" };
            return Err(TICKET_LIFE
                .violated(format!("verb {verb} {did} ticket {ticket}, which was {state:?}")));
        }
        self.states[ticket] = next.unwrap_or(state);
        Ok(())
    }

    /// How many tickets stand at the end of their life: consumed, disputed.
    #[must_use]
    pub fn ended(&self) -> (usize, usize) {
        let count = |state| self.states.iter().filter(|&&kept| kept == state).count();
        (count(State::Consumed), count(State::Disputed))
    }
}
