//! Checking blocks as an outsider does: from the genesis on, believing nothing that a quorum has not attested.

use types::{Digest, Height};

use super::{Frontier, History, HistoryError, Outline, Piece};
use crate::{Attesters, Block, Genesis, Header, Lineage, Seal};

/// Checks blocks one after the other; between them it remembers the last one and who attests.
#[derive(Debug)]
pub struct Auditor {
    genesis: Genesis,
    lineage: Lineage,
    /// The first height of a validator set, and the set.
    attesters: Option<(Height, Attesters)>,
}

/// What an audit of a store has found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Audit {
    /// How many blocks were read.
    pub blocks: u64,
    /// How many transactions they hold.
    pub transactions: u64,
    /// What is damaged, lowest first, at most [`Audit::FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// How many more faults there are.
    pub faults_missed: u64,
}

/// A damaged block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Its height.
    pub height: Height,
    /// What is wrong with it.
    pub what: String,
}

impl Audit {
    /// Most faults that are told apart; more are counted.
    pub const FAULTS_MAX: usize = 1_024;

    fn add(&mut self, height: Height, what: String) {
        if self.faults.len() < Self::FAULTS_MAX {
            self.faults.push(Fault { height, what });
        } else {
            self.faults_missed += 1;
        }
    }
}

impl Auditor {
    /// An auditor of a chain that knows how its validators followed each other.
    #[must_use]
    pub const fn new(genesis: Genesis, lineage: Lineage) -> Self {
        Self { genesis, lineage, attesters: None }
    }
    /// Checks that a block fits together and that a quorum of its validators attests it.
    ///
    /// # Errors
    /// Where it does not, or nobody does.
    pub fn check(&mut self, block: &Block) -> Result<Piece, HistoryError> {
        let piece = Piece::of(block)?;
        self.check_seal(&piece.outline)?;
        Ok(piece)
    }
    /// Checks that a quorum attests an outline, which has been checked against itself.
    ///
    /// # Errors
    /// Where it does not.
    pub fn check_seal(&mut self, outline: &Outline) -> Result<(), HistoryError> {
        let (Header { height, chain, .. }, wanted) = (&outline.header, self.genesis.chain_id());
        if *chain != wanted {
            return Err(HistoryError::WrongChain { found: *chain, wanted });
        }
        let unsound = |why: String| HistoryError::Unsound { height: *height, why };
        let attesters = self.attesters(*height)?;
        match &outline.seal {
            Seal::Certificate(certificate) => certificate
                .verify(attesters)
                .map_err(|error| unsound(format!("its certificate does not hold: {error}"))),
            Seal::None | Seal::Signed(_) | Seal::Work { .. } => {
                Err(unsound("no quorum attests it".to_owned()))
            }
        }
    }
    /// Who attests a height; found anew where it is another set than that of the last height asked for.
    fn attesters(&mut self, height: Height) -> Result<&Attesters, HistoryError> {
        let since = self.lineage.set_since(height);
        let known = self.attesters.take().filter(|(first, _)| *first == since);
        let found = match known {
            Some(known) => known,
            None => {
                let attesters = self.lineage.until(height).attesters(&self.genesis, height);
                let unsound = |error| HistoryError::Unsound {
                    height,
                    why: format!("its validators do not follow from the genesis: {error}"),
                };
                (since, attesters.map_err(unsound)?)
            }
        };
        Ok(&self.attesters.insert(found).1)
    }
    /// Reads a whole store and says what is damaged. Blocks whose batches are pruned are checked by their outlines.
    ///
    /// # Errors
    /// Where the store does not answer; damage is no error.
    pub fn audit(
        &mut self,
        store: &(impl History + ?Sized),
        mut on_block: impl FnMut(Height),
    ) -> Result<Audit, HistoryError> {
        let (tip, mut audit) = (store.tip()?, Audit::default());
        // Where a block is damaged, nothing is known of its hash: the next one's parent is not compared, nor the tree.
        let mut parent = Some(Digest::ZERO);
        let mut frontier = Some(Frontier::default());
        let mut at = Height::new(1);
        while at <= tip.height {
            let checked = self.audit_one(store, at, parent, at <= tip.pruned);
            match checked.and_then(|outline| index(store, &outline, frontier.as_mut())) {
                Ok((hash, transactions)) => {
                    audit.transactions += transactions;
                    parent = Some(hash);
                }
                Err(error) if error.is_temporary() => return Err(error),
                Err(error) => {
                    audit.add(at, why(error));
                    (parent, frontier) = (None, None);
                }
            }
            audit.blocks += 1;
            on_block(at);
            at = at.next();
        }
        if parent.is_some_and(|last| last != tip.hash) {
            audit.add(tip.height, "the store names another last block".to_owned());
        }
        Ok(audit)
    }
    fn audit_one(
        &mut self,
        store: &(impl History + ?Sized),
        height: Height,
        parent: Option<Digest>,
        is_pruned: bool,
    ) -> Result<Outline, HistoryError> {
        let outline = store.outline(height)?.ok_or(HistoryError::missing(height))?;
        outline.check().map_err(|what| HistoryError::corrupt(height, what))?;
        self.check_seal(&outline)?;
        if outline.header.height != height {
            return Err(HistoryError::corrupt(height, "another block stands in its place"));
        }
        if parent.is_some_and(|parent| parent != outline.header.parent) {
            let what = "it does not name the block before it as its parent";
            return Err(HistoryError::corrupt(height, what));
        }
        if !is_pruned {
            let batches = store.batches(height)?.ok_or(HistoryError::missing(height))?;
            let whole = outline.clone().with(batches);
            whole.map_err(|what| HistoryError::corrupt(height, what))?;
        }
        Ok(outline)
    }
}

/// What stands beside a sound block; its hash, and how many transactions it holds.
fn index(
    store: &(impl History + ?Sized),
    outline: &Outline,
    frontier: Option<&mut Frontier>,
) -> Result<(Digest, u64), HistoryError> {
    let hash = outline.header.hash();
    let nodes = frontier.map(|frontier| frontier.push(&hash));
    store.check_index(outline, hash, nodes.as_deref())?;
    Ok((hash, outline.records.len() as u64))
}

/// An error of one block without its height, which stands beside it.
fn why(error: HistoryError) -> String {
    match error {
        HistoryError::Corrupt { what, .. } => what,
        HistoryError::Unsound { why, .. } => why,
        HistoryError::Unavailable { .. }
        | HistoryError::NotNext { .. }
        | HistoryError::Fork { .. }
        | HistoryError::WrongChain { .. }
        | HistoryError::Pruned { .. }
        | HistoryError::TooNew { .. }
        | HistoryError::ReadOnly => error.to_string(),
    }
}
