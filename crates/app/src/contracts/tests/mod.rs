mod bounds;
mod bytes;
mod fuel;
mod hostile;
mod rules;
mod shipped;

use codec::Bytes;
use ledger::{Account, Outcome, Refusal};

use super::{
    Answer, CONTRACTS, Call, Deploy, FUEL_QUERY_MAX, Question, Run, Verb, address, query, run,
};
use crate::registry::{REGISTRY, purse, tests::founded};
use crate::testing::{Ask, Chain, account, ask};

/// Ample for small modules.
const FUEL: u64 = 3_000_000;
/// The fee that covers it at the first price.
const FEE: u64 = 3;

/// A counter: `add` adds the argument's first byte, `fail` adds and traps, `no` refuses by its own code 7, `read` answers.
const COUNTER: &str = r#"(module
    (import "unisono_1" "argument" (func $argument (param i32 i32 i32) (result i32)))
    (import "unisono_1" "get" (func $get (param i32 i32 i32 i32) (result i32)))
    (import "unisono_1" "put" (func $put (param i32 i32 i32 i32)))
    (import "unisono_1" "event" (func $event (param i32 i32 i32 i32)))
    (import "unisono_1" "output" (func $output (param i32 i32)))
    (import "unisono_1" "refuse" (func $refuse (param i32)))
    (memory (export "memory") 1) (data (i32.const 0) "n")
    (func $load (drop (call $get (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))))
    (func $add (export "add")
        (call $load) (drop (call $argument (i32.const 16) (i32.const 0) (i32.const 1)))
        (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.load8_u (i32.const 16))))
        (call $put (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
        (call $event (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
        (call $output (i32.const 8) (i32.const 8)))
    (func (export "fail") (call $add) unreachable)
    (func (export "no") (call $add) (call $refuse (i32.const 7)))
    (func (export "read") (call $load) (call $output (i32.const 8) (i32.const 8))))"#;

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn deploy(sender: u8, code: &[u8]) -> Ask {
    let (code, argument) = (Bytes(code.to_vec()), Bytes(Vec::new()));
    let deploy = Deploy { code, salt: 0, argument, fuel: FUEL, stake: 0 };
    Ask { fee: FEE, ..ask(sender, CONTRACTS, Verb::Deploy as u16, &deploy) }
}

fn call(sender: u8, contract: Account, function: &str, argument: &[u8], stake: u64) -> Ask {
    let (function, argument) = (function.to_owned(), Bytes(argument.to_vec()));
    let call = Call { contract, function, argument, fuel: FUEL, stake };
    Ask { fee: FEE, ..ask(sender, CONTRACTS, Verb::Call as u16, &call) }
}

/// A chain with a deployed module, not founded, and its address.
fn with(code: &[u8]) -> (Chain, Account) {
    let mut chain = Chain::default();
    chain.applied(deploy(1, code));
    (chain, address(&account(1), code, 0))
}

/// What became of the latest request.
#[track_caller]
fn latest(chain: &Chain, sender: u8) -> Run {
    run(chain.state(CONTRACTS), &account(sender), chain.nonce).expect("the run is kept")
}

/// Makes a request that is refused, and answers why and what it used.
#[track_caller]
fn refused(chain: &mut Chain, ask: Ask) -> (Refusal, u64) {
    let sender = ask.sender.0[0];
    let Outcome::Refused(refusal) = chain.one(ask) else { panic!("it was applied") };
    (refusal, latest(chain, sender).fuel)
}

fn look(chain: &Chain, contract: Account, function: &str, argument: &[u8]) -> Answer {
    let (function, argument) = (function.to_owned(), argument.to_vec());
    let fuel = FUEL_QUERY_MAX;
    query(&chain.executor, &Question { contract, function, argument, caller: account(1), fuel })
}

fn free(chain: &Chain, who: &Account) -> u64 {
    purse(chain.state(REGISTRY), who).free
}
