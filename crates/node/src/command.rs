//! What the node's own parts ask of the replica's thread.

use ledger::{Refusal, SealedTransaction};
use tokio::sync::oneshot;

use crate::handle::{NodeError, View};

/// A look at the replica between two of its steps.
pub(crate) type Question = Box<dyn FnOnce(&View<'_>) + Send>;
/// What became of each transaction of a submission.
pub(crate) type Admitted = Result<Vec<Result<(), Refusal>>, NodeError>;

/// A request to the replica's thread.
pub(crate) enum Command {
    /// Transactions whose client signatures have been checked.
    Submit {
        /// The transactions.
        transactions: Vec<SealedTransaction>,
        /// Who wants to know; `None` for transactions that came by gossip.
        answer: Option<oneshot::Sender<Admitted>>,
    },
    /// A look.
    Query(Question),
    /// Sync and end.
    Stop(oneshot::Sender<()>),
}
