use types::Prng;

use super::{Coin, Votes};
use crate::Odds;

#[test]
fn a_coin_falls_as_often_as_it_should() {
    let mut dice = Prng::new(7, 0);
    for p in [0.0, 1e-3, 0.25, 0.5, 0.9, 0.999, 1.0] {
        let coin = Coin::new(Odds { yes: p, no: 1.0 - p });
        let words = 20_000;
        let heads: u64 = (0..words).map(|_| u64::from(coin.toss(&mut dice).count_ones())).sum();
        let tosses = f64::from(words) * 64.0;
        let error = (p * (1.0 - p) / tosses).sqrt();
        assert!((heads as f64 / tosses - p).abs() <= 4.0 * error, "p = {p}: {heads} of {tosses}");
    }
}

#[test]
fn each_of_the_64_is_tossed_for_itself() {
    let coin = Coin::new(Odds { yes: 0.75, no: 0.25 });
    let mut dice = Prng::new(3, 1);
    let mut per_bit = [0_u32; 64];
    for _ in 0..10_000 {
        let word = coin.toss(&mut dice);
        per_bit.iter_mut().enumerate().for_each(|(bit, count)| *count += (word >> bit & 1) as u32);
    }
    // Four standard errors are 173.
    assert!(per_bit.iter().all(|&count| count.abs_diff(7_500) < 200), "{per_bit:?}");
}

#[test]
fn counters_count_and_compare() {
    let mut votes = Votes::new(5);
    let mut plain = [0_usize; 64];
    let mut dice = Prng::new(11, 0);
    for _ in 0..29 {
        let word = dice.next_u64();
        votes.add(word);
        plain.iter_mut().enumerate().for_each(|(bit, count)| *count += (word >> bit & 1) as usize);
        for k in [0, 1, 2, 7, 14, 15, 16, 17, 31, 32, 99] {
            let word = votes.at_least(k);
            for (bit, &count) in plain.iter().enumerate() {
                assert_eq!(word >> bit & 1 == 1, count >= k, "{count} votes, k = {k}");
            }
        }
    }
    votes.clear();
    assert_eq!(votes.at_least(1), 0);
}
