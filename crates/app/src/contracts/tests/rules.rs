use super::*;
use crate::contracts::{contract, entry, entry_key, fees_account, run_key};
use crate::registry::supply;

fn number(count: u64) -> Vec<u8> {
    count.to_le_bytes().to_vec()
}

#[test]
fn a_contract_is_deployed_called_and_asked() {
    let code = wat(COUNTER);
    let (mut chain, counter) = with(&code);
    let made = contract(chain.state(CONTRACTS), &counter).unwrap();
    assert_eq!((made.owner, made.deployed.get(), made.entries), (account(1), 1, 0));
    chain.applied(call(2, counter, "add", &[5], 0));
    chain.applied(call(3, counter, "add", &[6], 0));
    let run = latest(&chain, 3);
    assert_eq!((run.outcome, run.output.0.clone()), (Outcome::Applied, number(11)));
    assert_eq!((run.events.len(), run.events[0].body.0.clone()), (1, number(11)));
    assert_eq!(entry(chain.state(CONTRACTS), &counter, b"n"), Some(number(11).as_slice()));
    let made = contract(chain.state(CONTRACTS), &counter).unwrap();
    assert_eq!((made.entries, made.entry_bytes), (1, 9));
    assert_eq!(look(&chain, counter, "read", &[]).output, Ok(number(11)));
    let told: Vec<_> = chain.events.iter().map(|event| event.kind).collect();
    let wanted =
        ["contract.ran", "contract.ran", "contract.event", "contract.ran", "contract.event"];
    assert_eq!(told, wanted);
}

#[test]
fn a_query_changes_nothing() {
    let (mut chain, counter) = with(&wat(COUNTER));
    chain.applied(call(2, counter, "add", &[5], 0));
    let before = chain.executor.state_roots();
    assert_eq!(look(&chain, counter, "add", &[1]).output, Err((Refusal::ContractReadOnly, 0)));
    assert_eq!(look(&chain, counter, "init", &[]).output, Err((Refusal::FunctionUnknown, 0)));
    assert_eq!(look(&chain, counter, "none", &[]).output, Err((Refusal::FunctionUnknown, 0)));
    assert_eq!(look(&chain, account(9), "add", &[]).output, Err((Refusal::ContractUnknown, 0)));
    assert_eq!(look(&chain, counter, "read", &[]).output, Ok(number(5)));
    assert_eq!(chain.executor.state_roots(), before);
    let mut question = Question {
        contract: counter,
        function: "read".to_owned(),
        argument: Vec::new(),
        caller: account(1),
        fuel: 1,
    };
    assert_eq!(query(&chain.executor, &question).output, Err((Refusal::OutOfFuel, 0)));
    question.fuel = FUEL_QUERY_MAX + 1;
    assert_eq!(query(&chain.executor, &question).output, Err((Refusal::FuelOutOfRange, 0)));
}

/// A call that fails leaves the contract as it was, and says so in the record of it.
#[test]
fn what_fails_is_undone() {
    let (mut chain, counter) = with(&wat(COUNTER));
    chain.applied(call(2, counter, "add", &[5], 0));
    let (trapped, fuel) = refused(&mut chain, call(2, counter, "fail", &[1], 0));
    assert_eq!(trapped, Refusal::ContractTrapped);
    assert!(fuel > 0 && fuel < FUEL);
    assert_eq!(refused(&mut chain, call(2, counter, "no", &[1], 0)).0, Refusal::ContractRefused);
    let run = latest(&chain, 2);
    assert_eq!((run.code, run.output.0.len(), run.events.len()), (7, 0, 0));
    assert_eq!(look(&chain, counter, "read", &[]).output, Ok(number(5)));
    assert_eq!(contract(chain.state(CONTRACTS), &counter).unwrap().entries, 1);
}

#[test]
fn refusals_before_anything_runs() {
    let code = wat(COUNTER);
    let (mut chain, counter) = with(&code);
    assert_eq!(refused(&mut chain, deploy(1, &code)).0, Refusal::ContractExists);
    assert_eq!(refused(&mut chain, call(2, account(9), "add", &[], 0)).0, Refusal::ContractUnknown);
    for name in ["init", "$add", "memory"] {
        assert_eq!(refused(&mut chain, call(2, counter, name, &[], 0)).0, Refusal::FunctionUnknown);
    }
    // Somebody else's copy, and another salt, are other contracts.
    chain.applied(deploy(2, &code));
    let (salted, argument) = (Bytes(code), Bytes(Vec::new()));
    let salted = Deploy { code: salted, salt: 1, argument, fuel: FUEL, stake: 0 };
    chain.applied(ask(1, CONTRACTS, Verb::Deploy as u16, &salted));
    // An argument for an `init` that is not there.
    let argued = Deploy { argument: Bytes(vec![1]), salt: 2, ..salted };
    let argued = ask(1, CONTRACTS, Verb::Deploy as u16, &argued);
    assert_eq!(refused(&mut chain, argued).0, Refusal::FunctionUnknown);
}

/// Where the federation is founded, fuel costs its sender stake, whether the call succeeds or not, and the supply stays.
#[test]
fn fuel_costs_stake() {
    let mut chain = founded();
    let all = supply(chain.state(REGISTRY));
    let code = wat(COUNTER);
    chain.applied(deploy(4, &code));
    let counter = address(&account(4), &code, 0);
    let after = free(&chain, &account(4));
    assert_eq!(after, 5_000 - latest(&chain, 4).paid);
    for (function, outcome) in [
        ("add", Outcome::Applied),
        ("fail", Outcome::Refused(Refusal::ContractTrapped)),
        ("no", Outcome::Refused(Refusal::ContractRefused)),
    ] {
        let before = free(&chain, &account(4));
        assert_eq!(chain.one(call(4, counter, function, &[1], 0)), outcome);
        let run = latest(&chain, 4);
        assert_eq!((run.outcome, run.paid), (outcome, run.fuel.div_ceil(1_000_000)));
        assert_eq!(free(&chain, &account(4)), before - run.paid);
    }
    // Whoever has no stake, or does not offer the fee that covers all the fuel, runs nothing and pays nothing.
    let root = chain.root(CONTRACTS);
    assert_eq!(chain.one(call(7, counter, "add", &[1], 0)), Outcome::Refused(Refusal::StakeShort));
    let cheap = Ask { fee: FEE - 1, ..call(4, counter, "add", &[1], 0) };
    assert_eq!(chain.one(cheap), Outcome::Refused(Refusal::FeeTooLow));
    let dear = call(4, counter, "add", &[1], 5_000);
    assert_eq!(chain.one(dear), Outcome::Refused(Refusal::StakeShort));
    assert_eq!(chain.root(CONTRACTS), root);
    let left = free(&chain, &account(4)) + free(&chain, &fees_account());
    assert_eq!((left, supply(chain.state(REGISTRY))), (5_000, all));
}

/// What a call came to, and what a contract holds, is proved under a block's state root.
#[test]
fn runs_and_entries_are_provable() {
    let (mut chain, counter) = with(&wat(COUNTER));
    chain.applied(call(2, counter, "add", &[5], 0));
    let root = chain.root(CONTRACTS);
    let header = &chain.blocks.last().unwrap().header;
    assert!(header.state_roots.contains(&(CONTRACTS, root)));
    let state = chain.state(CONTRACTS);
    for key in [entry_key(&counter, b"n"), run_key(&account(2), chain.nonce)] {
        let path = state.prove(&key);
        assert_eq!(path.root(&key, state.get(&key)), Some(root));
        assert_ne!(path.root(&key, Some(b"something else")), Some(root));
    }
}
