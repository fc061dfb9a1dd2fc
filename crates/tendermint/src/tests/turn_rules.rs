//! T-1, T-7, T-10, T-16: whose turn it is, timers, thresholds, changes of the set.

use std::collections::BTreeMap;

use protocol::Input;
use testkit::{Fate, Verdict, ensure, ms, node, request};
use types::{Digest, NodeId, Seq, Time};

use super::world::{Cluster, S1, one_among_scripts, prevote, prevoted, tell};
use crate::proposer::{Priorities, RESTART, Turns};
use crate::validators::Validators;
use crate::{Config, Message, Mutant, Round, SetChange, Timer};

fn weighted(weights: &[u64], mutant: Option<Mutant>) -> Config {
    Config { weights: weights.to_vec(), mutant, ..Config::new(0) }
}

/// Turns in proportion to voting power.
fn t1(mutant: Option<Mutant>) -> Verdict {
    let config = weighted(&[1, 2, 3, 4], mutant);
    let mut turns = Turns::new(&config, S1);
    let mut counts = [0; 4];
    for seq in 1..=1_000 {
        turns.enter(&config, Seq::new(seq));
        counts[turns.proposer(&config, Round::ZERO).index()] += 1;
    }
    ensure(counts == [100, 200, 300, 400], format!("{counts:?} turns"))
}
testkit::scenario!(t1_turns_follow_the_stakes, t1, [TurnsUnweighted]);

/// Whoever leaves after its turn and comes back waits longer than if it had stayed.
fn t1_newcomer(mutant: Option<Mutant>) -> Verdict {
    let (all, without) = ([1, 1, 1, 1], [1, 1, 1, 0]);
    let config = weighted(&all, mutant);
    let mut priorities = Priorities::new(4);
    let turns: Vec<_> = (0..4).filter_map(|_| priorities.next(&config, &all)).collect();
    ensure(turns == [node(0), node(1), node(2), node(3)], "everybody in turn")?;
    priorities.change(&config, &all, &without);
    priorities.change(&config, &without, &all);
    let position = |priorities: &mut Priorities| {
        (0..16).position(|_| priorities.next(&config, &all) == Some(node(3)))
    };
    let after = position(&mut priorities);
    ensure(after > Some(3), format!("the newcomer has its turn after {after:?}"))
}
testkit::scenario!(t1_leaving_and_joining_gains_no_turn, t1_newcomer, [NewcomersUnpunished]);

/// Stakes at the edge of what a number holds.
#[test]
fn t1_vast_stakes_do_not_overflow() {
    let config = weighted(&[u64::MAX, u64::MAX, i64::MAX as u64, 1], None);
    let mut turns = Turns::new(&config, S1);
    let mut counts = [0; 4];
    for seq in 1..=1_000 {
        turns.enter(&config, Seq::new(seq));
        counts[turns.proposer(&config, Round::ZERO).index()] += 1;
    }
    assert_eq!(counts, [400, 400, 200, 0]);
    let mut priorities = Priorities::new(4);
    priorities.change(&config, &[1, 0, 1, 1], &config.weights);
    assert_eq!(priorities.next(&config, &config.weights), Some(node(0)));
    assert_eq!(Turns::new(&weighted(&[0, 0], None), S1).proposer(&config, Round::ZERO), node(0));
}

/// Wherever a replica begins, it knows whose turn it is; and round r has the turn of the height r later.
#[test]
fn t1_turns_need_no_history() {
    let config = weighted(&[3, 1, 5, 2, 2], None);
    let mut walking = Turns::new(&config, S1);
    for seq in (1..200).chain([RESTART - 1, RESTART, RESTART + 1, RESTART + 2]) {
        walking.enter(&config, Seq::new(seq));
        let there = walking.proposer(&config, Round::new(2));
        assert_eq!(there, Turns::new(&config, Seq::new(seq)).proposer(&config, Round::new(2)));
        if (seq - 1) % RESTART + 2 < RESTART {
            let later = Turns::new(&config, Seq::new(seq + 2)).proposer(&config, Round::ZERO);
            assert_eq!(there, later, "{seq}");
        }
    }
    let there = walking.proposer(&config, Round::new(2));
    assert!(walking.proposer(&config, Round::new(u32::MAX)).index() < 5);
    assert_eq!(walking.proposer(&config, Round::new(2)), there);
    Turns::new(&config, Seq::new(u64::MAX)).proposer(&config, Round::ZERO);
}

/// A timer of another round, or one that has been set anew, is not heard.
fn t7_stale(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    cluster.submit_to(request(1, 1), &[3]);
    cluster.run(ms(10));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 1), Digest::ZERO));
    ensure(cluster.core(3).round == Round::new(1), "n3 has not followed")?;
    cluster.run(ms(430));
    ensure(prevoted(&cluster, 3, 1).is_none(), "round 0's timer has ended round 1")?;
    for timer in [Timer::Propose, Timer::Prevote, Timer::Precommit] {
        cluster.step(node(3), Input::Timeout(timer));
    }
    ensure(prevoted(&cluster, 3, 1).is_none(), "a stale timer was heard")?;
    ensure(cluster.core(3).round == Round::new(1), "a stale timer has ended the round")?;
    cluster.run(ms(300));
    ensure(prevoted(&cluster, 3, 1) == Some(Digest::ZERO), "round 1 has no timer of its own")?;
    cluster.verdict()
}
testkit::scenario!(t7_stale_timers_are_not_heard, t7_stale, [StaleTimeoutsHeard]);

