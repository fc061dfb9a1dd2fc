//! Measures the reliability engines: `cargo run --release -p lab --example speed`.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]
#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use rustix::time::{ClockId, clock_gettime};

fn main() -> Result<(), lab::reliability::Error> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!(
        "{}, {} cores, {} build",
        cpu.map_or("unknown processor", |(_, name)| name),
        lab::parallel::processors(),
        profile
    );
    let cpu_s = || {
        let spent = clock_gettime(ClockId::ProcessCPUTime);
        spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
    };
    for speed in lab::speed::measure(cpu_s)? {
        println!("{:<32} {:>16.3}  goal {}", speed.what, speed.value, speed.goal);
    }
    Ok(())
}
