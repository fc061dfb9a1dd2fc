//! Licences, bans, sources and advisories of the dependencies, where cargo-deny is installed.

use anyhow::Result;

use crate::house::House;
use crate::process::{answers, command, run};
use crate::test::Outcome;

const ADVISORIES: &str = "https://github.com/RustSec/advisory-db";

/// Runs cargo-deny; it is not installed here, because building it would take as long as building everything else.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    if !answers("cargo-deny", &["--version"]) {
        return Ok(Outcome::Skipped(
            "cargo-deny is not installed (`cargo install --locked cargo-deny`)".into(),
        ));
    }
    deny(house, &["licenses", "bans", "sources"])?;
    if !answers("git", &["ls-remote", "--exit-code", ADVISORIES, "HEAD"]) {
        return Ok(Outcome::Passed(format!(
            "licences, bans, sources; {ADVISORIES} is out of reach"
        )));
    }
    deny(house, &["advisories"])?;
    Ok(Outcome::Passed("licences, bans, sources, advisories".into()))
}

fn deny(house: &House, checks: &[&str]) -> Result<()> {
    let args = [&["deny", "--log-level", "error", "--workspace", "check"], checks].concat();
    run(&mut command(&house.root, "cargo", &args))
}
