//! `unisono sim explore`: many seeds, each with its own mix of faults, on all cores.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use hunt::explore::{explore, faults, protocols};
use serde_json::{Value, json};
use sim::{Options, Verdict};

use crate::args::hunt::{ExploreArgs, minutes};
use crate::bench::environment;
use crate::clock::cpu_s;
use crate::failure::{Exit, Result};
use crate::output::{Report, Table, note};
use crate::stats::{per_s, round};
use crate::{parallel, progress};

/// One run that was not good.
struct Failed {
    protocol: &'static str,
    seed: u64,
    verdict: &'static str,
    why: String,
    replay: String,
}

/// What is kept of one run.
struct Ran {
    protocol: &'static str,
    faults: Vec<&'static str>,
    decisions: u64,
    virtual_time_us: u64,
    attacks: u64,
    failed: Option<Failed>,
}

/// Explores.
pub(crate) fn run(args: &ExploreArgs) -> Result<Report> {
    let names: Vec<&'static str> = match args.protocol.as_str() {
        "all" => protocols(),
        one => protocols::properties(one).map(|protocol| protocol.name).into_iter().collect(),
    };
    let threads = parallel::threads(args.threads);
    let (from, to) = args.seeds;
    let to = if args.minutes.is_some() { u64::MAX } else { to };
    note(&format!("exploring {} from seed {from} on, on {threads} threads", names.join(", ")));
    let (start, cpu_before) = (Instant::now(), cpu_s());
    let until = args.minutes.map(|of| start + minutes(of));
    let jobs = (from..to).flat_map(|seed| names.iter().map(move |&name| (name, seed)));
    let bar = progress::spinner("seeds");
    let ran = parallel::map(jobs, threads, until, |(name, seed)| {
        let ran = one(name, seed);
        bar.inc(1);
        if let Some(failed) = &ran.failed {
            bar.suspend(|| announce(failed));
        }
        ran
    });
    bar.finish_and_clear();
    Ok(report(&ran, threads, start.elapsed().as_secs_f64(), cpu_s() - cpu_before))
}

/// Runs one seed; a panic is a failure like any other.
fn one(protocol: &'static str, seed: u64) -> Ran {
    let mut ran = Ran {
        protocol,
        faults: Vec::new(),
        decisions: 0,
        virtual_time_us: 0,
        attacks: 0,
        failed: None,
    };
    let failed = |verdict, why, options: &Options| {
        Some(Failed { protocol, seed, verdict, why, replay: options.command_line() })
    };
    match catch_unwind(AssertUnwindSafe(|| explore(protocol, seed))) {
        Ok(Ok(explored)) => {
            ran.faults = faults(&explored.options);
            ran.decisions = explored.report.decisions;
            ran.virtual_time_us = explored.report.virtual_time_us;
            ran.attacks = explored.report.attacks;
            if !explored.is_good() {
                let verdict = explored.report.verdict.label();
                ran.failed = failed(verdict, explored.report.why, &explored.options);
            }
        }
        Ok(Err(error)) => {
            let options = Options::draw_wide(protocol, seed);
            ran.failed = failed("refused", error.to_string(), &options);
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let options = Options::draw_wide(protocol, seed);
            ran.failed = failed("panicked", text.unwrap_or_default(), &options);
        }
    }
    ran
}

fn announce(failed: &Failed) {
    let Failed { protocol, seed, verdict, why, replay } = failed;
    note(&format!("{protocol} seed {seed}: {verdict}: {why}\nrepeat with: {replay}"));
}

fn report(ran: &[Ran], threads: usize, wall_s: f64, cpu_s: f64) -> Report {
    let mut by_protocol: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut by_fault: BTreeMap<&str, u64> = BTreeMap::new();
    for one in ran {
        let (runs, failures) = by_protocol.entry(one.protocol).or_default();
        *runs += 1;
        *failures += u64::from(one.failed.is_some());
        one.faults.iter().for_each(|fault| *by_fault.entry(fault).or_default() += 1);
    }
    let failures: Vec<&Failed> = ran.iter().filter_map(|one| one.failed.as_ref()).collect();
    let virtual_s = ran.iter().map(|one| one.virtual_time_us).sum::<u64>() as f64 / 1e6;
    let hours = wall_s / 3_600.0;
    let value = json!({
        "runs": ran.len(), "failed": failures.len(), "threads": threads,
        "decisions": ran.iter().map(|one| one.decisions).sum::<u64>(),
        "attacks": ran.iter().map(|one| one.attacks).sum::<u64>(),
        "wall_s": round(wall_s, 2), "cpu_s": round(cpu_s, 2),
        "runs_per_hour": if hours > 0.0 { round(ran.len() as f64 / hours, 0) } else { 0.0 },
        "virtual_s_per_cpu_s": per_s(virtual_s as u64, cpu_s),
        "protocols": by_protocol.iter().map(|(name, (runs, failed))| {
            ((*name).to_owned(), json!({ "runs": runs, "failed": failed }))
        }).collect::<serde_json::Map<_, _>>(),
        "faults": by_fault,
        "failures": failures.iter().map(|failed| json!({
            "protocol": failed.protocol, "seed": failed.seed, "verdict": failed.verdict,
            "why": failed.why, "replay": failed.replay,
        })).collect::<Vec<_>>(),
        "environment": environment::describe(),
    });
    Report::new(value.clone(), describe(&value)).exit(exit(&failures))
}

fn exit(failures: &[&Failed]) -> Exit {
    let stuck = Verdict::NoProgress.label();
    match failures {
        [] => Exit::Ok,
        all if all.iter().all(|failed| failed.verdict == stuck) => Exit::Inconclusive,
        _ => Exit::Violated,
    }
}

fn describe(value: &Value) -> String {
    let mut table = Table::new(["PROTOCOL", "RUNS", "FAILED"]);
    for (name, counts) in value["protocols"].as_object().into_iter().flatten() {
        table.row([name.clone(), counts["runs"].to_string(), counts["failed"].to_string()]);
    }
    format!(
        "{}\n{} runs in {} s, {} an hour, {} failed",
        table.render(),
        value["runs"],
        value["wall_s"],
        value["runs_per_hour"],
        value["failed"]
    )
}
