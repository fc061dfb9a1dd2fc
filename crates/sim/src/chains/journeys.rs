//! Those who send something to another chain, and ask again until it has begun.

use app::crossings::{CROSSINGS, Ends, Send, Sent, Verb, ends, sent};
use codec::{Bytes, Encode};
use crypto::Signature;
use ledger::{Account, Operation, SealedTransaction, StateTree, Transaction};
use types::{ChainId, Time};

/// A sender asks again after so long.
pub(super) const AGAIN_US: u64 = 60_000;

/// One transfer, and where it stands.
#[derive(Debug)]
pub(super) struct Journey {
    /// The places of its chains.
    pub(super) from: usize,
    pub(super) to: usize,
    /// When its sender asks, for the first time or again.
    pub(super) next_us: u64,
    life_us: u64,
    account: Account,
    asked: Option<SealedTransaction>,
    deadline: Time,
    /// It has begun, or never will.
    is_decided: bool,
}

impl Journey {
    pub(super) fn new(number: u64, from: usize, to: usize, next_us: u64, life_us: u64) -> Self {
        let account =
            Account(*crypto::hash("unisono-sim-sender", &number.to_le_bytes()).as_bytes());
        Self {
            from,
            to,
            next_us,
            life_us,
            account,
            asked: None,
            deadline: Time::ZERO,
            is_decided: false,
        }
    }

    /// The transaction that begins it; the same as long as it has not begun.
    pub(super) fn ask(&mut self, now_us: u64, ids: [ChainId; 2]) -> Option<SealedTransaction> {
        self.next_us = now_us + AGAIN_US;
        if self.asked.is_none() {
            let [from, to] = ids;
            self.deadline = Time::from_us(now_us + self.life_us);
            let deadline = self.deadline;
            let body = Bytes(self.account.0.to_vec());
            let wish = Send { to, receiver: self.account, deadline, body };
            self.asked = transaction(from, self.account, 1, Verb::Send, wish.to_bytes());
        }
        self.asked.clone()
    }

    /// Looks whether it stands in the state of the chain where it begins, whose last certified block has this time: behind
    /// its deadline it does not begin any more.
    pub(super) fn look(&mut self, state: &StateTree, time: Time, to: ChainId) {
        let Ends { sent: count, .. } = ends(state, to).unwrap_or_default();
        let is_ours = |one: Sent| one.crossing.sender == self.account;
        let has_begun = (0..count).any(|number| sent(state, to, number).is_some_and(is_ours));
        if has_begun || self.asked.is_some() && time >= self.deadline {
            self.is_decided = true;
            self.next_us = u64::MAX;
        }
    }

    /// Whether it has begun, or never will.
    pub(super) const fn is_decided(&self) -> bool {
        self.is_decided
    }
}

/// A request to a chain's crossings.
pub(super) fn transaction(
    chain: ChainId,
    sender: Account,
    nonce: u64,
    verb: Verb,
    payload: Vec<u8>,
) -> Option<SealedTransaction> {
    let transaction = Transaction {
        chain,
        sender,
        nonce,
        operation: Operation { app: CROSSINGS, verb: verb as u16 },
        payload: Bytes(payload),
        fee: 0,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    };
    SealedTransaction::new(&transaction).ok()
}
