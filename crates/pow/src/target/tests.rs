use proptest::prelude::*;

use super::Target;
use crate::u256::U256;

fn number(bits: u32) -> Option<U256> {
    Target::from_compact(bits).number()
}

/// What Bitcoin's `arith_uint256` makes of these.
#[test]
fn compact_forms() {
    for none in [0, 0x0012_3456, 0x0100_3456, 0x0200_0056, 0x0400_0000, 0x0092_3456, 0x0180_3456] {
        assert_eq!(number(none), None, "{none:08x}");
    }
    for negative in [0x04923456, 0x01fedcba] {
        assert_eq!(number(negative), None, "{negative:08x}");
    }
    assert_eq!(number(0xff12_3456), None, "more than 256 bits");
    for (bits, value, back) in [
        (0x0112_3456, 0x12, 0x0112_0000),
        (0x0212_3456, 0x1234, 0x0212_3400),
        (0x0312_3456, 0x0012_3456, 0x0312_3456),
        (0x0412_3456, 0x1234_5600, 0x0412_3456),
        (0x0500_9234, 0x9234_0000, 0x0500_9234),
    ] {
        assert_eq!(number(bits), Some(U256::from_u64(value)));
        assert_eq!(Target::from_number(U256::from_u64(value)).compact(), back);
    }
    assert_eq!(Target::from_number(U256::from_u64(0x80)).compact(), 0x0200_8000);
    assert_eq!(number(0x2012_3456), Some(U256::from_u64(0x0012_3456).shifted_up(29 * 8)));
}

#[test]
fn work_is_the_hashes_that_a_block_takes() {
    assert_eq!(Target::from_number(U256::MAX.shifted_down(1)).work(), U256::from_u64(2));
    assert_eq!(Target::EASY.work(), U256::from_u64(256));
    assert_eq!(Target::of_bits(8), Target::EASY);
    for bits in [0_u8, 1, 7, 9, 16, 19, 24, 40, 63] {
        let (work, whole) = (Target::of_bits(bits).work(), U256::from_u64(1 << bits));
        assert!(work >= whole && work < whole.saturating_add(whole), "{bits}");
    }
    assert_eq!(Target::of_bits(u8::MAX), Target::of_bits(128));
    // The work of a block at Bitcoin's first target.
    assert_eq!(Target::from_compact(0x1d00_ffff).work(), U256::from_u64(0x1_0001_0001));
    assert_eq!(Target::from_compact(0).work(), U256::ZERO);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bits_are_a_target_or_none(bits in any::<u32>(), actual in any::<u64>(), expected in any::<u64>()) {
        let target = Target::from_compact(bits);
        if let Some(number) = target.number() {
            prop_assert_eq!(Target::from_number(number).number(), Some(number));
            prop_assert!(target.is_met_by(&number.to_digest()));
            prop_assert!(!target.is_met_by(&number.saturating_add(U256::ONE).to_digest())
                || number == U256::MAX);
        }
        let limit = Target::EASY;
        let next = target.retarget(actual, expected, limit);
        prop_assert!(next.number().is_some());
        prop_assert!(next.number() <= limit.number());
    }
}
