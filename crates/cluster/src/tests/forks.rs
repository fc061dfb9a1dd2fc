//! A fork of the whole network: n0 and n3 run twice, once with each of the others, and say different things there.

use crypto::Signatures;
use protocols::{ForensicsError, Testimony, forensics};
use types::NodeId;

use crate::Cluster;

const VICTIMS: [NodeId; 2] = [NodeId::new(1), NodeId::new(2)];

/// What one victim can show: the other one hears nobody, and the liars tell this one what they tell nobody else.
fn testimony(name: &str, victim: NodeId, other: NodeId, what: &[u8]) -> (Testimony, Cluster) {
    let mut cluster = Cluster::new(name, 4).unwrap();
    cluster.stop(other);
    let decided = cluster.propose(what).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(decided.len(), 3, "{name}");
    (cluster.testimony(victim), cluster)
}

/// As a store keeps it: what was decided, without the messages that decided it.
fn without_commits(mut testimony: Testimony) -> Testimony {
    for decision in &mut testimony.decisions {
        decision.commits = Signatures::default();
    }
    testimony
}

fn named(name: &str, whats: [&[u8]; 2]) -> Result<Vec<u16>, ForensicsError> {
    let [first, second] = VICTIMS;
    let (a, cluster) = testimony(name, first, second, whats[0]);
    let (b, _) = testimony(name, second, first, whats[1]);
    let (a, b) = (without_commits(a), without_commits(b));
    let found = forensics(name, [&a, &b], cluster.verifier())?;
    let mut named: Vec<u16> = found.iter().map(|evidence| evidence.offender.get()).collect();
    named.sort_unstable();
    named.dedup();
    Ok(named)
}

#[test]
fn the_logs_of_two_honest_replicas_name_the_liars_and_nobody_else() {
    for name in ["pbft", "hotstuff", "hotstuff-3", "tendermint", "pos"] {
        assert_eq!(named(name, [b"left", b"right"]).unwrap(), [0, 3], "{name}");
    }
}

#[test]
fn logs_that_agree_name_nobody() {
    for name in ["pbft", "hotstuff", "hotstuff-3", "tendermint", "pos"] {
        let mut cluster = Cluster::new(name, 4).unwrap();
        cluster.propose(b"one").unwrap();
        let [a, b] = VICTIMS.map(|victim| cluster.testimony(victim));
        assert!(forensics(name, [&a, &b], cluster.verifier()).unwrap().is_empty(), "{name}");
    }
}

#[test]
fn evidence_does_not_hold_against_other_keys() {
    let [first, second] = VICTIMS;
    let (a, _) = testimony("pbft", first, second, b"left");
    let (b, _) = testimony("pbft", second, first, b"right");
    let other = Cluster::new("tendermint", 4).unwrap();
    assert!(forensics("pbft", [&a, &b], other.verifier()).unwrap().is_empty());
}

#[test]
fn cores_without_forensics_say_so() {
    let none = Testimony::default();
    let cluster = Cluster::new("raft", 4).unwrap();
    for (name, says) in
        [("raft", "stands no liars"), ("pow", "compares no logs"), ("paxos", "no protocol")]
    {
        let error = forensics(name, [&none, &none], cluster.verifier()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
