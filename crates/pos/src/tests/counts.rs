//! What the protocol costs: messages for an epoch, and nothing at all when idle.

use testkit::{ms, request};

use super::Cluster;
use crate::Mutant;

/// Without faults: n-1 messages for each block, and for each epoch in which something is tentative n(n-1) attestations;
/// nothing else.
#[test]
fn an_epoch_costs_what_the_page_says() {
    for n in [1, 2, 4, 7, 10] {
        let mut cluster = Cluster::new(n, None);
        cluster.run(ms(100));
        for timestamp in 1..=20 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(80));
        }
        cluster.run(ms(1_000));
        let blocks = cluster.at(0).decisions.len();
        assert_eq!(
            cluster.at(0).app.state.replies.get(&1).map(|reply| reply.0),
            Some(20),
            "n = {n}"
        );
        assert_eq!(cluster.crossed[0], blocks * (n - 1), "n = {n}");
        assert!(cluster.crossed[1].is_multiple_of((n - 1).max(1)), "n = {n}");
        let epochs = usize::try_from(cluster.now.us() / 80_000).unwrap();
        assert!(cluster.crossed[1] <= n * (n - 1) * epochs, "n = {n}");
        assert_eq!(cluster.crossed[2..].iter().sum::<usize>(), 0, "n = {n}: {:?}", cluster.crossed);
    }
}

/// Idle replicas say nothing and set no timer, before the first work and after the last.
#[test]
fn idling_costs_nothing() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(1_000));
    assert!(cluster.is_idle());
    for timestamp in 1..=10 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    cluster.run(ms(1_000));
    assert!(cluster.is_idle());
    let before = cluster.crossed.clone();
    cluster.run(ms(10_000));
    assert_eq!(cluster.crossed, before);
    cluster.lives(9, ms(1_000)).unwrap();
}

/// A decision takes at most three epochs: the one of its block, one that justifies, one that finalises; and one more
/// where it came too late in its slot to be timely.
#[test]
fn a_decision_takes_a_few_epochs() {
    let mut cluster = Cluster::new(4, None);
    for client in 1..=20 {
        cluster.run(ms(100 + u64::from(client) * 7));
        cluster.lives(client, ms(4 * 80)).unwrap();
    }
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut labels: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), Mutant::ALL.len());
}
