//! The guide's three examples against a real network of four processes, by the one binary alone: a federation is founded,
//! a message takes its route, and 80 % of the stake change a rule that needs 67 %.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

struct Network(tempfile::TempDir);

impl Network {
    fn up() -> Self {
        let network = Self(tempfile::tempdir().unwrap());
        let up = ["net", "up", "--port", "0", "--p2p-port", "0", "--api-port", "0"];
        let (code, value) = network.json(&up);
        assert_eq!(code, 0, "{value}");
        network
    }
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command.args(args).args(["-o", "json"]).current_dir(self.0.path());
        let output = command.env_remove("UNISONO_SERVER").env_remove("UNISONO_DIR").output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{args:?}: {said} {}", String::from_utf8_lossy(&output.stdout))
        });
        (output.status.code().unwrap(), value)
    }
    /// A command that succeeds.
    #[track_caller]
    fn ok(&self, args: &[&str]) -> Value {
        let (code, value) = self.json(args);
        assert_eq!(code, 0, "{args:?}: {value}");
        value
    }
    /// A command that fails with this code.
    #[track_caller]
    fn refused(&self, args: &[&str], code: &str) -> i32 {
        let (exit, value) = self.json(args);
        assert_eq!(value["code"], code, "{args:?}: {value}");
        assert!(!value["error"].as_str().unwrap().is_empty());
        exit
    }
    fn folder(&self) -> &Path {
        self.0.path()
    }
    fn height(&self) -> u64 {
        self.ok(&["ledger", "chains"])["items"][0]["height"].as_u64().unwrap()
    }
    /// Lets the chain grow behind a height; blocks come with work.
    fn grow_past(&self, height: u64) {
        while self.height() <= height {
            let ticket = format!("work-{}", self.height());
            self.json(&["ticket", "issue", &ticket]);
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.json(&["net", "down", "--purge"]);
    }
}

#[test]
fn the_guides_examples_run_through_the_command_line() {
    let network = Network::up();
    bootstrap(&network);
    route_a_message(&network);
    vote(&network);
    prove(&network);
}

/// Three hubs, and the stake behind them.
fn bootstrap(network: &Network) {
    for name in ["us", "eu", "asia", "alice", "bob"] {
        let shown = network.ok(&["registry", "show", "--key", &format!("{name}.key")]);
        assert_eq!((&shown["free"], &shown["hub"]), (&json!(0), &Value::Null));
    }
    assert_eq!(network.ok(&["registry", "list"])["supply"], 0);
    network.refused(&["registry", "join", "early", "--stake", "1"], "STAKE_SHORT");
    let found = [
        "registry",
        "found",
        "--hub",
        "hub_us_east=us.key:10000",
        "--hub",
        "hub_eu_west=eu.key:10000",
        "--hub",
        "hub_asia=asia.key:5000",
        "--purse",
        "alice.key:700",
    ];
    assert_eq!(network.ok(&found)["supply"], 25_700);
    assert_eq!(network.refused(&found, "ALREADY_FOUNDED"), 1);
    let join = ["registry", "join", "hub_alice", "--stake", "600", "--key", "alice.key"];
    network.ok(&join);
    network.refused(&join, "HUB_EXISTS");
    network.ok(&["registry", "bond", "50", "--key", "alice.key"]);
    let hubs = network.ok(&["registry", "list"]);
    let bonded: u64 =
        hubs["items"].as_array().unwrap().iter().map(|hub| hub["bonded"].as_u64().unwrap()).sum();
    assert_eq!((hubs["items"].as_array().unwrap().len(), bonded), (4, 25_650));
    for (sequence, body) in [(1, "45 % full"), (2, "46 % full")] {
        let told = ["updates", "tell", "storage.used", body, "--key", "alice.key"];
        assert_eq!(network.ok(&told)["sequence"], sequence);
    }
    network.refused(&["updates", "tell", "storage.used", "--key", "bob.key"], "HUB_UNKNOWN");
    network.ok(&["registry", "leave", "--key", "alice.key"]);
    let left = network.ok(&["registry", "show", "alice.key"]);
    assert_eq!((&left["free"], &left["releases"][0]["stake"]), (&json!(50), &json!(650)));
    network.refused(&["registry", "withdraw", "--key", "alice.key"], "STAKE_NOT_DUE");
    network.refused(&["registry", "seat"], "REGISTRY_NOT_DRIVING");
    assert_eq!(network.ok(&["registry", "list", "--candidates"])["driven"], false);
}

