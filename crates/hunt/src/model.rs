//! Every schedule of a small network up to so many deviations from the plain one: a bounded model check.
//!
//! The plain schedule delivers messages in the order in which they were sent. A deviation loses a message, delays it behind
//! everything else, or lets a timer run out before it. All schedules with at most `deviations` of them are run, through
//! the cores' own `step`, and each must end in agreement (delay-bounded scheduling, Emmi, Qadeer and Rakamaric, POPL
//! 2011). A state that was reached before with as many deviations left is not searched again.

use std::collections::BTreeMap;

use protocols::{ConfigError, Params};
use types::{Duration, Prng};

use crate::arena::Arena;

mod walk;

pub use walk::walk;

/// Works to agree on.
const WORKS: u64 = 2;
/// Most events of one schedule.
const STEPS_MAX: usize = 20_000;
/// How much later a delayed message comes: behind a view change.
const DELAY_US: u64 = 60_000;

/// What is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// The protocol's name.
    pub protocol: String,
    /// How many identities.
    pub nodes: usize,
    /// How many of them sit there twice, as liars do.
    pub twins: usize,
    /// Most deviations of a schedule.
    pub deviations: usize,
    /// Deviations happen among so many first events.
    pub depth: usize,
    /// A deliberate bug of the core, by its label; empty for none.
    pub mutant: String,
}

/// A way to leave the plain schedule, at an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deviation {
    /// The message is lost.
    Lose,
    /// It comes later than all others.
    Delay,
    /// A timer of whom it is for runs out before it.
    TimeOut,
}

/// A schedule: where it leaves the plain one, by the numbers of events.
pub type Schedule = Vec<(usize, Deviation)>;

/// What was found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Checked {
    /// Schedules that were run.
    pub schedules: u64,
    /// Different states in which a schedule left the plain one.
    pub states: u64,
    /// Schedules that ended where others did already.
    pub pruned: u64,
    /// The events of the longest schedule.
    pub events_max: usize,
    /// The first schedule that ended badly, and how.
    pub failure: Option<(Schedule, String)>,
}

/// Checks a scope; stops at the first failure, or after `schedules_max` schedules.
///
/// # Errors
/// Where there is no such protocol.
pub fn check(scope: &Scope, schedules_max: u64) -> Result<Checked, ConfigError> {
    let mut checked = Checked::default();
    // The most deviations that were left in each state.
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let mut open: Vec<Schedule> = vec![Vec::new()];
    while let Some(schedule) = open.pop() {
        if checked.schedules >= schedules_max {
            break;
        }
        let left = scope.deviations - schedule.len();
        let run = run(scope, &schedule)?;
        checked.schedules += 1;
        checked.events_max = checked.events_max.max(run.steps);
        if let Some(problem) = run.problem {
            checked.failure = Some((schedule, problem));
            break;
        }
        let before = seen.insert(run.state, left);
        if let Some(before) = before.filter(|before| *before >= left) {
            seen.insert(run.state, before);
            checked.pruned += 1;
            continue;
        }
        if left > 0 {
            let longer = run.choices.into_iter().rev().map(|choice| {
                let mut longer = schedule.clone();
                longer.push(choice);
                longer
            });
            open.extend(longer);
        }
    }
    checked.states = seen.len() as u64;
    Ok(checked)
}

/// What came of one schedule.
struct Run {
    /// The state behind its last deviation.
    state: u64,
    /// Where it could deviate once more.
    choices: Schedule,
    steps: usize,
    problem: Option<String>,
}

fn run(scope: &Scope, schedule: &[(usize, Deviation)]) -> Result<Run, ConfigError> {
    let mut arena = arena(scope)?;
    let mut run = Run { state: 0, choices: Vec::new(), steps: 0, problem: None };
    let mut script = schedule.iter().peekable();
    if schedule.is_empty() {
        run.state = arena.fingerprint();
    }
    while !arena.is_done() && arena.violation.is_none() {
        if run.steps >= STEPS_MAX {
            run.problem = Some("nothing is decided although everything arrives".to_owned());
            return Ok(run);
        }
        let Some((seat, is_message)) = arena.next() else {
            run.problem = Some("nothing is decided, and nothing is left to happen".to_owned());
            return Ok(run);
        };
        let at = run.steps;
        run.steps += 1;
        match script.next_if(|(step, _)| *step == at) {
            Some((_, Deviation::Lose)) => arena.lose_next(),
            Some((_, Deviation::Delay)) => arena.delay_next(DELAY_US),
            Some((_, Deviation::TimeOut)) => arena.time_out(seat),
            None => {
                if is_message && script.peek().is_none() && at < scope.depth {
                    let all = [Deviation::Lose, Deviation::Delay, Deviation::TimeOut];
                    run.choices.extend(all.map(|deviation| (at, deviation)));
                }
                arena.advance();
                continue;
            }
        }
        if script.peek().is_none() {
            run.state = arena.fingerprint();
        }
    }
    run.problem = arena.violation.take();
    Ok(run)
}

fn arena(scope: &Scope) -> Result<Arena, ConfigError> {
    let params = Params {
        view_timeout: Duration::from_ms(20),
        view_timeout_max: Duration::from_ms(160),
        retry_interval: Duration::from_ms(5),
        ..Params::default()
    };
    let Scope { protocol, nodes, twins, mutant, .. } = scope;
    let mut config = protocols::config(protocol, *nodes, &params)?;
    if !mutant.is_empty() {
        protocols::break_core(&mut config, mutant)?;
    }
    Ok(Arena::new(config, protocol, *nodes, *twins, WORKS))
}

#[cfg(test)]
mod tests;
