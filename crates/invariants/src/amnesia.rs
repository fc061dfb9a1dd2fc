use types::NodeId;

use crate::table::{Table, fold};
use crate::{AMNESIA, Violation};

/// Something a replica says at most once about one place: a vote, a proposal, an attestation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Promise {
    /// What kind of statement.
    pub kind: u8,
    /// In which view; zero where the kind knows none.
    pub view: u64,
    /// About which place.
    pub place: u64,
    /// What it says, shortened.
    pub value: u64,
}

/// Statements remembered for one replica, twice this many at most: older ones are below every watermark.
const KEPT_MAX: usize = 1 << 15;

/// Checks S9 (rule D-8): remembers every promise that a correct replica ever let out.
#[derive(Clone, Debug)]
pub struct Amnesia {
    replicas: Vec<Memory>,
}

#[derive(Clone, Default, Debug)]
struct Memory {
    recent: Table,
    older: Table,
}

impl Amnesia {
    /// A ledger for `n` replicas.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { replicas: vec![Memory::default(); n] }
    }

    /// A correct replica lets a promise out.
    ///
    /// # Errors
    /// Where it once promised something else about the same place.
    pub fn let_out(&mut self, by: NodeId, promise: Promise) -> Result<(), Violation> {
        let Promise { kind, view, place, value } = promise;
        let Some(memory) = self.replicas.get_mut(by.index()) else { return Ok(()) };
        let first = memory.keep(fold([kind.into(), view, place]), value);
        if first == value {
            return Ok(());
        }
        Err(AMNESIA.violated(format!(
            "{by} says {value:016x} in a statement of kind {kind} in view {view} about {place}, after {first:016x}"
        )))
    }
}

impl Memory {
    fn keep(&mut self, key: u64, value: u64) -> u64 {
        if let Some(first) = self.older.get(key) {
            return first;
        }
        let first = self.recent.get_or_insert(key, value);
        if self.recent.len() >= KEPT_MAX {
            std::mem::swap(&mut self.recent, &mut self.older);
            self.recent.clear();
        }
        first
    }
}
