//! The contracts under `contracts/`, built from their source by this toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use types::Height;

use super::*;
use crate::governance::{self, Choice, GOVERNANCE, Parameter, Propose, Setting, Vote};

/// Builds a contract beside the other things that are built here, and reads it.
fn built(name: &str) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let here: PathBuf = std::env::current_exe().unwrap();
    let target = here.ancestors().nth(3).unwrap().join("contracts");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(source).args([
        "build",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        name,
    ]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--target-dir"]).arg(&target);
    // Flags that are meant for this machine do not fit the contracts.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"]
    {
        cargo.env_remove(name);
    }
    let done = cargo.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let file = format!("wasm32-unknown-unknown/release/{name}.wasm");
    std::fs::read(target.join(file)).unwrap()
}

pub(super) fn number(count: u64) -> Vec<u8> {
    count.to_le_bytes().to_vec()
}

/// Deploys a shipped contract in the name of account 4, with stake, on a founded chain.
pub(super) fn shipped(name: &str, argument: Vec<u8>, stake: u64) -> (Chain, Account) {
    let (mut chain, code) = (founded(), built(name));
    let address = address(&account(4), &code, 0);
    let deploy =
        Deploy { code: Bytes(code), salt: 0, argument: Bytes(argument), fuel: FUEL, stake };
    chain.applied(Ask { fee: FEE, ..ask(4, CONTRACTS, Verb::Deploy as u16, &deploy) });
    (chain, address)
}

/// Gives an account stake to act with.
fn endow(chain: &mut Chain, to: u8, stake: u64) {
    let transfer = crate::registry::Transfer { to: account(to), stake };
    chain.applied(ask(4, REGISTRY, crate::registry::Verb::Transfer as u16, &transfer));
}

/// Opens an agreement of 1,000 between the buyer 4, the seller 5 and the arbiter 6.
pub(super) fn opened() -> (Chain, Account) {
    let (mut chain, escrow) = shipped("escrow", Vec::new(), 0);
    (5..=7).for_each(|who| endow(&mut chain, who, 100));
    let deadline = chain.executor.height().get() + 10;
    let argument = [account(5).0.as_slice(), &account(6).0, &number(deadline)].concat();
    chain.applied(call(4, escrow, "open", &argument, 1_000));
    assert_eq!(latest(&chain, 4).output.0, number(0));
    assert_eq!(free(&chain, &escrow), 1_000);
    let agreement = look(&chain, escrow, "agreement", &number(0)).output.unwrap();
    assert_eq!(agreement, [account(4).0.to_vec(), argument, number(1_000)].concat());
    (chain, escrow)
}

/// The code that the escrow itself refused with.
fn own_code(chain: &mut Chain, asked: Ask) -> u32 {
    let sender = asked.sender.0[0];
    assert_eq!(refused(chain, asked).0, Refusal::ContractRefused);
    latest(chain, sender).code
}

#[test]
fn an_escrow_pays_whom_the_agreement_says() {
    for (who, function, paid) in
        [(4, "release", 5), (6, "release", 5), (5, "refund", 4), (6, "refund", 4)]
    {
        let (mut chain, escrow) = opened();
        let before = free(&chain, &account(paid));
        chain.applied(call(who, escrow, function, &number(0), 0));
        let fuel = if who == paid { latest(&chain, who).paid } else { 0 };
        assert_eq!(free(&chain, &account(paid)), before + 1_000 - fuel);
        assert_eq!(free(&chain, &escrow), 0);
        // It is over: nobody is paid twice.
        assert_eq!(own_code(&mut chain, call(6, escrow, "release", &number(0), 0)), 11);
    }
}

