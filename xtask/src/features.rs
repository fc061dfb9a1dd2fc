//! Tests what is built only where somebody asks for it: the crates' optional features.

use anyhow::Result;

use crate::house::House;
use crate::process::{command, run};
use crate::test::Outcome;

/// A crate, and a feature of it whose tests no other step runs.
const FEATURES: &[(&str, &str)] = &[("history", "postgres"), ("keys", "hsm"), ("lab", "parquet")];

/// Tests each crate with its feature.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    for (package, feature) in FEATURES {
        let args = ["test", "--package", package, "--features", feature];
        run(&mut command(&house.root, "cargo", &args))?;
    }
    let said: Vec<String> =
        FEATURES.iter().map(|(package, feature)| format!("{package}/{feature}")).collect();
    Ok(Outcome::Passed(said.join(" ")))
}
