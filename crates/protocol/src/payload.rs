use std::fmt;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use types::Digest;
use types::limits::PAYLOAD_BYTES_MAX;

/// What a core orders without understanding it: at most [`PAYLOAD_BYTES_MAX`] bytes, shared, named by their digest.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    bytes: Arc<[u8]>,
    digest: Digest,
}

impl Payload {
    /// Names bytes by their digest.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), digest: crypto::hash("unisono-payload", bytes) }
    }
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// The digest that votes name; never zero, which names the null request.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

impl Encode for Payload {
    fn encode(&self, out: &mut Vec<u8>) {
        self.bytes.encode(out);
    }
}
impl Decode for Payload {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length::<u8>("payload bytes", PAYLOAD_BYTES_MAX)?;
        Ok(Self::new(reader.take(length)?))
    }
}
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.digest)
    }
}

#[cfg(test)]
mod tests;
