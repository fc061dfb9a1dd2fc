//! Turns decided proposals into blocks: the one place where state changes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crypto::merkle;
use ledger::{
    Account, AppId, Batch, Header, Nonces, Outcome, Proposal, Refusal, StateTree, StoredBlock,
    TxRecord, TxView, VectorClock,
};
use types::{ChainId, Digest, Duration, Height, NodeId, Time};

use crate::accounts::{ACCOUNTS, keep_nonces, nonces_of};
use crate::governance::{FeeRule, GOVERNANCE, Parameter, value};
use crate::joint::{self, JOINT};
use crate::{Apps, Event, Step};

/// A batch that one of this many blocks before has executed is not executed again. Agreed: all validators skip alike.
pub(crate) const EXECUTED_BLOCKS_KEPT: usize = 1_024;

/// The state of all applications after some block, and how to execute the next.
#[derive(Debug)]
pub struct Executor {
    chain: ChainId,
    apps: Apps,
    trees: BTreeMap<AppId, StateTree>,
    height: Height,
    tip: Digest,
    time: Time,
    clock: VectorClock,
    recent: VecDeque<Vec<Digest>>,
    recent_digests: BTreeMap<Digest, Height>,
}

/// What all transactions of the next block see alike.
struct Next {
    height: Height,
    time: Time,
    clock: VectorClock,
    /// As the block before left it.
    fees: FeeRule,
}

/// A block just executed.
#[derive(Debug)]
pub struct Executed {
    /// The block, to be kept.
    pub block: StoredBlock,
    /// Its hash.
    pub hash: Digest,
    /// What happened, for those who listen.
    pub events: Vec<Event>,
}

impl Executor {
    /// The empty state before the first block.
    #[must_use]
    pub fn new(chain: ChainId, apps: Apps) -> Self {
        let trees = apps.ids().map(|id| (id, StateTree::default())).collect();
        Self {
            chain,
            apps,
            trees,
            height: Height::ZERO,
            tip: Digest::ZERO,
            time: Time::ZERO,
            clock: VectorClock::default(),
            recent: VecDeque::new(),
            recent_digests: BTreeMap::new(),
        }
    }

    /// The state after kept blocks: `entries` of every application, and the last blocks (at least the last 1,024,
    /// oldest first; all where there are fewer).
    #[must_use]
    pub fn recover(
        chain: ChainId,
        apps: Apps,
        entries: impl IntoIterator<Item = (AppId, Vec<u8>, Vec<u8>)>,
        last_blocks: &[(Header, Vec<Digest>)],
    ) -> Self {
        let mut this = Self::new(chain, apps);
        type Entries = Vec<(Vec<u8>, Vec<u8>)>;
        let mut by_app: BTreeMap<AppId, Entries> = BTreeMap::new();
        for (app, key, value) in entries {
            by_app.entry(app).or_default().push((key, value));
        }
        for (app, entries) in by_app {
            this.trees.insert(app, StateTree::from_entries(entries));
        }
        for (header, executed) in last_blocks {
            this.follow(header, header.hash(), executed.clone());
        }
        this
    }

    /// Forgets everything: the empty state before the first block.
    pub fn reset(&mut self) {
        *self = Self::new(self.chain, std::mem::take(&mut self.apps));
    }

