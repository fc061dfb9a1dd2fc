//! Which blocks are valid on which parents, whose turn it is, and what a sealer may never do.

use std::sync::Arc;

use crypto::Signed;
use protocol::Reject;
use types::{Digest, Duration, Height, NodeId, Time};

use crate::config::{Config, Style};
use crate::finality::{self, Seal};
use crate::message::{self, Block, Header, Slot};
use crate::signers::{Signers, is_checkpoint};
use crate::tree::{Entry, Tree, Verdict};

/// What is wrong with a block on its parent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flaw {
    Unauthorized,
    RecentlySigned,
    NotInTurn,
    Height,
    Time,
    Difficulty,
    View,
    Checkpoint,
    Vote,
    Strayed,
}

impl Flaw {
    pub(crate) const fn reject(self) -> Reject {
        match self {
            Self::Unauthorized | Self::RecentlySigned | Self::NotInTurn => Reject::NotLeader,
            Self::Time => Reject::BadTime,
            Self::Difficulty => Reject::BadWork,
            Self::Height | Self::View | Self::Checkpoint | Self::Vote | Self::Strayed => {
                Reject::Malformed
            }
        }
    }
}

/// The slot of a moment.
pub(crate) fn slot(config: &Config, time: Time) -> Slot {
    let period = config.period.us().max(1);
    match config.style {
        Style::Clique => Slot::Era(time.us() / period.saturating_mul(config.era_periods.max(1))),
        Style::Aura => Slot::Step(time.us() / period),
    }
}

/// The step of a moment, for Aura.
pub(crate) fn step(config: &Config, time: Time) -> u64 {
    time.us() / config.period.us().max(1)
}

/// How far a signer's turn at `turn` (a height or a step) lies back; zero in turn.
pub(crate) fn distance(turn: u64, position: usize, signers: usize) -> u64 {
    let n = (signers as u64).max(1);
    (turn % n + n - position as u64 % n) % n
}

/// Whether a signer sealed one of the last blocks up to `parent` (L13).
pub(crate) fn is_recent(tree: &Tree, parent: usize, signer: NodeId, config: &Config) -> bool {
    let span = tree.at(parent).signers.limit() - 1;
    !broken!(config, RecentUnchecked)
        && tree.sealers(parent).take(span).any(|sealer| sealer == signer)
}

/// How long a Clique signer waits behind those before it in line that may seal too, on top of the period (L3).
pub(crate) fn delay(tree: &Tree, parent: usize, position: usize, config: &Config) -> Duration {
    let entry = tree.at(parent);
    let (signers, n) = (&entry.signers, entry.signers.len() as u64);
    // The line starts with the signer in turn; those behind it get the turns that follow anyway.
    let in_line = |position: usize| {
        (n - distance(entry.height.saturating_add(1), position, signers.len())) % n
    };
    let mine = in_line(position);
    let recent = tree.sealers(parent).take(signers.limit() - 1);
    let recent = recent.filter_map(|sealer| signers.position(sealer));
    let before_me = recent.filter(|&position| in_line(position) < mine).count() as u64;
    config.wiggle.times(mine.saturating_sub(before_me))
}

/// The difficulty of a block (L14).
pub(crate) fn difficulty(config: &Config, height: u64, position: usize, signers: usize) -> u8 {
    match config.style {
        Style::Clique => 1 + u8::from(distance(height, position, signers) == 0),
        Style::Aura => 1,
    }
}

/// What a block is on its parent, or why it is nothing (L12 to L16).
pub(crate) fn entry(
    config: &Config,
    tree: &Tree,
    parent: usize,
    block: &Arc<Block>,
    name: Digest,
) -> Result<Entry, Flaw> {
    let Signed { statement: header, signer, .. } = &block.header;
    let below = tree.at(parent);
    if below.height.checked_add(1) != Some(header.height.get()) {
        return Err(Flaw::Height);
    }
    if header.view != below.view && header.view != below.view.next() {
        return Err(Flaw::View);
    }
    let authority =
        if broken!(config, RemovedStillSeals) { &tree.root().signers } else { &below.signers };
    let position = authority.position(*signer).ok_or(Flaw::Unauthorized)?;
    in_turn(config, tree, parent, header, *signer, position)?;
    check_link(config, tree, parent, header)?;
    let claimed = u64::from(header.difficulty);
    let height = header.height.get();
    let is_right = header.difficulty == difficulty(config, height, position, below.signers.len());
    if !is_right && !broken!(config, DifficultyUnchecked) {
        return Err(Flaw::Difficulty);
    }
    let signers = signers_after(config, &below.signers, header, *signer)?;
    let recency = match (config.style, header.slot) {
        (Style::Aura, Slot::Step(step)) => step,
        (_, _) => distance(height, position, below.signers.len()),
    };
    let strayed = if broken!(config, StrayedHidden) { 0 } else { header.strayed.get() };
    let seal = Seal { parent, sealer: *signer, height, strayed };
    let confirmed = finality::confirmed(tree, seal, config);
    Ok(Entry {
        block: Some(Arc::clone(block)),
        name,
        parent,
        height,
        time: header.time,
        view: header.view,
        sealer: *signer,
        strayed,
        weight: below.weight.saturating_add(claimed),
        recency,
        payloads: below.payloads.saturating_add(u64::from(block.payload.is_some())),
        confirmed,
        settled: finality::settled(tree, seal, confirmed, config),
        signers,
        verdict: Verdict::Asked,
        usable: false,
    })
}

