use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use types::ChainId;

use crate::{CROSSINGS, Violation};

/// One transfer of data between two chains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Crossing {
    /// Where it began.
    pub from: ChainId,
    /// Where it is to arrive.
    pub to: ChainId,
    /// Its number among all from there to there.
    pub number: u64,
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crossing {} from {:?} to {:?}", self.number, self.from.0, self.to.0)
    }
}

/// Checks S15, over what the certified states of both chains show.
#[derive(Clone, Default, Debug)]
pub struct Crossings {
    begun: BTreeSet<Crossing>,
    arrived: BTreeSet<Crossing>,
    /// Those that are over where they began, and whether as delivered.
    ended: BTreeMap<Crossing, bool>,
}

impl Crossings {
    /// A crossing stands where it began.
    pub fn begun(&mut self, crossing: Crossing) {
        self.begun.insert(crossing);
    }

    /// A crossing stands where it arrived.
    ///
    /// # Errors
    /// Where it never began, or has been returned.
    pub fn arrived(&mut self, crossing: Crossing) -> Result<(), Violation> {
        self.arrived.insert(crossing);
        if !self.begun.contains(&crossing) {
            return Err(CROSSINGS.violated(format!("{crossing} has arrived and never began")));
        }
        self.agree(crossing)
    }

    /// A crossing is over where it began: delivered, or else returned.
    ///
    /// # Errors
    /// Where it had ended otherwise, or the other chain shows something else.
    pub fn ended(&mut self, crossing: Crossing, delivered: bool) -> Result<(), Violation> {
        let before = self.ended.insert(crossing, delivered);
        if before.is_some_and(|before| before != delivered) {
            return Err(CROSSINGS.violated(format!("{crossing} has ended in both ways")));
        }
        self.agree(crossing)
    }

    fn agree(&self, crossing: Crossing) -> Result<(), Violation> {
        let arrived = self.arrived.contains(&crossing);
        match self.ended.get(&crossing) {
            Some(false) if arrived => {
                Err(CROSSINGS.violated(format!("{crossing} has arrived and been returned")))
            }
            Some(true) if !arrived => {
                Err(CROSSINGS.violated(format!("{crossing} is delivered and has not arrived")))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// How many were delivered and how many returned.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let delivered = self.ended.values().filter(|delivered| **delivered).count();
        (delivered, self.ended.len() - delivered)
    }

    /// The first crossing that is not over.
    #[must_use]
    pub fn open(&self) -> Option<Crossing> {
        self.begun.iter().find(|crossing| !self.ended.contains_key(crossing)).copied()
    }
}
