//! F-1, F-2, F-7, F-9 to F-12: quorum sets.

use codec::{Decode as _, Encode as _};
use protocol::Reject;
use testkit::{Verdict, ensure, ms, node, request, scenario};
use types::NodeId;

use super::World;
use super::script::{
    alone, alone_with, at_first_ballot, ballot, pledge_naming, slot, tell, value, votes,
};
use crate::nodes::Nodes;
use crate::quorum_set::Slices;
use crate::{Analysis, Config, ConfigError, Message, Mutant, QuorumSet, QuorumSetError, Warning};

fn nodes(list: &[u16]) -> Nodes {
    list.iter().copied().map(NodeId::new).collect()
}

/// The table of slices and blocking sets of 3 out of 4, and of organisations.
#[test]
fn f1_slices_and_blocking_sets() {
    let flat = Slices::new(&QuorumSet::of(3, &[0, 1, 2, 3]));
    for (list, slice, blocking) in [
        (&[][..], false, false),
        (&[0], false, false),
        (&[0, 2], false, true),
        (&[0, 2, 3], true, true),
        (&[0, 1, 2, 3], true, true),
        (&[7, 8, 9], false, false),
    ] {
        assert_eq!(flat.satisfied_by(&nodes(list)), slice, "{list:?}");
        assert_eq!(flat.blocked_by(&nodes(list)), blocking, "{list:?}");
    }
    let nested = Slices::new(&organisations());
    assert!(nested.satisfied_by(&nodes(&[0, 1, 3, 4])));
    assert!(!nested.satisfied_by(&nodes(&[0, 1, 3, 6])));
    assert!(nested.blocked_by(&nodes(&[0, 1, 3, 4])));
    assert!(!nested.blocked_by(&nodes(&[0, 1, 3, 6])));
}

/// Two of three organisations, two of three replicas in each.
fn organisations() -> QuorumSet {
    let inner = [[0, 1, 2], [3, 4, 5], [6, 7, 8]].map(|list| QuorumSet::of(2, &list));
    QuorumSet { threshold: 2, validators: Vec::new(), inner: inner.to_vec() }
}

/// n0 needs n1, and n1 needs n2 and n3.
fn chain(config: &mut Config) {
    let needed = QuorumSet::of(3, &[1, 2, 3]);
    config.quorum_sets = vec![QuorumSet::of(2, &[0, 1]), needed.clone(), needed.clone(), needed];
}

scenario!(f1_a_quorum_is_closed, closure, [QuorumByOwnSlice, OneSetForAll]);
fn closure(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone_with(4, mutant, chain);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1], votes(1, &x));
    ensure(slot(&cluster).prepared.is_none(), "n0's slice votes, and n1's does not")?;
    tell(&mut cluster, &[2], votes(1, &x));
    ensure(slot(&cluster).prepared.is_none(), "n1's slice still does not")?;
    tell(&mut cluster, &[3], votes(1, &x));
    ensure(slot(&cluster).prepared == Some(ballot(1, &x)), "now everybody's does")
}

fn nested(depth: usize) -> QuorumSet {
    (0..depth).fold(QuorumSet::of(1, &[0]), |inner, _| QuorumSet {
        threshold: 1,
        validators: Vec::new(),
        inner: vec![inner],
    })
}

#[test]
fn f2_quorum_sets_are_sane() {
    let check = |set: &QuorumSet| set.check(4);
    assert_eq!(check(&QuorumSet::of(3, &[0, 1, 2, 3])), Ok(()));
    let of = |threshold, members| Err(QuorumSetError::Threshold { threshold, members });
    assert_eq!(check(&QuorumSet::of(0, &[0, 1])), of(0, 2));
    assert_eq!(check(&QuorumSet::of(3, &[0, 1])), of(3, 2));
    assert_eq!(check(&QuorumSet::of(1, &[])), of(1, 0));
    assert_eq!(check(&QuorumSet::of(u32::MAX, &[0])), of(u32::MAX, 1));
    let repeated = Err(QuorumSetError::Repeated { node: node(1) });
    assert_eq!(check(&QuorumSet::of(1, &[1, 0, 1])), repeated);
    let mut twice = nested(2);
    twice.inner.push(QuorumSet::of(1, &[0]));
    assert_eq!(check(&twice), Err(QuorumSetError::Repeated { node: node(0) }));
    assert_eq!(check(&QuorumSet::of(1, &[4])), Err(QuorumSetError::Stranger { node: node(4) }));
    let many: Vec<u16> = (0..1_001).collect();
    assert_eq!(QuorumSet::of(1, &many).check(1_024), Err(QuorumSetError::TooLarge));
    assert_eq!(check(&nested(4)), Ok(()));
    for depth in [5, 100] {
        assert_eq!(check(&nested(depth)), Err(QuorumSetError::TooDeep));
        assert!(QuorumSet::from_bytes(&nested(depth).to_bytes()).is_err());
    }
}

