use codec::{Bytes, Decode};
use crypto::SecretKey;
use ledger::{Operation, Refusal};
use types::ChainId;

use super::*;
use crate::testing::{Ask, Chain, account, ask};
use crate::tickets::{self, TICKETS, TicketRequest};
use crate::{NOTE_PUT, NOTES};

fn member(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}
fn key_account(key: &SecretKey) -> Account {
    Account(key.public().to_bytes())
}
fn two_of_three() -> Rule {
    Rule::new(2, [account(1), account(2), account(3)])
}
fn ask_joint(sender: u8, verb: Verb, argument: &impl Encode) -> Ask {
    ask(sender, JOINT, verb.number(), argument)
}
fn issue(ticket: &str) -> Action {
    let request = TicketRequest {
        ticket: ticket.to_owned(),
        data: Bytes(Vec::new()),
        actor: "board".to_owned(),
    };
    let operation = Operation { app: TICKETS, verb: tickets::Verb::Issue as u16 };
    Action::Call(Call { operation, payload: Bytes(request.to_bytes()) })
}
fn propose(sender: u8, action: Action, expires: u64) -> Ask {
    let account = two_of_three().address();
    let propose = Propose { account, action, expires: Height::new(expires) };
    ask_joint(sender, Verb::Propose, &propose)
}
fn which(proposal: u64) -> Which {
    Which { account: two_of_three().address(), proposal }
}
fn approve(sender: u8, proposal: u64) -> Ask {
    ask_joint(sender, Verb::Approve, &which(proposal))
}
fn withdraw(sender: u8, proposal: u64) -> Ask {
    ask_joint(sender, Verb::Withdraw, &which(proposal))
}
fn opened() -> Chain {
    let mut chain = Chain::default();
    chain.applied(ask_joint(9, Verb::Open, &two_of_three()));
    chain
}
fn status(chain: &Chain, number: u64) -> Status {
    proposal(chain.state(JOINT), &two_of_three().address(), number).unwrap().status
}

#[test]
fn enough_approvals_act_in_the_transaction_of_the_last_one() {
    let mut chain = opened();
    let before = chain.root(TICKETS);
    chain.applied(propose(1, issue("agreed"), 100));
    assert_eq!((status(&chain, 0), chain.root(TICKETS)), (Status::Open, before));
    let outcomes = chain.block(vec![approve(3, 0)]);
    assert_eq!(outcomes, [Outcome::Applied], "one transaction, one record");
    assert_eq!(status(&chain, 0), Status::Done(Outcome::Applied));
    assert_ne!(chain.root(TICKETS), before);
    let kinds: Vec<_> = chain.events.iter().map(|event| event.kind).collect();
    assert_eq!(&kinds[2..], ["joint.agreed", "ticket.issued", "joint.executed"]);
    assert!(chain.state(JOINT).get(DUE).is_none(), "nothing is due between transactions");
}

#[test]
fn the_joint_account_is_the_sender_of_what_it_does() {
    use crate::registry::{REGISTRY, purse};
    let mut chain = crate::registry::tests::founded();
    let rule = Rule::new(2, [account(1), account(2)]);
    let address = rule.address();
    chain.applied(ask_joint(9, Verb::Open, &rule));
    let transfer = |to: Account, stake: u64| crate::registry::Transfer { to, stake };
    let rich = (1..=255_u8).find(|&number| purse(chain.state(REGISTRY), &account(number)).free > 2);
    let rich = rich.unwrap();
    chain.applied(ask(rich, REGISTRY, 9, &transfer(address, 2)));
    let payload = Bytes(transfer(account(200), 1).to_bytes());
    let call = Call { operation: Operation { app: REGISTRY, verb: 9 }, payload };
    let wanted =
        Propose { account: address, action: Action::Call(call), expires: Height::new(1_000) };
    chain.applied(ask_joint(1, Verb::Propose, &wanted));
    chain.applied(ask_joint(2, Verb::Approve, &Which { account: address, proposal: 0 }));
    let free = |chain: &Chain, of: Account| purse(chain.state(REGISTRY), &of).free;
    assert_eq!((free(&chain, address), free(&chain, account(200))), (1, 1));
}

