use replica::Message;

use super::{Liar, Role, Treatment, proposes};
use protocol::Inspect;

/// Proposes one thing to some and another to the others; votes like an honest replica.
#[derive(Default, Debug)]
pub(super) struct ProposingTwice;

impl<P: Inspect> Role<P> for ProposingTwice {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let is_proposal = matches!(message, Message::Core(said) if proposes::<P>(&said.message));
        let twin = if is_proposal { liar.twin(message) } else { None };
        twin.map_or(Treatment::Honest, Treatment::Split)
    }
}