/// Proposals take longer than the first timeouts: later rounds give them time.
fn t7_growth(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Proposal(_) => Fate::Delay(ms(1_200)),
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    let done = |cluster: &Cluster| (0..4).all(|index| cluster.height(index) > 0);
    ensure(cluster.run_until(ms(30_000), done), "no round is long enough")?;
    cluster.verdict()
}
testkit::scenario!(t7_timeouts_grow, t7_growth, [TimeoutsConstant]);

/// Two of three are no quorum.
fn t10(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(3, mutant);
    cluster.crash(2);
    cluster.submit_to(request(1, 1), &[0, 1]);
    cluster.run(ms(2_000));
    ensure(cluster.height(0) == 0, "two of three have decided")?;
    cluster.restart(2);
    cluster.lives(9, ms(20_000))
}
testkit::scenario!(t10_two_thirds_are_not_enough, t10, [QuorumOfTwoThirds]);

#[test]
fn t10_thresholds_do_not_overflow() {
    let set = |weights: &[u64]| Validators::at(&weighted(weights, None), S1);
    let three = set(&[1, 1, 1]);
    assert!(!three.is_quorum(2) && three.is_quorum(3));
    assert!(!three.has_honest(1) && three.has_honest(2));
    let vast = set(&[u64::MAX; 1_024]);
    let power = |count: usize| vast.power_of(NodeId::all(count).collect::<Vec<_>>().iter());
    assert!(!vast.is_quorum(power(682)) && vast.is_quorum(power(683)));
    let large = set(&[1 << 62, 1 << 62, 1 << 62, 1 << 62]);
    assert!(!large.is_quorum(2 << 62) && large.is_quorum(3 << 62));
    let none = set(&[0, 0, 0]);
    assert!(!none.is_quorum(0) && !none.are_quorum([node(0)].iter()));
    assert!(!set(&[]).is_quorum(0));
    let strangers = [node(0), node(1), node(2), node(7)];
    assert!(!three.are_quorum(strangers.iter()), "a stranger is among them");
    assert_eq!(set(&[1, 1, 1, 1]).need(&[node(0)]), 3);
    assert_eq!(set(&[1, 1, 1, 7]).need(&[]), 1);
    assert_eq!(set(&[1, 1, 1, 7]).need(&[node(0), node(1)]), 3);
}

/// n3 leaves the set with height 3: its vote counts for heights 1 and 2, and no longer.
fn t16(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| {
        config.changes = vec![SetChange { from: Seq::new(3), weights: vec![1, 1, 1, 0] }];
    });
    cluster.crash(2);
    for timestamp in 1..=3 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(3_000));
    }
    ensure(cluster.height(0) == 2, format!("n0 stands at {}", cluster.height(0)))?;
    let words: BTreeMap<Seq, usize> = cluster
        .at(3)
        .said
        .iter()
        .filter_map(|said| match said {
            Message::Prevote(vote) => Some(vote.statement.seq),
            _ => None,
        })
        .fold(BTreeMap::new(), |mut words, seq| {
            *words.entry(seq).or_default() += 1;
            words
        });
    ensure(!words.contains_key(&Seq::new(3)), "n3 votes though it has left")?;
    cluster.restart(2);
    cluster.lives(9, ms(20_000))?;
    ensure(cluster.at(3).app.state.seq >= Seq::new(3), "n3 does not follow")
}
testkit::scenario!(t16_a_set_counts_for_its_heights, t16, [SetNeverChanges]);

/// Voting power, not heads: one replica with half of it stops everybody, three without it stop nobody.
#[test]
fn votes_weigh_what_their_replica_does() {
    let mut cluster = Cluster::with(7, None, |config| config.weights = vec![9, 9, 9, 1, 1, 1, 1]);
    (3..7).for_each(|index| cluster.crash(index));
    cluster.submit_to(request(1, 1), &[0, 1, 2]);
    cluster.run(ms(10_000));
    assert_eq!(cluster.height(0), 1, "27 of 31");
    cluster.crash(1);
    (3..7).for_each(|index| cluster.restart(index));
    cluster.submit(request(2, 1));
    cluster.run_until(ms(20_000), |cluster| cluster.height(0) == 2);
    assert_eq!(cluster.height(0), 2, "22 of 31");
    cluster.crash(2);
    let before = cluster.height(0);
    cluster.submit(request(3, 1));
    cluster.run(ms(10_000));
    assert_eq!(cluster.height(0), before, "13 of 31");
    assert!(cluster.now > Time::ZERO);
    cluster.restart(1);
    cluster.restart(2);
    cluster.lives(9, ms(20_000)).unwrap();
}
