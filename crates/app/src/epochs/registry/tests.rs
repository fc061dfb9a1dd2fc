use codec::Encode;
use crypto::SecretKey;
use ledger::{Account, Epoch, Member, Operation, Refusal, Validator};
use types::{ChainId, FaultModel, Height, NodeId};

use crate::epochs::{EPOCHS, FOLLOW_REGISTRY, Fit, Rules, count, epoch};
use crate::governance::tests::enact;
use crate::governance::{GOVERNANCE, Parameter};
use crate::registry::tests::card;
use crate::registry::{Amount, Card, Founder, Founding, NodeKeys, REGISTRY, Verb};
use crate::testing::{Ask, Chain, account, ask};
use crate::{Apps, Executor};

const BOUNDARY: u64 = 16;

fn validator(seed: u8) -> Validator {
    let key = |seed: u8| SecretKey::from_seed([seed; 32]).public();
    Validator { name: format!("n{seed}"), key: key(seed), network_key: key(100 + seed) }
}

/// The keys of validator `n{seed}`, named by a hub.
fn register(hub: u8, seed: u8) -> Ask {
    let Validator { key, network_key, .. } = validator(seed);
    ask(hub, REGISTRY, Verb::Register as u16, &NodeKeys { key, network_key })
}

fn plain(sender: u8, verb: u16, app: ledger::AppId) -> Ask {
    Ask { payload: Vec::new(), ..ask(sender, app, verb, &0_u8) }
}
fn follow() -> Ask {
    plain(77, FOLLOW_REGISTRY, EPOCHS)
}

/// Validators n0 to n3, and hubs 1, 2, .. with these stakes, the first of which has stake enough to decide votes. Hub `k`
/// is called `h{k}`.
fn federation(stakes: &[u64]) -> Chain {
    let member =
        |seed: u8| Member { id: NodeId::new(seed.into()), validator: validator(seed), weight: 1 };
    let genesis = Epoch {
        number: 0,
        first: Height::new(1),
        protocol: "pbft".to_owned(),
        since: 0,
        members: (0..4).map(member).collect(),
        next_id: 4,
    };
    let protocols = vec![Fit { name: "pbft".to_owned(), weighs: false }];
    let rules = Rules { genesis, faults: FaultModel::Byzantine, protocols };
    let mut chain = Chain {
        executor: Executor::new(ChainId::default(), Apps::governed(rules)),
        ..Chain::default()
    };
    let hubs = stakes.iter().zip(1_u8..).map(|(&stake, number)| Founder {
        account: account(number),
        card: card(&format!("h{number}")),
        stake,
    });
    let founding = Founding { hubs: hubs.collect(), purses: Vec::new() };
    let found = Ask {
        sender: Account(validator(0).key.to_bytes()),
        operation: Operation { app: REGISTRY, verb: Verb::Found as u16 },
        payload: founding.to_bytes(),
        fee: 0,
    };
    chain.applied(found);
    chain
}

/// Switches it on: 100 of stake are needed.
fn driven(stakes: &[u64]) -> Chain {
    let mut chain = federation(stakes);
    let settings =
        [(Parameter::ValidatorsStakeMin, 100), (Parameter::ValidatorsEpochBlocks, BOUNDARY)];
    enact(&mut chain, &settings);
    chain
}

/// Lets the set follow, and the chain grow to where the new set is in office; gives its validators' keys by seed.
fn followed(chain: &mut Chain) -> Vec<u8> {
    chain.applied(follow());
    let begun = epoch(&chain.executor, count(&chain.executor)).unwrap();
    assert_eq!(begun.first.get() % BOUNDARY, 0);
    assert!(begun.first.above(chain.executor.height()) >= super::NOTICE_BLOCKS_MIN);
    assert_eq!(begun.since, begun.number);
    let late = chain.refused(follow());
    assert_eq!(late, Refusal::ChangeScheduled, "one change at a time");
    chain.pass_to(begun.first.get());
    seeds(&begun)
}

fn seeds(epoch: &Epoch) -> Vec<u8> {
    let seed = |member: &Member| (0..50).find(|&seed| validator(seed).key == member.validator.key);
    epoch.members.iter().filter_map(seed).collect()
}

#[test]
fn the_registry_decides_only_where_governance_says_so() {
    let mut chain = federation(&[10_000; 4]);
    assert_eq!(chain.refused(follow()), Refusal::RegistryNotDriving);
    enact(&mut chain, &[(Parameter::ValidatorsStakeMin, 100)]);
    assert_eq!(chain.refused(follow()), Refusal::TooFewValidators, "no hub has named keys");
    enact(&mut chain, &[(Parameter::ValidatorsStakeMin, 0)]);
    assert_eq!(chain.refused(follow()), Refusal::RegistryNotDriving);
    let junk = Ask { payload: vec![1], ..follow() };
    assert_eq!(chain.refused(junk), Refusal::MalformedPayload);
}

