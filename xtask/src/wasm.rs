//! The pure crates must build for a browser: a phone holds its own key and runs the real core.

use anyhow::Result;

use crate::house::House;
use crate::process::{answers, command, first_line, run};
use crate::test::Outcome;
use crate::tidy::directions::PURE;

const TARGET: &str = "wasm32-unknown-unknown";

/// Checks every pure crate for WebAssembly, after adding the target where rustup can.
pub(crate) fn check(house: &House) -> Result<Outcome> {
    if !has(TARGET) {
        return Ok(Outcome::Skipped(format!(
            "the target {TARGET} is not installed and rustup cannot add it"
        )));
    }
    let mut args = vec!["build", "--target", TARGET, "--lib"];
    for name in PURE {
        args.extend(["--package", name]);
    }
    run(&mut command(&house.root, "cargo", &args))?;
    Ok(Outcome::Passed(format!("{} pure crates", PURE.len())))
}

/// Whether a target is there, after adding it where rustup can: the standard library lies where the compiler looks for it.
pub(crate) fn has(target: &str) -> bool {
    let args = ["--print", "target-libdir", "--target", target];
    let is_there =
        || first_line("rustc", &args).is_some_and(|folder| std::path::Path::new(&folder).is_dir());
    is_there() || answers("rustup", &["target", "add", target])
}
