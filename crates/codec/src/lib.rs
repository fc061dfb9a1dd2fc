//! Turn values into canonical bytes and hostile bytes into values, within limits.
//!
//! One value has exactly one encoding: fixed-width little-endian integers, `u32` lengths, a strict byte for
//! every `bool`, `Option` and enum tag, maps and sets in ascending order, nothing after the end.
//! A length is checked against the bytes that are really there before anything is allocated, so a decoder
//! never reserves more than a small multiple of its input.

mod error;
mod impls;
mod reader;

pub use error::DecodeError;
pub use impls::Bytes;
pub use reader::Reader;

/// Room for most values, so that writing one allocates once.
const BYTES_USUAL: usize = 256;

/// A value with canonical bytes.
pub trait Encode {
    /// Appends the value's bytes to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// The value's bytes alone.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(BYTES_USUAL);
        self.encode(&mut out);
        out
    }
}

/// A value that can be read back from canonical bytes.
pub trait Decode: Sized {
    /// The fewest bytes any value of this type takes; a list's length is checked against it before allocation.
    const BYTES_MIN: usize;

    /// Reads one value and moves `reader` behind it.
    ///
    /// # Errors
    /// Where the bytes are not the canonical encoding of a value, or end too early.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads one value that must fill `bytes` to the end.
    ///
    /// # Errors
    /// As [`Decode::decode`], and where bytes are left over.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// Implements [`Encode`] and [`Decode`] for a struct, field by field in the order given.
#[macro_export]
macro_rules! record {
    ($name:ident $(<$($g:ident),+>)? { $($field:ident : $type:ty),+ $(,)? }) => {
        impl $(<$($g: $crate::Encode),+>)? $crate::Encode for $name $(<$($g),+>)? {
            fn encode(&self, out: &mut Vec<u8>) {
                $($crate::Encode::encode(&self.$field, out);)+
            }
        }
        impl $(<$($g: $crate::Decode),+>)? $crate::Decode for $name $(<$($g),+>)? {
            const BYTES_MIN: usize = 0 $(+ <$type as $crate::Decode>::BYTES_MIN)+;
            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                Ok(Self { $($field: $crate::Decode::decode(reader)?),+ })
            }
        }
    };
}

/// Implements [`Encode`] and [`Decode`] for an enum of one-field variants, a tag byte before each.
#[macro_export]
macro_rules! tagged {
    ($name:ident { $($tag:literal => $variant:ident),+ $(,)? }) => {
        impl $crate::Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(value) => {
                        out.push($tag);
                        $crate::Encode::encode(value, out);
                    })+
                }
            }
        }
        impl $crate::Decode for $name {
            const BYTES_MIN: usize = 1;
            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                match reader.byte()? {
                    $($tag => Ok(Self::$variant($crate::Decode::decode(reader)?)),)+
                    tag => Err($crate::DecodeError::UnknownTag { of: stringify!($name), tag }),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests;
