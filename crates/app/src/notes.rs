//! Application 2: notes. Their bytes are agreed, ordered and provable, and change no state.

use ledger::{AppId, Outcome, Refusal, StateTree, TxView};

use crate::{App, BlockContext, Event};

/// The notes' number.
pub const NOTES: AppId = AppId(2);
/// The one verb: put a note of any bytes on the record.
pub const NOTE_PUT: u16 = 1;

#[derive(Debug)]
pub(crate) struct Notes;

impl App for Notes {
    fn id(&self) -> AppId {
        NOTES
    }
    fn name(&self) -> &'static str {
        "notes"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        if tx.operation.verb == NOTE_PUT { Ok(()) } else { Err(Refusal::UnknownOperation) }
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        _: &BlockContext<'_>,
        _: u32,
        _: &mut StateTree,
        _: &mut Vec<Event>,
    ) -> Outcome {
        match self.check(tx) {
            Ok(()) => Outcome::Applied,
            Err(refusal) => Outcome::Refused(refusal),
        }
    }
}
