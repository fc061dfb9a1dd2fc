//! The replica: its state and the one match over its inputs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crypto::{Signed, Verified};
use protocol::{Ctx, Input, Payload, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{Digest, NodeId, Seq, Time, View};

use crate::evidence::{Pair, Place};
use crate::message::{Anchor, Header, Link, Message};
use crate::pending::Pending;
use crate::safety::{Seals, step};
use crate::sealing::Timer;
use crate::sync::{Asked, Early, Orphan};
use crate::tree::{ROOT, Tree};
use crate::{Config, Record, Style};

/// One authorised or following replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    pub(crate) tree: Tree,
    /// The head that is built on.
    pub(crate) best: usize,
    /// The last final block.
    pub(crate) settled: usize,
    /// The last place handed to the application.
    pub(crate) decided: Seq,
    /// What this replica has sealed above the root.
    pub(crate) own: Seals,
    /// What it sealed last.
    pub(crate) last: Link,
    /// The greatest height at which it sealed off the chain, below the root.
    pub(crate) strayed: u64,
    /// The highest confirmed height of a branch that it sealed on.
    pub(crate) lock: u64,
    pub(crate) pending: Pending,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    /// Since when there has been a reason to seal.
    pub(crate) reason_since: Option<Time>,
    /// The payload that is being built.
    pub(crate) building: Option<(View, Seq)>,
    /// A payload that waits for its block, and the view that it was built for.
    pub(crate) ready: Option<(View, Option<Payload>)>,
    /// Whether the next block carries again what earlier ones carried in vain.
    pub(crate) is_renewal_due: bool,
    /// Whether work has waited so long that the view must rise, be it by a block without a payload.
    pub(crate) is_rise_due: bool,
    /// When the view of the chain last rose.
    pub(crate) renewed: Time,
    pub(crate) orphans: VecDeque<Orphan>,
    pub(crate) early: VecDeque<Early>,
    /// What each peer was asked for last.
    pub(crate) asked: Vec<Asked>,
    /// How often each peer was answered, and since when that is counted.
    pub(crate) answered: Vec<(Time, u32)>,
    /// The first header that each sealer signed in a place.
    pub(crate) seen: BTreeMap<Place, Signed<Header>>,
    /// How many of these there are of each replica.
    pub(crate) seen_of: Vec<usize>,
    pub(crate) accused: BTreeSet<Pair>,
    /// Set where a quorum certified another state than ours: nothing is sealed any more.
    pub(crate) halted: Option<Seq>,
    /// The digests of the application's states from the root on.
    pub(crate) states: BTreeMap<Seq, Digest>,
    /// The newest anchor of each peer.
    pub(crate) anchors: Vec<Option<Arc<Anchor>>>,
    pub(crate) cause: Option<ViewChangeCause>,
    /// When the sealing timer runs out.
    pub(crate) sealing: Option<Time>,
    pub(crate) is_retrying: bool,
    /// The head, and the height of the last final block, when the retry timer was last set.
    pub(crate) at_retry: (Digest, u64),
    /// How often it has run out since anything became final.
    pub(crate) retries: u32,
    pub(crate) records_kept: usize,
    /// The last known time.
    pub(crate) now: Time,
}

impl Protocol for Core {
    const NAME: &'static str = "poa";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let n = config.n;
        let is_fresh = log.is_empty();
        let root = Anchor::genesis(&config);
        let mut core = Self {
            me: ctx.me(),
            tree: Tree::new(&root),
            best: ROOT,
            settled: ROOT,
            decided: Seq::ZERO,
            own: Seals::default(),
            last: Link::default(),
            strayed: 0,
            lock: 0,
            pending: Pending::default(),
            is_work_at_hand: true,
            reason_since: None,
            building: None,
            ready: None,
            is_renewal_due: false,
            is_rise_due: false,
            renewed: Time::ZERO,
            orphans: VecDeque::new(),
            early: VecDeque::new(),
            asked: vec![Asked::default(); n],
            answered: vec![(Time::ZERO, 0); n],
            seen: BTreeMap::new(),
            seen_of: vec![0; n],
            accused: BTreeSet::new(),
            halted: None,
            states: BTreeMap::from([(Seq::ZERO, Digest::ZERO)]),
            anchors: vec![None; n],
            cause: None,
            sealing: None,
            is_retrying: false,
            at_retry: (Digest::ZERO, 0),
            retries: 0,
            records_kept: 0,
            now: ctx.now,
            config,
        };
        core.recover(log, ctx); // L34
        if !is_fresh {
            core.resume(ctx); // L35
        }
        core.pace(ctx);
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        self.now = self.now.max(ctx.now);
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Seal) => self.sealing = None, // L4, by the pace below
            Input::Timeout(Timer::Retry) => self.on_retry(ctx), // L32
            Input::Timeout(Timer::Early) => self.on_early(ctx), // L10
            Input::Submit(work) => self.on_submit(work, ctx),   // L1
            Input::Reply(Reply::Built { view, seq, payload }) => {
                self.on_built(view, seq, payload); // L5
            }
            Input::Reply(Reply::Checked { digest, valid, .. }) => {
                self.on_checked(digest, valid, ctx); // L18
            }
            Input::Reply(Reply::Executed { seq, digest, done }) => {
                self.on_executed(seq, digest, &done); // L26
            }
            Input::Reply(Reply::Transferred { seq, digest, done }) => {
                self.on_transferred(seq, digest, &done); // L27
            }
            Input::Reply(Reply::Mined { .. }) => {}
            Input::Reply(Reply::Diverged { seq }) => self.halted = Some(seq), // L28
        }
        self.pace(ctx); // L2
        self.deliver(ctx); // L25
        self.collect(ctx); // L29
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        match self.config.style {
            Style::Clique => View::new(self.tree.at(self.best).height.saturating_add(1)),
            Style::Aura => View::new(step(&self.config, self.now)),
        }
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
        match &**message {
            Message::Block(block) => {
                // One's own was put in before it was sent.
                if from != self.me {
                    self.accept(from, block, ctx); // L8
                }
            }
            Message::Want(want) => self.on_want(from, *want, ctx), // L30
            Message::Blocks(piece) => self.on_blocks(from, piece, ctx), // L31
            Message::Head(head) => self.on_head(from, *head, ctx), // L36
            Message::Exhibit(exhibit) => self.on_exhibit(from, exhibit, ctx), // L33
            Message::Anchor(anchor) => self.on_anchor(from, anchor, ctx), // L37
        }
    }

    /// Whether this replica signs anything at all.
    pub(crate) const fn votes(&self) -> bool {
        self.config.voting && self.halted.is_none()
    }
}
