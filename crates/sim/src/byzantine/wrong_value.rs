use replica::Message;

use super::{Liar, Role, Treatment, attest_another, contradict};
use protocol::Inspect;

/// Says one wrong thing to everybody: proposes what it was not asked to, votes for what nobody proposed, attests blocks
/// that nobody has.
#[derive(Default, Debug)]
pub(super) struct WrongValue;

impl<P: Inspect> Role<P> for WrongValue {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let twin = match message {
            Message::Core(message) => contradict(message, &liar.core),
            Message::Attestation(signed) => Some(attest_another(&signed.statement, &liar.ledger)),
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        };
        twin.map_or(Treatment::Honest, Treatment::Instead)
    }
}
