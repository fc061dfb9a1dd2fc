//! What was measured on.

use std::fs::File;
use std::io::Write as _;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::commands::version::PROFILE;
use crate::stats::round;

/// How long each of the machine's own paces is measured.
const PACE_TIME: Duration = Duration::from_millis(60);
/// Bytes that one step hashes, and that one step syncs.
const HASHED_BYTES: usize = 64 * 1024;
const SYNCED_BYTES: usize = 4 * 1024;

/// The machine and the build.
pub(crate) fn describe() -> Value {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    json!({
        "cpu": model.map_or("unknown", |(_, model)| model),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "system": format!("{} {}", std::env::consts::OS, kernel.trim()),
        "profile": PROFILE,
        "version": env!("CARGO_PKG_VERSION"),
        "paces": paces(),
    })
}

/// What bounds every number below it: how fast this machine hashes, wakes a thread and syncs a file, just now.
///
/// Virtual machines differ in these by more than ten times, and one of them from hour to hour.
fn paces() -> Value {
    let bytes = vec![7; HASHED_BYTES];
    let hash_us = mean_us(|| {
        std::hint::black_box(crypto::sha256(&[&bytes]));
    });
    let mib = HASHED_BYTES as f64 / 1024.0 / 1024.0;
    json!({
        "sha256_mib_per_s": hash_us.map(|us| round(mib / us * 1e6, 0)),
        "thread_wakeup_us": wakeup_us().map(|us| round(us, 1)),
        "fdatasync_us": fdatasync_us().map(|us| round(us, 1)),
    })
}

/// The mean time of a step, repeated for a while.
fn mean_us(mut step: impl FnMut()) -> Option<f64> {
    let (start, mut steps) = (Instant::now(), 0_u32);
    while start.elapsed() < PACE_TIME {
        step();
        steps += 1;
    }
    (steps > 0).then(|| start.elapsed().as_secs_f64() * 1e6 / f64::from(steps))
}

/// Half of a round trip between two threads.
fn wakeup_us() -> Option<f64> {
    let (there, at_there) = sync_channel::<()>(1);
    let (back, at_back) = sync_channel::<()>(1);
    let echo =
        std::thread::spawn(move || while at_there.recv().is_ok() && back.send(()).is_ok() {});
    let both = mean_us(|| {
        // A thread that is gone answers at once, and the join below says why.
        let _ = there.send(());
        let _ = at_back.recv();
    });
    drop(there);
    echo.join().ok()?;
    both.map(|us| us / 2.0)
}

/// Appending a page to a file and syncing it, where temporary files are.
fn fdatasync_us() -> Option<f64> {
    let path = std::env::temp_dir().join(format!("unisono-pace-{}", std::process::id()));
    let mut file = File::create(&path).ok()?;
    let page = [7; SYNCED_BYTES];
    let mut failed = false;
    let us = mean_us(|| failed |= file.write_all(&page).and_then(|()| file.sync_data()).is_err());
    std::fs::remove_file(&path).ok()?;
    us.filter(|_| !failed)
}

#[cfg(test)]
mod tests;
