use replica::Message;
use types::NodeId;

use super::{Liar, Role, Treatment, votes};
use protocol::Inspect;

/// Shows its votes and its attestations to one peer only.
#[derive(Default, Debug)]
pub(super) struct Withholding {
    favourite: Option<NodeId>,
}

impl<P: Inspect> Role<P> for Withholding {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let withheld = match message {
            Message::Core(message) => votes::<P>(&message.message),
            Message::Attestation { .. } => true,
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => false,
        };
        if !withheld {
            return Treatment::Honest;
        }
        let Liar { forged, prng, .. } = liar;
        let draw = || NodeId::new(u16::try_from(prng.below(forged.len() as u64)).unwrap_or(0));
        Treatment::Only(*self.favourite.get_or_insert_with(draw))
    }
}
