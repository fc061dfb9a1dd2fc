use super::*;
use crate::contracts::{
    CALLS_BLOCK_MAX, ENTRIES_MAX, FUEL_BLOCK_MAX, FUEL_CALL_MAX, RUNS_KEPT_MAX,
};
use ::contracts::CODE_BYTES_MAX;

#[test]
fn arguments_have_bounds() {
    let (mut chain, counter) = with(&wat(COUNTER));
    let big = deploy(1, &vec![0; CODE_BYTES_MAX + 1]);
    assert_eq!(chain.refused(big), Refusal::ContractTooLarge);
    let base = Call {
        contract: counter,
        function: "add".to_owned(),
        argument: Bytes(vec![1]),
        fuel: FUEL,
        stake: 0,
    };
    for (change, refusal) in [
        (Call { fuel: 0, ..base.clone() }, Refusal::FuelOutOfRange),
        (Call { fuel: FUEL_CALL_MAX + 1, ..base.clone() }, Refusal::FuelOutOfRange),
        (Call { function: String::new(), ..base.clone() }, Refusal::MalformedPayload),
        (Call { function: "x".repeat(65), ..base.clone() }, Refusal::MalformedPayload),
        (Call { function: "a\nb".to_owned(), ..base.clone() }, Refusal::MalformedPayload),
    ] {
        let asked = ask(2, CONTRACTS, Verb::Call as u16, &change);
        assert_eq!(chain.refused(asked), refusal);
    }
    assert_eq!(chain.refused(ask(2, CONTRACTS, 3, &base)), Refusal::UnknownOperation);
}

/// A block runs calls as long as it has fuel for all that they might use, and the next block has as much again.
#[test]
fn a_block_has_so_much_fuel() {
    let spin = wat(r#"(module (func (export "spin") (loop $again (br $again))))"#);
    let (mut chain, spinner) = with(&spin);
    let call = || {
        let (function, argument) = ("spin".to_owned(), Bytes(Vec::new()));
        let call = Call { contract: spinner, function, argument, fuel: FUEL_CALL_MAX, stake: 0 };
        ask(2, CONTRACTS, Verb::Call as u16, &call)
    };
    let fitting = usize::try_from(FUEL_BLOCK_MAX / FUEL_CALL_MAX).unwrap();
    let outcomes = chain.block((0..=fitting).map(|_| call()).collect());
    let (last, ran) = outcomes.split_last().unwrap();
    assert!(ran.iter().all(|one| *one == Outcome::Refused(Refusal::OutOfFuel)), "{ran:?}");
    assert_eq!(*last, Outcome::Refused(Refusal::BlockFuelSpent));
    assert_eq!(chain.one(call()), Outcome::Refused(Refusal::OutOfFuel));
}

#[test]
fn a_block_has_so_many_calls() {
    let mut chain = Chain::default();
    let asks = |count: u32| {
        (0..count).map(|_| {
            let (function, argument) = ("f".to_owned(), Bytes(Vec::new()));
            let call = Call { contract: account(9), function, argument, fuel: 1, stake: 0 };
            ask(2, CONTRACTS, Verb::Call as u16, &call)
        })
    };
    let outcomes = chain.block(asks(CALLS_BLOCK_MAX + 1).collect());
    let (last, ran) = outcomes.split_last().unwrap();
    assert!(ran.iter().all(|one| *one == Outcome::Refused(Refusal::ContractUnknown)));
    assert_eq!(*last, Outcome::Refused(Refusal::BlockFuelSpent));
}

#[test]
fn a_contract_has_so_much_room() {
    let code = wat(r#"(module (import "unisono_1" "put" (func $put (param i32 i32 i32 i32)))
        (import "unisono_1" "argument" (func $argument (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "fill") (local $n i32)
            (drop (call $argument (i32.const 0) (i32.const 0) (i32.const 8)))
            (loop $again
                (i32.store (i32.const 4) (local.get $n))
                (call $put (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8000))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $n) (i32.const 10))))))"#);
    let (mut chain, filler) = with(&code);
    let mut kept = 0;
    let refusal = loop {
        match chain.one(call(2, filler, "fill", &u32::to_le_bytes(kept), 0)) {
            Outcome::Applied => kept += 1,
            Outcome::Refused(refusal) => break refusal,
        }
        assert!(kept < 20, "the room is bounded");
    };
    assert_eq!((refusal, kept), (Refusal::ContractBeyond, 13));
    // What is written over takes no more room.
    chain.applied(call(2, filler, "fill", &u32::to_le_bytes(0), 0));
    let made = crate::contracts::contract(chain.state(CONTRACTS), &filler).unwrap();
    assert_eq!((made.entries, made.entry_bytes), (130, 130 * 8_008));
    assert!(made.entries < ENTRIES_MAX);
}

#[test]
fn old_runs_are_forgotten() {
    let mut chain = Chain::default();
    let unknown = || {
        let (function, argument) = ("f".to_owned(), Bytes(Vec::new()));
        let call = Call { contract: account(9), function, argument, fuel: 1, stake: 0 };
        ask(2, CONTRACTS, Verb::Call as u16, &call)
    };
    for _ in 0..3 {
        chain.block((0..RUNS_KEPT_MAX / 2).map(|_| unknown()).collect());
    }
    let state = chain.state(CONTRACTS);
    let kept = |nonce| run(state, &account(2), nonce).is_some();
    assert!(!kept(1) && !kept(RUNS_KEPT_MAX / 2));
    assert!(kept(RUNS_KEPT_MAX / 2 + 1) && kept(chain.nonce));
    assert_eq!(state.len(), 2 * usize::try_from(RUNS_KEPT_MAX).unwrap() + 2);
}