    /// The height of the last block.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.height
    }
    /// The hash of the last block; zero before the first.
    #[must_use]
    pub const fn tip(&self) -> Digest {
        self.tip
    }
    /// The agreed time of the last block.
    #[must_use]
    pub const fn time(&self) -> Time {
        self.time
    }
    /// The vector clock of the last block.
    #[must_use]
    pub const fn clock(&self) -> &VectorClock {
        &self.clock
    }
    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> ChainId {
        self.chain
    }
    /// The state of one application.
    #[must_use]
    pub fn state(&self, app: AppId) -> Option<&StateTree> {
        self.trees.get(&app)
    }
    /// The state of one application, to be spoilt by a test that wants to see the difference found.
    pub fn state_mut(&mut self, app: AppId) -> Option<&mut StateTree> {
        self.trees.get_mut(&app)
    }
    /// The applications.
    #[must_use]
    pub const fn apps(&self) -> &Apps {
        &self.apps
    }
    /// All state roots, by ascending application.
    pub fn state_roots(&mut self) -> Vec<(AppId, Digest)> {
        self.trees.iter_mut().map(|(&app, tree)| (app, tree.root())).collect()
    }
    /// Whether one of the recent blocks executed a batch.
    #[must_use]
    pub fn has_executed(&self, batch: &Digest) -> bool {
        self.recent_digests.contains_key(batch)
    }
    /// The batches that the recent blocks executed.
    pub fn recent_batches(&self) -> impl Iterator<Item = Digest> + '_ {
        self.recent_digests.keys().copied()
    }
    /// What the transactions of the next block must offer.
    #[must_use]
    pub fn fee_rule(&self) -> FeeRule {
        FeeRule::of(self.state(GOVERNANCE))
    }
    /// The agreed least time between two payloads; `None` where it is left to each validator.
    #[must_use]
    pub fn block_interval(&self) -> Option<Duration> {
        let agreed = value(self.state(GOVERNANCE)?, Parameter::BlockIntervalMs);
        (agreed > 0).then(|| Duration::from_ms(agreed))
    }
    /// Whether a key has retired: it acts for nobody in any block to come.
    #[must_use]
    pub fn is_retired(&self, key: &Account) -> bool {
        self.acting(key, self.height.next()).is_err()
    }
    /// Whether an account's nonce is used.
    #[must_use]
    pub fn is_nonce_used(&self, account: &Account, nonce: u64) -> bool {
        self.trees.get(&ACCOUNTS).is_some_and(|tree| nonces_of(tree, account).is_used(nonce))
    }
    /// Which of a proposal's batches the next block would execute: those that no recent block has, each once.
    #[must_use]
    pub fn to_execute(&self, proposal: &Proposal) -> Vec<Digest> {
        let mut fresh: Vec<Digest> = Vec::with_capacity(proposal.batches.len());
        for digest in &proposal.batches {
            if !self.has_executed(digest) && !fresh.contains(digest) {
                fresh.push(*digest);
            }
        }
        fresh
    }

    /// Executes the next block: a decided proposal (`None` for a null request), the digest of its payload, and
    /// the batches of [`Self::to_execute`], in that order.
    pub fn execute(
        &mut self,
        proposal: Option<Proposal>,
        payload: Digest,
        batches: &[Arc<Batch>],
    ) -> Executed {
        let mut clock = self.clock.clone();
        if let Some(proposal) = &proposal {
            clock.increment(proposal.proposer);
        }
        let time = proposal.as_ref().map_or(self.time, |proposal| self.time.max(proposal.time));
        let next = Next { height: self.height.next(), time, clock, fees: self.fee_rule() };
        let (records, events) = self.apply_batches(&next, batches);
        let leaves: Vec<Digest> = records.iter().map(TxRecord::leaf).collect();
        let header = Header {
            chain: self.chain,
            height: next.height,
            parent: self.tip,
            view: proposal.as_ref().map_or(types::View::ZERO, |proposal| proposal.view),
            proposer: proposal.as_ref().map(|proposal| -> NodeId { proposal.proposer }),
            time,
            payload,
            tx_count: u32::try_from(records.len()).unwrap_or(u32::MAX),
            tx_root: merkle::root(&leaves),
            state_roots: self.state_roots(),
            clock: next.clock,
        };
        let hash = header.hash();
        let executed: Vec<Digest> = batches.iter().map(|batch| batch.digest()).collect();
        self.follow(&header, hash, executed.clone());
        let changes =
            self.trees.iter_mut().flat_map(|(&app, tree)| tree.take_changes(app)).collect();
        Executed {
            block: StoredBlock { header, proposal, executed, records, changes },
            hash,
            events,
        }
    }

    fn apply_batches(
        &mut self,
        block: &Next,
        batches: &[Arc<Batch>],
    ) -> (Vec<TxRecord>, Vec<Event>) {
        let mut records = Vec::with_capacity(batches.iter().map(|batch| batch.len()).sum());
        let mut events = Vec::new();
        // Nonces of the senders of this block, decoded once and written back once.
        let mut senders: BTreeMap<Account, Nonces> = BTreeMap::new();
        for (id, tx) in batches.iter().flat_map(|batch| batch.transactions()) {
            let index = u32::try_from(records.len()).unwrap_or(u32::MAX);
            let outcome = match self.admit(block, &tx, &mut senders) {
                Ok(sender) => self.apply_one(block, &TxView { sender, ..tx }, index, &mut events),
                Err(refusal) => Outcome::Refused(refusal),
            };
            records.push(TxRecord { id, outcome });
        }
        if let Some(tree) = self.trees.get_mut(&ACCOUNTS) {
            senders.iter().for_each(|(account, nonces)| keep_nonces(tree, account, nonces));
        }
        (records, events)
    }

    /// What every transaction must pass before its application sees it; tells for which account its key acts.
    fn admit(
        &self,
        block: &Next,
        tx: &TxView<'_>,
        senders: &mut BTreeMap<Account, Nonces>,
    ) -> Result<Account, Refusal> {
        if tx.chain != self.chain {
            return Err(Refusal::WrongChain);
        }
        if tx.expires <= block.time {
            return Err(Refusal::Expired);
        }
        if tx.fee < block.fees.least(tx.payload.len()) {
            return Err(Refusal::FeeTooLow);
        }
        let nonces = senders.entry(tx.sender).or_insert_with(|| match self.trees.get(&ACCOUNTS) {
            Some(tree) => nonces_of(tree, &tx.sender),
            None => Nonces::default(),
        });
        if !nonces.take(tx.nonce) {
            return Err(Refusal::NonceUsed);
        }
        self.acting(&tx.sender, block.height)
    }

    /// The account for which a key acts in the block of this height.
    fn acting(&self, key: &Account, height: Height) -> Result<Account, Refusal> {
        self.trees.get(&JOINT).map_or(Ok(*key), |keys| joint::acting(keys, key, height))
    }

    fn apply_one(
        &mut self,
        block: &Next,
        tx: &TxView<'_>,
        index: u32,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let Self { apps, trees, .. } = self;
        let Next { height, time, ref clock, .. } = *block;
        Step { apps, trees, height, time, clock, index, events }.apply(tx)
    }

    /// Moves the chain's end to `header`.
    fn follow(&mut self, header: &Header, hash: Digest, executed: Vec<Digest>) {
        self.height = header.height;
        self.tip = hash;
        self.time = header.time;
        self.clock.clone_from(&header.clock);
        self.recent_digests.extend(executed.iter().map(|&digest| (digest, header.height)));
        self.recent.push_back(executed);
        if self.recent.len() > EXECUTED_BLOCKS_KEPT {
            for digest in self.recent.pop_front().unwrap_or_default() {
                self.recent_digests.remove(&digest);
            }
        }
    }
}

#[cfg(test)]
mod tests;
