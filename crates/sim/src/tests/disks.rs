//! Disks that fail in other ways than by losing what was not synced.

use super::*;

fn crashing(seed: u64) -> Options {
    Options {
        seed,
        decisions: 40,
        crash_ppm: 3_000,
        downtime_max_us: 50_000,
        workload: Workload::Tickets,
        ..Options::default()
    }
}

/// D-12: a replica whose disk is lost follows and votes no more, and nobody notices anything else.
#[test]
fn a_lost_disk_costs_a_vote_and_nothing_else() {
    let (mut differ, mut whole) = (0, 0);
    for seed in 0..10 {
        let lost = pass(&Options { reformat_ppm: 1_000_000, ..crashing(seed) });
        let kept = pass(&crashing(seed));
        differ += usize::from(lost.trace_hash != kept.trace_hash);
        whole += 1;
    }
    assert_eq!(differ, whole);
}

/// D-4: what the core keeps is damaged, and whoever reads it sees that.
#[test]
fn a_damaged_log_costs_a_vote_and_nothing_else() {
    for seed in 0..10 {
        pass(&Options { rot_ppm: 1_000_000, ..crashing(seed) });
    }
}

/// D-6: a failed sync is not tried again: the replica stops, and comes back with what is durable.
#[test]
fn a_failed_sync_stops_the_replica() {
    let mut crashes = 0;
    for seed in 0..10 {
        let options = Options { crash_ppm: 0, sync_error_ppm: 20_000, ..crashing(seed) };
        crashes += pass(&options).crashes;
    }
    assert!(crashes > 10, "{crashes}");
}

#[test]
fn stalled_disks_and_clocks_apart_are_borne() {
    for seed in 0..10 {
        let options = Options { stall_ppm: 100_000, skew_us_max: 300_000, ..crashing(seed) };
        pass(&options);
    }
}

#[test]
fn partitions_of_every_mode_are_survived() {
    for partition_mode in PartitionMode::ALL {
        for seed in 0..3 {
            pass(&Options {
                partition_mode,
                partition_every_us: 300_000,
                crash_ppm: 0,
                ..crashing(seed)
            });
        }
    }
}

/// The faults that chance drew can be left out one by one, and nothing else changes before.
#[test]
fn only_the_selected_faults_strike() {
    let lossy = Options { loss_ppm: 100_000, crash_ppm: 0, ..crashing(1) };
    let all = pass(&lossy);
    assert!(all.strikes > 50, "{all:?}");
    let none = pass(&Options { only: Some(Selection::default()), ..lossy.clone() });
    assert_eq!(none.view_changes, 0);
    let everyone = Selection::of(0..all.strikes);
    assert_eq!(pass(&Options { only: Some(everyone), ..lossy }).trace_hash, all.trace_hash);
}

#[test]
fn a_lost_message_never_arrives() {
    let all = pass(&Options { decisions: 3, ..Options::default() });
    let lost =
        pass(&Options { decisions: 3, lost: Selection::of([0, 1, 2]), ..Options::default() });
    assert_ne!(all.trace_hash, lost.trace_hash);
}

#[test]
fn what_is_recorded_is_what_happened() {
    let options = Options { byzantine: 1, ..crashing(3) };
    let (report, recording) = run_recorded(&options).unwrap();
    assert_eq!(report, run(&options).unwrap(), "recording changes nothing");
    let count = |what: fn(&What) -> bool| {
        recording.happenings.iter().filter(|happening| what(&happening.what)).count() as u64
    };
    assert_eq!(count(|what| matches!(what, What::Crashes)), report.crashes);
    assert!(count(|what| matches!(what, What::Executes { .. })) >= report.decisions);
    let mut sent = std::collections::BTreeSet::new();
    for happening in &recording.happenings {
        match &happening.what {
            What::Sends { message, .. } => assert!(sent.insert(*message)),
            What::Receives { message, .. } => assert!(sent.contains(message)),
            What::Starts { .. }
            | What::Crashes
            | What::Damaged { .. }
            | What::Compacts { .. }
            | What::Submitted { .. }
            | What::Timeout { .. }
            | What::Loses { .. }
            | What::Enters { .. }
            | What::Executes { .. }
            | What::Certifies { .. }
            | What::Cut { .. }
            | What::Healed
            | What::Violated { .. } => {}
        }
    }
}
