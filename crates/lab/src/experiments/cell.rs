//! One cell: what runs it, and the line that is kept of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};
use sim::{Asked, Verdict};

use super::error::{Error, Kind};
use super::model::{self, Model};
use super::plan::{measured, options};
use super::{Cell, Params, metrics};

/// Most latencies kept of one cell; of more, every second, third and so on.
const SAMPLES_MAX: usize = 2_000;

/// How a cell ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The run ended, and everything held.
    Ok,
    /// An invariant was broken, or the run could not be done.
    Failed,
    /// The run ended with work undone, although everything was healed.
    TimedOut,
}

/// What became of clients' requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requests {
    /// All that were asked.
    pub sent: u64,
    /// Those answered with a proof.
    pub ok: u64,
    /// Those in a run that an invariant ended: nobody can say what became of them.
    pub failed: u64,
    /// Those without an answer when the run ended.
    pub timed_out: u64,
}

impl Requests {
    /// Whether nothing is lost: `ok + failed + timed_out = sent`.
    #[must_use]
    pub const fn adds_up(&self) -> bool {
        self.ok + self.failed + self.timed_out == self.sent
    }
}

/// What is kept of a finished cell: one line of `cells.jsonl`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finished {
    /// Its place in the plan.
    pub cell: usize,
    /// Its parameters.
    pub params: Params,
    /// Which of the runs with these parameters it is.
    pub repeat: u32,
    /// Its seed.
    pub seed: u64,
    /// How it ended.
    pub status: Status,
    /// Why it did not end well; empty where it did.
    pub why: String,
    /// Whether it could not be run at all.
    pub error: bool,
    /// What became of the requests.
    pub requests: Requests,
    /// What was measured.
    pub metrics: BTreeMap<String, f64>,
    /// Latencies of requests, in the order in which they were asked.
    pub latency_us: Vec<u64>,
    /// Of how many latencies each of these is the first.
    pub thinned_by: usize,
    /// The command that runs this cell alone; empty for a model.
    pub replay: String,
}

impl Finished {
    /// Its line, without the end of line.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Runs a cell. It never fails: what cannot be run is kept as that.
#[must_use]
pub fn run_cell(cell: &Cell) -> Finished {
    run_by(cell, &|cell| {
        if model::is_model(&cell.params) { modelled(cell) } else { simulated(cell) }
    })
}

/// Runs a cell by any means; a panic of ours becomes its error, and the other cells go on.
pub(crate) fn run_by(cell: &Cell, run: &dyn Fn(&Cell) -> Result<Finished, Error>) -> Finished {
    let ended = catch_unwind(AssertUnwindSafe(|| run(cell)));
    let why = match ended {
        Ok(Ok(finished)) => return finished,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            format!("a bug of the simulator: {}", said.unwrap_or("it said nothing"))
        }
    };
    Finished { status: Status::Failed, why, error: true, ..empty(cell) }
}

fn empty(cell: &Cell) -> Finished {
    Finished {
        cell: cell.number,
        params: cell.params.clone(),
        repeat: cell.repeat,
        seed: cell.seed,
        status: Status::Ok,
        why: String::new(),
        error: false,
        requests: Requests::default(),
        metrics: BTreeMap::new(),
        latency_us: Vec::new(),
        thinned_by: 1,
        replay: String::new(),
    }
}

fn simulated(cell: &Cell) -> Result<Finished, Error> {
    let options = options(&cell.params, cell.seed)?;
    let report = sim::run(&options)
        .map_err(|error| Error::new(Kind::Usage, "this cannot be simulated").why(error))?;
    let status = match report.verdict {
        Verdict::Pass => Status::Ok,
        Verdict::Diverged => Status::Failed,
        Verdict::NoProgress => Status::TimedOut,
    };
    let measured = measured(&cell.params, &report.requests)?;
    let (latency_us, thinned_by) = thin(measured);
    Ok(Finished {
        status,
        why: report.why.clone(),
        requests: count(&report.requests, status),
        metrics: metrics::of_report(&report, measured),
        latency_us,
        thinned_by,
        replay: report.replay.clone(),
        ..empty(cell)
    })
}

fn modelled(cell: &Cell) -> Result<Finished, Error> {
    let model = Model::read(&cell.params)?;
    let requests = model.run(cell.seed);
    let measured = measured(&cell.params, &requests)?;
    let mut metrics = metrics::of_requests(measured);
    metrics.insert("diverged".to_owned(), f64::from(u8::from(model.is_corrupted())));
    let status = if model.is_corrupted() { Status::Failed } else { Status::Ok };
    let why = if model.is_corrupted() {
        "a model, with more liars than it is said to stand".to_owned()
    } else {
        String::new()
    };
    let (latency_us, thinned_by) = thin(measured);
    let requests = count(&requests, status);
    Ok(Finished { status, why, requests, metrics, latency_us, thinned_by, ..empty(cell) })
}

fn count(requests: &[Asked], status: Status) -> Requests {
    let sent = requests.len() as u64;
    let ok = requests.iter().filter(|asked| asked.answered_us.is_some()).count() as u64;
    let (failed, timed_out) =
        if status == Status::Failed { (sent - ok, 0) } else { (0, sent - ok) };
    Requests { sent, ok, failed, timed_out }
}

/// The latencies, and every which one of them is kept.
fn thin(requests: &[Asked]) -> (Vec<u64>, usize) {
    let all = metrics::latencies_us(requests);
    let step = all.len().div_ceil(SAMPLES_MAX).max(1);
    (all.into_iter().step_by(step).collect(), step)
}
