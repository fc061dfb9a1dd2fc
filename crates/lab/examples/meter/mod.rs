//! What these measurements share: CPU time, and what it was measured on.

#![allow(dead_code, reason = "each measurement needs a part of it")]

use rustix::time::{ClockId, clock_gettime};

/// How long one measurement goes on at least, in microseconds of CPU time.
const MEASURE_US: f64 = 200_000.0;

/// CPU time of this process so far, in microseconds.
pub(crate) fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// Microseconds of CPU time that one call takes: the best of three rounds.
pub(crate) fn us_each(mut call: impl FnMut()) -> f64 {
    call();
    let round = |call: &mut dyn FnMut()| {
        let (start, mut calls) = (cpu_us(), 0);
        loop {
            call();
            calls += 1;
            let spent = cpu_us() - start;
            if spent >= MEASURE_US {
                return spent / f64::from(calls);
            }
        }
    };
    (0..3).map(|_| round(&mut call)).fold(f64::INFINITY, f64::min)
}

/// One line about the machine and the build.
pub(crate) fn print_environment() {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let profile = if cfg!(debug_assertions) { "debug: not worth reading" } else { "release" };
    println!(
        "{model}, {cores} cores, {}, {profile}, unisono {}; CPU time on one thread",
        std::env::consts::OS,
        env!("CARGO_PKG_VERSION")
    );
}
