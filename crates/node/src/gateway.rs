//! Keys of the node that sign transactions: one for clients who bring none of their own, one for the validator itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use app::governance::FeeRule;
use codec::Bytes;
use crypto::{Sign, Signature};
use ledger::{
    Account, ChainHead, NoteKey, NoteSignature, Operation, SealedTransaction, Transaction,
    sign_transaction,
};
use types::{ChainId, Duration, Time};

use crate::handle::NodeError;

/// How long a request of the gateway may wait to be executed.
const TTL: Duration = Duration::from_ms(3_600_000);

/// What the next block's transactions must offer, as far as this node has executed.
#[derive(Debug, Default)]
pub(crate) struct Fees(Mutex<FeeRule>);

impl Fees {
    /// Notes the rule.
    pub(crate) fn set(&self, rule: FeeRule) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rule;
    }
    fn least(&self, payload_bytes: usize) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).least(payload_bytes)
    }
}

/// Signs requests, each under a nonce of its own.
#[derive(Debug)]
pub(crate) struct Gateway {
    key: Arc<dyn Sign>,
    chain: ChainId,
    fees: Arc<Fees>,
    /// Counts up from the generation's own range, so that the ledger keeps one range of used nonces per start.
    next_nonce: AtomicU64,
}

impl Gateway {
    pub(crate) const fn new(
        key: Arc<dyn Sign>,
        chain: ChainId,
        fees: Arc<Fees>,
        generation: u64,
    ) -> Self {
        Self { key, chain, fees, next_nonce: AtomicU64::new(generation << 32) }
    }

    /// Signs the chain's head in the name of a validator whose key this is.
    pub(crate) fn sign_head(&self, head: &ChainHead, name: &NoteKey) -> NoteSignature {
        head.sign(name, &*self.key)
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
            fee: self.fees.least(payload.len()),
            payload: Bytes(payload),
            expires: Time::from_us(crate::clock::now().us()).after(TTL),
            signature: Signature::NONE,
        };
        sign_transaction(&mut transaction, &*self.key);
        SealedTransaction::new(&transaction)
            .map_err(|_| NodeError::TooLarge("the payload is larger than a transaction may carry"))
    }
}
