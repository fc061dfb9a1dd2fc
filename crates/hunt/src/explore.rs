//! One seed, one configuration, one run: what `unisono sim explore` does many times.

use sim::{OptionError, Options, Report, Verdict};

/// The protocols that are explored where nothing else is asked for: all that promise agreement.
#[must_use]
pub fn protocols() -> Vec<&'static str> {
    let names = protocols::PROTOCOLS.iter().map(|protocol| protocol.name);
    names.filter(|name| *name != "none").collect()
}

/// What came of one seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explored {
    /// What was simulated.
    pub options: Options,
    /// What came of it.
    pub report: Report,
}

impl Explored {
    /// Whether everything held.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.report.verdict == Verdict::Pass
    }
}

/// Draws the configuration of a seed and runs it.
///
/// # Errors
/// Where no protocol has that name.
pub fn explore(protocol: &str, seed: u64) -> Result<Explored, OptionError> {
    let options = Options::draw_wide(protocol, seed);
    let report = sim::run(&options)?;
    Ok(Explored { options, report })
}

/// The kinds of faults that a configuration has, each by a name that stays.
#[must_use]
pub fn faults(options: &Options) -> Vec<&'static str> {
    let partitions = options.partition_every_us > 0;
    let crashes = options.crash_ppm > 0 || options.power_cuts > 0;
    let all = [
        ("loss", options.loss_ppm > 0),
        ("duplication", options.duplicate_ppm > 0),
        ("reordering", options.reorder_ppm > 0),
        ("clogging", options.clog_ppm > 0),
        ("partitions", partitions),
        ("one-way partitions", partitions && options.one_way_ppm > 0),
        ("crashes", options.crash_ppm > 0),
        ("power cuts", options.power_cuts > 0),
        ("lost disks", crashes && options.reformat_ppm > 0),
        ("damaged disks", crashes && options.rot_ppm > 0),
        ("failing syncs", options.sync_error_ppm > 0),
        ("stalling syncs", options.stall_ppm > 0),
        ("clock skew", options.skew_us_max > 0),
        ("liars", options.byzantine > 0),
    ];
    all.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name).collect()
}
