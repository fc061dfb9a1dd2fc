//! Whole replicas in virtual time.

use pyo3::prelude::*;
use sim::Options;

use crate::refuse;

/// The table of protocols, as JSON.
#[pyfunction]
pub(crate) fn protocols() -> String {
    lab::protocols_json().to_string()
}

/// Runs one simulation with the flags of `unisono sim run`, given as pairs; the report as JSON.
#[pyfunction]
pub(crate) fn simulate(py: Python<'_>, flags: Vec<(String, String)>) -> PyResult<String> {
    let mut options = Options::default();
    for (flag, value) in &flags {
        options.set(flag, value).map_err(|error| refuse(format!("{flag}: {error}")))?;
    }
    let report = py.detach(|| sim::run(&options)).map_err(refuse)?;
    Ok(lab::report_json(&options, &report).to_string())
}
