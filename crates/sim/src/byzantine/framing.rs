use std::sync::Arc;

use crypto::InEpoch;
use replica::{Incoming, Message};
use types::NodeId;

use super::{Liar, Role, Treatment, contradict};
use protocol::Inspect;

/// Wants a correct replica to be accused: passes on what the victim really said, and beside it a contradiction that it
/// made up.
#[derive(Debug)]
pub(super) struct Framing<P: Inspect> {
    victim: Option<NodeId>,
    said: Option<Arc<InEpoch<P::Message>>>,
}

impl<P: Inspect> Default for Framing<P> {
    fn default() -> Self {
        Self { victim: None, said: None }
    }
}

impl<P: Inspect> Role<P> for Framing<P> {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let Message::Core(_) = message else { return Treatment::Honest };
        let pair = self.victim.zip(self.said.take()).and_then(|(victim, said)| {
            let lie = contradict(&said, &liar.forged.get(victim.index())?.0)?;
            Some(vec![Message::Core(said), lie])
        });
        pair.map_or(Treatment::Honest, Treatment::Besides)
    }

    fn hear(&mut self, from: NodeId, message: &Incoming<P>, liar: &mut Liar) -> bool {
        if let Incoming::Core(message) = message
            && from != liar.core.me()
            && *self.victim.get_or_insert(from) == from
        {
            self.said = Some(Arc::clone(message.shared()));
        }
        true
    }
}
