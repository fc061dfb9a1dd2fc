//! Draw the boundary between a consensus core and the world that drives it.
//!
//! A core is a pure machine: [`Protocol::start`] and [`Protocol::step`] take inputs and push [`Effect`]s, in the
//! order in which the world must carry them out. **The order is the contract**: nothing behind a
//! [`Effect::Persist`] happens before that record is durable, and a [`Effect::Broadcast`] comes back to its
//! sender too, behind the same barrier, so that a replica's own vote counts only once it is on disk.
//! `step` is total: no bytes a peer can send make it panic or fail.

mod ctx;
mod inspect;
mod mutants;
mod payload;
mod promise;
mod status;

use std::fmt::Debug;

use codec::{Decode, Encode};
use crypto::{Authentic, Signatures, Verified};
use types::{Digest, Duration, NodeId, Seq, View};

pub use ctx::Ctx;
pub use inspect::Inspect;
pub use payload::Payload;
pub use promise::Promise;
pub use status::{Status, Tentative, ViewChangeCause, Waiting};

/// A consensus core.
pub trait Protocol: Sized + Debug {
    /// The protocol's name, as in `--protocol` and in the domain of its signatures.
    const NAME: &'static str;
    /// What one replica is told before it starts.
    type Config: Clone + Debug;
    /// What replicas say to each other.
    type Message: Encode + Decode + Authentic + Clone + Debug;
    /// What must survive a crash.
    type Record: Encode + Decode + Clone + Debug;
    /// The names of timers; setting one again moves it.
    type Timer: Copy + Ord + Debug;

    /// Starts a replica: fresh where `log` is empty, else as it was when the last record became durable.
    fn start(config: Self::Config, log: Vec<Self::Record>, ctx: &mut Ctx<'_, Self>) -> Self;
    /// Takes one input: the only way in.
    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>);
    /// What checkers, metrics and screens may know: the only way to look.
    fn status(&self) -> Status;
    /// The view of [`Self::status`] alone; asked after every step, so a core makes it cheap.
    fn view(&self) -> View {
        self.status().view
    }
    /// The cause in [`Self::status`] alone; asked at every change of view.
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        self.status().view_change_cause
    }
}

/// What a core is told.
#[derive(Debug)]
pub enum Input<P: Protocol> {
    /// A message came over the connection of `from`, its signatures checked. One's own broadcasts come back so.
    Receive {
        /// The peer whose connection it came over.
        from: NodeId,
        /// The message.
        message: Verified<P::Message>,
    },
    /// A timer that was set and not cancelled has run out.
    Timeout(P::Timer),
    /// Work with this digest (a batch of transactions) is at hand and waits to be ordered. Sent once for each,
    /// at every replica; a core that sees it wait too long does something about its leader.
    Submit(Digest),
    /// The answer to an [`Effect::Call`].
    Reply(Reply),
}

/// What a core wants done, in this order.
#[derive(Clone, Debug)]
pub enum Effect<P: Protocol> {
    /// Append to the log; nothing behind this may leave the process before it is durable.
    Persist(P::Record),
    /// Replace the whole log by these records at once (garbage collection); as much a barrier as `Persist`.
    Compact(Vec<P::Record>),
    /// Send to one peer.
    Send {
        /// The peer; never oneself.
        to: NodeId,
        /// The message.
        message: P::Message,
    },
    /// Send to every peer, and deliver to oneself behind the barrier.
    Broadcast(P::Message),
    /// Let [`Input::Timeout`] come after a span; replaces an earlier setting of the same timer.
    SetTimer {
        /// Its name.
        timer: P::Timer,
        /// How long.
        after: Duration,
    },
    /// Forget a timer.
    CancelTimer(P::Timer),
    /// Ask the application; answered by a later [`Input::Reply`], or never, where the question has become moot.
    Call(Call),
    /// The payload at `seq` is decided, for ever. Comes in sequence order without gaps.
    Decide(Decision),
    /// A peer has provably lied: two statements that no honest replica makes both.
    Accuse(Evidence),
    /// A peer's message was dropped; counted by reason.
    Reject {
        /// Whose message.
        peer: NodeId,
        /// Why.
        reason: Reject,
    },
}

/// A decided payload.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The view in which the quorum formed at this replica.
    pub view: View,
    /// Its place in the order, from 1.
    pub seq: Seq,
    /// The payload; `None` for a null request.
    pub payload: Option<Payload>,
    /// The commits that decided it, by signer.
    pub commits: Signatures,
}

