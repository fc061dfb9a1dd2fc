//! Prints the trace hash of one run, to be compared between builds: `cargo run -p sim --example trace -- 7 200`.

use sim::{Options, run};

#[expect(clippy::print_stdout, reason = "its only purpose")]
fn main() -> Result<(), String> {
    let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
    let mut args = std::env::args().skip(1);
    let (Some(seed), Some(decisions)) = (number(args.next()), number(args.next())) else {
        return Err("say which seed and how many decisions: `-- 7 200`".to_owned());
    };
    let mut options = Options::default();
    (options.seed, options.decisions) = (seed, decisions);
    let report = run(&options).map_err(|error| format!("{error:?}"))?;
    println!("{}", report.trace_hash);
    Ok(())
}
