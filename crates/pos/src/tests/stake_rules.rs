//! S-1, S-5, S-9, S-11: who proposes, and what weighs how much.

use protocol::{Protocol as _, Reject};
use testkit::{Verdict, ensure, ms, request, scenario};
use types::{Digest, NodeId, Seq};

use super::Cluster;
use super::kit::{Lone, at_epoch, name};
use crate::stakes::Stakes;
use crate::{Checkpoint, Config, ConfigError, Message, Mutant, Offence, Stake, StakeChange};

fn weighted(weights: &[u64], mutant: Option<Mutant>) -> Config {
    let stakes = weights.iter().map(|&weight| Stake::own(weight)).collect();
    Config { stakes, mutant, ..Config::new(weights.len()) }
}

/// Pearson's statistic over 100,000 slots stays below what one in a hundred fair draws exceeds (3 degrees of freedom).
fn s1_by_stake(mutant: Option<Mutant>) -> Verdict {
    const SLOTS: u64 = 100_000;
    const LIMIT_MILLI: u64 = 11_345;
    let weights = [1, 2, 3, 94];
    let stakes = Stakes::new(&weighted(&weights, mutant));
    let mut drawn = [0_u64; 4];
    for slot in 0..SLOTS {
        drawn[stakes.leader(slot, None).index()] += 1;
    }
    let milli: u64 = drawn
        .iter()
        .zip(weights)
        .map(|(drawn, weight)| {
            let expected = SLOTS * weight / 100;
            drawn.abs_diff(expected).pow(2) * 1_000 / expected
        })
        .sum();
    ensure(milli < LIMIT_MILLI, format!("{drawn:?} proposals: {milli}/1000"))
}
scenario!(s1_proposers_are_drawn_by_stake, s1_by_stake, [StakeIgnored]);

/// Another payload in a block changes no later proposer.
fn s1_no_grinding(mutant: Option<Mutant>) -> Verdict {
    let leaders = |client: u16| -> Vec<NodeId> {
        let mut lone = Lone::new(4, mutant, |_| {});
        lone.go(5);
        let block = lone.make(5, lone.genesis.block, 1, client);
        lone.show(&block);
        (6..38).map(|slot| lone.core().leader_of(slot)).collect()
    };
    ensure(leaders(1) == leaders(2), "the content of a block chooses later proposers")
}
scenario!(s1_proposers_cannot_grind, s1_no_grinding, [SeedFromHead]);

/// A block by somebody whose slot it is not is refused.
fn s1_only_the_leader(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(5);
    let leader = lone.core().leader_of(5).get();
    let other = (0..4).find(|&index| index != leader && index != 1).unwrap();
    let block = super::kit::block(lone.cluster.signer(other), 5, lone.genesis.block, 1, 1);
    lone.give(other, Message::Proposal(block));
    ensure(lone.rejected(Reject::NotLeader), "a stranger to the slot proposes")?;
    ensure(lone.core().status().tentative.is_none(), "its block is the head")
}
scenario!(s1_only_the_leader_proposes, s1_only_the_leader, [AnybodyProposes]);

/// Exactly two thirds are enough, and one unit less is not.
fn s5_threshold(mutant: Option<Mutant>) -> Verdict {
    for (weights, yes, no) in [([199, 1, 67, 33], 200, 199), ([100, 100, 100, 1], 201, 200)] {
        let stakes = Stakes::new(&weighted(&weights, mutant));
        ensure(stakes.is_supermajority(0, yes), format!("{yes} of {weights:?} are not enough"))?;
        ensure(!stakes.is_supermajority(0, no), format!("{no} of {weights:?} are enough"))?;
    }
    let huge = Stakes::new(&weighted(&[u64::MAX; 3], mutant));
    let two = u128::from(u64::MAX) * 2;
    ensure(huge.is_supermajority(0, two) && !huge.is_supermajority(0, two - 1), "huge stakes")
}
scenario!(s5_two_thirds_are_exact, s5_threshold, [RoundedThreshold, ThresholdOfHalf]);

