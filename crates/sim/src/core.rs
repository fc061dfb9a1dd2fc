//! What the simulator must know of a core beyond the boundary that all worlds share.

use crypto::Signer;
use protocol::{Promise, Protocol};

/// A core that can be simulated.
pub trait Core: Protocol {
    /// The names of its messages' kinds.
    const KINDS: &'static [&'static str];
    /// The index of a message's kind.
    fn kind(message: &Self::Message) -> usize;
    /// What a message commits its author to.
    fn promises(message: &Self::Message, each: &mut dyn FnMut(Promise));
    /// A signed twin of one's own message that contradicts it, for liars.
    fn contradict(message: &Self::Message, signer: &Signer) -> Option<Self::Message>;
}

impl Core for protocols::Any {
    const KINDS: &'static [&'static str] = &protocols::MESSAGE_KINDS;

    fn kind(message: &Self::Message) -> usize {
        protocols::message_kind(message)
    }
    fn promises(message: &Self::Message, each: &mut dyn FnMut(Promise)) {
        protocols::promises(message, each);
    }
    fn contradict(message: &Self::Message, signer: &Signer) -> Option<Self::Message> {
        protocols::contradict(message, signer)
    }
}
