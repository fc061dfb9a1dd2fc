use super::*;

#[test]
fn a_timer_that_is_set_again_moves() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    let mut timers = Timers::new();
    timers.set('a', start, Duration::from_millis(10));
    timers.set('b', start, Duration::from_millis(20));
    timers.set('a', start, Duration::from_millis(30));
    assert_eq!(timers.next(), Some(at(20)));
    assert_eq!(
        (timers.pop(at(19)), timers.pop(at(20)), timers.pop(at(20))),
        (None, Some('b'), None)
    );
    timers.cancel(&'a');
    assert_eq!((timers.next(), timers.pop(at(99))), (None, None));
}
