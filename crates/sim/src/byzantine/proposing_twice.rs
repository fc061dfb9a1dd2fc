use replica::Message;

use super::{Liar, Role, Treatment, proposes};
use protocol::Inspect;

/// Proposes one thing to some and another to the others; votes like an honest replica.
#[derive(Default, Debug)]
pub(super) struct ProposingTwice;

impl<P: Inspect> Role<P> for ProposingTwice {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let twin = match message {
            Message::Core(message) if proposes::<P>(&message.message) => liar.contradict(message),
            Message::Core(_)
            | Message::Attestation { .. }
            | Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        };
        twin.map_or(Treatment::Honest, Treatment::Split)
    }
}