/// Alice's message goes by two hubs to Bob, and everybody can prove the way that it took.
fn route_a_message(network: &Network) {
    network.ok(&["queue", "open", "inbox", "--key", "bob.key"]);
    network.refused(&["queue", "open", "inbox", "--key", "alice.key"], "TOPIC_EXISTS");
    network.ok(&["queue", "route", "us-eu", "us.key", "eu.key", "--key", "us.key"]);
    let text = "Hello, fabric!";
    let put = [
        "queue",
        "put",
        "inbox",
        text,
        "--to",
        "bob.key",
        "--guarantee",
        "exactly-once",
        "--route",
        "us-eu",
        "--id",
        "letter 1",
        "--key",
        "alice.key",
    ];
    assert_eq!(network.ok(&put)["number"], 0);
    network.refused(&put, "MESSAGE_EXISTS");
    let get = ["queue", "get", "inbox", "--key", "bob.key"];
    network.refused(&get, "NOTHING_TO_TAKE");
    network.refused(&["queue", "forward", "inbox", "0", "--key", "eu.key"], "NOT_NEXT_HOP");
    network.ok(&["queue", "forward", "inbox", "0", "--key", "us.key"]);
    network.ok(&["queue", "forward", "inbox", "0", "--key", "eu.key"]);
    let thief =
        network.refused(&["queue", "get", "inbox", "--key", "alice.key"], "NOTHING_TO_TAKE");
    assert_eq!(thief, 1);
    let taken = network.ok(&get);
    assert_eq!(taken["items"][0]["body"], "SGVsbG8sIGZhYnJpYyE=");
    let held = network.ok(&["queue", "get", "inbox", "--held", "--key", "bob.key"]);
    assert_eq!(held["items"], taken["items"], "reading twice is no second delivery");
    network.refused(&["queue", "ack", "inbox", "0", "--key", "alice.key"], "LEASE_LOST");
    network.ok(&["queue", "ack", "inbox", "0", "--key", "bob.key"]);
    let listed = network.ok(&["queue", "list", "inbox", "--stage", "done"]);
    let hops = listed["items"][0]["hops"].as_array().unwrap();
    assert!(hops.len() == 2 && hops.iter().all(|hop| hop["at"]["height"].is_u64()), "{listed}");
    assert_eq!(network.ok(&["queue", "list"])["items"][0]["finished"], 1);
    assert_eq!(network.ok(&["queue", "list", "--routes"])["items"][0]["name"], "us-eu");
}

/// A shipped contract, built from its source.
fn built(name: &str) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts");
    let binary = Path::new(env!("CARGO_BIN_EXE_unisono"));
    let target = binary.ancestors().nth(2).unwrap().join("contracts");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(source).args(["build", "--release", "--locked", "--package", name]);
    cargo.args(["--target", "wasm32-unknown-unknown", "--target-dir"]).arg(&target);
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        cargo.env_remove(name);
    }
    let done = cargo.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(target.join(format!("wasm32-unknown-unknown/release/{name}.wasm"))).unwrap()
}

/// Alice's stake waits in a contract until she releases it to Bob, and what is hostile costs her and changes nothing.
#[test]
fn a_contract_holds_stake_for_a_seller() {
    let network = Network::up();
    for name in ["us", "alice", "bob"] {
        network.ok(&["registry", "show", "--key", &format!("{name}.key")]);
    }
    let found = ["registry", "found", "--hub", "hub=us.key:10", "--purse", "alice.key:100"];
    network.ok(&found);
    std::fs::write(network.folder().join("escrow.wasm"), built("escrow")).unwrap();
    let deploy = ["contract", "deploy", "escrow.wasm", "--key", "alice.key"];
    let made = network.ok(&deploy);
    let escrow = made["contract"].as_str().unwrap();
    assert_eq!((&made["outcome"], &made["paid"]), (&json!("APPLIED"), &json!(1)));
    network.refused(&deploy, "CONTRACT_EXISTS");
    std::fs::write(network.folder().join("noise.wasm"), "noise").unwrap();
    let noise = ["contract", "deploy", "noise.wasm", "--key", "alice.key"];
    network.refused(&noise, "CONTRACT_INVALID");
    let free = |who: &str| network.ok(&["registry", "show", who])["free"].as_u64().unwrap();
    assert_eq!((free("alice.key"), free("bob.key")), (97, 0));

    let call = |function: &str, more: &[&str]| {
        let call = ["contract", "call", escrow, function];
        network.ok(&[&call[..], more, &["--key", "alice.key"]].concat())
    };
    let opened = call("open", &["bob.key", "us.key", "1000000", "--stake", "20"]);
    assert_eq!(opened["output_hex"], "0".repeat(16));
    let asked = network.ok(&["contract", "query", escrow, "agreement", "0"]);
    assert_eq!(asked["output_hex"].as_str().unwrap().len(), 2 * (3 * 32 + 2 * 8));
    assert_eq!((free("alice.key"), free("bob.key"), free(escrow)), (76, 0, 20));
    let early = network.json(&["contract", "call", escrow, "refund", "0", "--key", "alice.key"]).1;
    assert_eq!(early["code"], "CONTRACT_REFUSED");
    assert!(early["why"].as_str().unwrap().contains("own code 12"), "{early}");
    call("release", &["0"]);
    assert_eq!((free("alice.key"), free("bob.key"), free(escrow)), (74, 20, 0));
    network
        .refused(&["contract", "call", escrow, "none", "--key", "alice.key"], "FUNCTION_UNKNOWN");
    assert_eq!(network.ok(&["contract", "show", escrow])["entries"], 1);
}

