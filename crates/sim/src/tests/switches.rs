use replica::Mutant;

use super::*;
use crate::world::World;
use crate::{Changed, Scripted};

fn there_and_back(other: &str) -> Vec<Scripted> {
    let change = |protocol: &str| Changed::Protocol(protocol.to_owned());
    vec![
        Scripted { height: 40, change: change(other) },
        Scripted { height: 80, change: change("pbft") },
    ]
}

fn options(seed: u64, other: &str) -> Options {
    Options {
        seed,
        changes: there_and_back(other),
        decisions: 120,
        workload: Workload::Tickets,
        downtime_max_us: 100_000,
        ..Options::default()
    }
}

/// A switch under load: the checkers see no ticket lost and none consumed twice.
#[test]
fn a_network_switches_to_another_protocol_and_back() {
    for other in ["hotstuff", "hotstuff-3", "tendermint", "fba"] {
        let report = pass(&options(1, other));
        assert_eq!(report.epochs, 2, "{other}: {report}");
        let both =
            |kind: &str| report.by_kind.iter().any(|(name, count)| *name == kind && *count > 0);
        assert!(both("pre-prepare"), "{:?}", report.by_kind);
    }
}

/// The same while replicas crash and come back, messages are lost, and one validator lies.
#[test]
fn a_switch_stands_crashes_losses_and_a_liar() {
    for seed in 0..4 {
        for other in ["hotstuff", "tendermint"] {
            let crash_ppm = 2_000;
            let options =
                Options { crash_ppm, loss_ppm: 20_000, byzantine: 1, ..options(seed, other) };
            let report = pass(&options);
            assert_eq!(report.epochs, 2, "{other}: {report}");
        }
    }
}

/// A crash behind every effect around the switch.
#[test]
fn a_switch_survives_a_crash_between_any_two_effects() {
    let quiet = pass(&options(3, "hotstuff"));
    assert_eq!(quiet.epochs, 2);
    for effect in (1..4_000).step_by(173) {
        let crash_at = Some((types::NodeId::new(1), effect));
        let report = pass(&Options { crash_at, clients: 2, ..options(3, "hotstuff") });
        assert_eq!(report.epochs, 2, "{report}");
    }
}

/// A power cut of everybody, and partitions, wherever they fall.
#[test]
fn a_switch_survives_power_cuts_and_partitions() {
    for seed in 0..4 {
        let options = Options {
            power_cuts: 3,
            partition_every_us: 300_000,
            disk_sync_us: 2_000,
            wire: true,
            ..options(seed, "hotstuff")
        };
        assert_eq!(pass(&options).epochs, 2);
    }
}

#[test]
fn a_switch_to_a_protocol_that_stands_less_is_refused() {
    let bad = Options { changes: there_and_back("raft"), ..Options::default() };
    assert_eq!(run(&bad).unwrap_err().flag, "change");
}

/// Replicas that all begin an epoch too early or too late agree with each other, and not with what was agreed on.
#[test]
fn a_switch_at_another_height_than_agreed_is_found() {
    for mutant in [Mutant::EpochEarly, Mutant::EpochLate] {
        let options = options(1, "hotstuff");
        let mut cores = cores(&options);
        cores.mutant = Some(mutant);
        let mut world = World::<protocols::Any>::new(&options, cores);
        world.run();
        let report = world.report();
        assert_eq!(report.verdict, Verdict::Diverged, "{mutant:?}: {report}");
        assert!(report.why.starts_with("S12"), "{mutant:?}: {}", report.why);
    }
}
