use std::collections::BTreeSet;

use codec::{Decode, Encode};
use types::Prng;
use types::limits::NONCES_KEPT_MAX;

use super::Nonces;

#[test]
fn a_nonce_is_taken_once() {
    let mut prng = Prng::new(5, 1);
    let (mut nonces, mut model) = (Nonces::default(), BTreeSet::new());
    for _ in 0..5_000 {
        let nonce = prng.below(3_000);
        assert_eq!(nonces.is_used(nonce), model.contains(&nonce));
        assert_eq!(nonces.take(nonce), model.insert(nonce));
    }
    assert_eq!(Nonces::from_bytes(&nonces.to_bytes()), Ok(nonces));
}

#[test]
fn a_counter_takes_one_range_and_gaps_are_bounded() {
    let mut counter = Nonces::default();
    assert!((1..=10_000).all(|nonce| counter.take(nonce)));
    assert_eq!(counter.ranges.len(), 1);
    let mut sparse = Nonces::default();
    assert!((0..5_000).all(|nonce| sparse.take(nonce * 1_000)));
    assert_eq!(sparse.ranges.len(), NONCES_KEPT_MAX);
    assert!(!sparse.take(1_500), "too old to tell is refused, never accepted twice");
    assert!(sparse.take(4_999_999));
    assert!(sparse.take(u64::MAX) && !sparse.take(u64::MAX));
}
