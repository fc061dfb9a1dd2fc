//! What the protocol costs, and that idle replicas cost nothing.

use testkit::{ms, request};

use super::Cluster;
use crate::Mutant;

#[test]
fn four_replicas_decide() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(100));
    cluster.lives(1, ms(1_000)).unwrap();
    for timestamp in 1..=10 {
        cluster.submit(request(2, timestamp));
        cluster.run(ms(30));
    }
    cluster.run(ms(2_000));
    for index in 0..4 {
        assert_eq!(cluster.at(index).app.state.replies.get(&2).map(|reply| reply.0), Some(10));
    }
    cluster.verdict().unwrap();
    assert!(cluster.is_idle(), "{:?}", protocol::Protocol::status(cluster.core(0)));
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut labels: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), Mutant::ALL.len());
}
