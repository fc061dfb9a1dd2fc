use super::*;

fn calling(seed: u64) -> Options {
    Options { seed, decisions: 40, clients: 6, workload: Workload::Contracts, ..Options::default() }
}

/// Contracts are called, well and badly, while replicas crash, the power fails, the network parts and views change: all
/// correct replicas have the same state roots, and with them every answer, failure and unit of fuel.
#[test]
fn calls_come_to_the_same_everywhere() {
    let (mut crashes, mut view_changes) = (0, 0);
    for seed in 0..3 {
        let report = pass(&Options {
            loss_ppm: 30_000,
            duplicate_ppm: 30_000,
            partition_every_us: 300_000,
            crash_ppm: 2_000,
            power_cuts: 1,
            byzantine: 1,
            ..calling(seed)
        });
        crashes += report.crashes;
        view_changes += report.view_changes;
    }
    assert!(crashes > 0 && view_changes > 0, "{crashes} crashes, {view_changes} view changes");
}

#[test]
fn every_core_orders_calls() {
    for protocol in ["hotstuff", "tendermint", "raft"] {
        pass(&Options { protocol: protocol.to_owned(), crash_ppm: 500, ..calling(9) });
    }
}