/// 20,000 for and 5,000 against are 80 %, and 67 % are needed.
fn vote(network: &Network) {
    let propose = ["gov", "propose", "a fee of 50", "--set", "fee.min=50"];
    network.refused(&[&propose[..], &["--key", "bob.key"]].concat(), "NOT_MEMBER");
    let made = network.ok(&[&propose[..], &["--blocks", "15", "--key", "us.key"]].concat());
    assert_eq!(made["proposal"], 0);
    for (key, choice) in [("us.key", "approve"), ("eu.key", "approve"), ("asia.key", "reject")] {
        network.ok(&["gov", "vote", "0", choice, "--key", key]);
    }
    network.refused(&["gov", "vote", "0", "approve", "--key", "bob.key"], "NOT_MEMBER");
    let tally = network.ok(&["gov", "tally", "0"]);
    let expected = json!({ "approve": 20_000, "reject": 5_000, "abstain": 0, "total": 25_000 });
    assert_eq!((&tally["tally"], &tally["would_be"]), (&expected, &json!("ENACTED")));
    network.refused(&["gov", "apply", "0"], "VOTING_OPEN");
    network.grow_past(made["deadline"].as_u64().unwrap());
    assert_eq!(network.ok(&["gov", "apply", "0"])["status"], "ENACTED");
    network.refused(&["gov", "apply", "0"], "PROPOSAL_CLOSED");
    let parameters = network.ok(&["gov", "parameters"]);
    let fee = parameters["items"].as_array().unwrap().iter().find(|one| one["name"] == "fee.min");
    assert_eq!(fee.unwrap()["value"], 50);
    // The rule holds: whoever offers less is refused, and the command offers enough by itself.
    network.refused(&["registry", "bond", "1", "--fee", "49", "--key", "us.key"], "FEE_TOO_LOW");
    network.refused(&["registry", "bond", "1", "--key", "us.key"], "STAKE_SHORT");
    // So do the validators, for clients that have no key.
    assert_eq!(network.ok(&["ticket", "issue", "dearer"])["state"], "ISSUED");
}

/// What happened can be checked by somebody who has the genesis and no network.
fn prove(network: &Network) {
    for (subject, file) in
        [("message:inbox#0", "a.proof"), ("proposal:0", "b.proof"), ("hub:us.key", "c.proof")]
    {
        assert_eq!(network.ok(&["ledger", "proof", subject, "--file", file])["present"], true);
    }
    let absent = network.ok(&["ledger", "proof", "hub:bob.key", "--file", "d.proof"]);
    assert_eq!(absent["present"], false);
    let head = network.ok(&["ledger", "proof", "head", "--file", "head.note"]);
    assert!(head["signers"].as_array().unwrap().len() >= 3, "{head}");
    network.ok(&["ledger", "proof", "3", "--file", "block.proof"]);
    let block = network.ok(&["ledger", "block", "3"]);
    let transaction = block["transactions"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(network.ok(&["ledger", "tx", &transaction])["height"], 3);
    network.ok(&["ledger", "proof", &transaction, "--file", "tx.proof"]);
    assert_eq!(network.refused(&["ledger", "proof", "nothing"], "USAGE"), 2);

    let fork = network.ok(&["ledger", "fork"]);
    assert_eq!((&fork["forked"], fork["nodes"].as_array().unwrap().len()), (&json!(false), 4));

    let genesis = "unisono-net/genesis.toml";
    let verify = ["ledger", "verify", "--genesis", genesis];
    let files =
        ["a.proof", "b.proof", "c.proof", "d.proof", "head.note", "block.proof", "tx.proof"];
    let verified = network.ok(&[&verify[..], &files].concat());
    assert_eq!((&verified["verified"], &verified["failed"]), (&json!(7), &json!(0)), "{verified}");
    // Any changed proof is refused.
    for file in files {
        let mut bytes = std::fs::read(network.folder().join(file)).unwrap();
        let line = |count: usize| {
            let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.map(|(at, _)| at + 1).nth(count - 1).unwrap()
        };
        // A head's root; a block's path; the rest somewhere inside. A strange signature line alone would change nothing.
        let at = match file {
            "head.note" => line(2),
            "block.proof" => line(3),
            _ => bytes.len() * 2 / 3,
        };
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        std::fs::write(network.folder().join("bad.proof"), bytes).unwrap();
        let (code, answer) = network.json(&[&verify[..], &["bad.proof"]].concat());
        assert_eq!((code, &answer["failed"]), (3, &json!(1)), "{file}: {answer}");
    }
}
