//! Check receipts and other proofs offline, and say step by step why they hold or not.
//!
//! The rules stand in `ledger`: [`verify`] asks them, and words what they answer. The command line calls it, and so does
//! the web app, for which the program of this crate is built for WebAssembly: it reads a [`Request`] on its standard
//! input and writes a [`Verdict`] on its standard output.

mod attested;
mod head;
mod read;
mod request;
mod step;
mod verdict;

pub use read::{
    ENTRY_FORMAT, PROOF_BYTES_MAX, Proof, RECEIPT_FORMAT, ReadError, read, read_genesis,
};
pub use request::{REQUEST_BYTES_MAX, Request, answer};
pub use step::{Code, State, Step, Topic};
pub use verdict::{Proved, Signatory, Verdict, verify};

#[cfg(test)]
mod tests;
