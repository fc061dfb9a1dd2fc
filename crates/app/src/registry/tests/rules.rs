use std::collections::BTreeSet;

use ledger::{Account, Change, Outcome, Refusal, StateTree};
use proptest::prelude::*;
use types::{ChainId, Digest, Height};

use super::{card, founded, founding, names, plain, request};
use crate::registry::{
    Amount, CAPABILITIES_MAX, Founder, Founding, Join, NAME_BYTES_MAX, NodeKeys, REGISTRY,
    RELEASES_MAX, Registry, Transfer, UNBOND_BLOCKS, Verb, bonded, candidates, hub, hub_key, purse,
    supply,
};
use crate::testing::{Chain, account};
use crate::{Apps, Executor};

fn total(chain: &Chain) -> u64 {
    (0..=9).map(|number| purse(chain.state(REGISTRY), &account(number)).total()).sum()
}

#[test]
fn a_federation_is_founded_as_in_the_guide() {
    let chain = founded();
    let state = chain.state(REGISTRY);
    assert_eq!(names(&chain).len(), 3);
    assert_eq!(supply(state), 35_000);
    assert!(bonded(state).all(|(_, stake)| stake == 10_000));
    let hub = hub(state, &account(1)).unwrap();
    assert_eq!((hub.card.name.as_str(), hub.joined), ("hub_us_east", Height::new(1)));
    assert!(hub.card.capabilities.contains("routing"));
    assert_eq!(chain.events[0].kind, "registry.founded");
}

#[test]
fn a_federation_is_founded_once_and_only_soundly() {
    let mut chain = Chain::default();
    let mut refused = |change: fn(&mut Founding)| {
        let mut founding = founding();
        change(&mut founding);
        chain.refused(request(9, Verb::Found, &founding))
    };
    assert_eq!(refused(|it| it.hubs[1].card.name = "hub_us_east".into()), Refusal::HubNameTaken);
    assert_eq!(refused(|it| it.hubs[1].account = account(1)), Refusal::HubExists);
    assert_eq!(refused(|it| it.hubs[1].stake = 0), Refusal::StakeTooLow);
    assert_eq!(refused(|it| it.hubs[1].stake = u64::MAX), Refusal::StakeOverflow);
    assert_eq!(refused(|it| it.purses[0].1 = u64::MAX), Refusal::StakeOverflow);
    assert_eq!(refused(|it| it.hubs.clear()), Refusal::MalformedPayload);
    let mut chain = founded();
    assert_eq!(chain.refused(request(9, Verb::Found, &founding())), Refusal::AlreadyFounded);
}

#[test]
fn only_a_named_account_founds_where_any_is_named() {
    let apps = || Apps::new(vec![Box::new(Registry(vec![account(1)]))]);
    let mut chain =
        Chain { executor: Executor::new(ChainId::default(), apps()), ..Chain::default() };
    assert_eq!(chain.refused(request(9, Verb::Found, &founding())), Refusal::NotFounder);
    chain.applied(request(1, Verb::Found, &founding()));
}

#[test]
fn hubs_join_with_stake_change_their_card_and_leave() {
    let mut chain = founded();
    let join = |name, stake| Join { card: card(name), stake };
    assert_eq!(chain.refused(request(1, Verb::Join, &join("x", 1))), Refusal::HubExists);
    assert_eq!(
        chain.refused(request(4, Verb::Join, &join("hub_eu_west", 1))),
        Refusal::HubNameTaken
    );
    assert_eq!(chain.refused(request(4, Verb::Join, &join("x", 0))), Refusal::StakeTooLow);
    assert_eq!(chain.refused(request(4, Verb::Join, &join("x", 5_001))), Refusal::StakeShort);
    assert_eq!(chain.refused(request(5, Verb::Join, &join("x", 1))), Refusal::StakeShort);
    chain.applied(request(4, Verb::Join, &join("hub_africa", 4_000)));
    let kept = purse(chain.state(REGISTRY), &account(4));
    assert_eq!((kept.free, kept.bonded), (1_000, 4_000));

    assert_eq!(
        chain.refused(request(4, Verb::Update, &card("hub_eu_west"))),
        Refusal::HubNameTaken
    );
    assert_eq!(chain.refused(request(5, Verb::Update, &card("y"))), Refusal::HubUnknown);
    chain.applied(request(4, Verb::Update, &card("hub_nairobi")));
    assert!(names(&chain).contains("hub_nairobi") && !names(&chain).contains("hub_africa"));
    let moved = hub(chain.state(REGISTRY), &account(4)).unwrap();
    assert!(moved.updated > moved.joined);

    chain.applied(plain(4, Verb::Leave));
    assert_eq!(chain.refused(plain(4, Verb::Leave)), Refusal::HubUnknown);
    assert!(!names(&chain).contains("hub_nairobi"));
    chain.applied(request(4, Verb::Join, &join("hub_nairobi", 1_000)));
}

