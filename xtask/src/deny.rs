//! Licences, advisories, bans and sources of the dependencies, where cargo-deny is installed.

use anyhow::Result;

use crate::house::House;
use crate::process::{answers, command, run};
use crate::test::Outcome;

/// Runs cargo-deny; it is not built here, because that takes longer than all the other steps.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    if !answers("cargo-deny", &["--version"]) {
        return Ok(Outcome::Skipped(
            "cargo-deny is not installed (`cargo install --locked cargo-deny`)".into(),
        ));
    }
    run(&mut command(&house.root, "cargo", &["deny", "--workspace", "check"]))?;
    Ok(Outcome::Passed("licences, advisories, bans, sources".into()))
}
