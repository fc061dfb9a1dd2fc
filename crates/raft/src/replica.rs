//! The replica: its state and the one match over its inputs.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crypto::{Signatures, Verified};
use protocol::{Ctx, Input, Payload, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{Digest, Duration, NodeId, Prng, Seq, Time, View};

use crate::liveness::Timer;
use crate::log::Log;
use crate::message::Message;
use crate::pending::Pending;
use crate::progress::Progress;
use crate::reads::Reads;
use crate::record::Snapshot;
use crate::{Config, Install, Members, Position, Record};

/// What a replica is in its term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Follower,
    /// Asks whether it would be elected.
    PreCandidate,
    Candidate,
    Leader,
}

/// Why a replica does not do what it was asked to beside the boundary.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Only the leader can; this one, where it is known.
    NotLeader(Option<NodeId>),
    /// Another change of members or transfer of leadership is on its way.
    InProgress,
    /// The leader has committed nothing in its term yet.
    TooEarly,
    /// No voter, a replica that the network does not have or that is both voter and learner, or nothing to change.
    BadMembers,
    /// The successor is no other voter.
    BadSuccessor,
    /// Too many reads wait.
    Busy,
}

/// One Raft replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    pub(crate) term: View,
    pub(crate) vote: Option<NodeId>,
    pub(crate) role: Role,
    pub(crate) leader: Option<NodeId>,
    /// When the leader was last heard, or a vote given.
    pub(crate) heard: Option<Time>,
    /// The present election timeout.
    pub(crate) patience: Duration,
    pub(crate) prng: Prng,
    /// The answers to this replica as candidate.
    pub(crate) votes: Vec<Option<bool>>,
    pub(crate) log: Log,
    /// The last entry given to the disk; a leader gathers entries above it, a follower waits for their payloads.
    pub(crate) flushed: Seq,
    /// Everything up to here is at hand, as far as the application said.
    pub(crate) checked: Seq,
    /// Whether the places above `checked` are at hand.
    pub(crate) at_hand: VecDeque<bool>,
    /// The ends of the leader's APPENDs that are not acknowledged yet.
    pub(crate) due: VecDeque<Seq>,
    pub(crate) commit: Seq,
    /// The last place handed to the application, or where it stands by itself.
    pub(crate) decided: Seq,
    pub(crate) executed: Seq,
    /// Whether the application has said where it stands since the start.
    pub(crate) is_placed: bool,
    pub(crate) snapshot: Snapshot,
    /// The state that the application is being brought to.
    pub(crate) installing: Option<Arc<Install>>,
    /// Whether the application is being brought to our own snapshot.
    pub(crate) is_catching_up: bool,
    /// The configurations from the last snapshot on, each with its place; the last one counts.
    pub(crate) configurations: Vec<(Seq, Arc<Members>)>,
    /// Everybody else in the present configuration.
    pub(crate) peers: Vec<NodeId>,
    /// By replica; as leader alone.
    pub(crate) progress: Vec<Progress>,
    pub(crate) scratch: Vec<Seq>,
    pub(crate) is_building: bool,
    /// False while the application is asked, and after it had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    /// A payload that came while leadership was being handed over.
    pub(crate) held: Option<Payload>,
    /// To whom leadership is being handed over.
    pub(crate) successor: Option<NodeId>,
    pub(crate) reads: Reads,
    pub(crate) pending: Pending,
    /// No signatures: what decisions carry.
    pub(crate) unsigned: Signatures,
    pub(crate) halted: bool,
    pub(crate) cause: Option<ViewChangeCause>,
}

impl Protocol for Core {
    const NAME: &'static str = "raft";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let n = config.n;
        let members = Arc::new(config.members.clone());
        let is_fresh = log.is_empty();
        let mut core = Self {
            me: ctx.me(),
            term: View::ZERO,
            vote: None,
            role: Role::Follower,
            leader: None,
            // Before its crash it may have answered a leader that still counts on its lease.
            heard: (!is_fresh).then_some(ctx.now),
            patience: Duration::ZERO,
            prng: Prng::new(config.seed, u64::from(ctx.me().get())),
            votes: vec![None; n],
            log: Log::default(),
            flushed: Seq::ZERO,
            checked: Seq::ZERO,
            at_hand: VecDeque::new(),
            due: VecDeque::new(),
            commit: Seq::ZERO,
            decided: Seq::ZERO,
            executed: Seq::ZERO,
            is_placed: false,
            snapshot: Snapshot {
                position: Position::default(),
                digest: Digest::ZERO,
                members: Arc::clone(&members),
                base: Position::default(),
            },
            installing: None,
            is_catching_up: false,
            configurations: vec![(Seq::ZERO, members)],
            peers: Vec::new(),
            progress: Vec::new(),
            scratch: Vec::new(),
            is_building: false,
            is_work_at_hand: true,
            held: None,
            successor: None,
            reads: Reads::default(),
            pending: Pending::default(),
            unsigned: Signatures::new(),
            halted: false,
            cause: None,
            config,
        };
        core.recover(log); // L45
        core.note_members();
        core.arm_election(ctx); // L15
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Election) => self.on_election_timeout(ctx), // L15
            Input::Timeout(Timer::Heartbeat) => self.on_heartbeat_timeout(ctx), // L25
            Input::Timeout(Timer::Transfer) => self.on_transfer_timeout(ctx), // L38
            Input::Submit(work) => self.on_submit(work, ctx),                 // L1
            Input::Reply(Reply::Built { view, payload, .. }) => self.on_built(view, payload, ctx), // L3
            Input::Reply(Reply::Checked { seq, digest, valid, .. }) => {
                self.on_checked(seq, digest, valid, ctx); // L9
            }
            Input::Reply(Reply::Executed { seq, digest, done }) => {
                self.on_executed(seq, digest, &done, ctx); // L39
            }
            Input::Reply(Reply::Transferred { seq, digest, done }) => {
                self.on_transferred(seq, digest, &done, ctx); // L43
            }
            Input::Reply(Reply::Diverged { .. }) => self.on_diverged(ctx), // L44
            Input::Reply(Reply::Mined { .. }) => {}
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        self.term
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        self.cause.clone()
    }
}

