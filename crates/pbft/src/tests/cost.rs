//! What the protocol costs: messages for a decision, and nothing at all when idle.

use testkit::{ms, request};
use types::Seq;

use super::subject::Cluster;
use crate::{Config, Mutant};

/// Pre-prepare n-1, prepare (n-1)(n-1), commit n(n-1), for each decision.
#[test]
fn a_decision_costs_what_the_paper_says() {
    for n in [1, 2, 3, 4, 5, 7, 10] {
        let mut cluster = Cluster::with(n, None, |config: &mut Config| {
            config.checkpoint_interval = 1_000;
            config.window = 2_000;
        });
        let decisions = 20;
        for timestamp in 1..=decisions {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(20));
        }
        let decisions = usize::try_from(decisions).unwrap();
        assert!((0..n).all(|i| cluster.nodes[i].app.state.seq == Seq::new(20)), "n = {n}");
        let expected = [n - 1, (n - 1) * (n - 1), n * (n - 1)].map(|each| each * decisions);
        assert_eq!(cluster.crossed[..3], expected, "n = {n}");
        assert_eq!(cluster.crossed[3..].iter().sum::<usize>(), 0, "n = {n}");
    }
}

/// Work that waits while proposals are on their way goes together into the next one.
#[test]
fn waiting_work_is_batched() {
    let mut cluster = Cluster::new(4, None);
    (0..4).for_each(|index| cluster.at_mut(index).app.batch = 1_000);
    for client in 0..100 {
        cluster.submit(request(client, 1));
    }
    cluster.run(ms(100));
    assert_eq!(cluster.at(2).app.state.replies.len(), 100);
    assert_eq!(cluster.height(2), 2, "one on its way, and one for all that came meanwhile");
}

/// Idle replicas say nothing and set no timer.
#[test]
fn idling_costs_nothing() {
    let mut cluster = Cluster::new(4, None);
    assert!(cluster.is_idle());
    for timestamp in 1..=10 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(10));
    }
    cluster.run(ms(3_000));
    assert!(cluster.is_idle());
    assert_eq!(cluster.crossed[4..].iter().sum::<usize>(), 0, "nothing was ever repeated");
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut labels: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), Mutant::ALL.len());
}
