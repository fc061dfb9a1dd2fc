//! `unisono sim minimize`: a failing run, made small.

use std::path::Path;

use hunt::minimize::{Minimal, minimize};
use serde_json::json;
use sim::{Options, Verdict};

use crate::args::hunt::MinimizeArgs;
use crate::commands::trace;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, note, pairs};
use crate::progress;

/// Makes it small, and writes its trace.
pub(crate) fn run(args: &MinimizeArgs) -> Result<Report> {
    let mut options = subject(args)?;
    if let Some(mutant) = &args.mutant {
        options.mutant.clone_from(mutant);
    }
    note(&format!("seed {}: {}", options.seed, options.command_line()));
    let spinner = progress::spinner("ever smaller runs");
    let minimal = minimize(&options, args.runs_max)
        .map_err(|error| Failure::usage("this cannot be simulated").why(error))?;
    spinner.finish_and_clear();
    let Some(Minimal { options, report, before, runs }) = minimal else {
        return Err(Failure::failed("this run does not fail")
            .why("everything held, so there is nothing to make smaller")
            .next("unisono sim explore --minutes 5"));
    };
    let recorded = trace::record(&options)?;
    let count = |kind: &str| recorded.events.iter().filter(|event| event.kind == kind).count();
    trace::save(&recorded, &args.out)?;
    let value = json!({
        "verdict": report.verdict.label(), "why": report.why, "runs": runs,
        "events_before": before.events, "events": report.events,
        "messages_before": before.messages, "messages": report.messages,
        "strikes_before": before.strikes, "receives": count("receive"), "nodes": options.nodes,
        "trace": args.out, "replay": report.replay,
    });
    let text = pairs(&[
        ("verdict", report.verdict.label().to_owned()),
        ("why", report.why.clone()),
        ("runs", runs.to_string()),
        ("events", format!("{} of {}", report.events, before.events)),
        ("messages", format!("{} of {}", report.messages, before.messages)),
        ("trace", args.out.display().to_string()),
        ("replay", report.replay.clone()),
    ]);
    let exit = match report.verdict {
        Verdict::Diverged => Exit::Violated,
        Verdict::NoProgress | Verdict::Pass => Exit::Inconclusive,
    };
    Ok(Report::new(value, text).exit(exit))
}

/// A seed's configuration, or that of a trace.
fn subject(args: &MinimizeArgs) -> Result<Options> {
    match args.subject.parse() {
        Ok(seed) => Ok(Options::draw_wide(&args.protocol, seed)),
        Err(_) => trace::options(&trace::load(Path::new(&args.subject))?),
    }
}
