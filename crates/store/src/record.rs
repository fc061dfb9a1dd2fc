//! The wrapping of every kept record: a format's number and a checksum before the bytes.

use codec::{Decode, Encode};

use crate::StoreError;

/// The one format so far.
pub(crate) const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 5;

/// Wraps a value.
pub(crate) fn seal(value: &impl Encode) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES];
    value.encode(&mut bytes);
    finish(bytes)
}

/// Wraps bytes.
pub(crate) fn seal_bytes(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + value.len());
    bytes.resize(HEADER_BYTES, 0);
    bytes.extend_from_slice(value);
    finish(bytes)
}

fn finish(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&bytes[HEADER_BYTES..]);
    bytes[0] = FORMAT;
    bytes[1..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Unwraps bytes.
pub(crate) fn open_bytes<'a>(what: &str, bytes: &'a [u8]) -> Result<&'a [u8], StoreError> {
    let (header, body) = bytes
        .split_at_checked(HEADER_BYTES)
        .ok_or_else(|| StoreError::corrupt(format!("{what}: a record of {} bytes", bytes.len())))?;
    if header[0] != FORMAT {
        return Err(StoreError::WrongFormat { found: header[0] });
    }
    if header[1..] != crc32fast::hash(body).to_le_bytes() {
        return Err(StoreError::corrupt(format!("{what}: the checksum does not fit")));
    }
    Ok(body)
}

/// Unwraps a value.
pub(crate) fn open<T: Decode>(what: &str, bytes: &[u8]) -> Result<T, StoreError> {
    T::from_bytes(open_bytes(what, bytes)?)
        .map_err(|error| StoreError::corrupt(format!("{what}: {error}")))
}
