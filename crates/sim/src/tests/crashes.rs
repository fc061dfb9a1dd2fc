use types::NodeId;

use super::*;

fn short() -> Options {
    Options {
        decisions: 12,
        clients: 2,
        workload: Workload::Tickets,
        downtime_max_us: 50_000,
        ..Options::default()
    }
}

/// D-1, D-2: a short script, and a crash behind every single effect of every replica.
#[test]
fn a_crash_between_any_two_effects_is_recovered_from() {
    let mut crashes = 0;
    for node in NodeId::all(4) {
        for effect in 1.. {
            let report = pass(&Options { crash_at: Some((node, effect)), ..short() });
            crashes += report.crashes;
            if report.crashes == 0 {
                assert!(effect > 80, "the script has only {effect} effects");
                break;
            }
        }
    }
    println!("{crashes} crash points");
}

/// Every protocol that promises agreement, with its number of blocks, and how many effects lie between two crash points.
const CORES: [(&str, u64, usize); 10] = [
    ("hotstuff", 4, 3),
    ("hotstuff-3", 4, 7),
    ("tendermint", 4, 3),
    ("raft", 4, 3),
    ("poa", 3, 17),
    ("aura", 3, 17),
    ("pos", 3, 17),
    ("pow", 2, 17),
    ("fba", 3, 11),
    ("central", 4, 3),
];

/// D-1, D-2, D-3, D-8: every other core too. One replica crashes behind its k-th effect, of what was not synced a drawn
/// part survives and the next record is torn; nothing that it let out is contradicted, and nothing acknowledged is lost.
/// With `SLOW` set every effect of every replica is a crash point.
#[test]
fn every_core_recovers_from_a_crash_between_any_two_effects() {
    let slow = std::env::var_os("SLOW").is_some();
    let mut points = 0;
    for (protocol, decisions, step) in CORES {
        let (nodes, step) = if slow { (4, 1) } else { (1, step) };
        for node in NodeId::all(nodes) {
            for effect in (1..).step_by(step) {
                let (protocol, crash_at) = (protocol.to_owned(), Some((node, effect)));
                let report = pass(&Options { protocol, decisions, crash_at, ..short() });
                points += report.crashes;
                if report.crashes == 0 {
                    assert!(effect > 30, "the script has only {effect} effects");
                    break;
                }
            }
        }
    }
    println!("{points} crash points");
}

/// D-9: a crash before, at and behind the moment at which a log is replaced by a shorter one.
#[test]
fn a_log_is_compacted_whole_or_not_at_all() {
    // The others have not yet compacted anything after so many blocks.
    for protocol in ["pbft", "hotstuff", "tendermint"] {
        let (protocol, decisions) = (protocol.to_owned(), 400);
        let calm = Options { protocol, decisions, workload: Workload::Notes, ..short() };
        // The crash that never comes makes effects be counted.
        let counted = Options { crash_at: Some((NodeId::new(0), u64::MAX)), ..calm.clone() };
        let (_, recording) = run_recorded(&counted).unwrap();
        let mut chaos =
            recording.happenings.iter().take_while(|happening| happening.what != What::Healed);
        let compacts = chaos.find_map(|happening| {
            let What::Compacts { effect } = happening.what else { return None };
            Some((happening.node, effect))
        });
        let Some((node, at)) = compacts else { panic!("{} compacts nothing", calm.protocol) };
        for effect in [at - 1, at] {
            let crash_at = Some((node, effect));
            let report = pass(&Options { crash_at, ..calm.clone() });
            assert_eq!(report.crashes, 1, "{}", calm.protocol);
        }
    }
}

/// The same where every write is durable at once, and where the disk is so slow that many writes share a sync.
#[test]
fn fast_and_slow_disks_recover_alike() {
    for disk_sync_us in [0, 5_000] {
        for effect in (1..200).step_by(7) {
            let crash_at = Some((NodeId::new(0), effect));
            pass(&Options { crash_at, disk_sync_us, ..short() });
        }
    }
}

/// D-11: all nodes lose power at once, under load; nothing acknowledged is lost.
#[test]
fn a_power_cut_of_everybody_loses_nothing_acknowledged() {
    for seed in 0..50 {
        let report = pass(&Options {
            seed,
            power_cuts: 3,
            decisions: 80,
            clients: 8,
            workload: Workload::Tickets,
            downtime_max_us: 100_000,
            ..Options::default()
        });
        assert!(report.crashes >= 4, "{report:?}");
    }
}

/// D-7: replicas that crash again and again, also while they recover.
#[test]
fn crashes_during_recovery_are_recovered_from() {
    for seed in 0..5 {
        let crash_ppm = 20_000;
        let options = Options { seed, crash_ppm, decisions: 60, ..short() };
        assert!(pass(&options).crashes > 10);
    }
}
