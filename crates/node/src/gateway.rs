//! Keys of the node that sign transactions: one for clients who bring none of their own, one for the validator itself.

use std::sync::atomic::{AtomicU64, Ordering};

use codec::Bytes;
use crypto::{SecretKey, Signature};
use ledger::{Account, Operation, SealedTransaction, Transaction, sign_transaction};
use types::{ChainId, Duration, Time};

use crate::handle::NodeError;

/// How long a request of the gateway may wait to be executed.
const TTL: Duration = Duration::from_ms(3_600_000);

/// Signs requests, each under a nonce of its own.
#[derive(Debug)]
pub(crate) struct Gateway {
    key: SecretKey,
    chain: ChainId,
    /// Counts up from the generation's own range, so that the ledger keeps one range of used nonces per start.
    next_nonce: AtomicU64,
}

impl Gateway {
    pub(crate) const fn new(key: SecretKey, chain: ChainId, generation: u64) -> Self {
        Self { key, chain, next_nonce: AtomicU64::new(generation << 32) }
    }

    pub(crate) fn seal(
        &self,
        operation: Operation,
        payload: Vec<u8>,
    ) -> Result<SealedTransaction, NodeError> {
        let mut transaction = Transaction {
            chain: self.chain,
            sender: Account::default(),
            nonce: self.next_nonce.fetch_add(1, Ordering::Relaxed),
            operation,
            payload: Bytes(payload),
            fee: 0,
            expires: Time::from_us(crate::clock::now().us()).after(TTL),
            signature: Signature::NONE,
        };
        sign_transaction(&mut transaction, &self.key);
        SealedTransaction::new(&transaction)
            .map_err(|_| NodeError::TooLarge("the payload is larger than a transaction may carry"))
    }
}
