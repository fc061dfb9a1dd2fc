use super::*;

#[test]
fn a_timer_goes_off_once() {
    let mut timers = Timers::new();
    let alarm = timers.set('a', 10).unwrap();
    assert_eq!(timers.fire(alarm, 10), Fired::Now('a'));
    assert_eq!(timers.fire(alarm, 10), Fired::Nothing);
}

#[test]
fn moving_a_timer_later_needs_no_second_event() {
    let mut timers = Timers::new();
    let alarm = timers.set('a', 10).unwrap();
    assert_eq!(timers.set('a', 30), None);
    assert_eq!(timers.fire(alarm, 10), Fired::Later(30));
    assert_eq!(timers.fire(alarm, 30), Fired::Now('a'));
}

#[test]
fn moving_a_timer_earlier_replaces_its_event() {
    let mut timers = Timers::new();
    let late = timers.set('a', 30).unwrap();
    let early = timers.set('a', 10).unwrap();
    assert_eq!(timers.fire(early, 10), Fired::Now('a'));
    assert_eq!(timers.fire(late, 30), Fired::Nothing);
}

#[test]
fn cancelled_and_set_again() {
    let mut timers = Timers::new();
    let alarm = timers.set('a', 10).unwrap();
    timers.cancel('a');
    assert_eq!(timers.set('a', 20), None, "the old event still comes first");
    assert_eq!(timers.fire(alarm, 10), Fired::Later(20));
    timers.cancel('a');
    assert_eq!(timers.fire(alarm, 20), Fired::Nothing);
    let other = timers.set('b', 40).unwrap();
    assert_eq!(timers.fire(alarm, 40), Fired::Nothing, "the slot serves another timer now");
    assert_eq!(timers.fire(other, 40), Fired::Now('b'));
}

#[test]
fn a_crash_forgets_all_timers() {
    let mut timers = Timers::new();
    let alarm = timers.set('a', 10).unwrap();
    timers.clear();
    assert_eq!(timers.fire(alarm, 10), Fired::Nothing);
    assert!(timers.set('a', 5).is_some());
}
