//! Blocks that a script makes, and a bare tree to put them into.

use std::sync::Arc;

use crypto::{KeyRing, Scheme, Signer};
use protocol::Payload;
use testkit::{domain, ms, node};
use types::{Height, NodeId, Time};

use crate::message::{self, Block, Header, Link};
use crate::safety::{self, Flaw};
use crate::signers::is_checkpoint;
use crate::tree::{Tree, Verdict};
use crate::{Anchor, Blocks, Config, Core, Message, Mutant, Style};

/// A block on `parent` as an honest signer would seal it now, but for what `tune` changes.
pub(super) fn forge_on(
    core: &Core,
    parent: usize,
    signer: &Signer,
    now: Time,
    payload: Option<Payload>,
    tune: impl FnOnce(&mut Header),
) -> Arc<Block> {
    let view = core.tree.at(parent).view;
    let mut header = core.header(parent, signer.me(), now, view, payload.as_ref());
    (header.vote, header.strayed) = (None, Height::ZERO);
    header.previous = last_of(&core.tree, parent, signer.me());
    tune(&mut header);
    Arc::new(Block { header: signer.sign(header), payload })
}

/// The last block of a sealer on a branch.
fn last_of(tree: &Tree, parent: usize, sealer: NodeId) -> Link {
    let last = tree.chain(parent).find(|entry| entry.sealer == sealer);
    last.map_or_else(Link::default, |entry| Link {
        name: entry.name,
        height: Height::new(entry.height),
    })
}

/// Blocks, passed on by somebody.
pub(super) fn pass_on(blocks: &[Arc<Block>]) -> Message {
    let tip = blocks.last().map(|block| message::name(&block.header)).unwrap_or_default();
    Message::Blocks(Blocks { tip, blocks: blocks.to_vec() })
}

/// A tree without a replica around it.
pub(super) struct Book {
    pub(super) config: Config,
    pub(super) tree: Tree,
    pub(super) keys: Vec<Signer>,
    /// All blocks, in the order in which they came.
    pub(super) blocks: Vec<Arc<Block>>,
}

impl Book {
    pub(super) fn new(n: usize, mutant: Option<Mutant>, tune: impl FnOnce(&mut Config)) -> Self {
        let mut config = <Core as testkit::Subject>::config(n, mutant);
        tune(&mut config);
        let (_, keys) = KeyRing::simulated(Scheme::Cheap, n, 7);
        let keys = keys
            .into_iter()
            .zip(0..)
            .map(|(key, index)| Signer::simulated(node(index), domain("poa"), key));
        let tree = Tree::new(&Anchor::genesis(&config));
        Self { keys: keys.collect(), tree, config, blocks: Vec::new() }
    }

    /// Seals a period after the parent; `who` need not be allowed to.
    pub(super) fn add(&mut self, parent: usize, who: usize) -> Result<usize, Flaw> {
        self.add_with(parent, who, |_| {})
    }

    pub(super) fn add_with(
        &mut self,
        parent: usize,
        who: usize,
        tune: impl FnOnce(&mut Header),
    ) -> Result<usize, Flaw> {
        let below = self.tree.at(parent);
        let height = below.height + 1;
        let position = below.signers.position(node(u16::try_from(who).unwrap())).unwrap_or(0);
        let time = below.time.after(self.config.period);
        let signers = below.signers.members();
        let mut header = Header {
            height: Height::new(height),
            parent: below.name,
            time,
            slot: safety::slot(&self.config, time),
            difficulty: safety::difficulty(&self.config, height, position, signers.len()),
            view: below.view,
            payload: types::Digest::ZERO,
            vote: None,
            signers: if is_checkpoint(height, self.config.epoch) {
                signers.to_vec()
            } else {
                Vec::new()
            },
            previous: last_of(&self.tree, parent, node(u16::try_from(who).unwrap())),
            strayed: Height::ZERO,
        };
        tune(&mut header);
        if self.config.style == Style::Clique {
            header.slot = safety::slot(&self.config, header.time);
        }
        let block = Arc::new(Block { header: self.keys[who].sign(header), payload: None });
        let name = message::name(&block.header);
        let mut entry = safety::entry(&self.config, &self.tree, parent, &block, name)?;
        entry.verdict = Verdict::Valid;
        self.blocks.push(block);
        Ok(self.tree.insert(entry))
    }

    /// Seals one block for each of these, one on the other; the last one's place.
    pub(super) fn chain(&mut self, parent: usize, who: &[usize]) -> Result<usize, Flaw> {
        who.iter().try_fold(parent, |parent, &who| self.add(parent, who))
    }
    /// The blocks of the chain that ends here, parents first.
    pub(super) fn blocks_to(&self, tip: usize) -> Vec<Arc<Block>> {
        let mut blocks: Vec<Arc<Block>> =
            self.tree.chain(tip).filter_map(|entry| entry.block.clone()).collect();
        blocks.reverse();
        blocks
    }
}

/// The moment up to which `blocks` periods have passed, and a little more.
pub(super) fn after_periods(blocks: u64) -> types::Duration {
    ms(100 * blocks + 50)
}
