//! What every shipped contract and every hostile module costs, in one table that all builds read: fuel is agreed on, so an
//! optimised validator must count as any other does.

use std::path::Path;

use super::hostile::{SHUT_OUT, STOPPED, going};
use super::shipped::{number, opened, shipped, watched};
use super::*;
use crate::contracts::{PROGRAMS_KEPT_MAX, latest as past};

const TABLE: &str = "src/contracts/tests/fuel.txt";

/// The fuel of the latest request, whoever made it.
fn spent(chain: &Chain) -> u64 {
    past(chain.state(CONTRACTS), u64::MAX).next().expect("a call was remembered").run.fuel
}

fn hostile(costs: &mut Vec<(u64, String)>) {
    let mut chain = founded();
    for (what, body, _) in SHUT_OUT {
        chain.one(deploy(4, &wat(&format!("(module {body})"))));
        costs.push((spent(&chain), format!("deploy {what}")));
    }
    for (what, body, _) in STOPPED {
        let code = going(body);
        chain.applied(deploy(4, &code));
        chain.one(call(4, address(&account(4), &code, 0), "go", &[], 0));
        costs.push((spent(&chain), format!("call {what}")));
    }
}

fn honest(costs: &mut Vec<(u64, String)>) {
    let (chain, _) = shipped("escrow", Vec::new(), 0);
    costs.push((spent(&chain), "deploy escrow".to_owned()));
    for (who, function) in [(4, "release"), (6, "refund"), (7, "refund")] {
        let (mut chain, escrow) = opened();
        chain.one(call(who, escrow, function, &number(0), 0));
        costs.push((spent(&chain), format!("escrow {function} by {who}")));
        let asked = look(&chain, escrow, "agreement", &number(0));
        costs.push((asked.fuel, format!("escrow agreement after {function} by {who}")));
    }
    let (chain, _) = shipped("governance", number(50), 120);
    costs.push((spent(&chain), "deploy governance".to_owned()));
    let (mut chain, keeper, deadline) = watched();
    costs.push((spent(&chain), "governance watch".to_owned()));
    chain.pass_to(deadline + 2);
    chain.applied(call(5, keeper, "run", &[], 0));
    costs.push((spent(&chain), "governance run".to_owned()));
}

#[expect(clippy::disallowed_methods, reason = "a pinned table is renewed on request alone")]
#[test]
fn fuel_is_that_of_the_table_in_every_build() {
    let mut costs = Vec::new();
    honest(&mut costs);
    hostile(&mut costs);
    let found: String = costs.iter().map(|(fuel, what)| format!("{fuel:>9}  {what}\n")).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &found).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        found, pinned,
        "fuel is agreed on; if it is meant to change, run this with UPDATE=1"
    );
}

/// A call costs the same whether its module is compiled already, was let go, or was never seen.
#[test]
fn fuel_does_not_depend_on_what_is_at_hand() {
    let (mut chain, counter) = with(&wat(COUNTER));
    let add = |chain: &mut Chain| {
        chain.applied(call(1, counter, "read", &[], 0));
        spent(chain)
    };
    let (cold, warm) = (add(&mut chain), add(&mut chain));
    for other in 0..=PROGRAMS_KEPT_MAX {
        let code = wat(&format!(r#"(module (func (export "go") (drop (i32.const {other}))))"#));
        chain.applied(deploy(1, &code));
        chain.applied(call(1, address(&account(1), &code, 0), "go", &[], 0));
    }
    assert_eq!(chain.executor.apps().programs.len(), PROGRAMS_KEPT_MAX);
    assert_eq!((warm, add(&mut chain)), (cold, cold));
}
