use proptest::prelude::*;
use types::Digest;

use super::U256;

fn number() -> impl Strategy<Value = U256> {
    (any::<[u64; 4]>(), 0..256_u32).prop_map(|(limbs, by)| U256(limbs).shifted_down(by))
}

fn small(value: u128) -> U256 {
    U256([value as u64, (value >> 64) as u64, 0, 0])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_128_bits(a in any::<u128>(), b in any::<u128>(), by in 0..128_u32) {
        let (x, y) = (small(a), small(b));
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x.shifted_down(by), small(a >> by));
        prop_assert_eq!(x.shifted_up(by).shifted_down(by), x);
        prop_assert_eq!(x.bits(), 128 - a.leading_zeros());
        if let Some(sum) = a.checked_add(b) {
            prop_assert_eq!(x.saturating_add(y), small(sum));
        }
        if let Some(quotient) = a.checked_div(b) {
            prop_assert_eq!(x.divided_by(y), small(quotient));
        }
    }

    #[test]
    fn division_undoes_multiplication(a in number(), times in 1..u64::MAX, by in 1..u64::MAX) {
        let exact = a.mul_div(times, 1);
        if exact != U256::MAX {
            prop_assert_eq!(exact.divided_by(U256::from_u64(times)), a);
            prop_assert_eq!(a.mul_div(times, by), exact.divided_by(U256::from_u64(by)));
        }
        prop_assert_eq!(a.mul_div(times, times), a);
    }

    #[test]
    fn the_bytes_are_the_number(a in number(), b in number()) {
        prop_assert_eq!(U256::from_digest(&a.to_digest()), a);
        prop_assert_eq!(a.cmp(&b), a.to_digest().cmp(&b.to_digest()));
        prop_assert_eq!(a.overflowing_add(b).0.wrapping_sub(b), a);
    }

    #[test]
    fn long_division_leaves_less_than_the_divisor(a in number(), by in number()) {
        if by != U256::ZERO && by.bits() > 192 {
            let quotient = a.divided_by(by);
            prop_assert_eq!(quotient.bits().max(64), 64);
            let rest = a.wrapping_sub(by.mul_div(quotient.low_u64(), 1));
            prop_assert!(rest < by);
        }
    }
}

#[test]
fn edges() {
    assert_eq!(U256::MAX.saturating_add(U256::ONE), U256::MAX);
    assert_eq!(U256::MAX.overflowing_add(U256::ONE), (U256::ZERO, true));
    assert_eq!(U256::MAX.divided_by(U256::ZERO), U256::MAX);
    assert_eq!(U256::MAX.divided_by(U256::MAX), U256::ONE);
    assert_eq!(U256::MAX.divided_by(U256::ONE), U256::MAX);
    assert_eq!(U256::ONE.mul_div(1, 0), U256::MAX);
    assert_eq!(U256::MAX.mul_div(2, 1), U256::MAX);
    assert_eq!(U256::MAX.mul_div(u64::MAX, u64::MAX), U256::MAX);
    assert_eq!(U256::ONE.shifted_up(255).bits(), 256);
    assert_eq!(U256::ONE.shifted_up(256), U256::ZERO);
    assert_eq!(U256::MAX.shifted_down(256), U256::ZERO);
    assert_eq!(U256::from_digest(&Digest::new([0xff; 32])), U256::MAX);
    assert_eq!(format!("{}", U256::ONE), format!("0x{}1", "0".repeat(63)));
}
