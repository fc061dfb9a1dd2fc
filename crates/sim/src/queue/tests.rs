use std::collections::BTreeMap;

use types::Prng;

use super::*;

/// The wheel against an ordered map, over spans that cross its size in all ways.
#[test]
fn events_come_in_order_of_time_and_insertion() {
    for seed in 0..20 {
        let mut prng = Prng::new(seed, 0);
        let mut queue = Queue::new();
        let mut model: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        let (mut now, mut count) = (0, 0);
        for _ in 0..20_000 {
            if prng.chance_ppm(520_000) || model.is_empty() {
                let span = match prng.below(4) {
                    0 => prng.below(3),
                    1 => prng.below(1_000),
                    2 => prng.below(3 * SLOTS as u64),
                    _ => SLOTS as u64 - 2 + prng.below(4),
                };
                queue.push(now + span, count);
                model.insert((now + span, count), count);
                count += 1;
            } else {
                let ((at, _), event) = model.pop_first().unwrap();
                assert_eq!(queue.pop(), Some((at, event)));
                now = at;
            }
        }
        while let Some(((at, _), event)) = model.pop_first() {
            assert_eq!(queue.pop(), Some((at, event)));
        }
        assert_eq!(queue.pop(), None);
    }
}

#[test]
fn an_event_in_the_past_happens_now() {
    let mut queue = Queue::new();
    queue.push(100, 'a');
    assert_eq!(queue.pop(), Some((100, 'a')));
    queue.push(5, 'b');
    assert_eq!(queue.pop(), Some((100, 'b')));
}
