//! Experiments: a plan, its cells anywhere, and the folder that their lines make.

use std::path::{Path, PathBuf};

use lab::experiments::{self as lab_experiments, Folder, Plan, Scenario};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use serde_json::json;

use crate::refuse;

/// The scenarios that come with the package: names and texts.
#[pyfunction]
pub(crate) fn shipped() -> Vec<(&'static str, &'static str)> {
    lab_experiments::SHIPPED.to_vec()
}

/// Lays out a scenario; `set` are `KEY=VALUE` texts. The resolved plan as JSON: `config`, `fingerprint`, `cells`, `axes`.
#[pyfunction]
#[pyo3(signature = (text, preset=None, set=Vec::new()))]
pub(crate) fn plan(text: &str, preset: Option<&str>, set: Vec<String>) -> PyResult<String> {
    let plan = Plan::new(Scenario::read(text, preset, &set).map_err(refuse)?).map_err(refuse)?;
    let value = json!({
        "name": plan.scenario.name, "config": plan.config, "fingerprint": plan.fingerprint,
        "cells": plan.cells.len(), "axes": plan.axes,
    });
    Ok(value.to_string())
}

/// Runs the cells from `first` up to `end` of a resolved plan: one line for each, the same wherever it is run.
#[pyfunction]
pub(crate) fn cells(
    py: Python<'_>,
    config: &str,
    first: usize,
    end: usize,
) -> PyResult<Vec<String>> {
    let plan = resolved(config)?;
    let all = plan.cells.len();
    if first > end || end > all {
        return Err(refuse(format!("there are no cells {first} to {end}: the plan has {all}")));
    }
    let mut lines = Vec::with_capacity(end - first);
    for cell in &plan.cells[first..end] {
        lines.push(py.detach(|| lab_experiments::run_cell(cell).line()));
        if py.check_signals().is_err() {
            return Err(PyKeyboardInterrupt::new_err("stopped: nothing of these cells is kept"));
        }
    }
    Ok(lines)
}

/// Keeps the lines of all cells, in their order, as a run's folder under `runs`; returns where it is.
#[pyfunction]
pub(crate) fn keep(
    py: Python<'_>,
    config: &str,
    runs: &str,
    lines: Vec<String>,
) -> PyResult<String> {
    let plan = resolved(config)?;
    let folder = Folder::of(Path::new(runs), &plan);
    let argv = ["python".to_owned()];
    py.detach(|| lab_experiments::merge(&plan, &folder, &lines, &argv)).map_err(refuse)?;
    Ok(folder.path().display().to_string())
}

/// Tests whether groups of runs differ in a metric; the comparison as JSON.
#[pyfunction]
#[pyo3(signature = (folders, metric, by=None, only=Vec::new()))]
pub(crate) fn compare(
    folders: Vec<String>,
    metric: &str,
    by: Option<&str>,
    only: Vec<String>,
) -> PyResult<String> {
    let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    let comparison =
        lab_experiments::compare_folders(&folders, metric, by, &only).map_err(refuse)?;
    Ok(comparison.to_json().to_string())
}

fn resolved(config: &str) -> PyResult<Plan> {
    Scenario::read(config, None, &[]).and_then(Plan::new).map_err(refuse)
}
