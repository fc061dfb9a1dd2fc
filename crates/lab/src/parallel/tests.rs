use std::num::NonZeroUsize;

use super::map;

#[test]
fn results_come_in_order_on_any_number_of_threads() {
    let pieces: Vec<u64> = (0..1_000).collect();
    let expected: Vec<u64> = pieces.iter().map(|piece| piece * piece).collect();
    for threads in [1, 2, 3, 16] {
        let threads = NonZeroUsize::new(threads).unwrap();
        assert_eq!(map(&pieces, threads, |piece| piece * piece), expected);
    }
    assert!(map(&[] as &[u64], NonZeroUsize::MIN, |piece| *piece).is_empty());
}
