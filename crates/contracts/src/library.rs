//! Compiled modules at hand. They stand beside the state and are no part of it: whether one is at hand changes how long a
//! call takes, and neither its answer nor its fuel.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Program, Unfit};

/// Most programs that are kept compiled.
pub const PROGRAMS_KEPT_MAX: usize = 32;

/// The programs that were asked for last, by the digests of their modules.
#[derive(Default, Debug)]
pub struct Library(Mutex<Shelf>);

#[derive(Default, Debug)]
struct Shelf {
    programs: BTreeMap<[u8; 32], Kept>,
    asked: u64,
}

#[derive(Debug)]
struct Kept {
    program: Arc<Program>,
    /// When it was last asked for, counted in questions.
    asked: u64,
}

impl Library {
    /// The program of a module, by the digest of its bytes; it is examined and compiled where it is not at hand.
    ///
    /// # Errors
    /// Why it can be no contract; that is not remembered.
    pub fn program(&self, digest: [u8; 32], code: &[u8]) -> Result<Arc<Program>, Unfit> {
        let mut shelf = self.lock();
        shelf.asked = shelf.asked.saturating_add(1);
        let asked = shelf.asked;
        if let Some(kept) = shelf.programs.get_mut(&digest) {
            kept.asked = asked;
            return Ok(Arc::clone(&kept.program));
        }
        let program = Arc::new(Program::load(code)?);
        if shelf.programs.len() >= PROGRAMS_KEPT_MAX {
            let oldest = shelf.programs.iter().min_by_key(|(_, kept)| kept.asked);
            if let Some(digest) = oldest.map(|(&digest, _)| digest) {
                shelf.programs.remove(&digest);
            }
        }
        shelf.programs.insert(digest, Kept { program: Arc::clone(&program), asked });
        Ok(program)
    }

    /// How many programs are at hand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().programs.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
