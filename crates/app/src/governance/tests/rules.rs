use std::collections::BTreeMap;

use ledger::{Outcome, Refusal};
use proptest::prelude::*;
use types::Height;

use super::{apply, delegate, enact, proposal, propose, request, vote};
use crate::governance::count::count;
use crate::governance::{
    Choice, DELEGATION_DEPTH_MAX, GOVERNANCE, OPEN_PER_PROPOSER_MAX, Parameter, Propose, Seat,
    Status, TITLE_BYTES_MAX, Tally, VOTING_BLOCKS_MAX, Verb, tally, value, votes,
};
use crate::registry::tests::{card, founded};
use crate::registry::{Amount, Founder, Founding, Join, REGISTRY, Transfer};
use crate::testing::{Ask, Chain, account, ask};
use crate::tickets::{self, TICKETS, TicketRequest};

/// The federation of the guide's vote: 10,000, 10,000 and 5,000.
fn federation() -> Chain {
    let founder = |number: u8, stake| Founder {
        account: account(number),
        card: card(&format!("hub {number}")),
        stake,
    };
    let hubs = vec![founder(1, 10_000), founder(2, 10_000), founder(3, 5_000)];
    let mut chain = Chain::default();
    let found = Founding { hubs, purses: vec![(account(4), 1_000_000)] };
    chain.applied(ask(1, REGISTRY, crate::registry::Verb::Found as u16, &found));
    chain
}

fn registry(sender: u8, verb: crate::registry::Verb, argument: &impl codec::Encode) -> Ask {
    ask(sender, REGISTRY, verb as u16, argument)
}

fn status(chain: &Chain, number: u64) -> Status {
    crate::governance::proposal(chain.state(GOVERNANCE), number).unwrap().status
}

#[test]
fn eighty_percent_pass_a_threshold_of_67_as_in_the_guide() {
    let mut chain = federation();
    let made = proposal(&chain, &[(Parameter::FeeMin, 7), (Parameter::StakeMin, 2_000)]);
    chain.applied(propose(1, &made));
    chain.applied(vote(1, 0, Choice::Approve));
    chain.applied(vote(2, 0, Choice::Approve));
    chain.applied(vote(3, 0, Choice::Reject));
    let expected = Tally { approve: 20_000, reject: 5_000, abstain: 0, total: 25_000 };
    assert_eq!(tally(chain.state(GOVERNANCE), 0), Some(expected));
    assert_eq!(value(chain.state(GOVERNANCE), Parameter::FeeMin), 0);
    chain.pass_to(made.deadline.get());
    chain.applied(apply(0));
    assert_eq!(status(&chain, 0), Status::Enacted);
    assert_eq!(tally(chain.state(GOVERNANCE), 0), Some(expected));
    assert_eq!(value(chain.state(GOVERNANCE), Parameter::FeeMin), 7);
    assert_eq!(value(chain.state(GOVERNANCE), Parameter::StakeMin), 2_000);
}

#[test]
fn thresholds_are_exact_to_the_last_unit_of_stake() {
    let of = |approve, reject, abstain, total| {
        Tally { approve, reject, abstain, total }.status(1_000, 6_700)
    };
    assert_eq!(of(67, 33, 0, 1_000), Status::Enacted);
    assert_eq!(of(66, 33, 1, 1_000), Status::Rejected);
    assert_eq!(of(669_999, 330_001, 0, 1_000_000), Status::Rejected);
    assert_eq!(of(99, 0, 0, 1_000), Status::NoQuorum);
    assert_eq!(of(1, 0, 99, 1_000), Status::Enacted);
    assert_eq!(of(0, 0, 100, 1_000), Status::Rejected);
    assert_eq!(of(0, 0, 0, 0), Status::NoQuorum);
    assert_eq!(of(u64::MAX / 3, 1, 0, u64::MAX), Status::Enacted);
}

#[test]
fn the_deadline_is_a_height_and_closing_happens_once() {
    let mut chain = federation();
    let made = proposal(&chain, &[(Parameter::FeeMin, 7)]);
    chain.applied(propose(1, &made));
    chain.applied(vote(1, 0, Choice::Approve));
    assert_eq!(chain.refused(apply(0)), Refusal::VotingOpen);
    chain.pass_to(made.deadline.get() - 2);
    assert_eq!(chain.refused(apply(0)), Refusal::VotingOpen);
    chain.applied(vote(2, 0, Choice::Reject));
    assert_eq!(chain.executor.height(), made.deadline);
    assert_eq!(chain.refused(vote(2, 0, Choice::Approve)), Refusal::VotingClosed);
    chain.applied(apply(0));
    assert_eq!(status(&chain, 0), Status::Rejected);
    assert_eq!(chain.refused(apply(0)), Refusal::ProposalClosed);
    assert_eq!(chain.refused(vote(2, 0, Choice::Approve)), Refusal::VotingClosed);
    assert_eq!(chain.refused(apply(1)), Refusal::ProposalUnknown);
    assert_eq!(chain.refused(vote(1, 1, Choice::Approve)), Refusal::ProposalUnknown);
    assert!(votes(chain.state(GOVERNANCE), 0).is_empty(), "a closed proposal keeps its tally only");
    assert_eq!(value(chain.state(GOVERNANCE), Parameter::FeeMin), 0);
}