#[test]
fn a_hub_with_stake_and_keys_is_seated_and_one_that_falls_below_is_let_go() {
    let mut chain = driven(&[10_000, 5_000, 500, 400, 300, 99]);
    for hub in 1..=6 {
        chain.applied(register(hub, hub - 1));
    }
    assert_eq!(followed(&mut chain), [0, 1, 2, 3, 4], "n5's hub has too little stake");
    assert_eq!(chain.refused(follow()), Refusal::SetUnchanged);
    let unbond = ask(2, REGISTRY, Verb::Unbond as u16, &Amount { stake: 4_950 });
    chain.applied(unbond);
    assert_eq!(followed(&mut chain), [0, 2, 3, 4]);
    // What left comes back with its stake; its name is free again.
    chain.applied(plain(3, Verb::Leave as u16, REGISTRY));
    assert_eq!(chain.refused(follow()), Refusal::TooFewValidators, "three stand no liar");
}

#[test]
fn a_hub_that_no_longer_wants_to_validate_is_let_go() {
    let mut chain = driven(&[10_000, 5_000, 500, 400, 300]);
    for hub in 1..=5 {
        chain.applied(register(hub, hub - 1));
    }
    assert_eq!(followed(&mut chain), [0, 1, 2, 3, 4]);
    let quiet = Card { capabilities: Default::default(), ..card("h5") };
    chain.applied(ask(5, REGISTRY, Verb::Update as u16, &quiet));
    assert_eq!(followed(&mut chain), [0, 1, 2, 3]);
}

/// A whole set is exchanged step by step: at every boundary those who stay are a quorum of the new set.
#[test]
fn strangers_take_over_no_faster_than_those_who_stay_can_vouch_for() {
    let mut chain = driven(&[10_000, 5_000, 500, 400]);
    for hub in 1..=4 {
        chain.applied(register(hub, 10 + hub));
    }
    assert_eq!(followed(&mut chain), [0, 1, 2, 3, 11, 12]);
    let mut set = Vec::new();
    while chain.one(follow()) == ledger::Outcome::Applied {
        let next = epoch(&chain.executor, count(&chain.executor)).unwrap();
        let before = epoch(&chain.executor, next.number - 1).unwrap();
        let stay = next.members.iter().filter(|one| before.members.contains(one)).count();
        assert!(next.quorum(FaultModel::Byzantine).is_met(stay), "{next:?}");
        assert!(next.members.len() >= 4);
        set = seeds(&next);
        chain.pass_to(next.first.get());
    }
    assert_eq!(set, [11, 12, 13, 14]);
    assert_eq!(chain.refused(follow()), Refusal::SetUnchanged);
}

#[test]
fn names_and_keys_of_others_seat_nobody_twice() {
    let mut chain = driven(&[10_000, 5_000, 500, 400, 300, 200]);
    for hub in 1..=4 {
        chain.applied(register(hub, hub - 1));
    }
    // Hub 5 names n0's keys: the set has them once, as hub 1 has more stake.
    chain.applied(register(5, 0));
    // Hub 6 takes a validator's name: it waits as long as that one is there.
    chain.applied(ask(6, REGISTRY, Verb::Update as u16, &card("n1")));
    chain.applied(register(6, 6));
    assert_eq!(chain.refused(follow()), Refusal::DuplicateValidator);
    chain.applied(ask(6, REGISTRY, Verb::Update as u16, &card("h6")));
    assert_eq!(followed(&mut chain), [0, 1, 2, 3, 6]);
    let state = chain.state(GOVERNANCE);
    assert!(super::Drive::of(state).is_on());
}

#[test]
fn the_smallest_stakes_go_where_more_hubs_want_to_validate_than_may() {
    let mut chain = driven(&[10_000, 5_000, 500, 400, 300]);
    enact(&mut chain, &[(Parameter::ValidatorsCountMax, 4)]);
    for hub in 2..=5 {
        chain.applied(register(hub, hub - 2));
    }
    assert_eq!(chain.refused(follow()), Refusal::SetUnchanged);
    // A fifth with more stake than all takes the place of the one with the least.
    chain.applied(register(1, 20));
    assert_eq!(followed(&mut chain), [0, 1, 2, 20]);
}
