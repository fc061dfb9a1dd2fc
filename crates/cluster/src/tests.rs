use protocols::PROTOCOLS;
use types::{Duration, NodeId};

use super::{Cluster, ClusterError};

mod corpus;
mod forks;

#[test]
fn four_replicas_of_every_core_give_one_decision_each() {
    // Without consensus everybody decides alone, which here looks the same; the simulator shows how they diverge.
    for protocol in PROTOCOLS {
        let mut cluster = Cluster::new(protocol.name, 4).unwrap();
        for what in [&b"one"[..], b"two"] {
            let decided =
                cluster.propose(what).unwrap_or_else(|error| panic!("{}: {error}", protocol.name));
            let first = decided[0].seq;
            let by: Vec<NodeId> = decided.iter().map(|decided| decided.replica).collect();
            assert_eq!(by, NodeId::all(4).collect::<Vec<_>>(), "{}", protocol.name);
            assert!(decided.iter().all(|decided| decided.bytes == what && decided.seq == first));
        }
    }
}

#[test]
fn one_stopped_replica_stops_nobody() {
    for name in ["pbft", "hotstuff", "hotstuff-3", "tendermint", "raft", "fba"] {
        let mut cluster = Cluster::new(name, 4).unwrap();
        cluster.stop(NodeId::new(0));
        let decided = cluster.propose(b"go on").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(decided.len(), 3, "{name}");
    }
}

#[test]
fn who_was_cut_off_decides_the_same_later() {
    let mut cluster = Cluster::new("pbft", 4).unwrap();
    cluster.network().cut_off(NodeId::new(3));
    let error = cluster.propose(b"early").unwrap_err();
    assert!(matches!(error, ClusterError::Undecided { .. }));
    assert_eq!(cluster.decided(NodeId::new(1)).len(), 1);
    cluster.network().heal();
    cluster.run(Duration::from_ms(60_000));
    assert_eq!(cluster.decided(NodeId::new(3))[0].bytes, b"early");
    assert!(cluster.evidence().is_empty());
}

#[test]
fn an_unknown_core_is_an_error_that_names_the_known_ones() {
    let error = Cluster::new("paxos", 4).unwrap_err().to_string();
    assert!(error.contains("`paxos`") && error.contains("`tendermint`"), "{error}");
}

#[test]
fn links_lose_what_they_are_told_to_and_no_more() {
    let params = protocols::Params::default();
    let mut cluster = Cluster::signed("pbft", 4, &params, crypto::Scheme::Cheap).unwrap();
    // Nobody hears replica 3, which hears everybody.
    let deaf = |from| if from == 3 { vec![1_000_000; 4] } else { vec![0; 4] };
    cluster.network().lose_on((0..4).map(deaf).collect());
    cluster.submit(b"heard by all");
    cluster.run(Duration::from_ms(10_000));
    let decided = |id| cluster.decided(NodeId::new(id)).len();
    assert_eq!([0, 1, 2, 3].map(decided), [1; 4]);
    cluster.network().heal();
    cluster.network().reseed(9);
    assert_eq!(cluster.propose(b"healed").unwrap().len(), 4);
}