#[test]
fn too_little_participation_changes_nothing() {
    let mut chain = federation();
    enact(&mut chain, &[(Parameter::QuorumBp, 5_000)]);
    let made = proposal(&chain, &[(Parameter::FeeMin, 7)]);
    chain.applied(propose(1, &made));
    chain.applied(vote(1, 1, Choice::Approve));
    chain.pass_to(made.deadline.get());
    chain.applied(apply(1));
    assert_eq!(status(&chain, 1), Status::NoQuorum);
}

#[test]
fn stake_is_what_the_registry_says_it_was_when_the_proposal_was_made() {
    use crate::registry::Verb::{Bond, Join as Joins, Transfer as Transfers};
    let mut chain = federation();
    let made = proposal(&chain, &[(Parameter::FeeMin, 7)]);
    assert_eq!(chain.refused(propose(4, &made)), Refusal::NotMember);
    chain.applied(propose(1, &made));
    // A million of stake that is bonded now buys nothing in this vote, neither for a new hub nor for an old one.
    chain.applied(registry(4, Transfers, &Transfer { to: account(3), stake: 500_000 }));
    chain.applied(registry(3, Bond, &Amount { stake: 500_000 }));
    chain.applied(registry(4, Joins, &Join { card: card("rich"), stake: 500_000 }));
    assert_eq!(chain.refused(vote(4, 0, Choice::Reject)), Refusal::NotMember);
    assert_eq!(chain.refused(vote(9, 0, Choice::Reject)), Refusal::NotMember);
    chain.applied(vote(1, 0, Choice::Approve));
    chain.applied(vote(2, 0, Choice::Approve));
    chain.applied(vote(3, 0, Choice::Reject));
    chain.applied(vote(3, 0, Choice::Reject));
    let expected = Tally { approve: 20_000, reject: 5_000, abstain: 0, total: 25_000 };
    assert_eq!(tally(chain.state(GOVERNANCE), 0), Some(expected));
    // In the next vote it counts.
    let made = proposal(&chain, &[(Parameter::FeeMin, 7)]);
    chain.applied(propose(4, &made));
    assert_eq!(tally(chain.state(GOVERNANCE), 1).unwrap().total, 1_025_000);
}

#[test]
fn delegated_stake_counts_once_and_never_in_a_circle() {
    let mut chain = federation();
    assert_eq!(chain.refused(delegate(1, Some(1))), Refusal::DelegationCycle);
    assert_eq!(chain.refused(delegate(4, Some(1))), Refusal::NotMember);
    chain.applied(delegate(1, Some(2)));
    chain.applied(delegate(2, Some(3)));
    assert_eq!(chain.refused(delegate(3, Some(1))), Refusal::DelegationCycle);
    let made = proposal(&chain, &[(Parameter::FeeMin, 7)]);
    chain.applied(propose(1, &made));
    let now = |chain: &Chain| {
        let tally = tally(chain.state(GOVERNANCE), 0).unwrap();
        [tally.approve, tally.reject, tally.abstain]
    };
    assert_eq!(now(&chain), [0, 0, 0]);
    chain.applied(vote(3, 0, Choice::Approve));
    assert_eq!(now(&chain), [25_000, 0, 0]);
    chain.applied(vote(2, 0, Choice::Reject));
    assert_eq!(now(&chain), [5_000, 20_000, 0], "the first follows the second, which has voted");
    chain.applied(vote(1, 0, Choice::Abstain));
    assert_eq!(now(&chain), [5_000, 10_000, 10_000]);
    // Whom somebody follows from now on is for later proposals.
    chain.applied(delegate(2, None));
    chain.applied(delegate(1, Some(3)));
    assert_eq!(now(&chain), [5_000, 10_000, 10_000]);
}

#[test]
fn a_chain_of_delegations_has_an_end() {
    let founders = (1..=40).map(|number| Founder {
        account: account(number),
        card: card(&format!("hub {number}")),
        stake: 1,
    });
    let mut chain = Chain::default();
    let found = Founding { hubs: founders.collect(), purses: Vec::new() };
    chain.applied(registry(1, crate::registry::Verb::Found, &found));
    let depth = u8::try_from(DELEGATION_DEPTH_MAX).unwrap();
    for number in (2..=depth).rev() {
        chain.applied(delegate(number, Some(number + 1)));
    }
    chain.applied(delegate(1, Some(2)));
    assert_eq!(chain.refused(delegate(40, Some(1))), Refusal::DelegationTooDeep);
}