#[test]
fn stake_is_released_when_its_time_has_come_and_not_before() {
    let mut chain = founded();
    chain.applied(request(1, Verb::Unbond, &Amount { stake: 400 }));
    let due = chain.executor.height().plus(UNBOND_BLOCKS).get();
    assert_eq!(chain.refused(plain(1, Verb::Withdraw)), Refusal::StakeNotDue);
    let give = Transfer { to: account(5), stake: 400 };
    assert_eq!(chain.refused(request(1, Verb::Transfer, &give)), Refusal::StakeShort);
    chain.pass_to(due - 2);
    assert_eq!(chain.refused(plain(1, Verb::Withdraw)), Refusal::StakeNotDue);
    chain.applied(plain(1, Verb::Withdraw));
    assert_eq!(chain.refused(plain(1, Verb::Withdraw)), Refusal::StakeNotDue);
    chain.applied(request(1, Verb::Transfer, &give));
    assert_eq!(purse(chain.state(REGISTRY), &account(5)).free, 400);
    assert_eq!(
        chain.refused(request(1, Verb::Unbond, &Amount { stake: 9_600 })),
        Refusal::StakeTooLow
    );
    assert_eq!(
        chain.refused(request(1, Verb::Unbond, &Amount { stake: u64::MAX })),
        Refusal::StakeShort
    );
    assert_eq!(chain.refused(request(5, Verb::Bond, &Amount { stake: 1 })), Refusal::HubUnknown);
    assert_eq!(chain.refused(request(1, Verb::Bond, &Amount { stake: 1 })), Refusal::StakeShort);
    for _ in 0..RELEASES_MAX {
        chain.applied(request(2, Verb::Unbond, &Amount { stake: 1 }));
    }
    let one_more = request(2, Verb::Unbond, &Amount { stake: 1 });
    assert_eq!(chain.refused(one_more), Refusal::TooManyReleases);
}

#[test]
fn arguments_out_of_bounds_are_malformed() {
    let mut chain = founded();
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    let many = (0..=CAPABILITIES_MAX).map(|number| number.to_string()).collect();
    let with = |change: &dyn Fn(&mut crate::registry::Card)| {
        let mut card = card("y");
        change(&mut card);
        request(1, Verb::Update, &card)
    };
    for ask in [
        with(&|card| card.name.clear()),
        with(&|card| card.name.clone_from(&long)),
        with(&|card| card.name = "line\nbreak".into()),
        with(&|card| card.role.clone_from(&long)),
        with(&|card| card.address.clone_from(&long)),
        with(&|card| card.capabilities.clone_from(&many)),
        with(&|card| card.capabilities = BTreeSet::from([String::new()])),
        request(1, Verb::Bond, &Amount { stake: 0 }),
        request(1, Verb::Leave, &0_u8),
        request(1, Verb::Withdraw, &0_u8),
        plain(1, Verb::Found),
    ] {
        assert_eq!(chain.refused(ask), Refusal::MalformedPayload);
    }
    let mut unknown = plain(1, Verb::Leave);
    for verb in [0, 10, u16::MAX] {
        unknown.operation.verb = verb;
        let ask =
            crate::testing::Ask { payload: Vec::new(), sender: account(1), fee: 0, ..unknown };
        assert_eq!(chain.refused(ask), Refusal::UnknownOperation);
    }
}

