//! What the protocol costs: messages for a decision, and nothing at all when idle.

use testkit::{ms, request};
use types::Seq;

use super::{Cluster, PHASES, with_phases};
use crate::{Mutant, Phases};

const fn chain(phases: Phases) -> usize {
    match phases {
        Phases::Two => 2,
        Phases::Three => 3,
    }
}

/// A lone decision: a block and a vote for each phase and replica but the collector, and the last certificate to all:
/// 2(n-1) for each of three (or two) phases, n-1 for "decide" (HotStuff, algorithm 2).
#[test]
fn a_lone_decision_costs_what_the_paper_says() {
    for phases in PHASES {
        for n in [1, 2, 3, 4, 5, 7, 10] {
            let mut cluster = with_phases(n, phases, None);
            let decisions = 20;
            for timestamp in 1..=decisions {
                cluster.submit(request(1, timestamp));
                cluster.run(ms(20));
            }
            let decisions = usize::try_from(decisions).unwrap();
            let expected = [chain(phases) * (n - 1), chain(phases) * (n - 1), 0, n - 1, 0, 0, 0];
            assert!((0..n).all(|i| cluster.nodes[i].app.state.seq == Seq::new(20)), "n = {n}");
            assert_eq!(
                cluster.crossed,
                expected.map(|each| each * decisions),
                "n = {n} {phases:?}"
            );
        }
    }
}

/// A full pipeline: each view decides one block, with n-1 proposals and n-1 votes (HotStuff, section 5).
#[test]
fn a_full_pipeline_costs_two_messages_for_each_replica() {
    for phases in PHASES {
        for n in [4, 7, 10, 31] {
            let mut cluster = with_phases(n, phases, None);
            (0..n).for_each(|index| cluster.nodes[index].app.batch = 1);
            let decisions = 40;
            for client in 1..=decisions {
                cluster.submit(request(client, 1));
            }
            cluster.run(ms(200));
            let blocks = usize::from(decisions) + chain(phases) - 1;
            let each = blocks * (n - 1);
            assert!((0..n).all(|i| cluster.nodes[i].app.state.seq == Seq::new(40)), "n = {n}");
            assert_eq!(cluster.crossed, [each, each, 0, n - 1, 0, 0, 0], "n = {n} {phases:?}");
        }
    }
}

/// Idle replicas say nothing and set no timer.
#[test]
fn idling_costs_nothing() {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, None);
        assert!(cluster.is_idle());
        for timestamp in 1..=10 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(10));
        }
        cluster.run(ms(20));
        assert!(cluster.is_idle());
    }
}

/// Every replica leads in turn.
#[test]
fn leaders_take_turns() {
    let mut cluster = Cluster::new(4, None);
    (0..4).for_each(|index| cluster.at_mut(index).app.batch = 1);
    for client in 1..=40 {
        cluster.submit(request(client, 1));
    }
    cluster.run(ms(200));
    for index in 0..4 {
        let is_proposal =
            |message: &&crate::Message| matches!(message, crate::Message::Proposal(_));
        let proposals = cluster.at(index).said.iter().filter(is_proposal).count();
        assert!((10..=11).contains(&proposals), "{index} made {proposals}");
    }
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut labels: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), Mutant::ALL.len());
}
