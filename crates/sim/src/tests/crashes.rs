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
