//! Against the same rounds summed up in the most simple-minded way: over all outcomes of all messages of a phase.

use super::super::solve;
use crate::{Links, Model, Phase, Protocol, Setup, Thresholds, Topology};

/// The set of members and of listeners, as bits.
type State = (u32, u32);

/// How likely each state is after each phase, by enumeration of the outcome of every single link.
fn brute(model: &Model, links: &Links) -> f64 {
    let n = model.n();
    let mut states = vec![(0.0, (0, 0)); 0];
    for up in 0..1_u32 << n {
        let weight: f64 = (0..n)
            .map(|node| if up >> node & 1 == 1 { model.up(node).yes } else { model.up(node).no })
            .product();
        states.push((weight, (up, up)));
    }
    for &phase in model.phases() {
        states = states
            .into_iter()
            .flat_map(|(w, state)| after(model, links, phase, w, state))
            .collect();
    }
    let enough =
        states.iter().filter(|(_, (members, _))| members.count_ones() as usize >= model.need());
    enough.map(|(weight, _)| weight).sum()
}

fn after(
    model: &Model,
    links: &Links,
    phase: Phase,
    weight: f64,
    state: State,
) -> Vec<(f64, State)> {
    let (members, listeners) = state;
    if weight == 0.0 {
        return Vec::new();
    }
    let n = model.n();
    let has = |set: u32, node: usize| set >> node & 1 == 1;
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for from in 0..n {
        for to in 0..n {
            let used = from != to
                && has(members, from)
                && match phase {
                    Phase::Broadcast { from: leader } => from == leader && has(members, to),
                    Phase::Collect { at, .. } => to == at,
                    Phase::Exchange { proposer, proposer_sends, open, .. } => {
                        (proposer_sends || from != proposer)
                            && (has(members, to) || open && has(listeners, to))
                    }
                };
            if used {
                pairs.push((from, to));
            }
        }
    }
    let mut all = std::collections::BTreeMap::new();
    for outcome in 0..1_u32 << pairs.len() {
        let mut chance = weight;
        let mut heard = vec![0_u32; n];
        for (at, &(from, to)) in pairs.iter().enumerate() {
            let odds = links.get(from, to);
            if outcome >> at & 1 == 1 {
                chance *= odds.yes;
                heard[to] |= 1 << from;
            } else {
                chance *= odds.no;
            }
        }
        if chance > 0.0 {
            let next = judge(phase, n, state, &heard);
            *all.entry(next).or_insert(0.0) += chance;
        }
    }
    all.into_iter().map(|(state, weight)| (weight, state)).collect()
}

fn judge(phase: Phase, n: usize, (members, listeners): State, heard: &[u32]) -> State {
    let has = |set: u32, node: usize| set >> node & 1 == 1;
    let keep = |set: u32, stays: &dyn Fn(usize) -> bool| {
        (0..n).filter(|&node| has(set, node) && stays(node)).fold(0, |all, node| all | 1 << node)
    };
    match phase {
        Phase::Broadcast { from } if !has(members, from) => (0, 0),
        Phase::Broadcast { from } => {
            let left = keep(members, &|node| node == from || heard[node] != 0);
            (left, left)
        }
        Phase::Collect { at, quorum, thins } => {
            if !has(members, at) || (heard[at].count_ones() as usize) < quorum {
                return (0, 0);
            }
            let left = if thins { (heard[at] & members) | 1 << at } else { members };
            (left, left)
        }
        Phase::Exchange { proposer, proposer_needs, others_need, open, .. } => {
            let needs = |node| if node == proposer { proposer_needs } else { others_need };
            let stays = |node: usize| {
                let own = usize::from(!has(members, node));
                heard[node].count_ones() as usize >= needs(node) + own
            };
            (keep(if open { listeners } else { members }, &stays), listeners)
        }
    }
}

fn uneven(n: usize) -> Links {
    let p = |i: usize, j: usize| 0.55 + 0.4 * (((3 * i + 7 * j + i * j) % 11) as f64 / 11.0);
    Links::from_matrix(&(0..n).map(|i| (0..n).map(|j| p(i, j)).collect()).collect::<Vec<_>>())
        .unwrap()
}

fn check(setup: &Setup, links: &Links) {
    let model = Model::new(setup).unwrap();
    let (exact, plain) = (solve(&model, links).unwrap(), brute(&model, links));
    assert!((exact.success - plain).abs() < 1e-12, "{setup:?}: {exact:?}, by enumeration {plain}");
}

#[test]
fn every_protocol_over_every_kind_of_links() {
    for protocol in Protocol::ALL {
        for thresholds in [Thresholds::Usual, Thresholds::Core] {
            for n in [1, 2, 3, 4] {
                let setup = Setup { thresholds, ..Setup::new(protocol, n) };
                for topology in
                    [Topology::Full, Topology::Star, Topology::Ring, Topology::Tree { arity: 2 }]
                {
                    check(&setup, &Links::new(n, 0.8, &topology).unwrap());
                }
                check(&setup, &uneven(n));
            }
        }
    }
}

#[test]
fn nodes_that_may_be_down_or_never_speak() {
    for protocol in Protocol::ALL {
        for leader in [0, 2] {
            let availability = vec![0.9, 0.8, 1.0, 0.7];
            let setup = Setup { availability, leader, ..Setup::new(protocol, 4) };
            check(&setup, &uneven(4));
            let silent = Setup { silent: 1, leader, ..Setup::new(protocol, 4) };
            check(&silent, &uneven(4));
        }
    }
}

#[test]
fn fewer_faults_than_the_protocol_stands() {
    let setup = Setup { faults: Some(0), ..Setup::new(Protocol::Pbft, 4) };
    check(&setup, &uneven(4));
    let setup = Setup { faults: Some(1), ..Setup::new(Protocol::Raft, 4) };
    check(&setup, &uneven(4));
}
