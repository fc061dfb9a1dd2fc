//! The core's log with the epoch that it is of: the first record names it, so that both change in one write.

use codec::{Decode, DecodeError, Encode};
use ledger::Epoch;

/// The first byte of the record that names the epoch; no core's record begins so.
const MARK: u8 = 0xff;

/// A log of an epoch; the first epoch's has no mark.
pub(crate) fn begin(epoch: Option<&Epoch>, records: impl Iterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mark = epoch.map(|epoch| {
        let mut bytes = vec![MARK];
        epoch.encode(&mut bytes);
        bytes
    });
    mark.into_iter().chain(records).collect()
}

/// The epoch and the records of a kept log.
///
/// # Errors
/// Where a record is none of these.
pub fn read<R: Decode>(log: &[Vec<u8>]) -> Result<(Option<Epoch>, Vec<R>), DecodeError> {
    let marked = log.split_first().and_then(|(first, rest)| match first.split_first() {
        Some((&MARK, epoch)) => Some((epoch, rest)),
        Some(_) | None => None,
    });
    let (epoch, records) = match marked {
        Some((epoch, rest)) => (Some(Epoch::from_bytes(epoch)?), rest),
        None => (None, log),
    };
    let records: Result<Vec<R>, _> = records.iter().map(|bytes| R::from_bytes(bytes)).collect();
    Ok((epoch, records?))
}

#[cfg(test)]
mod tests;
