//! What happened in a run, event by event, for those who want to look at it.

use protocol::Inspect;
use types::NodeId;

use crate::world::World;

/// Most events that are kept of one run; what follows is counted only.
pub const HAPPENINGS_MAX: usize = 1_000_000;

/// One event of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// When, in virtual time.
    pub at_us: u64,
    /// Where; the first replica for what happens to the network.
    pub node: NodeId,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A replica starts, standing at a height.
    Starts {
        /// The height.
        height: u64,
    },
    /// It crashes.
    Crashes,
    /// Its disk is damaged: it votes no more.
    Damaged {
        /// Whether nothing at all is left.
        reformatted: bool,
    },
    /// Its core replaces its log by a shorter one.
    Compacts {
        /// Which of its effects that is.
        effect: u64,
    },
    /// A client's request reaches it.
    Submitted {
        /// The request's number.
        request: u64,
    },
    /// One of its timers goes off.
    Timeout {
        /// The timer.
        timer: String,
    },
    /// It lets a message out.
    Sends {
        /// The message's number.
        message: u64,
        /// Its kind.
        kind: &'static str,
    },
    /// A message reaches it.
    Receives {
        /// The message's number.
        message: u64,
        /// Its kind.
        kind: &'static str,
        /// Who sent it.
        from: NodeId,
        /// Whether its signatures hold.
        valid: bool,
    },
    /// A message of its is lost on the way.
    Loses {
        /// The message's number.
        message: u64,
        /// Who does not get it.
        to: NodeId,
    },
    /// It enters a view.
    Enters {
        /// The view.
        view: u64,
    },
    /// It executes a block.
    Executes {
        /// The block's height.
        height: u64,
        /// Its hash, shortened.
        block: u64,
    },
    /// It holds a block's certificate.
    Certifies {
        /// The block's height.
        height: u64,
    },
    /// A partition begins or ends.
    Cut {
        /// Its number.
        cut: u16,
        /// Whether it begins.
        begins: bool,
    },
    /// Everything works again.
    Healed,
    /// An invariant does not hold.
    Violated {
        /// Which one.
        invariant: &'static str,
    },
}

/// What is kept of a run.
#[derive(Clone, Default, Debug)]
pub struct Recording {
    /// The events, in order.
    pub happenings: Vec<Happening>,
    /// How many came when no more were kept.
    pub dropped: u64,
}

impl<P: Inspect> World<'_, P> {
    /// Keeps an event, where events are kept.
    #[inline]
    pub(crate) fn tell(&mut self, node: usize, what: impl FnOnce() -> What) {
        let Some(recording) = &mut self.recording else { return };
        if recording.happenings.len() >= HAPPENINGS_MAX {
            recording.dropped += 1;
            return;
        }
        let node = NodeId::new(u16::try_from(node).unwrap_or(u16::MAX));
        recording.happenings.push(Happening { at_us: self.now_us, node, what: what() });
    }
}
