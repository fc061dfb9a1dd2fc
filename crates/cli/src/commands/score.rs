//! `unisono sim score`: deliberate bugs, and how many of them the hunt finds.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hunt::score::{Bug, ELSEWHERE, Trial, catalogue};
use serde_json::{Value, json};

use crate::args::hunt::{ScoreArgs, minutes};
use crate::bench::environment;
use crate::clock::thread_cpu_s;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, Table, note};
use crate::stats::round;
use crate::{parallel, progress};

/// The share of bugs that must be found.
const SHARE_MIN: f64 = 0.95;

/// A bug, and what became of it.
struct Hunted {
    bug: Bug,
    /// Attempts, and the CPU seconds that all bugs together had taken when it was found.
    attempts: u64,
    at_s: f64,
    found: Option<String>,
}

/// The bugs of one protocol that are at large, and what has been done about them.
struct Wanted {
    /// The number of the next attempt.
    next: u64,
    /// CPU seconds that its attempts took.
    spent_s: f64,
    /// By their places among all bugs.
    at_large: Vec<usize>,
}

/// What the threads share.
struct Hunt {
    hunted: Vec<Hunted>,
    wanted: BTreeMap<&'static str, Wanted>,
    spent_s: f64,
    limit_s: f64,
}

/// An attempt: the protocol, its number, and the bugs at large by their places.
type Turn = (&'static str, u64, Vec<(usize, Bug)>);

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
    // Whatever else the machine does, the hunt has what so many minutes on so many free cores are.
    let limit_s = args.limit_s.unwrap_or(minutes(args.minutes).as_secs() * threads as u64) as f64;
    note(&format!("{} deliberate bugs, {limit_s} CPU seconds, {threads} threads", bugs.len()));
    let start = Instant::now();
    let bar = progress::bar(bugs.len() as u64, "found");
    std::panic::set_hook(Box::new(|_| {}));
    let hunt = Mutex::new(Hunt::new(bugs, limit_s));
    parallel::map(0..threads, threads, None, |_| {
        while let Some((protocol, number, bugs)) = lock(&hunt).next_trial() {
            let trial = Trial::new(protocol, number);
            for (place, bug) in bugs {
                let before = thread_cpu_s();
                // A core that panics where the sound one does not has been found too.
                let found = catch_unwind(AssertUnwindSafe(|| trial.attempt(bug)));
                let found = found.unwrap_or_else(|_| Some(format!("panicked in attempt {number}")));
                bar.inc(u64::from(found.is_some()));
                if !lock(&hunt).note(place, thread_cpu_s() - before, found) {
                    return;
                }
            }
        }
    });
    let _ = std::panic::take_hook();
    bar.finish_and_clear();
    let Hunt { hunted, spent_s, .. } = hunt.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(report(&hunted, start.elapsed().as_secs_f64(), spent_s))
}

fn lock(hunt: &Mutex<Hunt>) -> MutexGuard<'_, Hunt> {
    hunt.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hunt {
    fn new(bugs: Vec<Bug>, limit_s: f64) -> Self {
        let mut wanted: BTreeMap<&'static str, Wanted> = BTreeMap::new();
        for (place, bug) in bugs.iter().enumerate() {
            let fresh = || Wanted { next: 0, spent_s: 0.0, at_large: Vec::new() };
            wanted.entry(bug.protocol).or_insert_with(fresh).at_large.push(place);
        }
        let fresh = |bug| Hunted { bug, attempts: 0, at_s: 0.0, found: None };
        Self { hunted: bugs.into_iter().map(fresh).collect(), wanted, spent_s: 0.0, limit_s }
    }

    /// The next attempt: at the bugs of the protocol that has had least for each of them, so that none takes the time of
    /// all others.
    fn next_trial(&mut self) -> Option<Turn> {
        if self.spent_s >= self.limit_s {
            return None;
        }
        let share = |wanted: &Wanted| wanted.spent_s / wanted.at_large.len() as f64;
        let open = self.wanted.iter_mut().filter(|(_, wanted)| !wanted.at_large.is_empty());
        let (protocol, wanted) = open.min_by(|a, b| share(a.1).total_cmp(&share(b.1)))?;
        let number = wanted.next;
        wanted.next += 1;
        let bugs = wanted.at_large.iter().map(|&place| (place, self.hunted[place].bug)).collect();
        Some((protocol, number, bugs))
    }

    /// Notes what came of an attempt; whether there is time for more.
    fn note(&mut self, place: usize, took_s: f64, found: Option<String>) -> bool {
        self.spent_s += took_s;
        let one = &mut self.hunted[place];
        one.attempts += 1;
        if let Some(wanted) = self.wanted.get_mut(one.bug.protocol) {
            wanted.spent_s += took_s;
            if found.is_some() {
                wanted.at_large.retain(|other| *other != place);
            }
        }
        // Another thread may have found it meanwhile.
        if one.found.is_none() && found.is_some() {
            (one.at_s, one.found) = (self.spent_s, found);
        }
        self.spent_s < self.limit_s
    }
}

fn report(hunted: &[Hunted], wall_s: f64, cpu_s: f64) -> Report {
    let found = hunted.iter().filter(|one| one.found.is_some()).count();
    let share = if hunted.is_empty() { 0.0 } else { found as f64 / hunted.len() as f64 };
    let mut spans: Vec<f64> =
        hunted.iter().filter(|one| one.found.is_some()).map(|one| one.at_s).collect();
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
            "attempts": one.attempts, "s": round(one.at_s, 2), "how": one.found,
        })
    };
    let value = json!({
        "bugs": hunted.len(), "found": found, "share": round(share, 4),
        "median_s": round(median_s, 2), "wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1),
        "protocols": by_protocol.iter().map(|(name, (all, found))| {
            ((*name).to_owned(), json!({ "bugs": all, "found": found }))
        }).collect::<serde_json::Map<_, _>>(),
        "hunted": hunted.iter().map(bug).collect::<Vec<Value>>(),
        "elsewhere": ELSEWHERE.iter().map(|(protocol, bug, why)| {
            json!({ "protocol": protocol, "bug": bug, "why": why })
        }).collect::<Vec<Value>>(),
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
        "{}\n{} of {} found in {} CPU seconds, half of them within {}",
        table.render(),
        value["found"],
        value["bugs"],
        value["cpu_s"],
        value["median_s"]
    )
}
