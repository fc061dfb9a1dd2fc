use ledger::{Outcome, Refusal, TxRecord};
use types::{Digest, Height};

use crate::table::Table;
use crate::{EXACTLY_ONCE, VALIDITY, Violation};

/// Checks S2 and S4 over the blocks of the chain, each looked at once.
#[derive(Clone, Default, Debug)]
pub struct Transactions {
    numbers: Table,
    executed: Vec<Height>,
}

impl Transactions {
    /// A client submits a transaction for the first time; its number counts from zero.
    pub fn submitted(&mut self, id: &Digest) -> usize {
        let number = self.executed.len();
        self.numbers.get_or_insert(id.short(), number as u64);
        self.executed.push(Height::ZERO);
        number
    }

    /// A block of the chain executes a transaction; gives its number.
    ///
    /// # Errors
    /// Where no client submitted it, or it was executed before.
    pub fn executed(&mut self, height: Height, record: &TxRecord) -> Result<usize, Violation> {
        let number = self.numbers.get(record.id.short()).and_then(|n| usize::try_from(n).ok());
        let Some(number) = number else {
            return Err(VALIDITY.violated(format!(
                "block {height} executes transaction {:?}, which no client submitted",
                record.id
            )));
        };
        match record.outcome {
            Outcome::Refused(Refusal::NonceUsed | Refusal::Expired) => Ok(number),
            Outcome::Applied | Outcome::Refused(_) => {
                let before = std::mem::replace(&mut self.executed[number], height);
                if before == Height::ZERO {
                    return Ok(number);
                }
                Err(EXACTLY_ONCE.violated(format!(
                    "block {height} executes transaction {:?}, which block {before} executed",
                    record.id
                )))
            }
        }
    }

    /// The block that executed a transaction; `None` as long as none did.
    #[must_use]
    pub fn height_of(&self, number: usize) -> Option<Height> {
        self.executed.get(number).copied().filter(|&height| height > Height::ZERO)
    }
}
