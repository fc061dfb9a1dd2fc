use std::collections::{BTreeMap, BTreeSet};

use crate::{Bytes, Decode, DecodeError, Encode};

fn round_trip<T: Encode + Decode + PartialEq + std::fmt::Debug>(value: &T) {
    let bytes = value.to_bytes();
    assert_eq!(&T::from_bytes(&bytes).unwrap(), value);
    for cut in 0..bytes.len() {
        assert!(T::from_bytes(&bytes[..cut]).is_err(), "a cut at {cut} must not decode");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(T::from_bytes(&longer).is_err(), "a trailing byte must not decode");
}

#[test]
fn values_come_back_and_cuts_do_not() {
    round_trip(&(7_u64, String::from("齐声")));
    round_trip(&Some(Bytes(vec![1, 2, 3])));
    round_trip(&vec![1_u16, 2, 3]);
    round_trip(&BTreeMap::from([(1_u8, 2_u32), (3, 4)]));
}

#[test]
fn a_value_has_one_encoding() {
    assert!(bool::from_bytes(&[2]).is_err());
    assert!(Option::<u8>::from_bytes(&[2, 0]).is_err());
    let unsorted = vec![2_u8, 1].to_bytes();
    assert!(BTreeSet::<u8>::from_bytes(&unsorted).is_err());
    let twice = vec![1_u8, 1].to_bytes();
    assert!(BTreeSet::<u8>::from_bytes(&twice).is_err());
    assert!(String::from_bytes(&[1, 0, 0, 0, 0xff]).is_err());
}

#[test]
fn a_length_is_checked_before_allocation() {
    let bomb = u32::MAX.to_bytes();
    assert_eq!(
        Vec::<u64>::from_bytes(&bomb),
        Err(DecodeError::Truncated { wanted: u32::MAX as usize * 8, left: 0 })
    );
    assert!(matches!(Bytes::from_bytes(&bomb), Err(DecodeError::Truncated { .. })));
}
