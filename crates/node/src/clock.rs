//! The one place that reads the machine's clock for the replica.

use std::time::{SystemTime, UNIX_EPOCH};

use types::Time;

/// Microseconds since the Unix epoch.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_us(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
