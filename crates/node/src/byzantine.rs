//! A validator that lies on purpose, for drills on networks that are tagged `dev`.

use std::fmt;
use std::sync::Arc;

use crypto::{InEpoch, Signer};
use protocol::Protocol;
use replica::Message;

use crate::roster::Roster;

/// How a validator misbehaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misbehaviour {
    /// It signs two contradictory statements: all others hear one, half of them the other as well.
    Equivocate,
}

impl Misbehaviour {
    /// Reads its name on the command line.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "equivocate" => Some(Self::Equivocate),
            _ => None,
        }
    }
}

type Contradict<P> = fn(&<P as Protocol>::Message, &Signer) -> Option<<P as Protocol>::Message>;

/// What makes a message's contradiction.
pub(crate) struct Byzantine<P: Protocol> {
    pub(crate) roster: Arc<Roster>,
    pub(crate) contradict: Contradict<P>,
}

impl<P: Protocol> Byzantine<P> {
    /// The lie that goes with a message; `None` where there is none.
    pub(crate) fn contradict(&self, message: &Message<P>) -> Option<Message<P>> {
        match message {
            Message::Core(said) => {
                let epoch = said.epoch;
                let signer = self.roster.of(epoch)?.own.as_ref()?.in_epoch(epoch);
                let lie = (self.contradict)(&said.message, &signer)?;
                Some(Message::Core(Arc::new(InEpoch { epoch, message: Arc::new(lie) })))
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::Attestation { .. }
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        }
    }
}

impl<P: Protocol> fmt::Debug for Byzantine<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Byzantine")
    }
}
