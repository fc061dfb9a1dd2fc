//! Bringing blocks from one place to another, believing nothing that a quorum has not attested.

use codec::Encode;
use ledger::{
    Auditor, Block, Fault, Genesis, History, HistoryError, Lineage, PAGE_BLOCKS_MAX,
    PAGE_BYTES_MAX, Tip,
};
use types::Height;

use crate::archive::{SEGMENT_BLOCKS, SEGMENT_BYTES};

/// Where blocks come from: a store, or a validator that answers.
pub trait Source {
    /// The chain's genesis, as it says.
    fn genesis(&self) -> &Genesis;
    /// How far it goes.
    ///
    /// # Errors
    /// Where it does not answer, as all that follows.
    fn tip(&self) -> Result<Tip, HistoryError>;
    /// How the validators of the last block follow from the genesis.
    ///
    /// # Errors
    /// Where it does not answer.
    fn lineage(&self) -> Result<Lineage, HistoryError>;
    /// As [`History::page`].
    ///
    /// # Errors
    /// Where it does not answer, or is damaged.
    fn page(
        &self,
        from: Height,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Block>, HistoryError>;
}

impl<H: History + ?Sized> Source for H {
    fn genesis(&self) -> &Genesis {
        History::genesis(self)
    }
    fn tip(&self) -> Result<Tip, HistoryError> {
        History::tip(self)
    }
    fn lineage(&self) -> Result<Lineage, HistoryError> {
        History::lineage(self)
    }
    fn page(
        &self,
        from: Height,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Block>, HistoryError> {
        History::page(self, from, count_max, bytes_max)
    }
}

/// What was copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Copied {
    /// How many blocks were new.
    pub blocks: u64,
    /// How many transactions they hold.
    pub transactions: u64,
    /// How far the copy goes now.
    pub tip: Tip,
    /// The most blocks that were held at once.
    pub held_blocks_max: usize,
}

/// Appends to `to` what `from` has above it, up to a height. Each block is checked from the genesis of `to` on: that it
/// fits together, follows the one before, and is attested by a quorum of its validators. What was appended before an
/// error stays.
///
/// # Errors
/// Where one does not answer or is damaged, a block is not attested, or the two have different histories.
pub fn copy(
    from: &(impl Source + ?Sized),
    to: &mut (impl History + ?Sized),
    up_to: Option<Height>,
    mut on_blocks: impl FnMut(Height),
) -> Result<Copied, HistoryError> {
    let (found, wanted) = (from.genesis().chain_id(), History::genesis(to).chain_id());
    if found != wanted {
        return Err(HistoryError::WrongChain { found, wanted });
    }
    let theirs = from.tip()?;
    let last = up_to.map_or(theirs.height, |up_to| up_to.min(theirs.height));
    let mut auditor = take_lineage(from, to, last)?;
    let mut tip = History::tip(to)?;
    check_common(from, &tip, &theirs)?;
    let mut copied = Copied { blocks: 0, transactions: 0, tip, held_blocks_max: 0 };
    while tip.height < last {
        let blocks = gather(from, tip.height.next(), last)?;
        for block in &blocks {
            auditor.check(block)?;
            copied.transactions += block.tx_count() as u64;
        }
        if blocks.is_empty() {
            return Err(HistoryError::missing(tip.height.next()));
        }
        copied.held_blocks_max = copied.held_blocks_max.max(blocks.len());
        copied.blocks += blocks.len() as u64;
        tip = to.append(&blocks)?;
        on_blocks(tip.height);
    }
    Ok(Copied { tip, ..copied })
}

/// Keeps the longer proof of who validates, once it holds.
fn take_lineage(
    from: &(impl Source + ?Sized),
    to: &mut (impl History + ?Sized),
    height: Height,
) -> Result<Auditor, HistoryError> {
    let (theirs, ours) = (from.lineage()?.until(height), History::lineage(to)?);
    let genesis = History::genesis(to).clone();
    let is_longer = theirs.epochs.len() > ours.epochs.len();
    let longer = if is_longer { theirs } else { ours };
    if is_longer {
        longer.attesters(&genesis, height).map_err(|error| HistoryError::Unsound {
            height,
            why: format!("its validators do not follow from the genesis: {error}"),
        })?;
        to.set_lineage(&longer)?;
    }
    Ok(Auditor::new(genesis, longer))
}

/// The last block of the shorter history must be the same in both.
fn check_common(
    from: &(impl Source + ?Sized),
    ours: &Tip,
    theirs: &Tip,
) -> Result<(), HistoryError> {
    if ours.height == Height::ZERO || ours.height > theirs.height {
        return Ok(());
    }
    let hash = if ours.height == theirs.height {
        Some(theirs.hash)
    } else {
        // The next block names it, and is read anyway.
        let next = from.page(ours.height.next(), 1, 1)?;
        next.first().map(|block| block.header.parent)
    };
    match hash {
        Some(offered) if offered != ours.hash => {
            Err(HistoryError::Fork { height: ours.height, kept: ours.hash, offered })
        }
        Some(_) | None => Ok(()),
    }
}

/// As many blocks as a segment of an archive holds.
fn gather(
    from: &(impl Source + ?Sized),
    first: Height,
    last: Height,
) -> Result<Vec<Block>, HistoryError> {
    let (mut blocks, mut bytes, mut at): (Vec<Block>, usize, Height) = (Vec::new(), 0, first);
    while at <= last && blocks.len() < SEGMENT_BLOCKS && bytes < SEGMENT_BYTES {
        let left = usize::try_from(last.get() - at.get() + 1).unwrap_or(usize::MAX);
        let room = (SEGMENT_BLOCKS - blocks.len()).min(PAGE_BLOCKS_MAX).min(left);
        let page = from.page(at, room, PAGE_BYTES_MAX);
        let page = match page {
            // What came before the damage is kept; the next call meets it first.
            Err(_) if !blocks.is_empty() => break,
            page => page?,
        };
        if page.is_empty() {
            break;
        }
        for block in page {
            let height = block.header.height;
            // Blocks are held before they are checked: only those that were asked for, and by all of their bytes.
            if height != at || at > last || blocks.len() >= SEGMENT_BLOCKS {
                let why = format!("block {height} came where {at} was asked for");
                return Err(HistoryError::Unsound { height: at, why });
            }
            bytes += block.to_bytes().len();
            blocks.push(block);
            at = at.next();
        }
    }
    Ok(blocks)
}

/// Puts blocks of `from` in the place of damaged ones, each checked as in [`copy`]; those that are left damaged.
///
/// # Errors
/// Where one of the two does not answer.
pub fn mend(
    store: &mut (impl History + ?Sized),
    from: &(impl Source + ?Sized),
    faults: &[Fault],
) -> Result<Vec<Fault>, HistoryError> {
    let mut auditor = Auditor::new(History::genesis(store).clone(), History::lineage(store)?);
    let mut left = Vec::new();
    for fault in faults {
        let mended = from.page(fault.height, 1, 1).and_then(|page| {
            let block = page.into_iter().next().ok_or(HistoryError::missing(fault.height))?;
            store.replace(&auditor.check(&block)?)
        });
        match mended {
            Ok(()) => {}
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => left.push(Fault { height: fault.height, what: error.to_string() }),
        }
    }
    Ok(left)
}
