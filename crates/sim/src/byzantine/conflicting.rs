use replica::Message;

use super::{Liar, Role, Treatment, proposes};
use protocol::Inspect;

/// Votes for one thing before some and for another before the others; proposes like an honest replica.
#[derive(Default, Debug)]
pub(super) struct Conflicting;

impl<P: Inspect> Role<P> for Conflicting {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let is_proposal = matches!(message, Message::Core(said) if proposes::<P>(&said.message));
        let twin = if is_proposal { None } else { liar.twin(message) };
        twin.map_or(Treatment::Honest, Treatment::Split)
    }
}
