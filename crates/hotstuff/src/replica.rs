//! The replica: its state and the one match over its inputs.

use std::collections::BTreeSet;
use std::sync::Arc;

use crypto::{Signed, Verified};
use protocol::{Ctx, Input, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{NodeId, Quorum, Seq, View};

use crate::block::{Link, Proposal};
use crate::certificate::{Expire, Qc, Tc, Vote};
use crate::message::Message;
use crate::pacemaker::{Pace, Timer};
use crate::pending::Pending;
use crate::record::Signing;
use crate::safety::{self, Safety};
use crate::sync::{Allowance, Want};
use crate::tree::Tree;
use crate::votes::Votes;
use crate::{Config, Record};

/// The proposal of the current view.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) proposal: Arc<Proposal>,
    /// Whether the application found it valid, or has nothing to say about it.
    pub(crate) is_checked: bool,
}

/// One HotStuff replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) quorum: Quorum,
    /// The quorum's size.
    pub(crate) q: usize,
    pub(crate) me: NodeId,
    pub(crate) view: View,
    pub(crate) safety: Safety,
    /// The highest certificate known; where it is of the view before, it opened this one.
    pub(crate) high_qc: Arc<Qc>,
    /// The newest timeout certificate; opened this view where `high_qc` did not.
    pub(crate) tc: Option<Arc<Tc>>,
    pub(crate) tree: Tree,
    /// The highest block that is decided.
    pub(crate) committed: Link,
    /// The certificate that decided it.
    pub(crate) deciding: Arc<Qc>,
    /// The highest block whose payload and all before it were handed over.
    pub(crate) head: Link,
    pub(crate) decided: Seq,
    pub(crate) executed: Seq,
    /// Where the application must be brought, as the blocks between are not to be had.
    pub(crate) gap: Option<Seq>,
    pub(crate) candidate: Option<Candidate>,
    /// Proposals of this view whose parent is missing, one of each replica.
    pub(crate) held: Vec<Arc<Proposal>>,
    pub(crate) votes: Votes,
    /// What each replica gave up last.
    pub(crate) expired: Vec<Option<Signed<Expire>>>,
    /// The highest certificate that those who gave up this view know.
    pub(crate) expired_qc: Arc<Qc>,
    /// What this replica signed last.
    pub(crate) signing: Signing,
    /// The payload that is being built: for which regime and place.
    pub(crate) building: Option<(View, Seq)>,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    /// Whether this replica alone knows the highest certificate, since it made it.
    pub(crate) is_unshared: bool,
    pub(crate) pending: Pending,
    pub(crate) want: Option<Want>,
    /// A block that somebody voted for beside the one that we have.
    pub(crate) probe: Option<Link>,
    pub(crate) allowances: Vec<Allowance>,
    pub(crate) pace: Pace,
    pub(crate) accused: BTreeSet<(NodeId, View, &'static str)>,
    pub(crate) cause: Option<ViewChangeCause>,
    /// Set where a quorum certified another state than ours: nothing is signed until it is repaired.
    pub(crate) halted: Option<Seq>,
    /// False from a restart to the first input, which may say where the application stands.
    pub(crate) is_settled: bool,
    /// Records since the log was last compacted.
    pub(crate) records: usize,
}

