//! Replicas that were away: for a moment, for long, all at once.

use protocol::Protocol as _;
use testkit::{Fate, ms, request};
use types::{Seq, Time};

use super::Cluster;
use super::kit::{Lone, at_epoch};

/// A replica that missed more blocks than one answer holds fetches them from its peers.
#[test]
fn a_replica_that_was_away_catches_up() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(100));
    cluster.crash(3);
    for timestamp in 1..=150 {
        cluster.submit_to(request(1, timestamp), &[0, 1, 2]);
        cluster.run(ms(30));
    }
    cluster.run(ms(1_000));
    cluster.restart(3);
    cluster.lives(9, ms(2_000)).unwrap();
    assert!(cluster.at(3).transfers.is_empty());
    assert_eq!(cluster.height(3), cluster.height(0));
}

/// One that missed more than its peers keep takes its state from the world, and goes on from there.
#[test]
fn a_replica_that_was_away_for_long_takes_the_state() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(100));
    cluster.crash(3);
    for timestamp in 1..=300 {
        cluster.submit_to(request(1, timestamp), &[0, 1, 2]);
        cluster.run(ms(30));
    }
    cluster.run(ms(1_000));
    assert!(cluster.height(0) >= 300);
    cluster.restart(3);
    cluster.lives(9, ms(3_000)).unwrap();
    assert_eq!(cluster.at(3).transfers.len(), 1);
    cluster.lives(10, ms(3_000)).unwrap();
}

/// All stop at once under load, and again while they come back: what was decided stays, and all go on.
#[test]
fn a_power_cut_loses_nothing() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(100));
    for round in 0..12_u64 {
        for timestamp in 1..=10 {
            cluster.submit(request(1, round * 10 + timestamp));
            cluster.run(ms(17 + round));
        }
        (0..4).for_each(|index| cluster.crash(index));
        cluster.run(ms(50));
        (0..4).for_each(|index| cluster.restart(index));
        cluster.verdict().unwrap();
    }
    cluster.lives(9, ms(2_000)).unwrap();
}

/// A replica without sign-state follows, and signs nothing.
#[test]
fn who_does_not_vote_still_follows() {
    let mut cluster = Cluster::with_each(4, None, |id, config| config.voting = id.get() != 3);
    cluster.run(ms(100));
    cluster.lives(9, ms(1_000)).unwrap();
    let signs = |message: &crate::Message| crypto::Authentic::author(message).is_some();
    assert!(!cluster.at(3).said.iter().any(signs));
    assert!(!cluster.core(3).status().voting);
}

/// While a third of the stake is absent nothing becomes final, the tree stays bounded, and work goes on afterwards.
#[test]
fn without_two_thirds_nothing_grows_for_ever() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(100));
    cluster.network = Box::new(|now, from, to, _| {
        let is_away = |id: types::NodeId| id.get() >= 2;
        let is_cut = now < Time::from_us(8_000_000) && (is_away(from) || is_away(to));
        if is_cut { Fate::Drop } else { Fate::Pass }
    });
    for timestamp in 1..=200 {
        cluster.submit_to(request(1, timestamp), &[0, 1]);
        cluster.run(ms(30));
    }
    let status = cluster.core(0).status();
    assert_eq!(status.decided.get(), 0);
    assert!(status.log_entries < 64 + 2 * 64 + 4, "{}", status.log_entries);
    assert!(status.tentative.is_some());
    cluster.run(ms(2_000));
    cluster.lives(9, ms(6_000)).unwrap();
}

/// A chain can begin where another protocol has ended.
#[test]
fn a_chain_begins_above_its_base() {
    let mut lone = Lone::new(4, None, |config| config.base = Seq::new(7));
    lone.go(13);
    let block = lone.make(5, lone.genesis.block, 8, 1);
    lone.show(&block);
    let [two, three] = [2, 3].map(|epoch| at_epoch(epoch, &block));
    for (source, target) in [(lone.genesis, two), (two, three)] {
        let link = lone.link(&[0, 2, 3], source, target);
        lone.give(0, link);
    }
    let decided: Vec<u64> =
        lone.cluster.at(1).decisions.iter().map(|decision| decision.seq.get()).collect();
    assert_eq!(decided, [8]);
}
