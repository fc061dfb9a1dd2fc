use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Says one wrong thing to everybody: proposes what it was not asked to, votes for what nobody proposed, attests blocks
/// that nobody has.
#[derive(Default, Debug)]
pub(super) struct WrongValue;

impl<P: Inspect> Role<P> for WrongValue {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        liar.twin(message).map_or(Treatment::Honest, Treatment::Instead)
    }
}
