use super::Prng;

#[test]
fn a_seed_stays_valid_for_ever() {
    let mut prng = Prng::new(7, 1);
    let first: Vec<u64> = (0..3).map(|_| prng.next_u64()).collect();
    assert_eq!(
        first, PINNED,
        "the generator's output is pinned: seeds in bug reports depend on it"
    );
    assert_ne!(Prng::new(7, 2).next_u64(), first[0], "streams differ");
    assert_ne!(Prng::new(8, 1).next_u64(), first[0], "seeds differ");
}

#[test]
fn below_stays_below_and_reaches_every_value() {
    let mut prng = Prng::new(1, 1);
    let mut seen = [0_u32; 10];
    for _ in 0..10_000 {
        seen[usize::try_from(prng.below(10)).unwrap()] += 1;
    }
    assert!(seen.iter().all(|&count| (800..1_200).contains(&count)), "{seen:?}");
    assert_eq!(prng.below(0), 0);
}

const PINNED: [u64; 3] =
    [14_894_647_832_631_452_179, 4_402_964_460_929_173_793, 24_257_909_327_269_792];
