//! Deliver each sender's payloads to all honest replicas or to none, the same ones (Bracha 1987).
//!
//! A building block, not a consensus: it gives no order among senders, and a lying sender may get nothing delivered.
//!
//! - **Model**: n replicas, at most f = floor((n-1)/3) of them lie; messages come over authenticated channels, in any
//!   order and after any time. No signatures, no clocks, no disk.
//! - **Validity**: what an honest replica sends, every honest one delivers.
//! - **Agreement**: no two honest replicas deliver different payloads for one sender and sequence number.
//! - **Integrity**: an honest replica delivers at most once for each, and for an honest sender only what it sent.
//! - **Totality**: where one honest replica delivers, every honest one does.
//!
//! The pseudo-code is `specs/broadcast.md`. [`Broadcast::receive`] also takes a replica's own messages: whoever carries
//! them brings each back to its maker.

#[macro_use]
mod mutants;

mod broadcast;
mod instance;
mod message;

pub use broadcast::{Broadcast, Delivery, Refusal, SEQUENCES_OPEN_MAX, Step};
pub use message::{Carried, Claim, Message, Place};

#[cfg(test)]
mod tests;
