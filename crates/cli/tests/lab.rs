//! Experiments from outside: planned, run, killed, resumed, compared, verified, and refused where something is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A scenario of `2 * repeats` cells.
fn scenario(repeats: u32) -> String {
    format!(
        r#"name = "small"
question = "Does one run make the same bytes as any other?"
seed = 7
repeats = {repeats}

[base]
decisions = 3
warmup = 1
cooldown = 1
clients = 2

[grid]
nodes = [1, 4]

[[figures]]
name = "latency"
kind = "cdf"
title = "Latency"
y = "latency_us"
by = "nodes"
"#
    )
}

/// A folder with a scenario in it.
fn folder(repeats: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), scenario(repeats)).unwrap();
    folder
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unisono"));
    command.args(args).current_dir(folder);
    command
}

fn unisono(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command(folder, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let (code, out, err) = unisono(folder, &[args, &["-o", "json"]].concat());
    assert_eq!(code, 0, "{args:?}: {err}");
    serde_json::from_str(&out).unwrap()
}

/// Runs the scenario on so many threads; the run's folder.
fn run(folder: &Path, runs: &str, threads: &str) -> PathBuf {
    let said = json(folder, &["lab", "run", "small.toml", "--runs", runs, "--threads", threads]);
    assert_eq!(said["state"], "complete");
    folder.join(said["folder"].as_str().unwrap())
}

/// Everything in a run's folder but the manifest, which says when and where it ran.
fn bytes(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut open = vec![run.to_owned()];
    let mut all = Vec::new();
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with("manifest.json") {
                let name = path.strip_prefix(run).unwrap().display().to_string();
                all.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn one_thread_and_several_write_the_same_bytes() {
    let folder = folder(6);
    let plan = json(folder.path(), &["lab", "plan", "small.toml"]);
    assert_eq!((&plan["cells"], &plan["combinations"]), (&12.into(), &2.into()));
    assert!(!folder.path().join("runs").exists(), "a plan runs nothing");
    let one = run(folder.path(), "one", "1");
    let several = run(folder.path(), "several", "5");
    assert!(one.ends_with(several.file_name().unwrap()));
    assert_eq!(bytes(&one), bytes(&several));
    assert!(one.join("report.html").is_file() && one.join("figures/latency.pdf").is_file());
}

#[test]
fn a_run_that_was_killed_goes_on_to_the_same_bytes() {
    let folder = folder(60);
    let args = ["lab", "run", "small.toml", "--runs", "killed", "--threads", "1"];
    let mut child =
        command(folder.path(), &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let plan = json(folder.path(), &["lab", "plan", "small.toml", "--runs", "killed"]);
    let killed = folder.path().join(plan["folder"].as_str().unwrap());
    let start = Instant::now();
    let is_begun = || {
        fs::read_to_string(killed.join("cells.jsonl")).is_ok_and(|text| text.lines().count() > 2)
    };
    while !is_begun() {
        assert!(start.elapsed() < Duration::from_secs(120), "no cell is ever finished");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // A line that was being written is no cell.
    let mut cells = fs::OpenOptions::new().append(true).open(killed.join("cells.jsonl")).unwrap();
    std::io::Write::write_all(&mut cells, b"{\"cell\":").unwrap();
    drop(cells);
    let status = json(folder.path(), &["lab", "status", "--runs", "killed"]);
    assert_ne!(status[0]["state"], "complete", "{status}");
    assert_eq!(run(folder.path(), "killed", "2"), killed);
    assert_eq!(bytes(&killed), bytes(&run(folder.path(), "whole", "2")));
    let (code, _, err) = unisono(folder.path(), &["lab", "verify", killed.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_report_is_made_anew_and_runs_are_compared() {
    let folder = folder(6);
    let made = run(folder.path(), "runs", "2");
    let before = bytes(&made);
    fs::remove_file(made.join("report.html")).unwrap();
    fs::remove_dir_all(made.join("figures")).unwrap();
    let path = made.to_str().unwrap();
    let (code, _, err) = unisono(folder.path(), &["lab", "report", path]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(bytes(&made), before);
    let compared = json(folder.path(), &["lab", "compare", path, "--by", "nodes"]);
    assert!(compared["anova"]["p"].is_number(), "{compared}");
}

#[test]
fn what_was_changed_is_found() {
    let folder = folder(4);
    let made = run(folder.path(), "runs", "2");
    let figure = made.join("figures/latency.svg");
    let verify = ["figure", "verify", figure.to_str().unwrap()];
    assert_eq!(unisono(folder.path(), &verify).0, 0);
    let drawn = fs::read_to_string(&figure).unwrap();
    fs::write(&figure, drawn.replace("Latency", "Latencz")).unwrap();
    let (code, out, _) = unisono(folder.path(), &verify);
    assert!(code == 3 && out.contains("they were changed"), "{code} {out}");
    let path = made.to_str().unwrap();
    assert_eq!(unisono(folder.path(), &["lab", "verify", path]).0, 3);
    // Drawn again from its cells it is what it was; a changed cell is found by running it again.
    assert_eq!(unisono(folder.path(), &["lab", "report", path]).0, 0);
    assert_eq!(fs::read_to_string(&figure).unwrap(), drawn);
}

#[test]
fn a_folder_of_another_version_is_not_touched() {
    let folder = folder(1);
    let made = run(folder.path(), "runs", "1");
    let manifest = made.join("manifest.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    value["format"] = "unisono-run-99".into();
    fs::write(&manifest, value.to_string()).unwrap();
    let before = bytes(&made);
    let path = made.to_str().unwrap();
    for args in [["lab", "verify", path], ["lab", "report", path], ["lab", "status", path]] {
        let (code, _, err) = unisono(folder.path(), &args);
        assert!(code != 0 && err.contains("unisono-run-99"), "{args:?} {code}: {err}");
    }
    let (code, _, err) =
        unisono(folder.path(), &["lab", "run", "small.toml", "--runs", "runs", "--threads", "1"]);
    assert!(code != 0 && err.contains("unisono-run-99"), "{code}: {err}");
    assert_eq!(bytes(&made), before);
}

#[test]
fn bad_scenarios_are_refused_with_what_is_next() {
    let folder = folder(1);
    let cases = [
        ("nodes = [1, 4]", "nodez = [1, 4]", "did you mean `nodes`?"),
        ("repeats = 1", "repeat = 1", "did you mean `repeats`?"),
        ("repeats = 1", "repeats = 0", "repeats"),
        ("kind = \"cdf\"", "kind = \"cdff\"", "cdf"),
        ("nodes = [1, 4]", "nodes = [0]", "nodes"),
        ("nodes = [1, 4]", "nodes = [1, 4", "line"),
    ];
    for (good, bad, hint) in cases {
        fs::write(folder.path().join("bad.toml"), scenario(1).replace(good, bad)).unwrap();
        let (code, out, err) = unisono(folder.path(), &["lab", "run", "bad.toml"]);
        assert!(code == 2 && err.contains(hint), "{bad}: {code} {err}");
        assert!(out.is_empty() && !folder.path().join("runs").exists(), "{bad}: {out}");
    }
    let (code, _, err) = unisono(folder.path(), &["lab", "plan", "protocol"]);
    assert!(code == 2 && err.contains("protocols"), "{code} {err}");
    assert_eq!(unisono(folder.path(), &["lab", "new", "load"]).0, 0);
    let (code, _, err) = unisono(folder.path(), &["lab", "new", "load"]);
    assert!(code == 1 && err.contains("--file"), "{code} {err}");
}

#[test]
fn a_trace_that_breaks_off_is_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let record = ["trace", "record", "--decisions", "2", "--out", "whole.trace"];
    assert_eq!(unisono(folder.path(), &record).0, 0);
    assert_eq!(unisono(folder.path(), &["trace", "replay", "whole.trace"]).0, 0);
    let whole = fs::read(folder.path().join("whole.trace")).unwrap();
    fs::write(folder.path().join("cut.trace"), &whole[..whole.len() / 2]).unwrap();
    for verb in ["view", "replay"] {
        let (code, _, err) = unisono(folder.path(), &["trace", verb, "cut.trace"]);
        assert!(code != 0 && err.contains("truncated"), "{verb}: {code} {err}");
    }
}

#[test]
fn a_trace_becomes_a_figure_that_can_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let record = ["trace", "record", "--decisions", "1", "--loss", "5%", "--out", "run.trace"];
    assert_eq!(unisono(folder.path(), &record).0, 0);
    for file in ["run.svg", "run.pdf"] {
        let drawn = json(folder.path(), &["figure", "spacetime", "run.trace", "--out", file]);
        assert!(drawn["messages"].as_u64().unwrap() > 10, "{drawn}");
        assert!(drawn["moments"].as_u64().unwrap() > 1, "{drawn}");
        assert_eq!(unisono(folder.path(), &["figure", "verify", file]).0, 0);
    }
    let cases =
        [(["--out", "run.png"], "`.svg` or `.pdf`"), (["--from-us", "999999999999"], "--to-us")];
    for (flags, hint) in cases {
        let args = [&["figure", "spacetime", "run.trace"], &flags[..]].concat();
        let (code, _, err) = unisono(folder.path(), &args);
        assert!(code == 2 && err.contains(hint), "{code} {err}");
    }
}
