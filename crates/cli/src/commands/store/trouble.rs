//! What is wrong with a store, and what to do.

use ledger::{Fault, HistoryError};

use crate::failure::{Exit, Failure};

/// An error of a store, or of two between which blocks go.
pub(super) fn explain(error: HistoryError, store: &str) -> Failure {
    let (exit, code, next) = match &error {
        HistoryError::Unavailable { .. } => (
            Exit::Failed,
            "STORE_UNAVAILABLE",
            "check the name, start what it names, and try again",
        ),
        HistoryError::Corrupt { .. } => (
            Exit::Violated,
            "STORE_DAMAGED",
            "`unisono ledger check --mend SOURCE` takes sound blocks from elsewhere; an archive is taken from another copy",
        ),
        HistoryError::Fork { .. } => (
            Exit::Violated,
            "FORK",
            "change neither: a final block has two versions, and `unisono forensics` names who signed both",
        ),
        HistoryError::Unsound { .. } => {
            (Exit::Violated, "UNSOUND", "believe nothing of this source; take another one")
        }
        HistoryError::WrongChain { .. } => (
            Exit::Failed,
            "WRONG_CHAIN",
            "name a store of the same chain, or its genesis with --genesis",
        ),
        HistoryError::NotNext { .. } => {
            (Exit::Failed, "GAP", "take a source that has the blocks between")
        }
        HistoryError::Pruned { .. } => (
            Exit::Failed,
            "PRUNED",
            "take the archive that was written when the store was compacted",
        ),
        HistoryError::TooNew { .. } => {
            (Exit::Failed, "TOO_NEW", "use the version of the program that wrote it")
        }
        HistoryError::ReadOnly => {
            (Exit::Failed, "READ_ONLY", "name a store that can be written to: `sqlite:FILE`")
        }
    };
    Failure::new(exit, code, format!("the blocks of {store} cannot be used")).why(error).next(next)
}

/// A damaged block where none may be.
pub(super) fn damaged(store: &str, fault: &Fault) -> Failure {
    Failure::new(Exit::Violated, "STORE_DAMAGED", format!("{store} cannot be read back"))
        .why(format!("block {}: {}", fault.height, fault.what))
}
