//! Canonical bytes of the types that others are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::{ChainId, Digest, Duration, FaultModel, Height, NodeId, Seq, Time, View};

use crate::{Decode, DecodeError, Encode, Reader};

macro_rules! integer {
    ($($type:ty),+) => {$(
        impl Encode for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
        impl Decode for $type {
            const BYTES_MIN: usize = size_of::<$type>();
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::from_le_bytes(reader.array()?))
            }
        }
    )+};
}
integer!(u8, u16, u32, u64, u128, i64);

macro_rules! newtype {
    ($($type:ty, $inner:ty, $get:ident, $new:ident);+ $(;)?) => {$(
        impl Encode for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                self.$get().encode(out);
            }
        }
        impl Decode for $type {
            const BYTES_MIN: usize = <$inner>::BYTES_MIN;
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                Ok(Self::$new(<$inner>::decode(reader)?))
            }
        }
    )+};
}
newtype!(View, u64, get, new; Seq, u64, get, new; Height, u64, get, new; NodeId, u16, get, new;
    Time, u64, us, from_us; Duration, u64, us, from_us; Digest, [u8; 32], as_bytes, new);

impl Encode for ChainId {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for ChainId {
    const BYTES_MIN: usize = 32;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(Digest::decode(reader)?))
    }
}

impl<const N: usize> Encode for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}
impl<const N: usize> Decode for [u8; N] {
    const BYTES_MIN: usize = N;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array()
    }
}

impl Encode for FaultModel {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Byzantine => 0,
            Self::Crash => 1,
        });
    }
}
impl Decode for FaultModel {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(Self::Byzantine),
            1 => Ok(Self::Crash),
            tag => Err(DecodeError::UnknownTag { of: "FaultModel", tag }),
        }
    }
}

impl Encode for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}
impl Decode for bool {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::NotCanonical { what: "a bool is 0 or 1" }),
        }
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }
}
impl<T: Decode> Decode for Option<T> {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        bool::decode(reader)?.then(|| T::decode(reader)).transpose()
    }
}

fn encode_length(length: usize, out: &mut Vec<u8>) {
    u32::try_from(length).unwrap_or(u32::MAX).encode(out);
}

impl<T: Encode> Encode for [T] {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        for item in self {
            item.encode(out);
        }
    }
}
impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_slice().encode(out);
    }
}
impl<T: Decode> Decode for Vec<T> {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.list("items", usize::MAX)
    }
}

/// Bytes are moved as one block, not item by item.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Bytes(pub Vec<u8>);

impl Encode for Bytes {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.0.len(), out);
        out.extend_from_slice(&self.0);
    }
}
impl Decode for Bytes {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length::<u8>("bytes", usize::MAX)?;
        Ok(Self(reader.take(length)?.to_vec()))
    }
}

impl Encode for str {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }
}
impl Encode for String {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_str().encode(out);
    }
}
impl Decode for String {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length::<u8>("bytes of text", usize::MAX)?;
        let text = std::str::from_utf8(reader.take(length)?);
        Ok(text.map_err(|_| DecodeError::NotCanonical { what: "text is UTF-8" })?.to_owned())
    }
}

impl<T: Encode> Encode for Arc<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_ref().encode(out);
    }
}
impl<T: Decode> Decode for Arc<T> {
    const BYTES_MIN: usize = T::BYTES_MIN;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(reader).map(Self::new)
    }
}

impl<T: Encode> Encode for BTreeSet<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        self.iter().for_each(|item| item.encode(out));
    }
}
impl<T: Decode + Ord> Decode for BTreeSet<T> {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items: Vec<T> = Vec::decode(reader)?;
        if !items.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::NotCanonical { what: "a set ascends without repeats" });
        }
        Ok(items.into_iter().collect())
    }
}

impl<K: Encode, V: Encode> Encode for BTreeMap<K, V> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_length(self.len(), out);
        for (key, value) in self {
            key.encode(out);
            value.encode(out);
        }
    }
}
impl<K: Decode + Ord, V: Decode> Decode for BTreeMap<K, V> {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let items: Vec<(K, V)> = Vec::decode(reader)?;
        if !items.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(DecodeError::NotCanonical { what: "a map ascends without repeats" });
        }
        Ok(items.into_iter().collect())
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
}
impl<A: Decode, B: Decode> Decode for (A, B) {
    const BYTES_MIN: usize = A::BYTES_MIN + B::BYTES_MIN;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(reader)?, B::decode(reader)?))
    }
}
