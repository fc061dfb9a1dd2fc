//! A real network of four processes, driven by the one binary alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

struct Network(tempfile::TempDir);

impl Network {
    fn up(args: &[&str]) -> Self {
        let network = Self(tempfile::tempdir().unwrap());
        let ports = ["net", "up", "--port", "0", "--p2p-port", "0", "--api-port", "0"];
        let (code, value) = network.json(&[&ports, args].concat());
        assert_eq!(code, 0, "{value}");
        assert!(value["dashboard"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        network
    }
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_remove("UNISONO_SERVER")
            .env_remove("UNISONO_DIR");
        command.output().unwrap()
    }
    fn json(&self, args: &[&str]) -> (i32, Value) {
        let output = self.run(&[args, &["-o", "json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{args:?}: {said} {}", String::from_utf8_lossy(&output.stdout))
        });
        (output.status.code().unwrap(), value)
    }
    fn until(&self, args: &[&str], is_well: impl Fn(i32, &Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let (code, value) = self.json(args);
            if is_well(code, &value) {
                return value;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "{args:?}: {code} {value}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    fn folder(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.run(&["net", "down", "--purge"]);
    }
}

fn level(value: &Value) -> &str {
    value["network"]["verdict"]["level"].as_str().unwrap_or("unknown")
}

#[test]
fn a_network_is_started_used_drilled_and_stopped() {
    let network = Network::up(&[]);
    assert_eq!(network.json(&["net", "up"]).1["code"], "ALREADY_UP");
    let (code, seeded) = network.json(&["ticket", "seed"]);
    assert_eq!((code, &seeded["seeded"], &seeded["existed"]), (0, &500.into(), &0.into()));
    assert_eq!(network.json(&["ticket", "seed"]).1["existed"], 500);
    let (code, consumed) = network.json(&["ticket", "consume", "TICKET-001"]);
    assert_eq!((code, &consumed["code"]), (1, &"ILLEGAL_TRANSITION".into()));
    assert_eq!(network.json(&["ticket", "validate", "TICKET-001"]).1["state"], "VALIDATED");
    let (code, consumed) =
        network.json(&["ticket", "consume", "TICKET-001", "--receipt", "a.receipt"]);
    assert_eq!((code, &consumed["state"]), (0, &"CONSUMED".into()));
    assert!(consumed["signers"].as_array().unwrap().len() >= 3);
    let verify = ["receipt", "verify", "--genesis", "unisono-net/genesis.toml", "a.receipt"];
    assert_eq!(network.json(&verify).0, 0);
    assert_eq!(network.json(&["ticket", "consume", "TICKET-001"]).1["code"], "ALREADY_CONSUMED");
    assert_eq!(network.json(&["ticket", "get", "NONE"]).1["code"], "TICKET_UNKNOWN");
    assert_eq!(network.json(&["ticket", "dispute", "TICKET-001"]).0, 1);
    let (_, page) = network.json(&["ticket", "list", "--state", "consumed"]);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);

    std::fs::write(network.folder().join("t.csv"), "carrier,flight,seat\nUA,1,A1\nUA,2,A1\n")
        .unwrap();
    let import = ["ticket", "import", "t.csv", "--id", "carrier,flight"];
    assert_eq!(network.json(&[&import[..], &["--dry-run"]].concat()).1["rows"], 2);
    assert_eq!(network.json(&import).1["issued"], 2);
    assert_eq!(network.json(&["ticket", "get", "UA-2"]).1["State"], "ISSUED");

    network.until(&["net", "status"], |code, value| code == 0 && level(value) == "healthy");
    assert_eq!(network.json(&["net", "kill", "n9"]).1["code"], "SUBJECT_UNKNOWN");
    assert_eq!(network.json(&["net", "kill", "../n0"]).0, 2);
    assert_eq!(network.json(&["net", "kill", "n0"]).1["nodes"][0]["status"], "stopped");
    assert_eq!(network.json(&["ticket", "validate", "TICKET-002"]).1["state"], "VALIDATED");
    let why = network.json(&["why"]).1;
    assert_eq!(why["last_view_change"]["cause"], "silent", "{why}");
    network.until(&["net", "status"], |_, value| level(value) == "degraded");
    assert_eq!(network.json(&["net", "restart", "n0"]).0, 0);
    network.until(&["net", "status"], |_, value| level(value) == "healthy");
    assert_eq!(network.json(&["why", "TICKET-002"]).1["answer"], "committed");
    assert_eq!(network.json(&["why", "nobody-knows"]).1["answer"], "absent");

    assert_eq!(network.json(&["net", "partition", "n0,n1", "n2,n3"]).0, 0);
    let (code, late) = network.json(&["ticket", "validate", "TICKET-003", "--timeout", "2s"]);
    assert_eq!((code, &late["code"]), (4, &"COMMIT_TIMEOUT".into()));
    let (code, why) = network.json(&["why"]);
    assert!(code == 5 && !why["missing"].as_array().unwrap().is_empty(), "{code} {why}");
    assert!(why["unblock"].as_str().is_some_and(|unblock| unblock.contains("n2")), "{why}");
    assert_eq!(network.json(&["net", "heal"]).0, 0);
    network.until(&["ticket", "get", "TICKET-003"], |_, value| value["State"] == "VALIDATED");

    // The network goes on from its folder.
    assert_eq!(network.json(&["net", "down"]).0, 0);
    assert_eq!(network.json(&["net", "status"]).1["code"], "NO_NETWORK");
    assert_eq!(network.json(&["net", "up", "--port", "0", "--nodes", "7"]).0, 2);
    assert_eq!(network.json(&["net", "up", "--port", "0"]).0, 0);
    assert_eq!(network.json(&["ticket", "get", "TICKET-001"]).1["State"], "CONSUMED");
}

#[test]
fn a_ticket_consumed_at_all_four_validators_at_once_is_consumed_once() {
    let network = Network::up(&[]);
    network.json(&["ticket", "issue", "T"]);
    network.json(&["ticket", "validate", "T"]);
    let nodes = network.json(&["net", "status"]).1["nodes"].clone();
    let servers: Vec<String> = nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|node| format!("http://127.0.0.1:{}", node["api_port"]))
        .collect();
    let codes: Vec<(i32, Value)> = std::thread::scope(|scope| {
        let network = &network;
        let gates: Vec<_> = servers
            .iter()
            .map(|server| {
                scope.spawn(move || network.json(&["ticket", "consume", "T", "--server", server]))
            })
            .collect();
        gates.into_iter().map(|gate| gate.join().unwrap()).collect()
    });
    let consumed = codes.iter().filter(|(code, _)| *code == 0).count();
    let refused = codes.iter().filter(|(_, value)| value["code"] == "ALREADY_CONSUMED").count();
    assert_eq!((consumed, refused), (1, 3), "{codes:?}");
}

#[test]
fn what_cannot_start_says_why_and_leaves_nothing_running() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let up = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command.args(["net", "up", "-o", "json"]).args(args).current_dir(folder.path());
        let output = command.env_remove("UNISONO_DIR").output().unwrap();
        (output.status.code().unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, said) = up(&["--port", &port, "--p2p-port", "0", "--api-port", "0"]);
    assert!(code == 1 && said["error"].as_str().unwrap().contains(&port), "{said}");
    let (code, said) =
        up(&["--dir", "other", "--port", "0", "--p2p-port", "0", "--api-port", &port]);
    assert!(code == 1 && said["why"].as_str().unwrap().contains(&port), "{said}");
    assert_eq!(
        up(&["--port", "0", "--byzantine", "n9=equivocate", "--p2p-port", "0", "--api-port", "0"])
            .0,
        2
    );
    assert_eq!(up(&["--port", "0", "--byzantine", "nonsense"]).0, 2);
}

