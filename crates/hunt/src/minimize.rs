//! Makes a failing run small: a plainer configuration, then as few faults, then as few messages as still fail in the
//! same way (delta debugging, Zeller and Hildebrandt, TSE 2002).

use sim::{Latency, OptionError, Options, PartitionMode, Report, Selection, Verdict, Workload};

/// A failing run that could not be made smaller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minimal {
    /// What to simulate.
    pub options: Options,
    /// What comes of it.
    pub report: Report,
    /// The run that it came from.
    pub before: Report,
    /// How many runs it took.
    pub runs: usize,
}

/// A way to fail: the verdict, and the invariant that did not hold.
type Way = (Verdict, String);

fn way(report: &Report) -> Way {
    let invariant = match report.verdict {
        Verdict::Diverged => report.why.split(' ').next().unwrap_or_default(),
        Verdict::Pass | Verdict::NoProgress => "",
    };
    (report.verdict, invariant.to_owned())
}

/// Makes a failing run small, in at most `runs_max` runs; `None` where it does not fail.
///
/// # Errors
/// Where the options cannot be simulated.
pub fn minimize(options: &Options, runs_max: usize) -> Result<Option<Minimal>, OptionError> {
    let before = sim::run(options)?;
    if before.verdict == Verdict::Pass {
        return Ok(None);
    }
    let way = way(&before);
    let mut hunt =
        Hunt { way, options: options.clone(), report: before.clone(), runs: 1, runs_max };
    // A smaller run may be drawn into something plainer that was not possible before.
    while hunt.simplify() && hunt.has_runs() {}
    // Where a contradiction is what fails, most faults go with the messages that they touched.
    hunt.drop_messages();
    hunt.drop_faults();
    // With most messages gone, much of the rest is not needed either.
    while hunt.simplify() && hunt.has_runs() {}
    let Hunt { options, report, runs, .. } = hunt;
    Ok(Some(Minimal { options, report, before, runs }))
}

struct Hunt {
    way: Way,
    /// The smallest that fails so far, and what came of it.
    options: Options,
    report: Report,
    runs: usize,
    runs_max: usize,
}

impl Hunt {
    fn has_runs(&self) -> bool {
        self.runs < self.runs_max
    }

    /// Takes these options where they still fail in the same way, in no more than so many events.
    fn try_out(&mut self, options: Options, events_max: u64) -> bool {
        if !self.has_runs() || options == self.options {
            return false;
        }
        self.runs += 1;
        let Ok(report) = sim::run(&options) else { return false };
        let same = way(&report) == self.way && report.events <= events_max;
        if same {
            (self.options, self.report) = (options, report);
        }
        same
    }

    /// Tries every plainer configuration once; whether any still fails.
    fn simplify(&mut self) -> bool {
        let mut any = false;
        for change in CHANGES {
            let mut options = self.options.clone();
            change(&mut options);
            any |= self.try_out(options, u64::MAX);
        }
        any
    }

    /// Finds a few of the faults that chance drew which suffice.
    fn drop_faults(&mut self) {
        let all: Vec<u64> = (0..self.report.strikes).collect();
        self.shrink(all, |options, kept| {
            options.only = Some(Selection::of(kept.iter().copied()));
        });
    }

    /// Finds a few of the messages that suffice for a contradiction; where nothing happens, no message is needed.
    fn drop_messages(&mut self) {
        if self.way.0 != Verdict::Diverged {
            return;
        }
        let all: Vec<u64> = (0..self.report.sent).collect();
        let sent = self.report.sent;
        self.shrink(all, |options, kept| {
            let mut kept = kept.iter().copied().peekable();
            let lost = (0..sent).filter(|number| kept.next_if_eq(number).is_none());
            options.lost = Selection::of(lost);
        });
    }

    /// Delta debugging: drops ever smaller parts of a list as long as the rest still fails, until none can go.
    ///
    /// It goes from the end to the beginning: what is dropped changes what happens after it, and so the numbers there,
    /// but not before it.
    fn shrink(&mut self, mut kept: Vec<u64>, select: impl Fn(&mut Options, &[u64])) {
        let mut size = kept.len();
        while size > 0 && self.has_runs() {
            let before = kept.len();
            let mut end = before;
            while end > 0 && self.has_runs() {
                let start = end.saturating_sub(size);
                let rest: Vec<u64> = [&kept[..start], &kept[end..]].concat();
                let mut options = self.options.clone();
                select(&mut options, &rest);
                // A message less may cost many timeouts more, and such a run is no smaller.
                let events_max = self.report.events;
                if self.try_out(options, events_max) {
                    kept = rest;
                }
                end = start;
            }
            if size > 1 {
                size = size.div_ceil(2);
            } else if kept.len() == before {
                return;
            }
        }
    }
}

/// What may make a configuration plainer.
const CHANGES: &[fn(&mut Options)] = &[
    |options| options.wire = false,
    |options| options.signatures = crypto::Scheme::Cheap,
    |options| options.client_signatures = false,
    |options| options.workload = Workload::Notes,
    |options| options.byzantine = 0,
    |options| options.byzantine = options.byzantine.min(1),
    |options| options.skew_us_max = 0,
    |options| options.stall_ppm = 0,
    |options| options.sync_error_ppm = 0,
    |options| options.rot_ppm = 0,
    |options| options.reformat_ppm = 0,
    |options| options.power_cuts = 0,
    |options| options.crash_ppm = 0,
    |options| options.partition_every_us = 0,
    |options| options.partition_mode = PartitionMode::Halves,
    |options| options.clog_ppm = 0,
    |options| options.reorder_ppm = 0,
    |options| options.duplicate_ppm = 0,
    |options| options.loss_ppm = 0,
    |options| options.latency = Latency::Constant(500),
    |options| options.disk_sync_us = 0,
    |options| options.nodes = options.nodes.min(4),
    |options| options.clients = 1,
    |options| options.clients = options.clients.div_ceil(2),
    |options| options.decisions = options.decisions.min(2),
    |options| options.decisions = options.decisions.div_ceil(2),
    |options| options.decisions = (options.decisions - 1).max(1),
    |options| options.chaos_us_max = options.chaos_us_max.div_ceil(2),
    |options| options.patience_us = options.patience_us.div_ceil(2).max(5_000_000),
];
