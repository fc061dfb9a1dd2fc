//! How long this process and others have worked, and what they hold.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use rustix::time::{ClockId, clock_gettime};

/// CPU seconds that this process has used, all threads together.
pub(crate) fn cpu_s() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// CPU seconds that this thread has used.
pub(crate) fn thread_cpu_s() -> f64 {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// CPU seconds that another process has used, in user and in system mode; `None` where it is gone.
///
/// The kernel counts them in ticks of its own (`proc_pid_stat(5)`).
pub(crate) fn cpu_s_of(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = ticks_of(&stat)?;
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The user and system ticks of a line of `/proc/PID/stat`; the name before them may hold blanks and brackets.
fn ticks_of(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Lets the next question for this process' peak memory begin anew; false where the system cannot.
pub(crate) fn forget_peak() -> bool {
    // 5 is the peak of the resident memory (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// The most memory that another process has held at once, in MiB; `None` where it is gone.
pub(crate) fn rss_peak_mib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(kib_of(&status, "VmHWM:")? as f64 / 1024.0)
}

fn kib_of(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
