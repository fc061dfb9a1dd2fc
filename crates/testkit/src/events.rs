//! What waits to happen, and what becomes of messages.

use protocol::{Protocol, Reply};
use types::{Duration, NodeId, Time};

/// What becomes of a message on its way.
#[derive(Debug)]
pub enum Fate<M> {
    /// It arrives.
    Pass,
    /// It is lost.
    Drop,
    /// It arrives later.
    Delay(Duration),
    /// A liar says something else.
    Instead(Vec<M>),
}

/// Decides what becomes of each message: when, from, to, which.
pub type Network<M> = Box<dyn FnMut(Time, NodeId, NodeId, &M) -> Fate<M>>;

#[derive(Debug)]
pub(crate) enum Event<C: Protocol> {
    Deliver { from: NodeId, to: NodeId, message: C::Message },
    Timeout { to: NodeId, timer: C::Timer, generation: u64 },
    Reply { to: NodeId, reply: Reply, life: u64 },
    Mined { to: NodeId, reply: Reply, search: u64 },
}
