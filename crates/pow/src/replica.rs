//! The replica: its state and the one match over its inputs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Verified;
use protocol::{Ctx, Input, Protocol, Reject, Reply, Status, ViewChangeCause};
use types::{Digest, Height, NodeId, Quorum, Seq, Time, View};

use crate::block::Block;
use crate::condemned::Condemned;
use crate::liveness::Timer;
use crate::message::Message;
use crate::mining::Mining;
use crate::orphans::Orphans;
use crate::pending::Pending;
use crate::status::Reorganisations;
use crate::sync::Answers;
use crate::tree::{Base, Tree};
use crate::{Config, Record};

/// Another chain has more work than ours and contradicts what is decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Alarm {
    /// Its head.
    pub(crate) head: Digest,
    /// The highest block of ours that is common to both.
    pub(crate) at: Height,
}

/// One replica.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    /// How many replicas include an honest one.
    pub(crate) one_honest: usize,
    pub(crate) tree: Tree,
    pub(crate) orphans: Orphans,
    pub(crate) condemned: Condemned,
    /// Blocks with more work than the head whose payloads are being checked.
    pub(crate) contenders: Vec<Digest>,
    /// The blocks that wait for a verdict, by place and payload.
    pub(crate) asked: BTreeMap<(Seq, Digest), Vec<Digest>>,
    /// Counts the heads that were built on: what an abandoned one left may be built again in a later view.
    pub(crate) view: View,
    /// The highest block of the chain that is deep enough.
    pub(crate) settled: Height,
    /// The highest of these with a payload: the chain up to it is never left.
    pub(crate) line: Height,
    /// Up to where settled payloads have been handed over.
    pub(crate) handed: Height,
    /// The last place handed over.
    pub(crate) decided: Seq,
    pub(crate) executed: Seq,
    /// Whether it is known where the application stands: after a restart only once somebody has said so.
    pub(crate) is_standing_known: bool,
    /// The place that the application must be brought to before more can be handed over.
    pub(crate) transfer: Option<Seq>,
    pub(crate) alarm: Option<Alarm>,
    /// Set where a quorum certified another state than ours: nothing is mined until it is repaired.
    pub(crate) diverged: Option<Seq>,
    pub(crate) pending: Pending,
    /// False after the application had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    pub(crate) mining: Mining,
    /// Whether the world may be searching for a nonce.
    pub(crate) is_searching: bool,
    pub(crate) is_retry_set: bool,
    /// The head at the last retry.
    pub(crate) last_head: Digest,
    /// When each replica was last asked.
    pub(crate) asked_at: Vec<Option<Time>>,
    pub(crate) answers: Vec<Answers>,
    /// Where each replica's chain begins, if it said so to us who were behind.
    pub(crate) bases: Vec<Option<Arc<Base>>>,
    /// Blocks in the log since it was last compacted.
    pub(crate) log_blocks: usize,
    pub(crate) reorganisations: Reorganisations,
}

impl Protocol for Core {
    const NAME: &'static str = "pow";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let is_fresh = log.is_empty();
        let mut core = Self::new(config, ctx.me());
        core.is_standing_known = is_fresh;
        core.recover(log); // L25
        core.view = core.next_view();
        if !is_fresh {
            core.resume(ctx); // L26
        }
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        if let Input::Reply(Reply::Transferred { seq, done, .. }) = &input {
            return self.on_transferred(*seq, done, ctx); // L20
        }
        self.stand(ctx);
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Retry) => self.on_retry_timeout(ctx), // L21
            Input::Submit(work) => self.on_submit(work, ctx),           // L1
            Input::Reply(Reply::Built { view, seq, payload }) => {
                self.on_built(view, seq, payload, ctx); // L3
            }
            Input::Reply(Reply::Checked { seq, digest, valid, .. }) => {
                self.on_checked(seq, digest, valid, ctx); // L11, L12
            }
            Input::Reply(Reply::Executed { seq, done, .. }) => {
                self.on_executed(seq, &done, ctx); // L19
            }
            Input::Reply(Reply::Mined { work, nonce }) => self.on_mined(work, nonce, ctx), // L5
            Input::Reply(Reply::Diverged { seq }) => {
                self.diverged = Some(seq); // L18
                self.stop(ctx);
            }
            Input::Reply(Reply::Transferred { .. }) => {}
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }
    fn view(&self) -> View {
        self.view
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        None
    }
}

impl Core {
    fn new(config: Config, me: NodeId) -> Self {
        let n = config.n;
        let genesis = Block::genesis(config.genesis, config.target_initial);
        let id = genesis.header.work();
        let times = vec![genesis.header.time];
        let base = Base {
            block: Arc::new(genesis),
            times,
            active: types::Duration::ZERO,
            since: types::Duration::ZERO,
        };
        Self {
            me,
            one_honest: Quorum::of(n).one_honest(),
            tree: Tree::new(&base, id),
            orphans: Orphans::new(n),
            condemned: Condemned::default(),
            contenders: Vec::new(),
            asked: BTreeMap::new(),
            view: View::ZERO,
            settled: Height::ZERO,
            line: Height::ZERO,
            handed: Height::ZERO,
            decided: Seq::ZERO,
            executed: Seq::ZERO,
            is_standing_known: true,
            transfer: None,
            alarm: None,
            diverged: None,
            pending: Pending::default(),
            is_work_at_hand: true,
            mining: Mining::Idle,
            is_searching: false,
            is_retry_set: false,
            last_head: id,
            asked_at: vec![None; n],
            answers: vec![Answers::default(); n],
            bases: vec![None; n],
            log_blocks: 0,
            reorganisations: Reorganisations::default(),
            config,
        }
    }

    fn receive(&mut self, from: NodeId, message: &Verified<Message>, ctx: &mut Ctx<'_, Self>) {
        if from.index() >= self.config.n {
            return ctx.reject(from, Reject::Stranger);
        }
        match &**message {
            Message::Block(block) => self.on_block(from, block, ctx), // L6
            Message::Head(id) => self.on_head(from, *id, ctx),        // L22
            Message::Ask(ask) => self.on_ask(from, ask, ctx),         // L23
            Message::Blocks(blocks) => self.on_blocks(from, blocks, ctx), // L24
            Message::Base(base) => self.on_base(from, base, ctx),     // L28
        }
    }

    /// The first input after a restart that does not say where the application stands says that it stands nowhere.
    fn stand(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_standing_known {
            self.is_standing_known = true;
            self.hand_over(ctx);
        }
    }

    /// A decided payload has been executed (L19).
    fn on_executed(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.executed = self.executed.max(seq.min(self.decided));
        self.pending.finish(done);
        self.is_work_at_hand = true;
        self.prospect(ctx);
    }

    /// The application stands after `seq` (L20).
    fn on_transferred(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.is_standing_known = true;
        self.decided = self.decided.max(seq);
        self.executed = self.executed.max(seq);
        if self.transfer.is_some_and(|wanted| wanted <= seq) {
            self.transfer = None;
        }
        if self.diverged.is_some_and(|place| place <= seq) {
            self.diverged = None;
        }
        self.pending.finish(done);
        self.is_work_at_hand = true;
        self.consider_bases(ctx);
        self.hand_over(ctx);
        self.prospect(ctx);
    }
}
