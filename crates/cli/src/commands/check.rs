//! `unisono sim check`: every schedule of a small network up to a few deviations.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use hunt::model::{Scope, check};
use serde_json::json;

use crate::args::hunt::CheckArgs;
use crate::clock::cpu_s;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, note, pairs};
use crate::progress;
use crate::stats::round;

/// Checks.
pub(crate) fn run(args: &CheckArgs) -> Result<Report> {
    let scope = Scope {
        protocol: args.protocol.clone(),
        nodes: args.nodes.into(),
        twins: args.twins.min(args.nodes).into(),
        deviations: args.deviations.into(),
        depth: args.depth,
        mutant: args.mutant.clone(),
    };
    note(&format!(
        "{}: every schedule of {} nodes with at most {} deviations in {} events",
        scope.protocol, scope.nodes, scope.deviations, scope.depth
    ));
    let before = cpu_s();
    let spinner = progress::spinner("schedules");
    let checked = check(&scope, args.limit)
        .map_err(|error| Failure::usage("this cannot be checked").why(error))?;
    spinner.finish_and_clear();
    let whole = checked.failure.is_none() && checked.schedules < args.limit;
    let value = json!({
        "protocol": scope.protocol, "nodes": scope.nodes, "twins": scope.twins,
        "deviations": scope.deviations, "depth": scope.depth, "schedules": checked.schedules,
        "states": checked.states, "pruned": checked.pruned, "events_max": checked.events_max,
        "whole": whole, "cpu_s": round(cpu_s() - before, 2),
        "failure": checked.failure.as_ref().map(|(schedule, problem)| json!({
            "problem": problem,
            "schedule": schedule.iter().map(|(at, how)| format!("{at}:{how:?}")).collect::<Vec<_>>(),
        })),
    });
    let text = pairs(&[
        ("schedules", checked.schedules.to_string()),
        ("states", checked.states.to_string()),
        ("reached before", checked.pruned.to_string()),
        ("longest", format!("{} events", checked.events_max)),
        ("all of them", if whole { "yes" } else { "no" }.to_owned()),
        (
            "failure",
            checked.failure.as_ref().map_or("none".to_owned(), |failure| format!("{failure:?}")),
        ),
    ]);
    let exit = match checked.failure {
        Some(_) => Exit::Violated,
        None if whole => Exit::Ok,
        None => Exit::Inconclusive,
    };
    Ok(Report::new(value, text).exit(exit))
}