impl Protocol for Core {
    const NAME: &'static str = "hotstuff";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let n = config.n;
        let is_fresh = log.is_empty();
        let mut core = Self {
            quorum: Quorum::of(n),
            q: safety::quorum_size(&config),
            me: ctx.me(),
            view: View::ZERO.next(),
            safety: Safety::default(),
            high_qc: Arc::default(),
            tc: None,
            tree: Tree::new(n),
            committed: Link::default(),
            deciding: Arc::default(),
            head: Link::default(),
            decided: Seq::ZERO,
            executed: Seq::ZERO,
            gap: None,
            candidate: None,
            held: Vec::new(),
            votes: Votes::new(n),
            expired: vec![None; n],
            expired_qc: Arc::default(),
            signing: Signing::default(),
            building: None,
            is_work_at_hand: true,
            is_unshared: false,
            pending: Pending::default(),
            want: None,
            probe: None,
            allowances: vec![Allowance::default(); n],
            pace: Pace::default(),
            accused: BTreeSet::new(),
            cause: None,
            halted: None,
            is_settled: is_fresh,
            records: 0,
            config,
        };
        core.recover(log); // L35
        if !is_fresh {
            core.resume(ctx); // L36
        }
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        if !self.is_settled {
            self.is_settled = true;
            if !matches!(input, Input::Reply(Reply::Transferred { .. })) {
                self.deliver(ctx);
            }
        }
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::View) => self.on_view_timeout(ctx), // L20
            Input::Timeout(Timer::Fetch) => self.on_fetch_timeout(ctx), // L32
            Input::Submit(work) => self.on_submit(work, ctx),         // L1
            Input::Reply(Reply::Built { view, seq, payload }) => {
                self.on_built(view, seq, payload, ctx); // L3
            }
            Input::Reply(Reply::Checked { view, seq, digest, valid }) => {
                self.on_checked(view, seq, digest, valid, ctx); // L11
            }
            Input::Reply(Reply::Executed { seq, done, .. }) => self.on_executed(seq, &done, ctx), // L19
            Input::Reply(Reply::Transferred { seq, done, .. }) => {
                self.on_transferred(seq, &done, ctx); // L33
            }
            Input::Reply(Reply::Mined { .. }) => {}
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L34
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        self.view
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        self.cause.clone()
    }
}

impl Core {
    fn receive(&mut self, from: NodeId, message: &Verified<Message>, ctx: &mut Ctx<'_, Self>) {
        if from.index() >= self.config.n {
            return ctx.reject(from, Reject::Stranger);
        }
        let author = crypto::Authentic::author(&**message);
        if author.is_some_and(|author| author != from) && !broken!(self.config, SenderUnchecked) {
            return ctx.reject(from, Reject::Stranger);
        }
        match &**message {
            Message::Proposal(proposal) => self.on_proposal(from, proposal, ctx), // L7
            Message::Vote(vote) => self.on_vote(vote, ctx),                       // L15
            Message::Timeout(timeout) => self.on_timeout(from, timeout, ctx),     // L23
            Message::Certified(qc) => self.on_certified(from, qc, ctx),           // L16
            Message::Expired(tc) => self.on_expired(from, tc, ctx),               // L26
            Message::Fetch(fetch) => self.on_fetch(from, *fetch, ctx),            // L30
            Message::Blocks(blocks) => self.on_blocks(from, blocks, ctx),         // L31
        }
    }

    /// Whether this replica signs anything at all.
    pub(crate) const fn signs(&self) -> bool {
        self.config.voting && self.halted.is_none()
    }
    /// Whether a quorum certificate opened this view, and no timeout certificate was needed.
    pub(crate) fn is_direct(&self) -> bool {
        self.high_qc.view().next() == self.view
    }
    /// The timeout certificate that this view's messages need.
    pub(crate) fn opening(&self) -> Option<Arc<Tc>> {
        self.tc.as_ref().filter(|_| !self.is_direct()).map(Arc::clone)
    }
    /// Writes a record.
    pub(crate) fn persist(&mut self, record: Record, ctx: &mut Ctx<'_, Self>) {
        self.records += 1;
        ctx.persist(record);
    }
    /// Whether this replica gave up its view.
    pub(crate) fn has_expired(&self) -> bool {
        let mine = self.signing.timeout.as_ref();
        mine.is_some_and(|timeout| timeout.expire.statement.view == self.view)
    }
    /// The last vote, where no certificate of its view or a later one is known.
    pub(crate) fn open_vote(&self) -> Option<Signed<Vote>> {
        self.signing.vote.as_ref().filter(|vote| vote.statement.view > self.high_qc.view()).cloned()
    }
}