#[test]
fn too_few_the_same_member_twice_and_strangers_do_nothing() {
    let mut chain = opened();
    chain.applied(propose(1, issue("x"), 100));
    assert_eq!(chain.refused(approve(1, 0)), Refusal::AlreadyApproved);
    assert_eq!(chain.refused(approve(4, 0)), Refusal::NotJointMember);
    assert_eq!(chain.refused(propose(4, issue("x"), 100)), Refusal::NotJointMember);
    assert_eq!(chain.refused(approve(2, 1)), Refusal::JointProposalUnknown);
    assert_eq!(status(&chain, 0), Status::Open);
    chain.applied(approve(2, 0));
    assert_eq!(chain.refused(approve(3, 0)), Refusal::JointProposalClosed, "executed once");
    let other = Which { account: account(7), proposal: 0 };
    assert_eq!(chain.refused(ask_joint(1, Verb::Approve, &other)), Refusal::JointUnknown);
}

#[test]
fn what_the_inner_operation_is_refused_is_recorded_and_changes_nothing_else() {
    let mut chain = opened();
    let call = Call { operation: Operation { app: AppId(7), verb: 2 }, payload: Bytes(vec![1]) };
    chain.applied(propose(1, Action::Call(call), 100));
    let before = chain.root(AppId(7));
    assert_eq!(chain.one(approve(2, 0)), Outcome::Applied, "the approval itself took effect");
    let refused = Status::Done(Outcome::Refused(Refusal::MalformedPayload));
    assert_eq!((status(&chain, 0), chain.root(AppId(7))), (refused, before));
    let nowhere =
        Call { operation: Operation { app: AppId(999), verb: 1 }, payload: Bytes(vec![]) };
    chain.applied(propose(1, Action::Call(nowhere), 100));
    chain.applied(approve(2, 1));
    assert_eq!(status(&chain, 1), Status::Done(Outcome::Refused(Refusal::UnknownOperation)));
}

#[test]
fn an_approved_operation_approves_nothing() {
    let mut chain = opened();
    let payload = Bytes(which(0).to_bytes());
    let call = Call { operation: Operation { app: JOINT, verb: 3 }, payload };
    assert_eq!(chain.refused(propose(1, Action::Call(call), 100)), Refusal::MalformedPayload);
}

#[test]
fn rules_have_bounds() {
    let members = |count: u8| (1..=count).map(account);
    let unsorted = Rule { threshold: 1, members: vec![account(2), account(1)] };
    let twice = Rule { threshold: 1, members: vec![account(1), account(1)] };
    let cases = [
        Rule::new(1, members(1)),
        Rule::new(0, members(3)),
        Rule::new(4, members(3)),
        Rule::new(2, members(33)),
        unsorted,
        twice,
    ];
    let mut chain = opened();
    for rule in cases {
        assert_eq!(chain.refused(ask_joint(9, Verb::Open, &rule)), Refusal::MalformedPayload);
        let change = propose(1, Action::Rule(rule), 100);
        assert_eq!(chain.refused(change), Refusal::MalformedPayload);
    }
    assert_eq!(chain.refused(ask_joint(9, Verb::Open, &two_of_three())), Refusal::JointExists);
    chain.applied(ask_joint(9, Verb::Open, &Rule::new(32, members(32))));
    let payload = Bytes(vec![0; CALL_BYTES_MAX + 1]);
    let long = Action::Call(Call { operation: Operation { app: NOTES, verb: NOTE_PUT }, payload });
    assert_eq!(chain.refused(propose(1, long, 100)), Refusal::MalformedPayload);
}

#[test]
fn a_proposal_lasts_to_its_last_block_and_is_cleared_by_anybody() {
    let mut chain = opened();
    let height = chain.executor.height().get();
    assert_eq!(chain.refused(propose(1, issue("x"), height)), Refusal::BadJointExpiry);
    let far = height + LIFE_BLOCKS_MAX + 10;
    assert_eq!(chain.refused(propose(1, issue("x"), far)), Refusal::BadJointExpiry);
    chain.applied(propose(1, issue("in time"), 10));
    chain.applied(propose(1, issue("too late"), 10));
    chain.pass_to(9);
    chain.applied(approve(2, 0));
    assert_eq!(status(&chain, 0), Status::Done(Outcome::Applied), "block 10 is the last one");
    assert_eq!(chain.refused(approve(2, 1)), Refusal::JointProposalExpired);
    chain.applied(withdraw(77, 1));
    assert_eq!(status(&chain, 1), Status::Expired);
    assert_eq!(chain.refused(withdraw(77, 1)), Refusal::JointProposalClosed);
}

