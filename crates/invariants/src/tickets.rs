use crate::{TICKET_LIFE, Violation};

/// Checks S10: a second, independent telling of a ticket's life, in the order of the chain.
#[derive(Clone, Default, Debug)]
pub struct Tickets {
    states: Vec<State>,
}

/// Where a ticket stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum State {
    /// Nobody has issued it.
    #[default]
    Unknown,
    /// Issued.
    Issued,
    /// Issued and validated.
    Validated,
    /// Consumed, for good.
    Consumed,
    /// Disputed, for good.
    Disputed,
}

impl State {
    /// Where it stands after a verb: 1 issues, 2 validates, 3 consumes, 4 disputes; `None` where the verb has no effect.
    #[must_use]
    pub const fn after(self, verb: u16) -> Option<Self> {
        match (self, verb) {
            (Self::Unknown, 1) => Some(Self::Issued),
            (Self::Issued, 2) => Some(Self::Validated),
            (Self::Validated, 3) => Some(Self::Consumed),
            (Self::Validated, 4) => Some(Self::Disputed),
            (
                Self::Unknown | Self::Issued | Self::Validated | Self::Consumed | Self::Disputed,
                _,
            ) => None,
        }
    }
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
        let next = state.after(verb);
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
