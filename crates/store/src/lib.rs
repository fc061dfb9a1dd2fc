//! Keep what a validator must not forget: a write-ahead log, blocks and state in fjall.
//!
//! The bytes of batches are the exception: they are appended to files beside it, so that they are written once.
//!
//! [`Store::commit`] is one atomic, synced write of everything that a round of the replica wants kept. Beside the
//! database stands the sign-state: two tiny files that say how far the database was when something
//! was last signed, so that a lost, restored or damaged database is told from a torn tail, and a validator that
//! may have forgotten what it promised does not vote.

mod error;
mod examine;
mod history;
mod index;
mod load;
mod read;
mod record;
mod segments;
mod sign_state;
mod store;

pub use error::StoreError;
pub use examine::Papers;
pub use history::ValidatorHistory;
pub use load::{Loaded, StateEntry};
pub use sign_state::VoteLoss;
pub use store::{Fault, Op, Store, StoreOptions};

#[cfg(test)]
mod tests;
