//! When a block is confirmed, and when it is final: counted from the headers alone.

use types::{NodeId, Quorum};

use crate::Config;
use crate::signers::Signers;
use crate::tree::Tree;

/// What counts of a block that is being put in: who sealed it, where, and where else it had sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seal {
    pub(crate) parent: usize,
    pub(crate) sealer: NodeId,
    pub(crate) height: u64,
    pub(crate) strayed: u64,
}

/// How many distinct signers confirm and settle.
pub(crate) fn quorum(config: &Config, signers: &Signers) -> usize {
    if broken!(config, FinalityOfOne) { 1 } else { Quorum::of(signers.len()).size() }
}

/// Distinct sealers met on the way down a chain, with the lowest height that each has strayed to.
struct Tally<'a> {
    signers: &'a Signers,
    strayed: Vec<u64>,
    seen: usize,
    /// Whether somebody strayed above the floor, so that who counts depends on the height.
    mixed: bool,
    floor: u64,
}

impl<'a> Tally<'a> {
    fn new(signers: &'a Signers, floor: u64) -> Self {
        Self { signers, strayed: vec![u64::MAX; signers.len()], seen: 0, mixed: false, floor }
    }
    fn add(&mut self, sealer: NodeId, strayed: u64) {
        let Some(at) = self.signers.position(sealer) else { return };
        let known = &mut self.strayed[at];
        if *known == u64::MAX && strayed < u64::MAX {
            self.seen += 1;
        }
        *known = strayed.min(*known);
        self.mixed |= strayed > self.floor;
    }
    /// How many of them never sealed off this branch at `height` or above.
    fn count(&self, height: u64) -> usize {
        if self.mixed {
            self.strayed.iter().filter(|strayed| **strayed < height).count()
        } else {
            self.seen
        }
    }
}

/// The highest confirmed height in the chain that ends with `seal` (L21).
pub(crate) fn confirmed(tree: &Tree, seal: Seal, config: &Config) -> u64 {
    let parent = tree.at(seal.parent);
    let (floor, q) = (parent.confirmed, quorum(config, &parent.signers));
    let mut tally = Tally::new(&parent.signers, floor);
    tally.add(seal.sealer, seal.strayed);
    if tally.count(seal.height) >= q {
        return seal.height;
    }
    for entry in tree.chain(seal.parent).take_while(|entry| entry.height > floor) {
        tally.add(entry.sealer, entry.strayed);
        if tally.count(entry.height) >= q {
            return entry.height;
        }
    }
    floor
}

/// The highest final height in the chain that ends with `seal`, of which `confirmed` is confirmed (L22).
pub(crate) fn settled(tree: &Tree, seal: Seal, confirmed: u64, config: &Config) -> u64 {
    if broken!(config, ConfirmedIsFinal) {
        return confirmed;
    }
    let parent = tree.at(seal.parent);
    let (floor, q) = (parent.settled, quorum(config, &parent.signers));
    if confirmed <= floor {
        return floor;
    }
    let mut tally = Tally::new(&parent.signers, floor);
    tally.add(seal.sealer, seal.strayed);
    if tally.count(confirmed) >= q {
        return confirmed;
    }
    for entry in tree.chain(seal.parent).take_while(|entry| entry.confirmed > floor) {
        tally.add(entry.sealer, entry.strayed);
        if tally.count(entry.confirmed) >= q {
            return entry.confirmed;
        }
    }
    floor
}