/// The validators agree on another protocol while tickets flow, and on the first again: none is lost, none repeated.
#[test]
fn a_network_switches_its_protocol_and_back() {
    let network = Network::up(&[]);
    let mut tickets = 0;
    let (code, refused) = network.json(&["net", "switch", "raft"]);
    assert_eq!((code, &refused["code"]), (1, &"PROTOCOL_UNFIT".into()), "{refused}");
    for (epoch, protocol) in [(1, "hotstuff"), (2, "pbft")] {
        let (code, agreed) = network.json(&["net", "switch", protocol]);
        assert_eq!((code, &agreed["epoch"]), (0, &epoch.into()), "{agreed}");
        assert_eq!(network.json(&["net", "switch", protocol]).1["code"], "CHANGE_SCHEDULED");
        let first = agreed["first"].as_u64().unwrap();
        let height = |network: &Network| {
            network.json(&["net", "status"]).1["network"]["height"].as_u64().unwrap()
        };
        while height(&network) < first + 2 {
            for _ in 0..8 {
                let ticket = format!("T-{tickets}");
                assert_eq!(network.json(&["ticket", "issue", &ticket]).1["state"], "ISSUED");
                tickets += 1;
            }
        }
        let status = network.json(&["net", "status"]).1;
        assert_eq!(status["network"]["protocol"], protocol, "{status}");
        assert_eq!(network.json(&["ticket", "issue", "T-0"]).1["code"], "TICKET_EXISTS");
    }
    let counts = network.json(&["net", "status"]).1["network"]["tickets"].clone();
    assert_eq!(counts["issued"], tickets, "{counts}");
}

