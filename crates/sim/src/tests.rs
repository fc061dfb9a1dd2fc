//! Whole runs: that they repeat, that they hold, and that what is broken is found.

use super::*;

mod broken;
mod calls;
mod chains;
mod crashes;
mod disks;
mod messages;
mod roles;
mod runs;
mod sets;
mod swarm;
mod switches;

fn pass(options: &Options) -> Report {
    let report = run(options).unwrap();
    assert_eq!(report.verdict, Verdict::Pass, "{report}");
    report
}