/// A hundred thousand levels are refused at the fifth, whatever stands behind them.
#[test]
fn f2_a_depth_bomb_is_refused_at_once() {
    let level = [1_u32.to_le_bytes(), 0_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    let bomb = level.repeat(100_000);
    assert!(QuorumSet::from_bytes(&bomb).is_err());
    let message = [&[6][..], &bomb].concat();
    assert!(Message::from_bytes(&message).is_err());
    let mut wide = 1_u32.to_le_bytes().to_vec();
    wide.extend([0_u8; 4]);
    wide.extend(u32::MAX.to_le_bytes());
    assert!(QuorumSet::from_bytes(&wide).is_err());
}

scenario!(f2_an_insane_set_of_a_peer_is_refused, insane, [QuorumSetUnchecked]);
fn insane(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    let anything = QuorumSet::of(0, &[]);
    let message = pledge_naming(&cluster, 1, anything.digest(), votes(1, &x));
    cluster.inject(1, 0, message);
    cluster.run(ms(5));
    cluster.inject(1, 0, Message::QuorumSet(anything));
    cluster.run(ms(5));
    ensure(slot(&cluster).pledge(node(1)).is_none(), "what it says with that set counts nothing")?;
    let is_counted = cluster.at(0).rejects.contains(&(node(1), Reject::OverLimit));
    ensure(is_counted, "and is counted")
}

scenario!(f7_every_statement_counts_with_the_set_it_names, own_sets, [OneSetForAll]);
fn own_sets(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone_with(4, mutant, chain);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    // n1 names a set that nobody knows: it needs n2, too.
    let asks_more = QuorumSet::of(2, &[1, 2]);
    let message = pledge_naming(&cluster, 1, asks_more.digest(), votes(1, &x));
    cluster.inject(1, 0, message);
    cluster.run(ms(5));
    let wants = |message: &Message| *message == Message::WantQuorumSet(asks_more.digest());
    ensure(slot(&cluster).pledge(node(1)).is_none(), "held until the set is known")?;
    ensure(super::script::said(&cluster, wants) == 1, "which is asked for")?;
    cluster.inject(1, 0, Message::QuorumSet(asks_more.clone()));
    cluster.run(ms(5));
    ensure(slot(&cluster).pledge(node(1)).is_some(), "read now")?;
    ensure(slot(&cluster).prepared.is_none(), "and n2 is missing")?;
    // It changes its mind, and needs n0 alone.
    let asks_less = QuorumSet::of(2, &[0, 1]);
    let message = pledge_naming(&cluster, 1, asks_less.digest(), votes(2, &x));
    cluster.inject(1, 0, message);
    cluster.run(ms(5));
    ensure(slot(&cluster).prepared == Some(ballot(2, &x)), "{n0, n1} is a quorum now")
}

fn config(sets: &[QuorumSet], mutant: Option<Mutant>) -> Config {
    Config { quorum_sets: sets.to_vec(), mutant, ..Config::new(sets.len()) }
}

scenario!(f9_disjoint_quorums_are_refused_by_name, disjoint, [IntersectionUnchecked]);
fn disjoint(mutant: Option<Mutant>) -> Verdict {
    let one_of_four = vec![QuorumSet::of(1, &[0, 1, 2, 3]); 4];
    let Err(error) = config(&one_of_four, mutant).validate() else {
        return Err("four replicas of which one suffices are no network".to_owned());
    };
    let text = error.to_string();
    ensure(text.contains("the quorums {n0} and {n1} share no replica"), text)?;
    let halves = vec![
        QuorumSet::of(2, &[0, 1]),
        QuorumSet::of(2, &[0, 1]),
        QuorumSet::of(2, &[2, 3]),
        QuorumSet::of(2, &[2, 3]),
    ];
    let found = config(&halves, mutant).validate();
    let [first, second] = [[node(0), node(1)], [node(2), node(3)]].map(Vec::from);
    ensure(found == Err(ConfigError::Disjoint { first, second }), format!("{found:?}"))
}

#[test]
fn f9_no_quorum_is_another_fault() {
    // Each needs another one, and the last needs a replica that needs somebody unreachable.
    let sets =
        vec![QuorumSet::of(2, &[0, 1]), QuorumSet::of(2, &[1, 2]), QuorumSet::of(2, &[2, 3])];
    let found = crate::check_intersection(&sets);
    assert_eq!(found, crate::Intersection::NoQuorum);
    assert_eq!(ConfigError::NoQuorum.to_string().matches("no quorum").count(), 1);
}

#[test]
fn f9_usual_networks_are_accepted() {
    for n in 1..=40 {
        assert_eq!(Config::new(n).validate(), Ok(()), "n = {n}");
    }
    assert_eq!(Config::new(1_000).validate(), Ok(()));
    let nested = Config { quorum_sets: vec![organisations(); 9], ..Config::new(9) };
    assert_eq!(nested.validate(), Ok(()));
    let mut few = Config::new(4);
    few.quorum_sets.pop();
    assert_eq!(few.validate(), Err(ConfigError::Count { n: 4, sets: 3 }));
    let mut insane = Config::new(4);
    insane.quorum_sets[2].threshold = 9;
    let error = QuorumSetError::Threshold { threshold: 9, members: 4 };
    assert_eq!(insane.validate(), Err(ConfigError::Set { node: node(2), error }));
}

/// Against the definition: for random small networks, all pairs of all quorums.
#[test]
fn f9_the_search_agrees_with_the_definition() {
    let mut prng = types::Prng::new(9, 0);
    let mut seen = [0; 3];
    for _ in 0..400 {
        let n = prng.between(2, 6);
        let sets: Vec<QuorumSet> = (0..n).map(|_| random_set(&mut prng, n)).collect();
        let slices: Vec<Slices> = sets.iter().map(Slices::new).collect();
        let quorums: Vec<u64> = (1..1_u64 << n)
            .filter(|&mask| {
                let members: Nodes = (0..16).filter(|bit| mask >> bit & 1 == 1).map(node).collect();
                members.iter().all(|member| slices[member.index()].satisfied_by(&members))
            })
            .collect();
        let is_split = quorums.iter().any(|a| quorums.iter().any(|b| a & b == 0));
        match crate::check_intersection(&sets) {
            crate::Intersection::NoQuorum => {
                assert!(quorums.is_empty(), "{sets:?}");
                seen[0] += 1;
            }
            crate::Intersection::Disjoint { first, second } => {
                assert!(is_split && first.iter().all(|node| !second.contains(node)), "{sets:?}");
                let mask = |list: &[NodeId]| list.iter().map(|node| 1_u64 << node.get()).sum();
                assert!(quorums.contains(&mask(&first)) && quorums.contains(&mask(&second)));
                seen[1] += 1;
            }
            crate::Intersection::Enjoyed => {
                assert!(!is_split && !quorums.is_empty(), "{sets:?}");
                seen[2] += 1;
            }
            found @ crate::Intersection::Undecided { .. } => panic!("{found:?}"),
        }
    }
    assert!(seen.iter().all(|&count| count > 20), "{seen:?}");
}

fn random_set(prng: &mut types::Prng, n: u64) -> QuorumSet {
    // One of them is not in the network.
    let mut all: Vec<u16> = (0..=u16::try_from(n).unwrap()).collect();
    prng.shuffle(&mut all);
    all.truncate(usize::try_from(prng.between(1, n)).unwrap());
    let split = usize::try_from(prng.below(all.len() as u64)).unwrap();
    let (inner, direct) = all.split_at(split);
    let mut set = QuorumSet::of(1, direct);
    if !inner.is_empty() {
        let threshold = prng.between(1, inner.len() as u64);
        set.inner.push(QuorumSet::of(u32::try_from(threshold).unwrap(), inner));
    }
    let members = set.validators.len() + set.inner.len();
    set.threshold = u32::try_from(prng.between(1, members as u64)).unwrap();
    set
}

scenario!(f10_one_organisation_that_can_stop_all_is_named, blocking, [BlockingUnreported]);
fn blocking(mutant: Option<Mutant>) -> Verdict {
    // Everybody needs the first organisation, and one of two others.
    let first = QuorumSet::of(2, &[0, 1, 2]);
    let others = QuorumSet {
        threshold: 1,
        validators: Vec::new(),
        inner: vec![QuorumSet::of(2, &[3, 4]), QuorumSet::of(2, &[5, 6])],
    };
    let set = QuorumSet { threshold: 2, validators: Vec::new(), inner: vec![first, others] };
    let analysis = Analysis::of(&config(&vec![set; 7], mutant));
    let group = vec![node(0), node(1), node(2)];
    let warning = Warning::Stops { group };
    ensure(analysis.warnings.contains(&warning), format!("{:?}", analysis.warnings))?;
    ensure(warning.to_string() == "{n0, n1, n2} alone can stop everybody", "it says so")?;
    let pairs: Vec<Vec<NodeId>> =
        [[0, 1], [0, 2], [1, 2]].map(|pair| pair.map(node).to_vec()).to_vec();
    let smallest = analysis.blocking.iter().take(3).cloned().collect::<Vec<_>>();
    ensure(smallest == pairs, format!("{:?}", analysis.blocking))
}

#[test]
fn f10_blocking_and_splitting_sets_of_a_flat_network() {
    let analysis = Analysis::of(&Config::new(4));
    assert_eq!(analysis.blocking.len(), 6, "any two of four");
    assert_eq!(analysis.splitting.len(), 6, "any two of four");
    assert_eq!(analysis.warnings, []);
}

#[test]
fn f10_a_cascade_is_named() {
    // n3 needs n2, and the others can do without n2.
    let mut sets = vec![QuorumSet::of(2, &[0, 1, 2]); 3];
    sets.push(QuorumSet::of(2, &[2, 3]));
    let warnings = Analysis::of(&config(&sets, None)).warnings;
    let cascade = Warning::Cascade { group: vec![node(2)], others: vec![node(3)] };
    assert!(warnings.contains(&cascade), "{warnings:?}");
}

scenario!(f11_disjoint_quorums_really_fork, fork, [IntersectionUnchecked]);
fn fork(mutant: Option<Mutant>) -> Verdict {
    let halves = |config: &mut Config| {
        let (low, high) = (QuorumSet::of(2, &[0, 1]), QuorumSet::of(2, &[2, 3]));
        config.quorum_sets = vec![low.clone(), low, high.clone(), high];
    };
    let mut cluster = World::with(4, mutant, halves);
    cluster.submit_to(request(1, 1), &[0, 1]);
    cluster.submit_to(request(2, 1), &[2, 3]);
    cluster.run(ms(5_000));
    let verdict = cluster.verdict();
    ensure(verdict.is_err_and(|problem| problem.contains("decided differently")), "no fork")?;
    match cluster.at(0).config.validate() {
        Err(error @ ConfigError::Disjoint { .. }) => {
            let text = error.to_string();
            ensure(text.contains("{n0, n1} and {n2, n3} share no replica"), text)
        }
        other => Err(format!("{other:?} is not the reason")),
    }
}

scenario!(f12_a_watcher_follows, watcher, [QuorumNeedsMe]);
fn watcher(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = World::with_each(4, mutant, |id, config| config.voting = id != node(3));
    for timestamp in 1..=3 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(2_000));
    }
    let heights: Vec<u64> = (0..4).map(|index| cluster.height(index)).collect();
    ensure(heights == [3; 4], format!("it decides what the others decide: {heights:?}"))?;
    let said = &cluster.at(3).said;
    let is_silent = said.iter().all(|message| crypto::Authentic::author(message).is_none());
    ensure(is_silent, "and signs nothing")?;
    cluster.verdict()
}

scenario!(f12_a_replica_outside_its_own_set_takes_part, outside, [QuorumByOwnSlice]);
fn outside(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = World::with(4, mutant, |config| {
        config.quorum_sets = vec![QuorumSet::of(3, &[1, 2, 3]); 4];
    });
    for timestamp in 1..=3 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(2_000));
    }
    ensure((0..4).all(|index| cluster.height(index) == 3), "everybody decides")?;
    cluster.verdict()?;
    closure(mutant)
}
