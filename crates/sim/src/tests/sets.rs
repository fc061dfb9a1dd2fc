//! Validators join, leave, and change their keys and weights, under every core that stands liars.

use replica::Mutant;
use types::NodeId;

use super::*;
use crate::Scripted;
use crate::world::World;

/// The cores whose replicas may lie and whose decisions are final at once or by checkpoints.
const CORES: [&str; 6] = ["pbft", "hotstuff", "hotstuff-3", "tendermint", "fba", "pos"];
/// A newcomer joins, a validator changes its key, and another one leaves.
const STEPS: [&str; 3] = ["40:join=4", "72:rotate=1", "104:leave=0"];

fn options(seed: u64, protocol: &str, script: &[&str]) -> Options {
    Options {
        protocol: protocol.to_owned(),
        seed,
        spares: 1,
        changes: script.iter().map(|step| Scripted::parse(step).unwrap()).collect(),
        decisions: 130,
        workload: Workload::Tickets,
        downtime_max_us: 100_000,
        ..Options::default()
    }
}

fn passes(options: &Options) {
    let report = pass(options);
    assert_eq!(report.epochs, options.changes.len() as u64, "{}: {report}", options.protocol);
}

#[test]
fn a_set_changes_under_load() {
    for protocol in CORES {
        passes(&options(1, protocol, &STEPS));
    }
}

/// Seven, so that one of them may weigh more than the others.
#[test]
fn weights_change_where_votes_are_weighed() {
    for protocol in ["tendermint", "pos"] {
        let script = ["40:weigh=2*2", "72:join=7*2", "104:weigh=2*1"];
        passes(&Options { nodes: 7, ..options(1, protocol, &script) });
    }
}

#[test]
fn a_set_changes_with_the_protocol() {
    let script = ["40:join=4", "72:hotstuff", "104:leave=2", "136:pbft", "168:rotate=4"];
    passes(&Options { decisions: 190, ..options(1, "pbft", &script) });
}

/// Replicas crash and come back, messages are lost, and one validator lies, through all of it.
#[test]
fn a_set_changes_under_crashes_losses_and_a_liar() {
    for seed in 0..3 {
        for protocol in CORES {
            // All five have joined when the liar could be one of four that vote.
            let script = ["40:join=4", "72:rotate=1"];
            let calm = options(seed, protocol, &script);
            passes(&Options { crash_ppm: 1_500, loss_ppm: 10_000, byzantine: 1, ..calm });
        }
    }
}

/// A crash of one that stays, and of the one that joins, behind effects all along.
#[test]
fn a_set_changes_through_a_crash_between_any_two_effects() {
    for protocol in CORES {
        for (node, effect) in [(1, 311), (2, 733), (4, 401), (4, 907), (3, 1_517), (1, 2_203)] {
            let crash_at = Some((NodeId::new(node), effect));
            passes(&Options { crash_at, clients: 2, ..options(5, protocol, &STEPS) });
        }
    }
}

#[test]
fn a_set_changes_through_power_cuts_and_partitions() {
    for seed in 0..4 {
        passes(&Options {
            power_cuts: 3,
            partition_every_us: 300_000,
            disk_sync_us: 2_000,
            wire: true,
            ..options(seed, "pbft", &STEPS)
        });
    }
}

/// With real keys: what the old key of a validator signs, or an old set, holds in no later set.
#[test]
fn a_set_changes_with_real_signatures() {
    for signatures in [crypto::Scheme::Ed25519, crypto::Scheme::Bls] {
        if signatures.is_available() {
            let calm = options(1, "hotstuff", &STEPS);
            passes(&Options { signatures, client_signatures: true, wire: true, ..calm });
        }
    }
}

/// Votes that count in a later epoch than they were given in.
#[test]
fn votes_of_an_old_epoch_that_count_in_the_new_are_found() {
    let mut found = false;
    for seed in 0..20 {
        let script = ["30:rotate=1"];
        let options = Options { decisions: 90, ..options(seed, "pbft", &script) };
        let mut cores = cores(&options);
        cores.mutant = Some(Mutant::OldVotesCount);
        let mut world = World::<protocols::Any>::new(&options, cores);
        world.run();
        let report = world.report();
        found |= report.verdict == Verdict::Diverged;
    }
    assert!(found, "the mutant survives");
}

/// The registry decides: a hub with stake and keys is seated, and one that leaves is let go.
#[test]
fn a_set_follows_the_registry() {
    for protocol in CORES {
        let script = ["30:enlist=4", "90:delist=1"];
        passes(&Options { decisions: 160, ..options(1, protocol, &script) });
    }
}

#[test]
fn a_set_follows_the_registry_through_crashes_losses_and_power_cuts() {
    for seed in 0..3 {
        let script = ["30:enlist=4", "90:delist=0"];
        let calm = Options { decisions: 160, ..options(seed, "hotstuff", &script) };
        passes(&Options {
            crash_ppm: 1_500,
            loss_ppm: 10_000,
            power_cuts: 2,
            disk_sync_us: 2_000,
            ..calm
        });
    }
}
