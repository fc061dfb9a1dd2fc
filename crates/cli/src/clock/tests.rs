use super::*;

#[test]
fn a_name_with_brackets_does_not_shift_the_fields() {
    let stat = "42 (a) b) c) S 1 42 42 0 -1 4194560 1 2 3 4 700 55 0 0 20 0 9 0 1 2 3";
    assert_eq!(ticks_of(stat), Some(755));
    assert_eq!(ticks_of("42 (x"), None);
}

#[test]
fn memory_is_read_by_its_name() {
    assert_eq!(kib_of("Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t 1 kB\n", "VmHWM:"), Some(2_048));
    assert_eq!(kib_of("", "VmHWM:"), None);
}

#[test]
fn this_process_has_worked_and_holds_something() {
    let pid = std::process::id();
    assert!(cpu_s() >= 0.0 && cpu_s_of(pid).is_some());
    assert!(rss_peak_mib(pid).is_some_and(|mib| mib > 0.0));
}
