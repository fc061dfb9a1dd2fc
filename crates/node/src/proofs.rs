//! What this node can prove to somebody who knows the genesis alone: entries of its state, and its chain's head.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use codec::{Bytes, Encode};
use crypto::merkle::{self, Tree};
use ledger::{
    AppId, BlockProof, ChainHead, EntryProof, HeadError, Header, SignedNote, lineage_line,
    note_keys_of,
};
use tokio::time::{Instant, sleep};
use types::{Digest, Height};

use crate::handle::{Handle, NodeError, Shared};

/// Of a state with more entries, absences are not proved: the key in an absent one's place is searched for among all,
/// between two steps of the replica.
pub const ABSENCE_ENTRIES_MAX: usize = 65_536;
/// How long a block may take to be certified.
const CERTIFIED_WITHIN: Duration = Duration::from_secs(5);
/// How often is looked whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Blocks that are read from the store before others get their turn.
const BLOCKS_AT_ONCE: u64 = 4_096;

/// Why something is not proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unproved {
    /// There is no such application.
    UnknownApp,
    /// The state is too large for proofs of absence.
    TooManyEntries,
    /// No quorum attests the block yet.
    NotCertified(Height),
    /// This node does not have the block, or no longer.
    NoBlock(Height),
    /// This node was no validator at that block, so its signature says nothing.
    NotValidator,
    /// The head's text is none.
    Head(HeadError),
    /// The node does not answer.
    Node(NodeError),
}

/// The tree over the blocks' hashes, as far as somebody has asked.
#[derive(Default, Debug)]
pub(crate) struct History(Mutex<Tree>);

/// A part of the chain's tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The root over the blocks up to the first size.
    pub from_root: Digest,
    /// The root over the blocks up to the second.
    pub to_root: Digest,
    /// The path between them.
    pub path: Vec<Digest>,
}

impl Handle {
    /// Proves what stands under a key of an application's state, or that nothing does, under the last block as soon as a
    /// quorum attests it.
    ///
    /// # Errors
    /// Where there is no such application, or the block is not certified in time.
    pub async fn entry(&self, app: AppId, key: Vec<u8>) -> Result<EntryProof, Unproved> {
        let wanted = key.clone();
        let found = self.query(move |view| {
            let executor = view.executor();
            let state = executor.state(app).ok_or(Unproved::UnknownApp)?;
            let value = state.get(&wanted).map(|value| Bytes(value.to_vec()));
            if value.is_none() && state.len() > ABSENCE_ENTRIES_MAX {
                return Err(Unproved::TooManyEntries);
            }
            Ok((executor.height(), value, state.prove(&wanted)))
        });
        let (height, value, path) = found.await.map_err(Unproved::Node)??;
        if height == Height::ZERO {
            return Err(Unproved::NotCertified(height));
        }
        let deadline = Instant::now() + CERTIFIED_WITHIN;
        let certificate = loop {
            if let Some(certificate) = self.certificate(height).await {
                break certificate;
            }
            if Instant::now() >= deadline {
                return Err(Unproved::NotCertified(height));
            }
            sleep(LOOK_EVERY).await;
        };
        let block = self.block(height).await.ok_or(Unproved::NoBlock(height))?;
        let shared = std::sync::Arc::clone(&self.0);
        let lineage = self.read(move || shared.lineage(height)).await.flatten();
        let lineage = lineage.ok_or(Unproved::NoBlock(height))?;
        let (header, key) = (block.header, Bytes(key));
        Ok(EntryProof { app, key, value, path, header, certificate, lineage })
    }

    /// The chain's head over its first `size` blocks (all that are certified where `None`), signed by this validator.
    ///
    /// # Errors
    /// Where this node was none at the last of them, or the blocks are not here or not certified.
    pub async fn head(&self, size: Option<u64>) -> Result<(ChainHead, SignedNote), Unproved> {
        let size = self.certified_size(size).await?;
        let root = self.with_history(size, move |tree| tree.root_at(at(size))).await?;
        let head = ChainHead { chain: self.genesis().chain_id(), size, root };
        // Whoever was in office at the last of these blocks signs, with the key that it had there.
        let height = Height::new(size);
        let office = self.0.roster.at(height).ok_or(Unproved::NotValidator)?;
        let signed = self.0.voters.iter().find_map(|(public, voter)| {
            let members = &office.epoch.members;
            let place = members.iter().position(|member| member.validator.key == *public)?;
            let keys = note_keys_of(head.chain, &office.epoch);
            Some(voter.sign_head(&head, keys.get(place)?))
        });
        let shared = std::sync::Arc::clone(&self.0);
        let lineage = self.read(move || shared.lineage(height)).await.flatten();
        let lineage = lineage.ok_or(Unproved::NoBlock(height))?;
        let mut lines = vec![signed.ok_or(Unproved::NotValidator)?];
        lines.extend(lineage_line(head.chain, &lineage));
        let note = head.to_note(lines);
        note.map(|note| (head, note)).map_err(Unproved::Head)
    }