#[test]
fn an_approval_is_taken_back_until_the_last_one_closes_the_proposal() {
    let mut chain = Chain::default();
    let rule = Rule::new(3, [account(1), account(2), account(3)]);
    chain.applied(ask_joint(9, Verb::Open, &rule));
    let account = rule.address();
    let wanted = Propose { account, action: issue("x"), expires: Height::new(99) };
    chain.applied(ask_joint(1, Verb::Propose, &wanted));
    let which = Which { account, proposal: 0 };
    chain.applied(ask_joint(2, Verb::Approve, &which));
    assert_eq!(chain.refused(ask_joint(3, Verb::Withdraw, &which)), Refusal::NotApproved);
    chain.applied(ask_joint(1, Verb::Withdraw, &which));
    chain.applied(ask_joint(3, Verb::Approve, &which));
    let open = |chain: &Chain| proposal(chain.state(JOINT), &account, 0).unwrap();
    assert_eq!((open(&chain).status, open(&chain).approvals.len()), (Status::Open, 2));
    chain.applied(ask_joint(2, Verb::Withdraw, &which));
    chain.applied(ask_joint(3, Verb::Withdraw, &which));
    assert_eq!((open(&chain).status, open(&chain).action), (Status::Withdrawn, None));
}

#[test]
fn members_change_by_agreement_and_all_else_is_void() {
    let mut chain = opened();
    let new = Rule::new(2, [account(3), account(4), account(5)]);
    chain.applied(propose(1, issue("older"), 1_000));
    chain.applied(propose(1, Action::Rule(new.clone()), 1_000));
    chain.applied(approve(2, 1));
    assert_eq!(joint(chain.state(JOINT), &two_of_three().address()).unwrap().rule, new);
    assert_eq!(status(&chain, 0), Status::Void, "an approval of a former member is worth nothing");
    assert_eq!(status(&chain, 1), Status::Done(Outcome::Applied));
    assert_eq!(chain.refused(propose(1, issue("x"), 1_000)), Refusal::NotJointMember);
    chain.applied(propose(4, issue("newer"), 1_000));
    chain.applied(approve(5, 2));
    assert_eq!(status(&chain, 2), Status::Done(Outcome::Applied));
    // The old rule's address is taken for ever.
    assert_eq!(chain.refused(ask_joint(9, Verb::Open, &two_of_three())), Refusal::JointExists);
}

#[test]
fn one_of_n_acts_at_once() {
    let mut chain = Chain::default();
    let rule = Rule::new(1, [account(1), account(2)]);
    chain.applied(ask_joint(9, Verb::Open, &rule));
    let before = chain.root(TICKETS);
    let wanted = Propose { account: rule.address(), action: issue("x"), expires: Height::new(99) };
    chain.applied(ask_joint(2, Verb::Propose, &wanted));
    assert_ne!(chain.root(TICKETS), before);
}

#[test]
fn proposals_are_bounded_and_old_ones_forgotten() {
    let mut chain = opened();
    for _ in 0..OPEN_MAX {
        chain.applied(propose(1, issue("x"), 20));
    }
    assert_eq!(chain.refused(propose(1, issue("x"), 20)), Refusal::JointFull);
    chain.pass_to(21);
    // Those that have expired make room by themselves, all but one that stays open for long.
    chain.applied(propose(1, issue("stays"), 100_000));
    let stays = OPEN_MAX as u64;
    for number in stays + 1..stays + 150 {
        chain.applied(propose(1, issue("x"), 100_000));
        chain.applied(approve(2, number));
    }
    let kept = |chain: &Chain| {
        let state = chain.state(JOINT);
        entries(state, b"proposal/", &[]).count() as u64
    };
    assert_eq!(kept(&chain), KEPT_MAX + 1, "the latest, and the one that is open");
    chain.applied(approve(2, stays));
    assert_eq!(kept(&chain), KEPT_MAX, "done, and too old to be remembered");
    let held: u64 = crate::argument::kept(chain.state(JOINT), BYTES).unwrap();
    assert_eq!(held, 0, "no call is held when none is open");
}

fn hand_over(from: Account, account: Account, to: &SecretKey, until: u64) -> Ask {
    let key = key_account(to);
    let proof = to.sign(&possession_bytes(ChainId::default(), &account, &key));
    let argument = Handover { key, until: Height::new(until), proof };
    let operation = Operation { app: JOINT, verb: Verb::HandOver.number() };
    Ask { sender: from, operation, payload: argument.to_bytes(), fee: 0 }
}
fn put(sender: Account) -> Ask {
    let operation = Operation { app: NOTES, verb: NOTE_PUT };
    Ask { sender, operation, payload: b"note".to_vec(), fee: 0 }
}

