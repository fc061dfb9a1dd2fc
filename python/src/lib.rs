//! The lab for Python: the same engine, the same bytes.
//!
//! Texts go in and come out, mostly JSON: the package in `unisono/` makes objects of them.
//!
//! Everything that computes lets other Python threads run meanwhile.

mod experiments;
mod reliability;
mod simulation;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What went wrong, as Python's `ValueError`: what, why and what to do next, one to a line.
fn refuse(what: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(what.to_string())
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(simulation::protocols, module)?)?;
    module.add_function(wrap_pyfunction!(simulation::simulate, module)?)?;
    module.add_function(wrap_pyfunction!(reliability::reliability, module)?)?;
    module.add_function(wrap_pyfunction!(experiments::shipped, module)?)?;
    module.add_function(wrap_pyfunction!(experiments::plan, module)?)?;
    module.add_function(wrap_pyfunction!(experiments::cells, module)?)?;
    module.add_function(wrap_pyfunction!(experiments::keep, module)?)?;
    module.add_function(wrap_pyfunction!(experiments::compare, module)?)?;
    Ok(())
}
