use std::sync::Arc;

use replica::{Incoming, Message};
use types::NodeId;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Most messages that are kept for later.
const KEPT_MAX: usize = 256;

/// Says again, much later, what it and others have said.
#[derive(Debug)]
pub(super) struct Replaying<P: Inspect> {
    kept: Vec<Message<P>>,
}

impl<P: Inspect> Default for Replaying<P> {
    fn default() -> Self {
        Self { kept: Vec::new() }
    }
}

impl<P: Inspect> Replaying<P> {
    /// Keeps a message; one that falls out for it.
    fn keep(&mut self, message: Message<P>, liar: &mut Liar) -> Option<Message<P>> {
        if self.kept.len() < KEPT_MAX {
            self.kept.push(message);
        } else {
            let at = liar.prng.below(KEPT_MAX as u64) as usize;
            self.kept[at] = message;
        }
        let at = liar.prng.below(self.kept.len() as u64) as usize;
        self.kept.get(at).cloned()
    }
}

impl<P: Inspect> Role<P> for Replaying<P> {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let old = self.keep(message.clone(), liar);
        old.map_or(Treatment::Honest, |old| Treatment::Besides(vec![old]))
    }

    fn hear(&mut self, _: NodeId, message: &Incoming<P>, liar: &mut Liar) -> bool {
        if let Incoming::Core(message) = message {
            self.keep(Message::Core(Arc::clone(message.shared())), liar);
        }
        true
    }
}
