//! A checker that finds nothing is worth nothing: each of these worlds is broken on purpose, and must be found out.

use pbft::Mutant;
use types::NodeId;

use super::*;
use crate::options::Sabotage;
use crate::world::{Cores, World, core_config};

/// Runs seeds until one fails in the way asked for; its sentence.
fn caught(
    seeds: u64,
    mutant: Option<Mutant>,
    options: impl Fn(u64) -> Options,
    way: impl Fn(&Report) -> bool,
) -> String {
    for seed in 0..seeds {
        let options = options(seed);
        let cores = {
            let options = options.clone();
            Cores::new(move |epoch| {
                let mut config = core_config(epoch, &options).unwrap();
                if let protocols::Config::Pbft(pbft) = &mut config {
                    pbft.mutant = mutant;
                }
                Some(config)
            })
        };
        let mut world = World::<protocols::Any>::new(&options, cores);
        world.run();
        let report = world.report();
        if way(&report) {
            return report.why;
        }
    }
    panic!("{mutant:?} survives {seeds} seeds");
}

fn diverged(seeds: u64, mutant: Option<Mutant>, options: impl Fn(u64) -> Options) -> String {
    caught(seeds, mutant, options, |report| report.verdict == Verdict::Diverged)
}

fn failed(report: &Report) -> bool {
    report.verdict != Verdict::Pass
}

fn crashing(seed: u64) -> Options {
    Options { seed, decisions: 40, crash_ppm: 5_000, downtime_max_us: 20_000, ..Options::default() }
}

#[test]
fn disks_that_forget_their_votes() {
    let why =
        diverged(50, None, |seed| Options { sabotage: Sabotage::ForgetfulDisks, ..crashing(seed) });
    assert!(why.starts_with("S9"), "{why}");
}

#[test]
fn liars_taken_for_correct_ones() {
    let trusted = |seed| Options {
        sabotage: Sabotage::TrustedLiars,
        byzantine: 1,
        seed,
        ..Options::default()
    };
    let why = diverged(3, None, trusted);
    assert!(why.starts_with("S9") || why.starts_with("S8"), "{why}");
}

#[test]
fn votes_that_leave_before_they_are_durable() {
    // Only a primary that lies proposes something else after the crash.
    let lied_to = |seed| Options {
        byzantine: 1,
        crash_ppm: 20_000,
        downtime_max_us: 2_000,
        ..crashing(seed)
    };
    let why = diverged(60, Some(Mutant::PrepareNotPersisted), lied_to);
    assert!(why.starts_with("S9"), "{why}");
    let impatient = |seed| Options { loss_ppm: 100_000, view_timeout_ms: 20, ..lied_to(seed) };
    let why = diverged(60, Some(Mutant::ViewChangeNotPersisted), impatient);
    assert!(why.starts_with("S9"), "{why}");
}

/// Rule X-1 again, on a core that gets it wrong.
#[test]
fn a_quorum_that_is_too_small_for_six() {
    let why = diverged(100, Some(Mutant::QuorumOfTwoFPlusOne), |seed| {
        let side = [0, 2, 4].map(NodeId::new).to_vec();
        let cut = Cut { from_us: 0, to_us: 4_000_000, side, one_way: false };
        let (cuts, chaos_us_max) = (vec![cut], 5_000_000);
        Options { nodes: 6, cuts, chaos_us_max, seed, decisions: 20, ..Options::default() }
    });
    assert!(why.starts_with("S1 "), "{why}");
}

#[test]
fn a_view_change_that_forgets_what_was_prepared() {
    let lossy = |seed| Options {
        seed,
        loss_ppm: 250_000,
        view_timeout_ms: 20,
        decisions: 60,
        ..Options::default()
    };
    caught(300, Some(Mutant::EmptyViewChange), lossy, failed);
}

#[test]
fn losses_that_nobody_repairs() {
    let lossy = |seed| Options { seed, loss_ppm: 300_000, ..Options::default() };
    let stuck = |report: &Report| report.verdict == Verdict::NoProgress;
    let why = caught(20, Some(Mutant::NoRetransmission), lossy, stuck);
    assert!(why.starts_with("the chain stands at"), "{why}");
}