#[test]
fn an_escrow_refuses_everybody_else() {
    let (mut chain, escrow) = opened();
    for (who, function) in [(7, "release"), (5, "release"), (7, "refund"), (4, "refund")] {
        assert_eq!(
            own_code(&mut chain, call(who, escrow, function, &number(0), 0)),
            12,
            "{who} {function}"
        );
    }
    assert_eq!(own_code(&mut chain, call(4, escrow, "release", &number(9), 0)), 11);
    assert_eq!(own_code(&mut chain, call(4, escrow, "release", &[1], 0)), 1);
    assert_eq!(own_code(&mut chain, call(4, escrow, "release", &number(0), 3)), 10);
    let argument = [account(5).0.as_slice(), &account(6).0, &number(1)].concat();
    assert_eq!(own_code(&mut chain, call(4, escrow, "open", &argument, 5)), 13);
    assert_eq!(own_code(&mut chain, call(4, escrow, "open", &argument, 0)), 10);
    assert_eq!(free(&chain, &escrow), 1_000);
    // Behind the deadline the buyer takes it back.
    chain.pass_to(20);
    chain.applied(call(4, escrow, "refund", &number(0), 0));
    assert_eq!(free(&chain, &escrow), 0);
}

/// The keeper of governance watches three proposals, of which the second will be rejected; and their deadline.
pub(super) fn watched() -> (Chain, Account, u64) {
    let (mut chain, keeper) = shipped("governance", number(50), 120);
    endow(&mut chain, 5, 100);
    let deadline = chain.executor.height().get() + 20;
    for stake_min in [7, 8, 9] {
        let setting = Setting { parameter: Parameter::StakeMin, value: stake_min };
        let propose = Propose {
            title: "Least stake".to_owned(),
            text: "More of it.".to_owned(),
            deadline: Height::new(deadline),
            settings: vec![setting],
        };
        chain.applied(ask(1, GOVERNANCE, governance::Verb::Propose as u16, &propose));
    }
    for proposal in [0, 1, 2] {
        for hub in [1, 2, 3] {
            let choice = if proposal == 1 { Choice::Reject } else { Choice::Approve };
            chain.applied(ask(
                hub,
                GOVERNANCE,
                governance::Verb::Vote as u16,
                &Vote { proposal, choice },
            ));
        }
    }
    (0..3).for_each(|proposal| chain.applied(call(5, keeper, "watch", &number(proposal), 0)));
    (chain, keeper, deadline)
}

/// A proposal that is approved is in force as soon as anybody sets the contract going behind its deadline, and whoever
/// does is paid for it.
#[test]
fn governance_is_automated() {
    let (mut chain, keeper, deadline) = watched();
    assert_eq!(own_code(&mut chain, call(5, keeper, "watch", &number(7), 0)), 10);
    assert_eq!(own_code(&mut chain, call(5, keeper, "watch", &number(1), 0)), 11);
    let watched = look(&chain, keeper, "watched", &[]).output.unwrap();
    assert_eq!(watched, [number(0), number(1), number(2)].concat());
    assert_eq!(own_code(&mut chain, call(5, keeper, "run", &[], 0)), 12);
    chain.pass_to(deadline + 2);
    // Somebody else applied the last one: the contract does not ask for it, nor pay.
    chain.applied(ask(
        9,
        GOVERNANCE,
        governance::Verb::Apply as u16,
        &governance::Apply { proposal: 2 },
    ));
    let before = free(&chain, &account(5));
    chain.applied(call(5, keeper, "run", &[], 0));
    let run = latest(&chain, 5);
    assert_eq!(run.output.0, number(2));
    assert_eq!(free(&chain, &account(5)), before + 100 - run.paid);
    assert_eq!(free(&chain, &keeper), 20);
    let state = chain.state(GOVERNANCE);
    let statuses: Vec<_> =
        governance::proposals(state, 0).map(|(_, one)| one.status.label()).collect();
    assert_eq!(statuses, ["ENACTED", "REJECTED", "ENACTED"]);
    assert_eq!(governance::value(state, Parameter::StakeMin), 7);
    assert_eq!(look(&chain, keeper, "watched", &[]).output, Ok(Vec::new()));
    assert_eq!(own_code(&mut chain, call(5, keeper, "run", &[], 0)), 12);
}
