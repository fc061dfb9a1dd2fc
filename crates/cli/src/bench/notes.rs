//! The load: notes of a fixed size, made before the clock starts.

use app::{NOTE_PUT, NOTES};
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{Account, Operation, Transaction, sign_transaction};
use types::{ChainId, Prng, Time};

use crate::failure::{Failure, Result};

/// What stands before the nonce in a transaction's bytes: chain and sender.
const NONCE_AT: usize = 64;
/// The stream of the generator that makes keys and payloads; they live as long as the measurement.
const PRNG_STREAM: u64 = 0x6c6f_6164;

/// What all notes of a load have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) chain: ChainId,
    pub(crate) tx_size: usize,
    pub(crate) signed: bool,
    pub(crate) expires: Time,
}

/// An endless supply of notes by some senders.
///
/// Unsigned ones are made by writing the next nonce into a finished note. Signed ones are signed beforehand, as many
/// as are wanted, so that signing costs nothing while the clock runs.
#[derive(Debug)]
pub(crate) struct Supply {
    senders: Vec<Sender>,
    next: usize,
    ready: std::vec::IntoIter<Vec<u8>>,
    signed: bool,
}

#[derive(Debug)]
struct Sender {
    template: Transaction,
    bytes: Vec<u8>,
    key: SecretKey,
    nonce: u64,
}

impl Supply {
    /// Notes by `senders` senders, none of whom is in the supply of another `stream`; `count` of them made at once.
    pub(crate) fn new(kind: &Kind, stream: u64, senders: usize, count: usize) -> Result<Self> {
        let mut prng = Prng::new(stream, PRNG_STREAM);
        let senders =
            (0..senders).map(|_| Sender::new(kind, &mut prng)).collect::<Result<Vec<_>>>()?;
        let mut supply =
            Self { senders, next: 0, ready: Vec::new().into_iter(), signed: kind.signed };
        if kind.signed {
            supply.ready = (0..count).map(|_| supply.make()).collect::<Vec<_>>().into_iter();
        }
        Ok(supply)
    }

    /// The next note's bytes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        self.ready.next().unwrap_or_else(|| self.make())
    }

    fn make(&mut self) -> Vec<u8> {
        let signed = self.signed;
        self.next = (self.next + 1) % self.senders.len();
        self.senders[self.next].make(signed)
    }
}

impl Sender {
    fn new(kind: &Kind, prng: &mut Prng) -> Result<Self> {
        let mut seed = [0; 32];
        prng.fill(&mut seed);
        let key = SecretKey::from_seed(seed);
        let mut template = Transaction {
            chain: kind.chain,
            sender: Account(key.public().to_bytes()),
            nonce: 0,
            operation: Operation { app: NOTES, verb: NOTE_PUT },
            payload: Bytes(Vec::new()),
            fee: 0,
            expires: kind.expires,
            signature: Signature([0; 64]),
        };
        let empty = template.to_bytes().len();
        let Some(length) = kind.tx_size.checked_sub(empty) else {
            return Err(Failure::usage(format!("no transaction has {} bytes", kind.tx_size))
                .why(format!("the smallest has {empty}"))
                .next(format!("--tx-size {empty} or more")));
        };
        template.payload.0.resize(length, 0);
        prng.fill(&mut template.payload.0);
        let bytes = template.to_bytes();
        Ok(Self { template, bytes, key, nonce: 0 })
    }

    fn make(&mut self, signed: bool) -> Vec<u8> {
        self.nonce += 1;
        if signed {
            self.template.nonce = self.nonce;
            sign_transaction(&mut self.template, &self.key);
            return self.template.to_bytes();
        }
        self.bytes[NONCE_AT..NONCE_AT + 8].copy_from_slice(&self.nonce.to_le_bytes());
        self.bytes.clone()
    }
}

#[cfg(test)]
mod tests;