/// Whether a sealer admits where it has strayed to, as far as its last block before tells (L16).
fn check_link(config: &Config, tree: &Tree, parent: usize, header: &Header) -> Result<(), Flaw> {
    let previous = header.previous;
    if previous.height.get() <= tree.root().height || broken!(config, StrayedUnchecked) {
        return Ok(());
    }
    let at = tree.at(tree.ancestor(parent, previous.height.get()));
    let least = if at.name == previous.name { at.strayed } else { previous.height.get() };
    if header.strayed.get() < least { Err(Flaw::Strayed) } else { Ok(()) }
}

fn in_turn(
    config: &Config,
    tree: &Tree,
    parent: usize,
    header: &Header,
    signer: NodeId,
    position: usize,
) -> Result<(), Flaw> {
    let below = tree.at(parent);
    if header.slot != slot(config, header.time) {
        return Err(Flaw::Time);
    }
    match (config.style, header.slot) {
        (Style::Aura, Slot::Step(now)) => {
            if broken!(config, StepUnchecked) {
                return Ok(());
            }
            if now <= step(config, below.time) {
                return Err(Flaw::Time);
            }
            if distance(now, position, below.signers.len()) == 0 {
                Ok(())
            } else {
                Err(Flaw::NotInTurn)
            }
        }
        (_, _) => {
            let earliest = below.time.after(config.period);
            if header.time < earliest && !broken!(config, PeriodUnchecked) {
                return Err(Flaw::Time);
            }
            if is_recent(tree, parent, signer, config) {
                return Err(Flaw::RecentlySigned);
            }
            Ok(())
        }
    }
}

fn signers_after(
    config: &Config,
    before: &Arc<Signers>,
    header: &Header,
    signer: NodeId,
) -> Result<Arc<Signers>, Flaw> {
    let height = header.height.get();
    if is_checkpoint(height, config.epoch) {
        if header.signers != before.members() || header.vote.is_some() {
            return Err(Flaw::Checkpoint);
        }
    } else if !header.signers.is_empty() {
        return Err(Flaw::Checkpoint);
    }
    if header.vote.is_some_and(|vote| vote.target.index() >= config.n) {
        return Err(Flaw::Vote);
    }
    if before.is_kept_by(height, header.vote, config.epoch) {
        return Ok(Arc::clone(before));
    }
    Ok(Arc::new(before.after(height, signer, header.vote, config)))
}

/// Whether a sealer that sealed two different blocks contradicts itself (L33): they stand in one place, or behind one
/// block of its own, or the one gives the other a height that it does not have.
pub(crate) fn contradict(first: &Signed<Header>, second: &Signed<Header>) -> bool {
    let (a, b) = (&first.statement, &second.statement);
    let is_one_place = match a.slot {
        Slot::Era(_) => a.slot == b.slot && a.height == b.height,
        Slot::Step(_) => a.slot == b.slot,
    };
    let misplaces = |later: &Header, earlier: &Signed<Header>| {
        later.previous.height != earlier.statement.height
            && later.previous.name == message::name(earlier)
    };
    a != b
        && (is_one_place
            || a.previous.name == b.previous.name
            || misplaces(a, second)
            || misplaces(b, first))
}

/// A block that a replica sealed, as far as it binds the replica.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Own {
    pub(crate) name: Digest,
    pub(crate) height: Height,
    pub(crate) slot: Slot,
}
codec::record!(Own { name: Digest, height: Height, slot: Slot });

/// The blocks that a replica has sealed above the tree's root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seals {
    list: Vec<Own>,
    /// No seal is higher, so that a look at a new height needs no search.
    top: Height,
    /// No seal has a later step.
    step: u64,
}

impl Seals {
    pub(crate) fn new(list: Vec<Own>) -> Self {
        let mut this = Self::default();
        list.into_iter().for_each(|own| this.push(own));
        this
    }
    pub(crate) fn push(&mut self, own: Own) {
        self.top = self.top.max(own.height);
        if let Slot::Step(step) = own.slot {
            self.step = self.step.max(step);
        }
        self.list.push(own);
    }
    pub(crate) fn as_slice(&self) -> &[Own] {
        &self.list
    }
    /// Forgets those up to a height, but for one of them.
    pub(crate) fn forget(&mut self, height: u64, kept: Digest) {
        self.list.retain(|own| own.height.get() > height || own.name == kept);
    }
    /// Whether one of them keeps its maker from sealing at a height and slot.
    pub(crate) fn forbid(&self, height: u64, slot: Slot) -> bool {
        let may_forbid = match slot {
            Slot::Era(_) => height <= self.top.get(),
            Slot::Step(step) => step <= self.step,
        };
        may_forbid && self.list.iter().any(|own| own.forbids(height, slot))
    }
}

impl Own {
    /// Whether it keeps its maker from sealing at a height and slot.
    fn forbids(&self, height: u64, slot: Slot) -> bool {
        match slot {
            Slot::Era(_) => self.slot == slot && self.height.get() == height,
            Slot::Step(step) => match self.slot {
                Slot::Step(own) => own >= step,
                Slot::Era(_) => false,
            },
        }
    }
}
