//! One core among replicas whose words are the script's.

use testkit::{ms, node, payload, request};
use types::{Digest, Seq};

use super::World;
use crate::{
    Ballot, Balloting, Config, Confirm, Core, Externalize, Message, Mutant, Nominate, Nomination,
    Pledge, Prepare, QuorumSet, Value,
};

/// n0 is a core; everybody else is the script.
pub(super) fn alone(n: usize, mutant: Option<Mutant>) -> World {
    alone_with(n, mutant, |_| {})
}

/// The same, with another configuration.
pub(super) fn alone_with(n: usize, mutant: Option<Mutant>, tune: impl Fn(&mut Config)) -> World {
    let mut cluster = World::with(n, mutant, tune);
    for index in 1..u16::try_from(n).unwrap() {
        cluster.corrupt(index);
    }
    cluster
}

/// A value that n2, which leads the first slot everywhere, proposes.
pub(super) fn value(client: u16) -> Value {
    value_by(2, client)
}
pub(super) fn value_by(proposer: u16, client: u16) -> Value {
    Value::new(node(proposer), payload(&[request(client, 1)]))
}
/// Two values, the one with the lower digest first.
pub(super) fn two_values() -> (Value, Value) {
    let (a, b) = (value(1), value(2));
    if a.digest() < b.digest() { (a, b) } else { (b, a) }
}

/// What the core under test is at.
pub(super) fn slot(cluster: &World) -> &crate::slot::Slot {
    &cluster.core(0).slot
}

pub(super) fn pledge_of(cluster: &World, from: u16, pledge: Pledge) -> Message {
    let quorum_set = QuorumSet::flat(cluster.n()).digest();
    pledge_naming(cluster, from, quorum_set, pledge)
}
pub(super) fn pledge_naming(
    cluster: &World,
    from: u16,
    quorum_set: Digest,
    pledge: Pledge,
) -> Message {
    let said = Balloting { seq: Seq::new(1), quorum_set, pledge };
    Message::Ballot(cluster.signer(from).sign(said))
}

/// Lets some replicas say the same to n0.
pub(super) fn tell(cluster: &mut World, from: &[u16], pledge: Pledge) {
    for &from in from {
        let quorum_set = cluster.core(0).config.quorum_sets[usize::from(from)].digest();
        let message = pledge_naming(cluster, from, quorum_set, pledge);
        cluster.inject(from, 0, message);
    }
    cluster.run(ms(5));
}

/// Lets a replica nominate to n0.
pub(super) fn nominate(cluster: &mut World, from: u16, votes: &[&Value], accepted: &[&Value]) {
    let list = |values: &[&Value]| {
        let mut list: Vec<Digest> = values.iter().map(|value| value.digest()).collect();
        list.sort();
        list
    };
    let mut newest_first = votes.iter().chain(accepted).rev();
    let own = newest_first.find(|value| value.proposer() == node(from));
    let said = Nomination {
        seq: Seq::new(1),
        quorum_set: cluster.core(0).config.quorum_sets[usize::from(from)].digest(),
        votes: list(votes),
        accepted: list(accepted),
    };
    let said = cluster.signer(from).sign(said);
    let value = own.map(|value| (**value).clone());
    cluster.inject(from, 0, Message::Nominate(Nominate { said, value }));
    cluster.run(ms(5));
}

/// Makes values candidates of n0, one after the other.
pub(super) fn make_candidates(cluster: &mut World, values: &[&Value]) {
    for upto in 1..=values.len() {
        for from in (1..u16::try_from(cluster.n()).unwrap()).rev() {
            // Whoever follows the leader has its value; the leader itself brings it.
            nominate(cluster, from, &values[..upto], &values[..upto]);
        }
    }
    cluster.run(ms(5));
}

pub(super) fn ballot(counter: u64, value: &Value) -> Ballot {
    Ballot::new(counter, value.digest())
}
/// PREPARE without anything accepted.
pub(super) fn votes(counter: u64, value: &Value) -> Pledge {
    let ballot = ballot(counter, value);
    Pledge::Prepare(Prepare { ballot, prepared: None, prepared_prime: None, commit: 0, high: 0 })
}
/// PREPARE that accepts its ballot as prepared.
pub(super) fn accepts(counter: u64, value: &Value) -> Pledge {
    let ballot = ballot(counter, value);
    let prepared = Some(ballot);
    Pledge::Prepare(Prepare { ballot, prepared, prepared_prime: None, commit: 0, high: 0 })
}
/// PREPARE that votes to commit its ballot.
pub(super) fn commits(counter: u64, value: &Value) -> Pledge {
    let ballot = ballot(counter, value);
    let (prepared, at) = (Some(ballot), counter);
    Pledge::Prepare(Prepare { ballot, prepared, prepared_prime: None, commit: at, high: at })
}
pub(super) fn confirms(counter: u64, value: &Value) -> Pledge {
    let (ballot, at) = (ballot(counter, value), counter);
    Pledge::Confirm(Confirm { ballot, prepared: at, commit: at, high: at })
}
pub(super) fn externalizes(counter: u64, value: &Value) -> Pledge {
    Pledge::Externalize(Externalize { commit: ballot(counter, value), high: counter })
}

/// How many of n0's messages have a property.
pub(super) fn said(cluster: &World, has: impl Fn(&Message) -> bool) -> usize {
    cluster.at(0).said.iter().filter(|message| has(message)).count()
}

/// Puts a core's n0 at its first ballot, for a value.
pub(super) fn at_first_ballot(cluster: &mut World, value: &Value) {
    make_candidates(cluster, &[value]);
    assert_eq!(slot(cluster).ballot, Some(ballot(1, value)), "{:?}", cluster.core(0));
}

/// A core's name for a message's kind.
pub(super) fn kind_index(name: &str) -> usize {
    let kinds = <Core as protocol::Inspect>::KINDS;
    kinds.iter().position(|kind| *kind == name).unwrap()
}
