//! Chain agreed transactions into blocks and prove it to anybody offline.
//!
//! A client signs a [`Transaction`]; a validator seals many into a [`Batch`]; a core orders the digests of
//! batches as a [`Proposal`]; execution turns a decided proposal into a [`Header`] over outcomes and state
//! roots; a quorum of attestations makes a [`BlockCertificate`]; and certificate plus Merkle path is a
//! [`Receipt`], checkable by anyone who knows the [`Genesis`].
//!
//! A [`Chain`] takes whole [`Block`]s as they come and follows its protocol's fork choice; its [`ChainHead`] is a signed
//! note that other programs read. A [`History`] keeps final blocks to be read, proved and archived.

mod batch;
mod block;
mod chain;
mod clock;
mod epoch;
mod genesis;
mod head;
mod history;
pub mod kinds;
mod lineage;
mod nonces;
mod note;
mod outcome;
mod receipt;
mod state;
mod transaction;

pub use batch::{Batch, BatchError, check_client_signatures};
pub use block::{
    Attestation, BlockCertificate, CertificateError, CertifiedBlock, Header, Proposal, StoredBlock,
    TxRecord,
};
pub use chain::{
    ALARMS_MAX, Alarm, Block, BlockError, Chain, ChainError, ConfigError, ConsensusConfig,
    CryptoConfig, FINALITY_DEPTH_MAX, ForkChoice, Offered, Place, SIDE_BLOCKS_MAX, Seal, SealError,
    Sealed, Sealing, Summary, way_of,
};
pub use clock::{ClockOrder, VectorClock};
pub use epoch::{Attesters, Epoch, Member, WEIGHT_TOTAL_MAX};
pub use genesis::{Genesis, GenesisError, Validator};
pub use head::{BlockProof, ChainHead, HeadError, lineage_line, note_keys, note_keys_of, origin};
pub use history::{
    Audit, Auditor, BlocksPage, By, Fault, Frontier, History, HistoryError, MemoryHistory, Outline,
    PAGE_BLOCKS_MAX, PAGE_BYTES_MAX, Piece, Tip, Walk,
};
pub use kinds::Kind;
pub use lineage::{EPOCHS, Handover, LINEAGE_EPOCHS_MAX, Lineage, LineageError};
pub use nonces::Nonces;
pub use note::{
    NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, NoteError, NoteKey, NoteSignature, SignedNote,
};
pub use outcome::{Outcome, Refusal};
pub use receipt::{Receipt, ReceiptError};
pub use state::{Change, EntryProof, StatePath, StateTree};
pub use transaction::{
    Account, AppId, Operation, SealedTransaction, Transaction, TxView, sign_transaction,
    tx_signing_bytes,
};

#[cfg(test)]
mod tests;