/// A question to the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Call {
    /// Build a payload to propose in `view` at `seq`; answer [`Reply::Built`].
    Build {
        /// The proposer's view: a late answer is dropped by it.
        view: View,
        /// The place it is for.
        seq: Seq,
    },
    /// Say whether a proposed payload is at hand, whole, and valid; answer [`Reply::Checked`], when it is known.
    Check {
        /// The view of the proposal.
        view: View,
        /// Its place.
        seq: Seq,
        /// The payload.
        payload: Payload,
        /// Who proposed it in this view.
        proposer: NodeId,
    },
    /// Bring the application to the state with `digest` after `seq`, from peers, trusting only the digest;
    /// answer [`Reply::Transferred`]. A later call replaces an earlier one.
    Transfer {
        /// The last executed place of that state.
        seq: Seq,
        /// The certified digest.
        digest: Digest,
    },
    /// Search a nonce with `crypto::work(&work, nonce) <= target`; answer [`Reply::Mined`]. A later call replaces an
    /// earlier one.
    Mine {
        /// The digest of what is worked on.
        work: Digest,
        /// The largest result that counts, as a big-endian number.
        target: Digest,
    },
}

/// The application's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// To [`Call::Build`].
    Built {
        /// From the call.
        view: View,
        /// From the call.
        seq: Seq,
        /// The payload; `None` where no work is at hand.
        payload: Option<Payload>,
    },
    /// To [`Call::Check`].
    Checked {
        /// From the call.
        view: View,
        /// From the call.
        seq: Seq,
        /// The digest of the payload.
        digest: Digest,
        /// Whether an honest proposer could have proposed it.
        valid: bool,
    },
    /// A decided payload has been executed. Comes once for each [`Effect::Decide`], in order.
    Executed {
        /// Its place.
        seq: Seq,
        /// The digest of the application's whole state after it, the reply cache included.
        digest: Digest,
        /// The submitted work that it ordered.
        done: Vec<Digest>,
    },
    /// To [`Call::Transfer`]: the application now stands after `seq`.
    Transferred {
        /// The last executed place.
        seq: Seq,
        /// The digest of the state there.
        digest: Digest,
        /// All submitted work that is now done.
        done: Vec<Digest>,
    },
    /// To [`Call::Mine`].
    Mined {
        /// From the call.
        work: Digest,
        /// The nonce that was found.
        nonce: u64,
    },
    /// A quorum certified another state than this replica computed at `seq`: it must stop voting.
    Diverged {
        /// Where.
        seq: Seq,
    },
}

/// Two statements by one replica of which an honest replica makes at most one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// Who made both.
    pub offender: NodeId,
    /// What it is called: `equivocation`, `double-prepare`, `double-commit`, ...
    pub kind: &'static str,
    /// The view of the statements.
    pub view: View,
    /// The place of the statements.
    pub seq: Seq,
    /// Canonical bytes of the first signed statement (`crypto::Signed`).
    pub first: Vec<u8>,
    /// Canonical bytes of the second.
    pub second: Vec<u8>,
}

/// Why a peer's message was dropped. A late or repeated message is no reason: the network does that by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reject {
    /// A proposal by somebody who is not the leader.
    NotLeader,
    /// A place outside the watermarks.
    OutsideWatermarks,
    /// A view that is over.
    OldView,
    /// A view too far ahead to be kept.
    FarView,
    /// A second, different proposal or vote for the same place.
    Conflicting,
    /// A certificate that does not prove what it claims.
    BadCertificate,
    /// A payload that does not have the digest it is sent under, or that the application refuses.
    BadPayload,
    /// A member the set does not have.
    Stranger,
    /// A signature that does not hold, or holds in another domain.
    BadSignature,
    /// Bytes that are no message.
    Malformed,
    /// More than the limit for one peer.
    OverLimit,
    /// Too little work, or less than it claims.
    BadWork,
    /// A time before its parent's, or too far ahead.
    BadTime,
}

impl Reject {
    /// All reasons, for metrics that start at zero.
    pub const ALL: [Self; 13] = [
        Self::NotLeader,
        Self::OutsideWatermarks,
        Self::OldView,
        Self::FarView,
        Self::Conflicting,
        Self::BadCertificate,
        Self::BadPayload,
        Self::Stranger,
        Self::BadSignature,
        Self::Malformed,
        Self::OverLimit,
        Self::BadWork,
        Self::BadTime,
    ];

    /// The reason as a metric's label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotLeader => "not_leader",
            Self::OutsideWatermarks => "outside_watermarks",
            Self::OldView => "old_view",
            Self::FarView => "far_view",
            Self::Conflicting => "conflicting",
            Self::BadCertificate => "bad_certificate",
            Self::BadPayload => "bad_payload",
            Self::Stranger => "stranger",
            Self::BadSignature => "bad_signature",
            Self::Malformed => "malformed",
            Self::OverLimit => "over_limit",
            Self::BadWork => "bad_work",
            Self::BadTime => "bad_time",
        }
    }
}