/// A process that ends with the test.
struct Joined(std::process::Child);

impl Drop for Joined {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Network {
    /// Starts a validator that the supervisor knows nothing of.
    fn join(&self, name: &str, folder: &str, bootstrap: &str) -> Joined {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
        command.args(["node", "run", "--id", name, "--data-dir", folder, "--port", "0"]);
        command.args(["--genesis", "unisono-net/genesis.toml", "--api-port", "0"]);
        command.args(["--bootstrap", bootstrap, "--stop-with-stdin"]);
        command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
        Joined(
            command.stderr(std::process::Stdio::null()).current_dir(self.folder()).spawn().unwrap(),
        )
    }
    /// Issues tickets until the chain is beyond a height.
    fn grow_beyond(&self, height: u64, tickets: &mut usize) {
        while self.json(&["net", "status"]).1["network"]["height"].as_u64().unwrap() < height {
            for _ in 0..8 {
                let ticket = format!("T-{tickets}");
                assert_eq!(self.json(&["ticket", "issue", &ticket]).1["state"], "ISSUED");
                *tickets += 1;
            }
        }
    }
}

/// The validators agree on who they are: one joins, one takes its next key, one leaves, and tickets flow all the while.
#[test]
fn validators_join_change_their_key_and_leave() {
    let network = Network::up(&[]);
    let mut tickets = 0;
    let first = network.json(&["net", "status"]).1["nodes"][0].clone();
    let peer = first["peer_id"].as_str().unwrap();
    let bootstrap = format!("/ip4/127.0.0.1/tcp/{}/p2p/{peer}", first["port"]);
    let keys = network.json(&["node", "init", "fifth"]).1;
    let key = |name: &str| keys[name].as_str().unwrap().to_owned();

    let (code, refused) = network.json(&["net", "leave", "n9"]);
    assert_eq!((code, &refused["code"]), (1, &"UNKNOWN_VALIDATOR".into()), "{refused}");
    let (code, refused) = network.json(&["net", "weigh", "n1", "3"]);
    assert_eq!((code, &refused["code"]), (1, &"VOTES_COUNT".into()), "{refused}");
    let join = |name: &str| {
        let (key, network_key) = (key("key"), key("network_key"));
        network.json(&["net", "join", name, "--key", &key, "--network-key", &network_key])
    };
    assert_eq!(join("n1").1["code"], "DUPLICATE_VALIDATOR");

    let (code, agreed) = join("n4");
    assert_eq!((code, &agreed["epoch"]), (0, &1.into()), "{agreed}");
    let _fifth = network.join("n4", "fifth", &bootstrap);
    network.grow_beyond(agreed["first"].as_u64().unwrap() + 2, &mut tickets);
    let status = network.until(&["net", "status"], |_, value| {
        level(value) == "healthy"
            && value["network"]["verdict"]["sentence"].as_str().unwrap().contains("5 of 5")
    });
    assert_eq!(status["network"]["nodes"].as_array().unwrap().len(), 5, "{status}");
    let table = String::from_utf8(network.run(&["net", "status"]).stdout).unwrap();
    assert!(
        table.lines().any(|line| line.starts_with("n4") && line.contains("elsewhere")),
        "{table}"
    );
    // Four of five are a quorum only if the fifth's vote counts.
    assert_eq!(network.json(&["net", "kill", "n0"]).0, 0);
    assert_eq!(network.json(&["ticket", "validate", "T-0"]).1["state"], "VALIDATED");
    assert_eq!(network.json(&["net", "restart", "n0"]).0, 0);

    let next = network.json(&["node", "next-key", "--data-dir", "unisono-net/n1"]).1;
    assert_eq!(network.json(&["net", "kill", "n1"]).0, 0);
    assert_eq!(network.json(&["net", "restart", "n1"]).0, 0);
    network.until(&["net", "status"], |_, value| level(value) == "healthy");
    let (code, agreed) =
        network.json(&["net", "rotate", "n1", "--key", next["key"].as_str().unwrap()]);
    assert_eq!((code, &agreed["epoch"]), (0, &2.into()), "{agreed}");
    network.grow_beyond(agreed["first"].as_u64().unwrap() + 2, &mut tickets);
    network.until(&["net", "status"], |_, value| level(value) == "healthy");

    let (code, agreed) = network.json(&["net", "leave", "n4"]);
    assert_eq!((code, &agreed["epoch"]), (0, &3.into()), "{agreed}");
    network.grow_beyond(agreed["first"].as_u64().unwrap() + 2, &mut tickets);
    let status = network.until(&["net", "status"], |_, value| level(value) == "healthy");
    assert_eq!(status["network"]["nodes"].as_array().unwrap().len(), 4, "{status}");
    let receipt = ["ticket", "consume", "T-0", "--receipt", "a.receipt"];
    assert_eq!(network.json(&receipt).1["state"], "CONSUMED");
    let verify = ["receipt", "verify", "--genesis", "unisono-net/genesis.toml", "a.receipt"];
    assert_eq!(network.json(&verify).0, 0, "a receipt leads from the genesis over three epochs");
    assert_eq!(network.json(&["net", "status"]).1["network"]["tickets"]["issued"], tickets - 1);
}

/// What validators write of themselves is one trace of the network: every message that arrives has been sent, and the
/// forms of the simulator's traces are made of it too.
#[test]
fn a_network_writes_traces_that_are_laid_side_by_side() {
    let network = Network::up(&["--trace"]);
    assert_eq!(network.json(&["ticket", "issue", "T"]).1["state"], "ISSUED");
    assert_eq!(network.json(&["net", "kill", "n3"]).0, 0);
    assert_eq!(network.json(&["ticket", "validate", "T"]).1["state"], "VALIDATED");
    assert_eq!(network.json(&["net", "down"]).0, 0);
    let folder = network.folder().join("unisono-net");
    let mut files: Vec<String> = Vec::new();
    for node in ["n0", "n1", "n2", "n3"] {
        let found =
            std::fs::read_dir(folder.join(node)).unwrap().map(|entry| entry.unwrap().path());
        let traces = found.filter(|path| path.extension().is_some_and(|end| end == "trace"));
        files.extend(traces.map(|path| path.display().to_string()));
    }
    assert_eq!(files.len(), 4, "{files:?}");
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, merged) = network.json(&[&["trace", "merge"], &names[..]].concat());
    assert_eq!(
        (code, &merged["parts"], &merged["backwards"]),
        (0, &4.into(), &0.into()),
        "{merged}"
    );
    let events = network.json(&["trace", "view", "network.trace", "--limit", "1000000"]).1;
    let events = events.as_array().unwrap();
    // What a killed node wrote last is lost with it.
    let numbers = |kind: &str| -> std::collections::BTreeSet<u64> {
        let of_kind = events.iter().filter(|event| event["kind"] == kind && event["from"] != "n3");
        of_kind.filter_map(|event| event["message"].as_u64()).collect()
    };
    let (sent, received) = (numbers("send"), numbers("receive"));
    assert!(!received.is_empty() && received.is_subset(&sent));
    let executed = |node: &str| {
        events.iter().filter(|event| event["kind"] == "execute" && event["node"] == node).count()
    };
    assert!(executed("n0") >= 2 && executed("n0") == executed("n1"), "{merged}");
    let svg = network.json(&["trace", "convert", "network.trace", "--to", "svg", "--out", "a.svg"]);
    assert_eq!(svg.0, 0);
    let (code, refused) = network.json(&["trace", "replay", "network.trace"]);
    assert!(code == 1 && refused["error"].as_str().unwrap().contains("cannot be replayed"));
}
