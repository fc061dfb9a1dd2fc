use replica::Message;
use types::Duration;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Says everything that an honest replica says, at nine tenths of the time at which others give up on it
/// (rule P-20).
#[derive(Default, Debug)]
pub(super) struct Delaying;

impl<P: Inspect> Role<P> for Delaying {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        match message {
            Message::Core(_) => {
                Treatment::Delayed(Duration::from_us(liar.view_timeout.us() / 10 * 9))
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::Attestation { .. }
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => Treatment::Honest,
        }
    }
}
