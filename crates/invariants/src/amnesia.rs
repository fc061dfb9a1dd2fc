use protocol::Promise;
use types::{NodeId, View};

use crate::table::{Table, fold};
use crate::{AMNESIA, Violation};

/// At least so many of a replica's last statements are remembered, and at most twice as many: older ones lie below
/// every watermark.
const KEPT_MAX: usize = 1 << 10;

/// Checks S9 (rule D-8): remembers every promise that a correct replica ever let out.
#[derive(Clone, Debug)]
pub struct Amnesia {
    replicas: Vec<Memory>,
}

#[derive(Clone, Default, Debug)]
struct Memory {
    recent: Table,
    older: Table,
    /// Earlier views have been left for good.
    view: View,
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
    /// Where it contradicts an earlier one.
    pub fn let_out(&mut self, by: NodeId, promise: Promise) -> Result<(), Violation> {
        let Some(memory) = self.replicas.get_mut(by.index()) else { return Ok(()) };
        match promise {
            Promise::Leaves { view } => memory.view = memory.view.max(view),
            Promise::Says { kind, view, place, value, vote } => {
                let (first, fresh) = memory.keep(fold([kind.into(), view.get(), place]), value);
                if first != value {
                    return Err(AMNESIA.violated(format!(
                        "{by} says {value:016x} in a statement of kind {kind} in view {view} about {place}, after \
                         {first:016x}"
                    )));
                }
                if vote && fresh && view < memory.view {
                    return Err(AMNESIA.violated(format!(
                        "{by} makes a new statement of kind {kind} about {place} in view {view}, having left it for \
                         view {}",
                        memory.view
                    )));
                }
            }
        }
        Ok(())
    }
}

impl Memory {
    /// What was said first under a key, and whether that was now.
    fn keep(&mut self, key: u64, value: u64) -> (u64, bool) {
        if let Some(first) = self.older.get(key) {
            return (first, false);
        }
        let before = self.recent.len();
        let first = self.recent.get_or_insert(key, value);
        let fresh = self.recent.len() > before;
        if self.recent.len() >= KEPT_MAX {
            std::mem::swap(&mut self.recent, &mut self.older);
            self.recent.clear();
        }
        (first, fresh)
    }
}