#[test]
fn the_registry_is_rebuilt_from_the_chain_by_either_way() {
    let mut chain = founded();
    chain.applied(request(4, Verb::Join, &Join { card: card("hub_africa"), stake: 10 }));
    chain.applied(plain(2, Verb::Leave));
    let root = chain.root(REGISTRY);

    let mut again = Executor::new(ChainId::default(), Apps::builtin());
    for (block, batch) in chain.blocks.iter().zip(&chain.batches) {
        again.execute(block.proposal.clone(), Digest::ZERO, std::slice::from_ref(batch));
    }
    assert_eq!(again.state_mut(REGISTRY).unwrap().root(), root);
    assert_eq!(again.tip(), chain.executor.tip());

    let mut from_changes = StateTree::default();
    let changes = chain.blocks.iter().flat_map(|block| &block.changes);
    let own = |change: &&Change| change.app == REGISTRY;
    changes.filter(own).for_each(|change| from_changes.apply(change));
    assert_eq!(from_changes.root(), root);
}

#[test]
fn a_registration_and_its_absence_are_provable() {
    let mut chain = founded();
    let root = chain.root(REGISTRY);
    let in_header = &chain.blocks.last().unwrap().header.state_roots;
    assert!(in_header.contains(&(REGISTRY, root)));
    for number in 1..6 {
        let key = hub_key(&account(number));
        let state = chain.state(REGISTRY);
        let path = state.prove(&key);
        assert_eq!(path.root(&key, state.get(&key)), Some(root));
        assert_ne!(path.root(&key, Some(b"a hub of my own")), Some(root));
    }
}

#[test]
fn candidates_are_hubs_with_keys_by_stake() {
    let mut chain = founded();
    assert!(candidates(chain.state(REGISTRY), 9).is_empty(), "nobody has shown keys");
    let key = |number: u8| crypto::SecretKey::from_seed([number; 32]).public();
    for number in [3, 1, 2] {
        let keys = NodeKeys { key: key(number), network_key: key(number + 100) };
        chain.applied(request(number, Verb::Register, &keys));
    }
    let keys = NodeKeys { key: key(7), network_key: key(8) };
    assert_eq!(chain.refused(request(4, Verb::Register, &keys)), Refusal::HubUnknown);
    let mut unwilling = card("hub_eu_west");
    unwilling.capabilities.remove("consensus");
    chain.applied(request(2, Verb::Update, &unwilling));
    chain.applied(request(3, Verb::Unbond, &Amount { stake: 1 }));
    let found = candidates(chain.state(REGISTRY), 9);
    let found: Vec<_> = found.iter().map(|(it, stake)| (it.name.as_str(), *stake)).collect();
    assert_eq!(found, [("hub_us_east", 10_000), ("hub_asia_pacific", 9_999)]);
    assert_eq!(candidates(chain.state(REGISTRY), 1).len(), 1);
}

#[test]
fn a_full_founding_is_within_the_payload_and_the_registry_is_bounded() {
    let hubs: Vec<Founder> = (0..crate::registry::FOUNDERS_MAX)
        .map(|number| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
            Founder { account: Account(bytes), card: card(&number.to_string()), stake: 1 }
        })
        .collect();
    let mut chain = Chain::default();
    chain.applied(request(9, Verb::Found, &Founding { hubs, purses: Vec::new() }));
    assert_eq!(names(&chain).len(), crate::registry::FOUNDERS_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    /// No sequence of requests makes or destroys stake, or lets an account spend what it has not.
    #[test]
    fn the_sum_of_all_stake_never_changes(steps in proptest::collection::vec((1_u8..7, 0_u8..7, 1_u8..7, 0_u64..12_000), 1..60)) {
        let mut chain = founded();
        for (sender, what, other, stake) in steps {
            let outcome = chain.one(match what {
                0 => request(sender, Verb::Join, &Join { card: card(&format!("hub {sender}")), stake }),
                1 => plain(sender, Verb::Leave),
                2 => request(sender, Verb::Bond, &Amount { stake }),
                3 => request(sender, Verb::Unbond, &Amount { stake }),
                4 => plain(sender, Verb::Withdraw),
                5 => request(sender, Verb::Transfer, &Transfer { to: account(other), stake }),
                _ => { chain.pass_to(chain.executor.height().plus(UNBOND_BLOCKS / 3).get()); continue }
            });
            prop_assert!(matches!(outcome, Outcome::Applied | Outcome::Refused(_)));
            prop_assert_eq!(total(&chain), 35_000);
            let state = chain.state(REGISTRY);
            for (account, stake) in bonded(state) {
                prop_assert!(stake > 0, "{} is a hub without stake", account);
            }
        }
    }
}
