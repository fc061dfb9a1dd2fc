//! `unisono sim score`: deliberate bugs, and how many of them the hunt finds.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use hunt::score::{Bug, attempt, catalogue};
use serde_json::{Value, json};

use crate::args::hunt::{ScoreArgs, minutes};
use crate::bench::environment;
use crate::clock::cpu_s;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, Table, note};
use crate::stats::round;
use crate::{parallel, progress};

/// The share of bugs that must be found.
const SHARE_MIN: f64 = 0.95;

/// A bug, and what became of it.
struct Hunted {
    bug: Bug,
    /// Attempts, and what they took.
    attempts: u64,
    spent: Duration,
    found: Option<String>,
}

/// Scores.
pub(crate) fn run(args: &ScoreArgs) -> Result<Report> {
    let mut bugs = catalogue();
    if bugs.is_empty() {
        return Err(Failure::usage("this build has no deliberate bugs to find")
            .why("no binary that runs for real has them")
            .next("cargo run --profile sim --features mutants -- sim score"));
    }
    bugs.retain(|bug| args.protocol == "all" || bug.protocol == args.protocol);
    let threads = parallel::threads(args.threads);
    note(&format!("{} deliberate bugs, {} minutes, {threads} threads", bugs.len(), args.minutes));
    let (start, cpu_before) = (Instant::now(), cpu_s());
    let until = start + minutes(args.minutes);
    let bar = progress::bar(bugs.len() as u64, "found");
    std::panic::set_hook(Box::new(|_| {}));
    let mut hunted: Vec<Hunted> = bugs.into_iter().map(Hunted::new).collect();
    // Round after round, a few attempts at each that is still at large: no bug takes the time of all others.
    let mut first = 0;
    while Instant::now() < until && hunted.iter().any(|one| one.found.is_none()) {
        let jobs = hunted.iter_mut().filter(|one| one.found.is_none());
        parallel::map(jobs, threads, Some(until), |one: &mut Hunted| {
            one.hunt(first..first + ATTEMPTS_AT_ONCE, until);
            bar.inc(u64::from(one.found.is_some()));
        });
        first += ATTEMPTS_AT_ONCE;
    }
    let _ = std::panic::take_hook();
    bar.finish_and_clear();
    let wall_s = start.elapsed().as_secs_f64();
    Ok(report(&hunted, wall_s, cpu_s() - cpu_before))
}

/// Attempts at one bug before the next one has its turn.
const ATTEMPTS_AT_ONCE: u64 = 10;

impl Hunted {
    const fn new(bug: Bug) -> Self {
        Self { bug, attempts: 0, spent: Duration::ZERO, found: None }
    }

    fn hunt(&mut self, numbers: std::ops::Range<u64>, until: Instant) {
        let start = Instant::now();
        for number in numbers {
            self.attempts += 1;
            // A core that panics where the sound one does not has been found too.
            let found = catch_unwind(AssertUnwindSafe(|| attempt(self.bug, number)));
            self.found = found.unwrap_or_else(|_| Some(format!("panicked in attempt {number}")));
            if self.found.is_some() || Instant::now() >= until {
                break;
            }
        }
        self.spent += start.elapsed();
    }
}

fn report(hunted: &[Hunted], wall_s: f64, cpu_s: f64) -> Report {
    let found = hunted.iter().filter(|one| one.found.is_some()).count();
    let share = if hunted.is_empty() { 0.0 } else { found as f64 / hunted.len() as f64 };
    let mut spans: Vec<f64> = hunted
        .iter()
        .filter(|one| one.found.is_some())
        .map(|one| one.spent.as_secs_f64())
        .collect();
    spans.sort_by(f64::total_cmp);
    let median_s = spans.get(spans.len() / 2).copied().unwrap_or_default();
    let mut by_protocol: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for one in hunted {
        let (all, found) = by_protocol.entry(one.bug.protocol).or_default();
        *all += 1;
        *found += u64::from(one.found.is_some());
    }
    let bug = |one: &Hunted| {
        json!({
            "protocol": one.bug.protocol, "bug": one.bug.label, "found": one.found.is_some(),
            "attempts": one.attempts, "s": round(one.spent.as_secs_f64(), 2), "how": one.found,
        })
    };
    let value = json!({
        "bugs": hunted.len(), "found": found, "share": round(share, 4),
        "median_s": round(median_s, 2), "wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1),
        "protocols": by_protocol.iter().map(|(name, (all, found))| {
            ((*name).to_owned(), json!({ "bugs": all, "found": found }))
        }).collect::<serde_json::Map<_, _>>(),
        "hunted": hunted.iter().map(bug).collect::<Vec<Value>>(),
        "environment": environment::describe(),
    });
    let exit = if share >= SHARE_MIN { Exit::Ok } else { Exit::Failed };
    Report::new(value.clone(), describe(hunted, &value)).exit(exit)
}

fn describe(hunted: &[Hunted], value: &Value) -> String {
    let mut table = Table::new(["PROTOCOL", "BUG", "ATTEMPTS", "FOUND"]);
    for one in hunted {
        let Bug { protocol, label } = one.bug;
        let found =
            one.found.as_deref().map_or("no", |how| how.split(':').next().unwrap_or_default());
        table.row([protocol.into(), label.into(), one.attempts.to_string(), found.to_owned()]);
    }
    format!(
        "{}\n{} of {} found in {} s, the median one in {} s",
        table.render(),
        value["found"],
        value["bugs"],
        value["wall_s"],
        value["median_s"]
    )
}
