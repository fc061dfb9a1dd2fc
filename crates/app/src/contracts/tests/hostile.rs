//! The corpus: what each hostile module is refused with, what it costs its sender, and that nobody else notices.

use ledger::AppId;

use super::*;
use crate::registry::supply;

/// Modules that are never kept.
pub(super) const SHUT_OUT: &[(&str, &str, Refusal)] = &[
    ("no module", "", Refusal::ContractInvalid),
    ("floats", "(func (drop (f32.add (f32.const 1) (f32.const 2))))", Refusal::ContractFloats),
    (
        "a clock",
        r#"(import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32))) (func)"#,
        Refusal::ContractImports,
    ),
    ("a start function", "(func $f (loop $l (br $l))) (start $f)", Refusal::ContractStart),
    ("4 GiB of memory", "(memory 65536) (func)", Refusal::ContractMemory),
    ("a table of ten million", "(table 10000000 funcref) (func)", Refusal::ContractMemory),
    ("two memories", "(memory 1) (memory 1) (func)", Refusal::ContractMemory),
    ("vectors", "(func (drop (i32x4.splat (i32.const 1))))", Refusal::ContractInvalid),
    ("threads", "(memory 1 1 shared) (func)", Refusal::ContractInvalid),
    ("an init that never ends", r#"(func (export "init") (loop $l (br $l)))"#, Refusal::OutOfFuel),
    ("an init that traps", r#"(func (export "init") unreachable)"#, Refusal::ContractTrapped),
];

/// Functions of contracts that are kept.
pub(super) const STOPPED: &[(&str, &str, Refusal)] = &[
    ("an endless loop", "(loop $l (br $l))", Refusal::OutOfFuel),
    ("a memory bomb", "(loop $l (drop (memory.grow (i32.const 1))) (br $l))", Refusal::OutOfFuel),
    ("deep recursion", "(call $go)", Refusal::ContractTooDeep),
    ("a wild pointer", "(drop (i32.load (i32.const -4)))", Refusal::ContractTrapped),
    (
        "a wild key",
        "(call $put (i32.const -8) (i32.const 8) (i32.const 0) (i32.const 1))",
        Refusal::ContractTrapped,
    ),
    (
        "entries without end",
        "(loop $l (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (call $put (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4)) (br $l))",
        Refusal::ContractBeyond,
    ),
    (
        "acts where it may not",
        "(drop (call $act (i32.const 9) (i32.const 2) (i32.const 0) (i32.const 0)))",
        Refusal::ContractBeyond,
    ),
    (
        "acts without end",
        "(loop $l (drop (call $act (i32.const 6) (i32.const 9) (i32.const 0) (i32.const 40))) (br $l))",
        Refusal::ContractBeyond,
    ),
];

/// A module whose function `go` does this.
pub(super) fn going(body: &str) -> Vec<u8> {
    wat(&format!(
        r#"(module (import "unisono_1" "put" (func $put (param i32 i32 i32 i32)))
            (import "unisono_1" "act" (func $act (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1) (func $go (export "go") {body}))"#
    ))
}

/// Asks for something hostile, and checks that it is refused, is paid for, uses a nonce, and changes nothing else.
#[track_caller]
fn hostile(chain: &mut Chain, what: &str, asked: Ask, wanted: Refusal) {
    let others = |chain: &mut Chain| -> Vec<_> {
        let roots = chain.executor.state_roots();
        // The accounts' nonces, the payment and the record of the call are what may change.
        roots
            .into_iter()
            .filter(|(app, _)| ![AppId(0), REGISTRY, CONTRACTS].contains(app))
            .collect()
    };
    let entries = |chain: &Chain| -> Vec<_> {
        let state = chain.state(CONTRACTS);
        let own = |key: &[u8]| {
            !["run/", "place/", "runs", "spent"]
                .iter()
                .any(|start| key.starts_with(start.as_bytes()))
        };
        state
            .range(&[])
            .filter(|(key, _)| own(key))
            .map(|(key, value)| (key.to_vec(), value.to_vec()))
            .collect()
    };
    let (before, kept) = (others(chain), entries(chain));
    let (sender, all) = (account(4), supply(chain.state(REGISTRY)));
    let had = free(chain, &sender);
    let outcome = chain.one(asked);
    assert_eq!(outcome, Outcome::Refused(wanted), "{what}");
    let run = latest(chain, 4);
    assert!(run.fuel > 0 && run.fuel <= FUEL && run.paid > 0, "{what}: {run:?}");
    assert_eq!(run.fuel == FUEL, wanted == Refusal::OutOfFuel, "{what}: {run:?}");
    assert_eq!(free(chain, &sender), had - run.paid, "{what}");
    assert!(chain.executor.is_nonce_used(&sender, chain.nonce));
    assert_eq!(supply(chain.state(REGISTRY)), all);
    assert_eq!((others(chain), entries(chain)), (before, kept), "{what}");
}

#[test]
fn hostile_modules_cost_their_sender_and_harm_nobody() {
    let mut chain = founded();
    for (what, body, wanted) in SHUT_OUT {
        hostile(&mut chain, what, deploy(4, &wat(&format!("(module {body})"))), *wanted);
    }
    hostile(&mut chain, "noise", deploy(4, b"noise"), Refusal::ContractInvalid);
    for (what, body, wanted) in STOPPED {
        let code = going(body);
        chain.applied(deploy(4, &code));
        let address = address(&account(4), &code, 0);
        hostile(&mut chain, what, call(4, address, "go", &[], 0), *wanted);
        // Stake that came with the call is not lost in it.
        hostile(&mut chain, what, call(4, address, "go", &[], 10), *wanted);
        assert_eq!(free(&chain, &address), 0);
    }
}

/// The check above can fail: a contract that does change something is told from one that was stopped.
#[test]
#[should_panic(expected = "an honest call")]
fn an_honest_call_is_not_taken_for_a_hostile_one() {
    let mut chain = founded();
    let code = wat(COUNTER);
    chain.applied(deploy(4, &code));
    let honest = call(4, address(&account(4), &code, 0), "add", &[1], 0);
    hostile(&mut chain, "an honest call", honest, Refusal::ContractTrapped);
}
