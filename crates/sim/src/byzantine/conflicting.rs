use replica::Message;

use super::{Liar, Role, Treatment, proposes};
use protocol::Inspect;

/// Votes for one thing before some and for another before the others; proposes like an honest replica.
#[derive(Default, Debug)]
pub(super) struct Conflicting;

impl<P: Inspect> Role<P> for Conflicting {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let twin = match message {
            Message::Core(message) if !proposes::<P>(&message.message) => liar.contradict(message),
            Message::Attestation { since, signed } => {
                liar.attest_another(*since, &signed.statement)
            }
            Message::Core(_)
            | Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        };
        twin.map_or(Treatment::Honest, Treatment::Split)
    }
}
