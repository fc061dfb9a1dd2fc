//! `unisono sim twins`: every scenario of twins, each once.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use std::time::Instant;

use hunt::twins::{self, Ending, Round, Scenarios, Shape};
use serde_json::{Value, json};

use crate::args::hunt::TwinsArgs;
use crate::bench::environment;
use crate::clock::cpu_s;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, note, pairs};
use crate::stats::{per_s, round};
use crate::{parallel, progress};

/// Most scenarios of a shape: beyond, one in many must be asked for.
const SCENARIOS_MAX: u64 = 50_000_000;

/// Runs scenarios.
pub(crate) fn run(args: &TwinsArgs) -> Result<Report> {
    let (nodes, twins, rounds) = (args.nodes.into(), args.twins.into(), args.rounds.into());
    if twins >= nodes {
        return Err(Failure::usage("nobody would be honest")
            .why(format!("{twins} of {nodes} identities have a twin"))
            .next("--nodes 4 --twins 1"));
    }
    let shape =
        Shape { protocol: args.protocol.clone(), nodes, twins, mutant: args.mutant.clone() };
    let all = Scenarios::new(nodes, twins, rounds);
    let threads = parallel::threads(args.threads);
    note(&format!(
        "{}: {} scenarios of {rounds} rounds, one in {}, on {threads} threads",
        args.protocol,
        all.count(),
        args.every
    ));
    let bar = progress::spinner("scenarios");
    let (start, cpu_before) = (Instant::now(), cpu_s());
    let (first, every) = match args.scenario {
        Some(number) => (number, usize::MAX),
        None => (0, usize::try_from(args.every).unwrap_or(usize::MAX)),
    };
    let limit = args.limit.unwrap_or(SCENARIOS_MAX).min(SCENARIOS_MAX);
    let jobs = (0_u64..).zip(all.iter()).skip(usize::try_from(first).unwrap_or(usize::MAX));
    let jobs = jobs.step_by(every).take(usize::try_from(limit).unwrap_or(usize::MAX));
    let ended = parallel::map(jobs, threads, None, |(number, rounds)| {
        bar.inc(1);
        (number, twins::run(&shape, &rounds), rounds)
    });
    bar.finish_and_clear();
    let (wall_s, cpu_s) = (start.elapsed().as_secs_f64(), cpu_s() - cpu_before);
    let mut failures: Vec<Value> = Vec::new();
    let run = ended.len() as u64;
    for (number, ending, rounds) in ended {
        let ending = ending.map_err(|error| Failure::usage("no twins of this").why(error))?;
        if ending != Ending::Decided {
            let replay = replay(args, number);
            note(&format!("scenario {number}: {ending:?}\nrepeat with: {replay}"));
            failures.push(json!({
                "scenario": number, "ending": format!("{ending:?}"),
                "rounds": rounds.iter().map(describe).collect::<Vec<_>>(), "replay": replay,
            }));
        }
    }
    let value = json!({
        "protocol": args.protocol, "nodes": nodes, "twins": twins, "rounds": rounds,
        "scenarios": u64::try_from(all.count()).unwrap_or(u64::MAX), "run": run,
        "failed": failures.len(), "wall_s": round(wall_s, 2), "cpu_s": round(cpu_s, 2),
        "per_s": per_s(run, wall_s), "per_cpu_s": per_s(run, cpu_s), "failures": failures,
        "environment": environment::describe(),
    });
    let text = pairs(&[
        ("scenarios", format!("{run} of {}", all.count())),
        ("failed", failures.len().to_string()),
        ("per second", value["per_s"].to_string()),
        ("per CPU second", value["per_cpu_s"].to_string()),
    ]);
    let exit = if failures.is_empty() { Exit::Ok } else { Exit::Violated };
    Ok(Report::new(value, text).exit(exit))
}

fn replay(args: &TwinsArgs, number: u64) -> String {
    let TwinsArgs { protocol, nodes, twins, rounds, mutant, .. } = args;
    let mutant = if mutant.is_empty() { String::new() } else { format!(" --mutant {mutant}") };
    format!(
        "unisono sim twins --protocol {protocol} --nodes {nodes} --twins {twins} --rounds {rounds} --scenario {number}{mutant}"
    )
}

fn describe(round: &Round) -> Value {
    let side = (0..32).filter(|seat| round.side & (1 << seat) != 0).collect::<Vec<u32>>();
    json!({ "leader": round.leader.to_string(), "side": side })
}