/// Three of four validators with three hundredths of the stake justify nothing.
fn s5_by_stake(mutant: Option<Mutant>) -> Verdict {
    let stakes = [1, 1, 1, 97].map(Stake::own).to_vec();
    let mut lone = Lone::new(4, mutant, |config| config.stakes = stakes.clone());
    lone.go(9);
    let block = lone.make(5, lone.genesis.block, 1, 1);
    lone.show(&block);
    let target = at_epoch(2, &block);
    let link = lone.link(&[0, 1, 2], lone.genesis, target);
    lone.give(0, link);
    ensure(lone.core().justified() == lone.genesis, "three per cent of the stake justify")?;
    let link = lone.link(&[3], lone.genesis, target);
    lone.give(0, link);
    ensure(lone.core().justified() == target, "97 per cent do not justify")
}
scenario!(s5_stake_is_counted_and_not_heads, s5_by_stake, [HeadsCounted]);

/// What is justified is not yet final, nor is the source of a link over more than one epoch.
fn s5_finality(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(21);
    let block = lone.make(5, lone.genesis.block, 1, 1);
    lone.show(&block);
    let [two, four, five] = [2, 4, 5].map(|epoch| at_epoch(epoch, &block));
    for (source, target, height) in [(lone.genesis, two, 0), (two, four, 0), (four, five, 1)] {
        let link = lone.link(&[0, 2, 3], source, target);
        lone.give(0, link);
        let decided = lone.core().status().decided;
        ensure(decided == Seq::new(height), format!("{decided} decided after {target:?}"))?;
    }
    ensure(lone.core().finalized() == four, "the source of the last link is not final")
}
scenario!(s5_finality_takes_consecutive_links, s5_finality, [AnyLinkFinalizes, JustifiedIsFinal]);

fn change(epoch: u64, validator: u16, own: u64) -> StakeChange {
    StakeChange { epoch, validator: NodeId::new(validator), stake: Stake::own(own) }
}

/// Votes weigh what their makers had in their epochs, whatever they have now.
fn s9_snapshot(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |config| config.changes = vec![change(30, 3, 10_000)]);
    lone.go(9);
    let block = lone.make(5, lone.genesis.block, 1, 1);
    lone.show(&block);
    let target = at_epoch(2, &block);
    let link = lone.link(&[0, 1, 2], lone.genesis, target);
    lone.give(0, link);
    ensure(lone.core().justified() == target, "stake of a later epoch weighs already")?;
    // A link out of the old weights into the new ones needs two thirds of both.
    lone.go(4 * 30 + 1);
    let late = at_epoch(30, &block);
    let link = lone.link(&[0, 1, 2], target, late);
    lone.give(0, link);
    ensure(lone.core().justified() == target, "the new weights are not asked")?;
    let link = lone.link(&[3], target, late);
    lone.give(0, link);
    ensure(lone.core().justified() == target, "the old weights are not asked")
}
scenario!(s9_stake_is_a_snapshot_of_its_epoch, s9_snapshot, [NoSnapshots]);

/// Whoever has left is accused of what it signed while its stake was at risk, and of nothing later.
fn s9_unbonded(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |config| config.changes = vec![change(10, 3, 0)]);
    lone.go(4 * 12);
    let twice = |epoch: u64| {
        let target = Checkpoint { epoch, seq: Seq::new(1), block: Digest::new([1; 32]) };
        let other = Checkpoint { block: Digest::new([2; 32]), ..target };
        let three = lone.cluster.signer(3);
        let first = super::kit::vote(three, target.block, lone.genesis, target);
        let second = super::kit::vote(three, other.block, lone.genesis, other);
        Message::Evidence(Offence::Attestations((first, second)).into())
    };
    let (before, after) = (twice(9), twice(11));
    lone.give(0, after);
    ensure(lone.offenders().is_empty(), "a stranger is accused")?;
    lone.give(0, before);
    ensure(lone.offenders() == [3], "who has left is not accused")?;
    let risked: Vec<_> = lone.core().slashed().collect();
    ensure(risked == [(NodeId::new(3), 32)], format!("{risked:?} is at risk"))
}
scenario!(s9_who_unbonds_is_still_slashable, s9_unbonded, [OnlyPresentStake]);

