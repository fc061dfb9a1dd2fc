//! Reads what a stopped validator kept, as evidence: nothing is started, signed or marked.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions};
use ledger::{BlockCertificate, StoredBlock};
use types::{ChainId, Height};

use crate::store::{at, keys, open_engine};
use crate::{StoreError, load, record};

/// The file by which the engine knows a folder of its own.
pub(crate) const ENGINE_MARKER: &str = "version";

/// A keyspace that a validator's store has.
pub(crate) fn keyspace(db: &Database, name: &str) -> Result<Keyspace, StoreError> {
    if db.keyspace_exists(name) {
        return Ok(db.keyspace(name, KeyspaceCreateOptions::default)?);
    }
    Err(StoreError::corrupt(format!("it has no `{name}`: no validator's store")))
}

/// What a stopped validator kept that can prove something.
pub struct Papers {
    blocks: Keyspace,
    certificates: Keyspace,
    core_log: Vec<Vec<u8>>,
    tip: Height,
    /// Holds the engine's lock.
    _db: Database,
}

impl std::fmt::Debug for Papers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Papers").field("tip", &self.tip).finish_non_exhaustive()
    }
}

impl Papers {
    /// Opens the store in a folder, which must be there and of this chain. The validator must not run.
    ///
    /// # Errors
    /// Where there is no store, it cannot be read, is in use, or belongs to another chain.
    pub fn open(path: &Path, chain: ChainId) -> Result<Self, StoreError> {
        if !path.join(ENGINE_MARKER).is_file() {
            let what = format!("no store in {}", path.display());
            return Err(std::io::Error::new(std::io::ErrorKind::NotFound, what).into());
        }
        // The engine trusts its own files in places; a panic over damaged ones is damage found, not a bug of ours.
        let opened = std::panic::catch_unwind(|| Self::read(path, chain));
        opened.unwrap_or_else(|_| Err(StoreError::corrupt("the engine cannot read its files")))
    }

    fn read(path: &Path, wanted: ChainId) -> Result<Self, StoreError> {
        let db = open_engine(path).map_err(|error| at(error, path))?;
        let keyspace = |name: &str| keyspace(&db, name);
        let chain = keyspace("meta")?.get(keys::CHAIN)?;
        let chain = chain.ok_or_else(|| StoreError::corrupt("it names no chain"))?;
        let found: ChainId = record::open("the chain's id", &chain)?;
        if found != wanted {
            return Err(StoreError::WrongChain { found, wanted });
        }
        let core_log = load::read_log(&keyspace("log")?)?.records;
        let blocks = keyspace("blocks")?;
        let tip = Height::new(load::last_height(&blocks)?);
        Ok(Self { certificates: keyspace("certificates")?, blocks, core_log, tip, _db: db })
    }

    /// The core's log, each record in its bytes.
    #[must_use]
    pub fn core_log(&self) -> &[Vec<u8>] {
        &self.core_log
    }
    /// The height of the last block; zero where there is none.
    #[must_use]
    pub const fn tip(&self) -> Height {
        self.tip
    }
    /// A kept block.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn block(&self, height: Height) -> Result<Option<StoredBlock>, StoreError> {
        let bytes = self.blocks.get(height.get().to_be_bytes())?;
        bytes.map(|bytes| record::open("a block", &bytes)).transpose()
    }
    /// A kept block's certificate.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn certificate(&self, height: Height) -> Result<Option<BlockCertificate>, StoreError> {
        let bytes = self.certificates.get(height.get().to_be_bytes())?;
        bytes.map(|bytes| record::open("a certificate", &bytes)).transpose()
    }
}
