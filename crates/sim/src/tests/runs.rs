use types::NodeId;

use super::*;

fn hard(seed: u64) -> Options {
    Options {
        seed,
        nodes: 7,
        decisions: 60,
        workload: Workload::Tickets,
        loss_ppm: 30_000,
        duplicate_ppm: 30_000,
        reorder_ppm: 50_000,
        partition_every_us: 500_000,
        crash_ppm: 1_000,
        power_cuts: 1,
        byzantine: 2,
        ..Options::default()
    }
}

#[test]
fn one_seed_goes_one_way_and_another_seed_another() {
    let (first, again, other) = (pass(&hard(1)), pass(&hard(1)), pass(&hard(2)));
    assert_eq!(first, again);
    assert_ne!(first.trace_hash, other.trace_hash);
    assert_eq!(first.trace_hash.len(), 32);
    assert!(first.crashes > 0 && first.messages > 1_000, "{first:?}");
}

#[test]
fn a_quiet_network_decides_without_a_view_change() {
    for nodes in [1, 2, 3, 4, 7, 16] {
        let report = pass(&Options { nodes, decisions: 50, ..Options::default() });
        assert_eq!((report.view_changes, report.crashes), (0, 0), "{report}");
        assert!(report.decisions >= 50 && report.answered >= 50);
        assert!(report.rejected.is_empty() && report.accusations.is_empty());
    }
}

#[test]
fn four_silent_replicas_of_thirteen_stop_nobody() {
    let role = "silent".to_owned();
    let report = pass(&Options { nodes: 13, byzantine: 4, role, decisions: 20, ..hard(3) });
    assert_eq!(report.liars.len(), 4);
}

#[test]
fn an_equivocator_is_named_and_nobody_else() {
    let mut named = 0;
    for seed in 0..10 {
        let report = pass(&Options { byzantine: 1, decisions: 30, seed, ..Options::default() });
        assert!(report.accusations.iter().all(|(node, _)| report.liars.contains(node)));
        named += usize::from(!report.accusations.is_empty());
    }
    assert_eq!(named, 10);
}

#[test]
fn a_delaying_replica_costs_time_but_not_progress() {
    let role = "delaying".to_owned();
    for seed in 0..5 {
        pass(&Options {
            byzantine: 1,
            role: role.clone(),
            decisions: 30,
            seed,
            ..Options::default()
        });
    }
}

#[test]
fn real_signatures_and_real_bytes_give_the_same_verdict() {
    let signatures = crypto::Scheme::Ed25519;
    let base = Options { decisions: 10, workload: Workload::Tickets, ..Options::default() };
    pass(&Options { signatures, client_signatures: true, wire: true, ..base.clone() });
    // Bytes there and back change nothing at all.
    let (plain, wired) = (pass(&base), pass(&Options { wire: true, ..base }));
    assert_eq!(plain.trace_hash, wired.trace_hash);
}

#[test]
fn replicas_across_the_world_decide_at_the_speed_of_light() {
    let latency = Latency::Aws;
    let view_timeout_ms = 3_000;
    let base = Options { latency, view_timeout_ms, decisions: 20, ..Options::default() };
    let report = pass(&Options { nodes: 10, ..base });
    assert_eq!(report.view_changes, 0);
    assert!(report.virtual_time_us > 1_000_000, "{report}");
}

/// Rule X-1: with a quorum of 2f+1 of six, both halves of a partition would decide.
#[test]
fn neither_half_of_six_decides_alone() {
    for seed in 0..10 {
        let side = [0, 2, 4].map(NodeId::new).to_vec();
        let cut = Cut { from_us: 0, to_us: 4_000_000, side, one_way: false };
        let cuts = vec![cut];
        let chaos_us_max = 5_000_000;
        pass(&Options { nodes: 6, cuts, chaos_us_max, seed, decisions: 20, ..Options::default() });
    }
}

#[test]
fn a_minority_that_lies_more_than_it_may_is_survived_or_seen() {
    for seed in 0..10 {
        let report = run(&Options { byzantine: 2, decisions: 20, seed, ..Options::default() });
        // With more than f liars nothing is promised; but no run may end in silence or name a correct replica.
        let report = report.unwrap();
        assert!(!report.why.contains("S8"), "{report}");
    }
}

#[test]
fn unknown_names_are_refused() {
    let refused = |options: &Options| run(options).unwrap_err().to_string();
    let protocol = "paxos".to_owned();
    assert!(refused(&Options { protocol, ..Options::default() }).contains("pbft"));
}
