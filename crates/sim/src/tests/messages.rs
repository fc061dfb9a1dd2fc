use super::*;

fn posting(seed: u64) -> Options {
    Options { seed, decisions: 60, clients: 6, workload: Workload::Messages, ..Options::default() }
}

/// Messages are put, taken and acknowledged while replicas crash, the power fails, the network parts and views change:
/// nothing is put, delivered or acknowledged more often than was promised.
#[test]
fn guarantees_hold_across_crashes_and_view_changes() {
    let (mut crashes, mut view_changes) = (0, 0);
    for seed in 0..4 {
        let report = pass(&Options {
            loss_ppm: 30_000,
            duplicate_ppm: 30_000,
            partition_every_us: 300_000,
            crash_ppm: 2_000,
            power_cuts: 1,
            byzantine: 1,
            nodes: 4 + 3 * usize::from(seed % 2 == 1),
            ..posting(seed)
        });
        crashes += report.crashes;
        view_changes += report.view_changes;
    }
    assert!(crashes > 0 && view_changes > 0, "{crashes} crashes, {view_changes} view changes");
}

#[test]
fn every_core_delivers_messages() {
    for protocol in ["hotstuff", "tendermint", "raft"] {
        pass(&Options { protocol: protocol.to_owned(), crash_ppm: 500, ..posting(9) });
    }
}
