use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Takes part in nothing, but still passes on its clients' batches and answers questions.
#[derive(Default, Debug)]
pub(super) struct Silent;

impl<P: Inspect> Role<P> for Silent {
    fn treat(&mut self, message: &Message<P>, _: &mut Liar) -> Treatment<P> {
        match message {
            Message::Core(_) | Message::Attestation { .. } => Treatment::Withheld,
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => Treatment::Honest,
        }
    }
}
