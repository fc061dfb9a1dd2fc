//! The speed of the reliability engines, in CPU time.

use serde_json::{Map, Value, json};

use crate::clock::cpu_s;
use crate::failure::{Failure, Result};
use crate::output::{Report, pairs};
use crate::stats::round;

/// Measures, and shows what came out.
pub(crate) fn run() -> Result<Report> {
    let speeds = lab::speed::measure(cpu_s).map_err(|error| {
        Failure::failed("the reliability engines refuse their bench").why(error)
    })?;
    let mut value: Map<String, Value> =
        speeds.iter().map(|speed| (speed.what.clone(), json!(round(speed.value, 3)))).collect();
    let rows: Vec<(&str, String)> =
        speeds.iter().map(|speed| (speed.what.as_str(), format!("{:.3}", speed.value))).collect();
    let text = pairs(&rows);
    value.insert("environment".to_owned(), super::environment::describe());
    Ok(Report::new(Value::Object(value), text))
}
