//! The project's own commands: demo, test, ci, tidy, web, docs, score, bench.

#![allow(clippy::print_stdout, reason = "this program talks to the person who runs it")]

mod bench;
mod browser;
mod demo;
mod deny;
mod docs;
mod features;
mod house;
mod process;
mod python;
mod score;
mod sim;
mod test;
mod tidy;
mod wasm;
mod web;

use std::process::ExitCode;

use house::House;

const USAGE: &str = "\
usage: cargo xtask <command>

  demo [ARGS]     build everything, run the main job, leave the dashboard up (--exit ends by itself)
  test [STEPS]    check everything; with names, only those steps (--list shows them)
  ci              what .ci/run calls: the same as test
  tidy            import directions, purity, file lengths, dependency budget, docs
  web             build the web app
  docs [PART]     write the generated blocks of the documents anew; only commands that contain PART
  score           give the cores deliberate bugs, and count how many are found
  bench [WORDS]   measure speed and size; with words, only the runs whose names contain one (--save keeps them)
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    match run(&command, &rest) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the command found everything in order.
fn run(command: &str, args: &[String]) -> anyhow::Result<bool> {
    let house = House::find()?;
    match command {
        "demo" => demo::run(&house, args),
        "test" | "ci" => test::run(&house, args),
        "tidy" => tidy::run(&house),
        "web" => web::build(&house).map(|()| true),
        "docs" => docs::run(&house, args.first().map(String::as_str)),
        "score" => score::run(&house),
        "bench" => bench::run(&house, args),
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(true)
        }
        unknown => anyhow::bail!("there is no command `{unknown}`\n\n{USAGE}"),
    }
}