    /// Proves that a block stands in the chain over its first `size` blocks.
    ///
    /// # Errors
    /// As [`Self::head`], and where the block is above the size.
    pub async fn block_proof(
        &self,
        height: Height,
        size: Option<u64>,
    ) -> Result<(Header, ChainHead, BlockProof), Unproved> {
        let (head, note) = self.head(size).await?;
        let index = height.get().checked_sub(1).filter(|index| *index < head.size);
        let index = index.ok_or(Unproved::NotCertified(height))?;
        let size = head.size;
        let path = self.with_history(size, move |tree| tree.inclusion_path_at(at(index), at(size)));
        let path = path.await?;
        let block = self.block(height).await.ok_or(Unproved::NoBlock(height))?;
        let extra = block.header.to_bytes();
        Ok((block.header, head, BlockProof { extra, index, path, head: note.to_text() }))
    }

    /// Proves that the chain has only grown between two sizes.
    ///
    /// # Errors
    /// Where the blocks are not here or not certified; `from` is not above `to`.
    pub async fn consistency(&self, from: u64, to: Option<u64>) -> Result<(u64, Span), Unproved> {
        self.certified_size(Some(from)).await?;
        let to = self.certified_size(to).await?;
        let span = self.with_history(to, move |tree| {
            Some(Span {
                from_root: tree.root_at(at(from))?,
                to_root: tree.root_at(at(to))?,
                path: tree.consistency_path(at(from), at(to))?,
            })
        });
        Ok((to, span.await?))
    }

    /// A size that a quorum certifies.
    async fn certified_size(&self, size: Option<u64>) -> Result<u64, Unproved> {
        let certified = self.query(|view| view.status().certified.get()).await;
        let certified = certified.map_err(Unproved::Node)?;
        let size = size.unwrap_or(certified);
        let is_there = (1..=certified).contains(&size);
        if is_there { Ok(size) } else { Err(Unproved::NotCertified(Height::new(size))) }
    }

    /// Looks at the tree over at least the first `size` blocks, all of which are certified.
    async fn with_history<T: Send + 'static>(
        &self,
        size: u64,
        look: impl FnOnce(&Tree) -> Option<T> + Send + 'static,
    ) -> Result<T, Unproved> {
        loop {
            let shared = std::sync::Arc::clone(&self.0);
            let grown = self.read(move || shared.grow_history(size)).await;
            match grown.unwrap_or(Err(Height::ZERO)) {
                Ok(true) => break,
                Ok(false) => {}
                Err(height) => return Err(Unproved::NoBlock(height)),
            }
        }
        let tree = self.0.history.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(&tree).ok_or(Unproved::NoBlock(Height::new(size)))
    }
}

impl Shared {
    /// Reads some more blocks' hashes; true where there are `size`, an error names a block that is not here.
    fn grow_history(&self, size: u64) -> Result<bool, Height> {
        let mut tree = self.history.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tree.len() as u64;
        for number in known + 1..=size.min(known.saturating_add(BLOCKS_AT_ONCE)) {
            let height = Height::new(number);
            let hash = self.hash_of(height).ok_or(height)?;
            tree.push(merkle::leaf(hash.as_bytes()));
        }
        Ok(tree.len() as u64 >= size)
    }

    /// The hash of a certified block: by its certificate, which is shorter than the block.
    fn hash_of(&self, height: Height) -> Option<Digest> {
        if let Ok(Some(certificate)) = self.store.certificate(height) {
            return Some(certificate.block);
        }
        self.store.block(height).ok().flatten().map(|block| block.header.hash())
    }
}

fn at(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
