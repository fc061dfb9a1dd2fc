//! The one binary from outside: what it prints, where, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn unisono(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unisono"))
        .args(args)
        .current_dir(folder)
        .env_remove("UNISONO_SERVER")
        .env_remove("UNISONO_DIR")
        .output()
        .unwrap()
}

fn run(args: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = unisono(folder.path(), args);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Each command, with what makes it fail before it needs a network.
const COMMANDS: &[&[&str]] = &[
    &["demo", "--port", "x"],
    &["net", "up", "--nodes", "0"],
    &["net", "status", "--nope"],
    &["net", "kill"],
    &["net", "restart"],
    &["net", "partition"],
    &["net", "heal", "x"],
    &["net", "down", "x"],
    &["node", "init", "--nope"],
    &["node", "run", "--nope"],
    &["node", "keys", "--nope"],
    &["ticket", "seed", "501"],
    &["ticket", "import"],
    &["ticket", "issue"],
    &["ticket", "validate"],
    &["ticket", "consume", "T", "--timeout", "5"],
    &["ticket", "dispute"],
    &["ticket", "get"],
    &["ticket", "list", "--limit", "0"],
    &["receipt", "get"],
    &["receipt", "verify"],
    &["why", "a", "b"],
    &["sim", "run", "--nodes", "many"],
    &["sim", "run", "--role", "nobody"],
    &["lab", "reliability", "--p", "much"],
    &["lab", "primary", "--range", "0.9"],
    &["bench", "lab", "x"],
    &["bench", "ledger", "x"],
    &["bench", "net", "--tx-size", "big"],
    &["bench", "sim", "--scale", "x"],
    &["bench", "all", "--seconds", "x"],
    &["config", "show", "--nope"],
    &["config", "validate"],
    &["protocols", "x"],
    &["completions", "tcsh"],
    &["version", "x"],
    &["nonsense"],
];

#[test]
fn every_usage_error_is_two_and_a_problem_object_where_json_was_asked_for() {
    for args in COMMANDS {
        for format in ["json", "jsonl"] {
            let args = [*args, &["-o", format]].concat();
            let (code, stdout, stderr) = run(&args);
            assert_eq!(code, 2, "{args:?}: {stderr}");
            let problem: Value =
                serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{args:?}: {stdout}"));
            assert_eq!(
                (&problem["success"], &problem["exit"]),
                (&false.into(), &2.into()),
                "{args:?}"
            );
            assert!(problem["error"].as_str().is_some_and(|error| !error.is_empty()), "{args:?}");
            assert!(!stderr.is_empty(), "{args:?}");
        }
        let (code, stdout, _) = run(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
    }
}

#[test]
fn every_command_takes_every_format() {
    for args in COMMANDS {
        let args = [&args[..args.len().min(2)], &["-o", "yaml"]].concat();
        assert_eq!(run(&args).0, 2, "{args:?}");
    }
}

#[test]
fn without_a_network_the_way_to_one_is_said_in_three_lines() {
    for args in [
        &["ticket", "list"][..],
        &["why"],
        &["net", "status"],
        &["net", "kill", "n0"],
        &["net", "down"],
    ] {
        let (code, stdout, stderr) = run(args);
        assert_eq!((code, stdout.as_str()), (1, ""), "{args:?}");
        let lines: Vec<&str> = stderr.lines().collect();
        assert_eq!(lines.len(), 3, "{stderr}");
        assert!(lines[0].starts_with("error: no network runs in unisono-net"));
        assert!(
            lines[1].starts_with("  why: ") && lines[2].starts_with("  next: `unisono net up`")
        );
        let (_, stdout, _) = run(&[args, &["-o", "json"]].concat());
        assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["code"], "NO_NETWORK");
    }
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let (code, stdout, stderr) =
        run(&["ticket", "get", "T", "--server", "http://127.0.0.1:1", "-o", "json"]);
    assert_eq!(code, 1);
    assert!(stderr.starts_with("error: http://127.0.0.1:1 does not answer"), "{stderr}");
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["code"], "UNREACHABLE");
    assert_eq!(run(&["ticket", "get", "T", "--server", "x"]).0, 2);
}

#[test]
fn version_protocols_and_completions_need_nothing() {
    let (code, stdout, _) = run(&["version", "-o", "json"]);
    let version: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &version["version"]), (0, &env!("CARGO_PKG_VERSION").into()));
    let (code, stdout, _) = run(&["protocols"]);
    assert!(
        code == 0
            && stdout.lines().any(|line| line.starts_with("pbft ") && line.contains("3f + 1")),
        "{stdout}"
    );
    let (_, stdout, _) = run(&["protocols", "-o", "jsonl"]);
    assert_eq!(
        serde_json::from_str::<Value>(stdout.lines().next().unwrap()).unwrap()["name"],
        "pbft"
    );
    let (code, stdout, _) = run(&["completions", "bash"]);
    assert!(code == 0 && stdout.contains("_unisono"));
    assert_eq!(run(&["--help"]).0, 0);
}

#[test]
fn a_simulation_says_all_it_must_and_repeats_itself() {
    let args = [
        "sim",
        "run",
        "--protocol",
        "pbft",
        "--nodes",
        "4",
        "--seed",
        "7",
        "--decisions",
        "50",
        "-o",
        "json",
    ];
    let (code, stdout, stderr) = run(&args);
    assert_eq!(code, 0, "{stderr}");
    let first: Value = serde_json::from_str(&stdout).unwrap();
    for key in
        ["verdict", "decisions", "messages", "events", "trace_hash", "cpu_s", "messages_per_cpu_s"]
    {
        assert!(!first[key].is_null(), "{key}");
    }
    assert_eq!(first["verdict"], "pass");
    assert!(
        stderr.starts_with(
            "seed 7: unisono sim run --protocol pbft --nodes 4 --seed 7 --decisions 50"
        ),
        "{stderr}"
    );
    let again: Value = serde_json::from_str(&run(&args).1).unwrap();
    assert_eq!(first["trace_hash"], again["trace_hash"]);
}
