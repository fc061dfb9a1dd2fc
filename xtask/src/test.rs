//! Everything that is checked, in order, with a summary at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::house::House;
use crate::process::{answers, command, run as run_command};
use crate::{browser, demo, deny, features, python, sim, tidy, wasm, web};

/// How a step ended, with a few words about it.
pub(crate) enum Outcome {
    Passed(String),
    Failed(String),
    Skipped(String),
}

struct Step {
    name: &'static str,
    what: &'static str,
    run: fn(&House) -> Result<Outcome>,
}

/// The steps. The web app comes before the Rust code, which embeds it; the binary of the last three steps is
/// the one that the tests were built with, so nothing is compiled twice.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        what: "formatting",
        run: |house| cargo(house, &["fmt", "--all", "--check"]),
    },
    Step { name: "tidy", what: "directions, purity, lengths, budget, docs", run: tidy_step },
    Step { name: "web", what: "the web app builds", run: |house| passed(web::build(house)) },
    Step { name: "web-check", what: "lint, types and unit tests of the web app", run: web_check },
    Step { name: "clippy", what: "lints, warnings are errors", run: clippy },
    Step { name: "build", what: "everything compiles, tests included", run: build },
    Step { name: "rust", what: "all Rust tests", run: rust_tests },
    Step { name: "features", what: "optional features of crates", run: features::check },
    Step { name: "wasm", what: "the pure crates build for a browser", run: wasm::check },
    Step {
        name: "sim",
        what: "the simulator agrees with itself",
        run: |house| said(sim::check(house)),
    },
    Step { name: "demo", what: "the main job, end to end", run: |house| said(demo::check(house)) },
    Step { name: "browser", what: "Chromium drives a network of four", run: browser::check },
    Step { name: "python", what: "the Python package, and a cluster of two", run: python::check },
    Step { name: "deny", what: "licences and advisories of dependencies", run: deny::check },
];

/// Runs all steps, or those that `names` names; true where none failed.
pub(crate) fn run(house: &House, names: &[String]) -> Result<bool> {
    if names.iter().any(|name| name == "--list") {
        STEPS.iter().for_each(|step| println!("{:<10} {}", step.name, step.what));
        return Ok(true);
    }
    if let Some(name) = names.iter().find(|&name| STEPS.iter().all(|step| step.name != name)) {
        bail!("there is no step `{name}`\n  next: `cargo xtask test --list` names them");
    }
    let chosen: Vec<&Step> = STEPS
        .iter()
        .filter(|step| names.is_empty() || names.iter().any(|name| name == step.name))
        .collect();
    let results = chosen.iter().enumerate().map(|(index, step)| {
        println!("\n== {}/{} {}: {}", index + 1, chosen.len(), step.name, step.what);
        let start = Instant::now();
        let outcome =
            (step.run)(house).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let result = Done { name: step.name, outcome, span: start.elapsed() };
        println!("{}", result.line());
        result
    });
    let results: Vec<Done> = results.collect();
    Ok(summarize(&results))
}

struct Done {
    name: &'static str,
    outcome: Outcome,
    span: Duration,
}

impl Done {
    fn line(&self) -> String {
        let (verdict, note) = match &self.outcome {
            Outcome::Passed(note) => ("passed", note),
            Outcome::Failed(note) => ("FAILED", note),
            Outcome::Skipped(note) => ("skipped", note),
        };
        format!("{:<10} {verdict:<8} {:>7.1?} s  {note}", self.name, self.span.as_secs_f32())
    }
}

/// Prints the table and the counts; true where nothing failed.
fn summarize(results: &[Done]) -> bool {
    println!("\n== summary");
    results.iter().for_each(|result| println!("{}", result.line()));
    let (passed, failed, skipped) = count(results);
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}

fn count(results: &[Done]) -> (usize, usize, usize) {
    results.iter().fold((0, 0, 0), |(passed, failed, skipped), result| match result.outcome {
        Outcome::Passed(_) => (passed + 1, failed, skipped),
        Outcome::Failed(_) => (passed, failed + 1, skipped),
        Outcome::Skipped(_) => (passed, failed, skipped + 1),
    })
}

fn passed(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Passed(String::new()))
}

fn said(result: Result<String>) -> Result<Outcome> {
    result.map(Outcome::Passed)
}

fn cargo(house: &House, args: &[&str]) -> Result<Outcome> {
    passed(run_command(&mut command(&house.root, "cargo", args)))
}

fn tidy_step(house: &House) -> Result<Outcome> {
    Ok(if tidy::run(house)? {
        Outcome::Passed(String::new())
    } else {
        Outcome::Failed("see the list above".into())
    })
}

fn web_check(house: &House) -> Result<Outcome> {
    for script in ["lint", "typecheck", "test"] {
        web::npm(&house.web(), script)?;
    }
    Ok(Outcome::Passed(String::new()))
}

fn clippy(house: &House) -> Result<Outcome> {
    cargo(house, &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

fn rust_tests(house: &House) -> Result<Outcome> {
    if answers("cargo-nextest", &["--version"]) {
        cargo(house, &["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "slow"])
    } else {
        cargo(house, &["test", "--workspace", "--no-fail-fast"])
    }
}

/// The binary is built with the tests, so that the features of its dependencies are theirs.
fn build(house: &House) -> Result<Outcome> {
    cargo(house, &["build", "--workspace", "--bins", "--tests"])
}

#[cfg(test)]
mod tests;
