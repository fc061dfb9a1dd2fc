use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Tells some peers one thing and the others another, both signed, whatever it says.
#[derive(Default, Debug)]
pub(super) struct Equivocating;

impl<P: Inspect> Role<P> for Equivocating {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let twin = match message {
            Message::Core(message) => liar.contradict(message),
            Message::Attestation { since, signed } => {
                liar.attest_another(*since, &signed.statement)
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        };
        twin.map_or(Treatment::Honest, Treatment::Split)
    }
}
