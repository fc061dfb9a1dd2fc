//! How likely agreement is over links that lose messages.

use lab::reliability::{
    Effort, Links, Model, Protocol, Setup, Thresholds, Topology, estimate, theory,
};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::refuse;

/// Solves and draws one setup, given and answered as JSON.
#[pyfunction]
pub(crate) fn reliability(py: Python<'_>, setup: &str) -> PyResult<String> {
    let asked: Value = serde_json::from_str(setup).map_err(refuse)?;
    let (model, links) = model_of(&asked)?;
    let effort = Effort {
        rounds: asked["rounds"].as_u64(),
        precision: asked["precision"].as_f64(),
        seed: asked["seed"].as_u64().unwrap_or_default(),
        threads: std::thread::available_parallelism().map_err(refuse)?,
    };
    let (exact, drawn) =
        py.detach(|| (theory::solve(&model, &links), estimate(&model, &links, &effort)));
    let drawn = drawn.map_err(refuse)?;
    let answer = json!({
        "theory": exact.ok().map(|theory| theory.success), "estimate": drawn.probability(),
        "ci95": [drawn.ci95.low, drawn.ci95.high], "rounds": drawn.rounds, "seed": effort.seed,
    });
    Ok(answer.to_string())
}

fn model_of(asked: &Value) -> PyResult<(Model, Links)> {
    let number = |key: &str| {
        let value = &asked[key];
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| refuse(format!("`{key}` cannot be {value}: it is a whole number")))
    };
    let protocol =
        Protocol::named(asked["protocol"].as_str().unwrap_or_default()).map_err(refuse)?;
    let nodes = number("nodes")?;
    let mut setup = Setup::new(protocol, nodes);
    setup.silent = number("silent")?;
    if !asked["faults"].is_null() {
        setup.faults = Some(number("faults")?);
    }
    if let Some(text) = asked["thresholds"].as_str() {
        setup.thresholds = Thresholds::read(text).map_err(refuse)?;
    }
    let topology = Topology::named(asked["topology"].as_str().unwrap_or("full"), number("arity")?)
        .map_err(refuse)?;
    let p = asked["p"].as_f64().ok_or_else(|| refuse("`p` is a number between 0 and 1"))?;
    let links = Links::new(nodes, p, &topology).map_err(refuse)?;
    Ok((Model::new(&setup).map_err(refuse)?, links))
}
