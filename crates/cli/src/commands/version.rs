//! `unisono version`.

use serde_json::json;

use crate::output::{Report, pairs};

/// How the compiler was asked to work.
pub(crate) const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// What this binary is.
pub(crate) fn run() -> Report {
    let version = env!("CARGO_PKG_VERSION");
    let platform = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let value = json!({ "name": "unisono", "version": version, "profile": PROFILE, "platform": platform, "api": "v1" });
    let rows =
        [("unisono", version.to_owned()), ("profile", PROFILE.to_owned()), ("platform", platform)];
    Report::new(value, pairs(&rows))
}
