use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Tells some peers one thing and the others another, both signed, whatever it says.
#[derive(Default, Debug)]
pub(super) struct Equivocating;

impl<P: Inspect> Role<P> for Equivocating {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        liar.twin(message).map_or(Treatment::Honest, Treatment::Split)
    }
}
