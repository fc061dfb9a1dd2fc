//! What was measured on.

use serde_json::{Value, json};

use crate::commands::version::PROFILE;

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
    })
}