/// How far ahead of ours a peer's term may be: no honest replica gets there, and the numbers never run out.
const TERM_STEP_MAX: u64 = 1 << 32;

impl Core {
    fn receive(&mut self, from: NodeId, message: &Verified<Message>, ctx: &mut Ctx<'_, Self>) {
        if from.index() >= self.config.n {
            return ctx.reject(from, Reject::Stranger);
        }
        let term = term_of(message);
        if term.above(self.term) > TERM_STEP_MAX {
            return ctx.reject(from, Reject::FarView);
        }
        match &**message {
            Message::PreVote(ask) => self.on_pre_vote(from, ask, ctx), // L17
            Message::PreVoted(answer) => self.on_pre_voted(from, answer, ctx), // L18
            Message::Vote(ask) => self.on_vote(from, ask, ctx),        // L19
            Message::Voted(answer) => self.on_voted(from, answer, ctx), // L21
            Message::Append(append) => self.on_append(from, append, ctx), // L6
            Message::Appended(ack) => self.on_appended(from, *ack, ctx), // L10
            Message::Refused(refused) => self.on_refused(from, *refused, ctx), // L13
            Message::Commit(commit) => self.on_commit(from, *commit, ctx), // L14
            Message::Heartbeat(beat) => self.on_heartbeat(from, *beat, ctx), // L26
            Message::HeartbeatAck(ack) => self.on_heartbeat_ack(from, *ack, ctx), // L27
            Message::Install(install) => self.on_install(from, install, ctx), // L42
            Message::TimeoutNow(now) => self.on_timeout_now(from, *now, ctx), // L37
        }
    }

    /// The configuration that counts: the last one in the log, committed or not (L33).
    pub(crate) fn members(&self) -> &Members {
        if broken!(self.config, MembersActiveOnCommit) {
            let mut known = self.configurations.iter().rev();
            if let Some((_, members)) = known.find(|(seq, _)| *seq <= self.commit) {
                return members;
            }
        }
        self.configurations.last().map_or(&*self.snapshot.members, |(_, members)| members)
    }
    pub(crate) fn leads(&self) -> bool {
        self.role == Role::Leader
    }
    /// Whether this replica votes and may be elected.
    pub(crate) fn votes(&self) -> bool {
        self.config.voting && !self.halted
    }
    /// Whether this replica is a majority by itself.
    pub(crate) fn is_alone(&self) -> bool {
        self.members().is_majority(|id| id == self.me)
    }
    /// Says something to everybody else in the configuration.
    pub(crate) fn tell_peers(&self, message: &Message, ctx: &mut Ctx<'_, Self>) {
        for &peer in &self.peers {
            ctx.send(peer, message.clone());
        }
    }
}

fn term_of(message: &Message) -> View {
    match message {
        Message::PreVote(ask) | Message::Vote(ask) => ask.term,
        Message::PreVoted(answer) | Message::Voted(answer) => answer.term,
        Message::Append(append) => append.term,
        Message::Appended(ack) => ack.term,
        Message::Refused(refused) => refused.term,
        Message::Commit(commit) => commit.term,
        Message::Heartbeat(beat) => beat.term,
        Message::HeartbeatAck(ack) => ack.term,
        Message::Install(install) => install.term,
        Message::TimeoutNow(now) => now.term,
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLeader(Some(leader)) => write!(f, "only the leader can, which is {leader}"),
            Self::NotLeader(None) => f.write_str("only the leader can, and none is known"),
            Self::InProgress => f.write_str("another change or transfer is on its way"),
            Self::TooEarly => f.write_str("the leader has committed nothing in its term yet"),
            Self::BadMembers => f.write_str("these cannot be the members"),
            Self::BadSuccessor => f.write_str("the successor must be another voter"),
            Self::Busy => f.write_str("too many reads wait"),
        }
    }
}
impl std::error::Error for Refusal {}