#[test]
fn unsound_proposals_are_refused() {
    let mut chain = federation();
    let made = proposal(&chain, &[(Parameter::FeeMin, 1)]);
    let mut refused = |change: &dyn Fn(&mut Propose)| {
        let mut made = made.clone();
        change(&mut made);
        chain.refused(propose(1, &made))
    };
    for deadline in [0, 1, 5, VOTING_BLOCKS_MAX * 2, u64::MAX] {
        assert_eq!(refused(&|it| it.deadline = Height::new(deadline)), Refusal::BadDeadline);
    }
    for (parameter, value) in [
        (Parameter::ApprovalBp, 5_000),
        (Parameter::ApprovalBp, 10_001),
        (Parameter::QuorumBp, 0),
        (Parameter::StakeMin, 0),
        (Parameter::FeeMin, u64::MAX),
    ] {
        let out = |it: &mut Propose| {
            (it.settings[0].parameter, it.settings[0].value) = (parameter, value);
        };
        assert_eq!(refused(&out), Refusal::ParameterOutOfRange);
    }
    assert_eq!(refused(&|it| it.settings.clear()), Refusal::MalformedPayload);
    assert_eq!(refused(&|it| it.title.clear()), Refusal::MalformedPayload);
    let long = "x".repeat(TITLE_BYTES_MAX + 1);
    assert_eq!(refused(&|it| it.title.clone_from(&long)), Refusal::MalformedPayload);
    let made = proposal(&chain, &[(Parameter::FeeMin, 1)]);
    for _ in 0..OPEN_PER_PROPOSER_MAX {
        chain.applied(propose(1, &made));
    }
    assert_eq!(chain.refused(propose(1, &made)), Refusal::TooManyProposals);
    chain.applied(propose(2, &made));
    let mut unknown = request(1, Verb::Apply, &super::Apply { proposal: 0 });
    unknown.operation.verb = 5;
    assert_eq!(chain.refused(unknown), Refusal::UnknownOperation);
}

#[test]
fn an_agreed_fee_is_demanded_of_every_transaction_from_the_next_block_on() {
    let issue = |fee, data: usize| {
        let data = codec::Bytes(vec![0; data]);
        let ticket = TicketRequest { ticket: format!("T-{fee}"), data, actor: String::new() };
        Ask { fee, ..ask(7, TICKETS, tickets::Verb::Issue as u16, &ticket) }
    };
    let mut chain = federation();
    chain.applied(issue(0, 10));
    enact(&mut chain, &[(Parameter::FeeMin, 10), (Parameter::FeePerKib, 3)]);
    let outcomes =
        chain.block(vec![issue(12, 10), issue(13, 10), issue(15, 2_000), issue(16, 2_000)]);
    let low = Outcome::Refused(Refusal::FeeTooLow);
    assert_eq!(outcomes, [low, Outcome::Applied, low, Outcome::Applied]);
    assert_eq!(chain.executor.fee_rule().least(0), 10);
    assert_eq!(chain.executor.fee_rule().least(1_025), 16);
}

#[test]
fn an_agreed_least_stake_binds_the_registry() {
    let mut chain = federation();
    enact(&mut chain, &[(Parameter::StakeMin, 6_000)]);
    let join = |stake| Join { card: card("late"), stake };
    let verb = crate::registry::Verb::Join;
    assert_eq!(chain.refused(registry(4, verb, &join(5_999))), Refusal::StakeTooLow);
    chain.applied(registry(4, verb, &join(6_000)));
}

#[test]
fn the_federation_of_the_guide_agrees_on_its_own_rules() {
    let mut chain = founded();
    enact(&mut chain, &[(Parameter::ApprovalBp, 9_000)]);
    let made = proposal(&chain, &[(Parameter::FeeMin, 1)]);
    chain.applied(propose(1, &made));
    for (sender, choice) in [(1, Choice::Approve), (2, Choice::Approve), (3, Choice::Reject)] {
        chain.applied(vote(sender, 1, choice));
    }
    chain.pass_to(made.deadline.get());
    chain.applied(apply(1));
    assert_eq!(status(&chain, 1), Status::Rejected, "two thirds are below the new threshold");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    /// Whatever the delegations (even circles, which the rules keep out) and votes: no stake counts twice.
    #[test]
    fn every_stake_counts_at_most_once(
        seats in proptest::collection::vec((0_u64..1_000, proptest::option::of(0_u8..24)), 1..20),
        cast in proptest::collection::btree_map(0_u8..20, 0_usize..3, 0..20),
    ) {
        let seats: Vec<Seat> = (0..).zip(&seats)
            .map(|(number, &(stake, follows))| Seat { account: account(number), stake, follows: follows.map(account) })
            .collect();
        let voters = cast.iter().filter(|&(&number, _)| usize::from(number) < seats.len());
        let cast: BTreeMap<_, _> = voters.map(|(&number, &at)| (account(number), Choice::ALL[at])).collect();
        let found = count(&seats, &cast);
        let sum: u64 = seats.iter().map(|seat| seat.stake).sum();
        prop_assert_eq!(found.total, sum);
        prop_assert!(found.approve + found.reject + found.abstain <= sum);
        let own = |choice| seats.iter().filter(|seat| cast.get(&seat.account) == Some(&choice)).map(|seat| seat.stake).sum::<u64>();
        prop_assert!(found.approve >= own(Choice::Approve) && found.reject >= own(Choice::Reject));
    }
}
