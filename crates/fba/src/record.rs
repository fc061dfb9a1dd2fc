//! What is kept on disk, and how a replica is rebuilt from it.

use std::collections::BTreeMap;

use crypto::Signed;
use types::Seq;

use crate::message::Value;
use crate::pledge::{Ballot, Balloting, Nomination, Pledge};
use crate::replica::Core;

/// A value that a slot's statements name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The slot.
    pub seq: Seq,
    /// The value.
    pub value: Value,
}
codec::record!(Kept { seq: Seq, value: Value });

/// A pledge, and what its maker's next ballot must be about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pledged {
    /// The statement.
    pub said: Signed<Balloting>,
    /// The highest ballot confirmed as prepared, which the statement shows only where it fits its ballot.
    pub high: Option<Ballot>,
}
codec::record!(Pledged { said: Signed<Balloting>, high: Option<Ballot> });

/// What must survive a crash: each is durable before the message that it stands behind leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before a statement that votes for it, and before it is decided: the value.
    Value(Kept),
    /// Before a NOMINATE: the statement.
    Nominated(Signed<Nomination>),
    /// Before a PREPARE, CONFIRM or EXTERNALIZE: the statement.
    Pledged(Pledged),
    /// The last slot that was decided before the others of this log.
    Base(Seq),
}
codec::tagged!(Record { 1 => Value, 2 => Nominated, 3 => Pledged, 4 => Base });

/// What the log holds of one slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recovered {
    pub(crate) values: Vec<Value>,
    pub(crate) nominated: Option<Signed<Nomination>>,
    pub(crate) pledged: Option<Pledged>,
}

impl Recovered {
    /// The decided value, where the slot is decided and its value is here.
    pub(crate) fn outcome(&self) -> Option<(&Value, Signed<Balloting>)> {
        let said = &self.pledged.as_ref()?.said;
        let Pledge::Externalize(externalize) = said.statement.pledge else { return None };
        let mut values = self.values.iter();
        let value = values.find(|value| value.digest() == externalize.commit.value)?;
        Some((value, said.clone()))
    }
}

/// Sorts the log's records by slot; and the last slot decided before all of them (L44).
pub(crate) fn sort(log: Vec<Record>) -> (Seq, BTreeMap<Seq, Recovered>) {
    let mut base = Seq::ZERO;
    let mut slots: BTreeMap<Seq, Recovered> = BTreeMap::new();
    for record in log {
        match record {
            Record::Value(kept) => slots.entry(kept.seq).or_default().values.push(kept.value),
            Record::Nominated(said) => {
                let seq = said.statement.seq;
                slots.entry(seq).or_default().nominated = Some(said);
            }
            Record::Pledged(pledged) => {
                let seq = pledged.said.statement.seq;
                slots.entry(seq).or_default().pledged = Some(pledged);
            }
            Record::Base(seq) => base = seq,
        }
    }
    (base, slots)
}

impl Core {
    /// The log as it must be after slots are dropped from the history (L43).
    pub(crate) fn records(&self) -> Vec<Record> {
        let first = self.past.first().map_or(self.slot.seq, |past| past.seq);
        let mut records = vec![Record::Base(first.previous().unwrap_or(Seq::ZERO))];
        for past in self.past.iter() {
            records.push(Record::Value(Kept { seq: past.seq, value: past.value.clone() }));
            let pledged = |said| Record::Pledged(Pledged { said, high: None });
            records.extend(past.said.clone().map(pledged));
        }
        let seq = self.slot.seq;
        let kept = self.slot.values.iter().filter(|held| held.is_kept);
        records.extend(kept.map(|held| Record::Value(Kept { seq, value: held.value.clone() })));
        records.extend(self.slot.said_nomination.clone().map(Record::Nominated));
        let high = self.slot.high;
        records.extend(self.slot.said.clone().map(|said| Record::Pledged(Pledged { said, high })));
        records
    }
}
