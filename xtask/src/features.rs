//! Tests what is built only where somebody asks for it: the crates' optional features.

use anyhow::Result;

use crate::house::House;
use crate::process::{command, run};
use crate::test::Outcome;

/// A crate, a feature of it whose tests no other step runs, and which tests these are, where they are not all.
const FEATURES: &[(&str, &str, &[&str])] = &[
    ("cli", "hsm", &["--test", "accounts", "token"]),
    ("history", "postgres", &[]),
    ("keys", "hsm", &[]),
    ("lab", "parquet", &[]),
];

/// Tests each crate with its feature.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    for (package, feature, which) in FEATURES {
        let args = ["test", "--package", package, "--features", feature];
        let args = [&args, *which].concat();
        run(&mut command(&house.root, "cargo", &args))?;
    }
    let said: Vec<String> =
        FEATURES.iter().map(|(package, feature, _)| format!("{package}/{feature}")).collect();
    Ok(Outcome::Passed(said.join(" ")))
}