/// Weights that do not fit are refused, and never wrap.
fn s11_overflow(mutant: Option<Mutant>) -> Verdict {
    let mut config = weighted(&[32; 4], mutant);
    config.stakes[2] = Stake { own: u64::MAX, delegated: vec![(Digest::new([7; 32]), 33)] };
    let validator = NodeId::new(2);
    ensure(config.validate() == Err(ConfigError::Overflow { validator }), "not refused")?;
    let mut cluster = Cluster::with(4, mutant, |own| own.stakes.clone_from(&config.stakes));
    cluster.submit(request(1, 1));
    cluster.run(ms(1_000));
    ensure(cluster.at(0).said.is_empty(), "a replica runs what cannot be run")?;
    ensure(cluster.core(0).status().phase == "halted", "and does not say so")
}
scenario!(s11_weights_never_overflow, s11_overflow, [WeightsWrap]);

#[test]
fn s11_what_cannot_be_run_is_refused_with_a_reason() {
    let refuse = |tune: fn(&mut Config), error: ConfigError| {
        let mut config = Config::new(4);
        tune(&mut config);
        assert_eq!(config.validate(), Err(error), "{error}");
    };
    let three = NodeId::new(3);
    refuse(|config| config.stakes.clear(), ConfigError::Validators { count: 0 });
    refuse(|config| config.stakes[3].own = 0, ConfigError::NoStake { validator: three });
    refuse(
        |config| config.stakes[3].delegated = vec![(Digest::ZERO, 1), (Digest::ZERO, 2)],
        ConfigError::RepeatedDelegation { validator: three },
    );
    refuse(|config| config.slots_per_epoch = 0, ConfigError::NoRoom);
    refuse(
        |config| config.changes = vec![change(5, 9, 1)],
        ConfigError::Unknown { validator: NodeId::new(9) },
    );
    refuse(
        |config| config.changes = vec![change(5, 1, 1), change(4, 2, 1)],
        ConfigError::ChangesOutOfOrder,
    );
    refuse(
        |config| config.changes = vec![change(5, 1, 1), change(5, 1, 2)],
        ConfigError::ChangesOutOfOrder,
    );
    refuse(
        |config| config.changes = (0..4).map(|index| change(5, index, 0)).collect(),
        ConfigError::EmptyEpoch { epoch: 5 },
    );
    assert_eq!(Config::new(4).validate(), Ok(()));
}

/// Delegated stake draws and weighs like the validator's own.
#[test]
fn delegated_stake_weighs_like_own() {
    let own = weighted(&[10, 20, 30, 40], None);
    let mut delegated = own.clone();
    delegated.stakes[3] =
        Stake { own: 5, delegated: vec![(Digest::new([1; 32]), 15), (Digest::new([2; 32]), 20)] };
    let (own, delegated) = (Stakes::new(&own), Stakes::new(&delegated));
    assert!((0..1_000).all(|slot| own.leader(slot, None) == delegated.leader(slot, None)));
    assert_eq!(delegated.weight(0, NodeId::new(3)), 40);
}

/// Between branches of equal weight everybody takes the same.
#[test]
fn s11_ties_are_broken_by_name() {
    let mut heads = Vec::new();
    for order in [[1, 2], [2, 1]] {
        let mut lone = Lone::new(4, None, |_| {});
        lone.go(9);
        let blocks =
            order.map(|client| lone.make(4 + u64::from(client), lone.genesis.block, 1, client));
        for block in &blocks {
            lone.show(block);
        }
        let least = blocks.iter().map(|block| name(block)).min();
        heads.push(lone.core().status().tentative.map(|head| head.digest));
        assert_eq!(heads.last(), Some(&least));
    }
    assert_eq!(heads[0], heads[1]);
}
