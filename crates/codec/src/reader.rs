use crate::{Decode, DecodeError};

/// A position in bytes that somebody else wrote.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Bytes not yet read.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Takes the next `count` bytes.
    ///
    /// # Errors
    /// Where fewer are left.
    pub const fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        match self.bytes.split_at_checked(count) {
            Some((head, tail)) => {
                self.bytes = tail;
                Ok(head)
            }
            None => Err(DecodeError::Truncated { wanted: count, left: self.bytes.len() }),
        }
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// At the end.
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.take(1)?[0])
    }

    /// Takes a fixed number of bytes.
    ///
    /// # Errors
    /// Where fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// Reads a list's length: at most `max`, and no more items than the bytes left could hold.
    ///
    /// # Errors
    /// Where it is more than either.
    pub fn length<T: Decode>(
        &mut self,
        of: &'static str,
        max: usize,
    ) -> Result<usize, DecodeError> {
        let length = u32::decode(self)? as usize;
        if length > max {
            return Err(DecodeError::TooLong { of, length, max });
        }
        let wanted = length.saturating_mul(T::BYTES_MIN.max(1));
        if wanted > self.left() {
            return Err(DecodeError::Truncated { wanted, left: self.left() });
        }
        Ok(length)
    }

    /// Reads a list of at most `max` items.
    ///
    /// # Errors
    /// Where the list is longer, or an item does not decode.
    pub fn list<T: Decode>(&mut self, of: &'static str, max: usize) -> Result<Vec<T>, DecodeError> {
        let length = self.length::<T>(of, max)?;
        (0..length).map(|_| T::decode(self)).collect()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Where bytes are left over.
    pub const fn finish(self) -> Result<(), DecodeError> {
        match self.bytes.len() {
            0 => Ok(()),
            bytes => Err(DecodeError::Trailing { bytes }),
        }
    }
}