#[test]
fn both_keys_act_for_the_account_until_the_overlap_is_over() {
    let mut chain = opened();
    let (first, new) = (account(1), member(50));
    chain.applied(hand_over(first, first, &new, 5));
    // The account is a member of a joint account: its new key acts as that member.
    let Ask { operation, payload, .. } = propose(1, issue("x"), 100);
    chain.applied(Ask { sender: key_account(&new), operation, payload, fee: 0 });
    let made = proposal(chain.state(JOINT), &two_of_three().address(), 0).unwrap();
    assert_eq!(made.proposer, first);
    chain.pass_to(4);
    chain.applied(put(first));
    assert_eq!(chain.executor.height(), Height::new(5), "the overlap's last block");
    assert_eq!(chain.one(put(first)), Outcome::Refused(Refusal::KeyRetired));
    chain.applied(put(key_account(&new)));
    assert_eq!(
        chain.one(hand_over(first, first, &member(51), 50)),
        Outcome::Refused(Refusal::KeyRetired)
    );
}

#[test]
fn a_chain_of_handovers_ends_at_one_key() {
    let mut chain = Chain::default();
    let first = account(1);
    let keys: Vec<SecretKey> = (60..64).map(member).collect();
    let mut from = first;
    for key in &keys {
        let height = chain.executor.height().get();
        chain.applied(hand_over(from, first, key, height + 1));
        chain.pass_to(height + 2);
        from = key_account(key);
    }
    for (at, key) in keys.iter().enumerate() {
        let use_of = key_use(chain.state(JOINT), &key_account(key)).unwrap();
        assert_eq!((use_of.account, use_of.until.is_none()), (first, at == 3));
        let is_last = at == 3;
        assert_eq!(chain.one(put(key_account(key))).is_applied(), is_last, "{at}");
    }
    assert_eq!(key_use(chain.state(JOINT), &first).unwrap().newest, from);
}

#[test]
fn nobody_is_given_an_account_without_wanting_it_and_no_key_has_two() {
    let mut chain = opened();
    let (one, two) = (account(1), account(2));
    let new = member(70);
    // The proof is of another account, or missing, or by another key.
    let wrong = hand_over(one, two, &new, 9);
    assert_eq!(chain.refused(wrong), Refusal::BadPossession);
    let argument =
        Handover { key: key_account(&new), until: Height::new(9), proof: Signature::NONE };
    let none = ask(1, JOINT, Verb::HandOver.number(), &argument);
    assert_eq!(chain.refused(none), Refusal::MalformedPayload);
    // A key that has acted has an account of its own, which it would lose.
    let busy = member(71);
    chain.applied(put(key_account(&busy)));
    assert_eq!(chain.refused(hand_over(one, one, &busy, 9)), Refusal::KeyTaken);
    chain.applied(hand_over(one, one, &new, 9));
    assert_eq!(chain.refused(hand_over(two, two, &new, 20)), Refusal::KeyTaken);
    let again = hand_over(one, one, &member(72), 20);
    assert_eq!(chain.refused(again), Refusal::HandoverRunning);
    chain.pass_to(20);
    let new_account = key_account(&new);
    let past = hand_over(new_account, one, &member(72), 20);
    assert_eq!(chain.refused(past), Refusal::BadOverlap);
    let far = hand_over(new_account, one, &member(72), 30 + OVERLAP_BLOCKS_MAX);
    assert_eq!(chain.refused(far), Refusal::BadOverlap);
}

#[test]
fn the_same_requests_give_the_same_root() {
    let run = || {
        let mut chain = opened();
        chain.applied(propose(1, issue("a"), 100));
        chain.applied(approve(2, 0));
        chain.applied(hand_over(account(3), account(3), &member(80), 50));
        chain.root(JOINT)
    };
    assert_eq!(run(), run());
}

#[test]
fn entries_are_canonical() {
    let mut chain = opened();
    chain.applied(propose(1, issue("a"), 100));
    let address = two_of_three().address();
    let bytes = chain.state(JOINT).get(&proposal_key(&address, 0)).unwrap();
    assert_eq!(Proposal::from_bytes(bytes).unwrap().to_bytes(), bytes);
    for (account, joint) in joints(chain.state(JOINT), &Account::default()) {
        assert_eq!((account, joint.rule), (address, two_of_three()));
    }
}
