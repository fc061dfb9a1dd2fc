//! `unisono lab reliability` from outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot start has failed")]
#![allow(clippy::float_arithmetic, reason = "probabilities are not agreed on")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn run(folder: &Path, line: &str) -> (i32, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_unisono"))
        .args(["lab", "reliability", "-o", "json"])
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), value, String::from_utf8(output.stderr).unwrap())
}

fn answer(line: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (code, value, stderr) = run(folder.path(), line);
    assert_eq!(code, 0, "{line}: {stderr}");
    value
}

#[test]
fn theory_and_drawn_rounds_stand_side_by_side() {
    let value = answer("--protocol pbft --nodes 4 --p 0.9 --rounds 50000 --seed 7");
    assert!((value["theory"].as_f64().unwrap() - 0.521_461_241_113).abs() < 1e-12, "{value}");
    let (low, high) = (value["ci95"][0].as_f64().unwrap(), value["ci95"][1].as_f64().unwrap());
    let estimate = value["estimate"].as_f64().unwrap();
    assert!(low < estimate && estimate < high && high - low < 0.01, "{value}");
    assert_eq!((&value["rounds"], &value["seed"]), (&50_000.into(), &7.into()));
    assert!(value["rounds_per_cpu_s"].is_number() && value["residual"].is_number(), "{value}");
    let again = answer("--protocol pbft --nodes 4 --p 90% --rounds 50000 --seed 7 --threads 1");
    assert_eq!(value["hits"], again["hits"]);
}

#[test]
fn the_later_thresholds_and_other_topologies() {
    let later = answer("--nodes 7 --p 0.8 --thresholds 2f-1,2f --engine theory");
    assert!((later["theory"].as_f64().unwrap() - 0.281_732_767_145).abs() < 1e-12, "{later}");
    for topology in ["ring", "star", "tree --arity 3"] {
        let value = answer(&format!("--nodes 7 --p 0.95 --topology {topology} --rounds 20000"));
        assert!((value["residual"].as_f64().unwrap()).abs() < 0.02, "{value}");
    }
}

#[test]
fn the_real_core_is_the_third_line() {
    let value =
        answer("--p 0.9 --engine core --trials 200 --help-by none,view-change --horizon 5s");
    let cores = value["cores"].as_array().unwrap();
    let estimate = |at: usize| cores[at]["estimate"].as_f64().unwrap();
    assert_eq!((&cores[0]["help"], &cores[1]["help"]), (&"none".into(), &"view-change".into()));
    assert!((estimate(0) - cores[0]["theory"].as_f64().unwrap()).abs() < 0.15, "{value}");
    assert!(estimate(1) > estimate(0), "{value}");
}

#[test]
fn a_sweep_is_a_list_with_a_figure() {
    let folder = tempfile::tempdir().unwrap();
    let line = "--sweep nodes=4,7 --sweep p=0.8:1:0.1 --rounds 2000 --figure curve.svg";
    let (code, value, stderr) = run(folder.path(), line);
    assert_eq!(code, 0, "{stderr}");
    let points: Vec<(u64, f64)> = value["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["nodes"].as_u64().unwrap(), item["p"].as_f64().unwrap()))
        .collect();
    assert_eq!(points, [(4, 0.8), (4, 0.9), (4, 1.0), (7, 0.8), (7, 0.9), (7, 1.0)]);
    assert!(std::fs::read_to_string(folder.path().join("curve.svg")).unwrap().starts_with("<"));
}

#[test]
fn a_sweep_over_nodes_is_drawn_over_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let line = "--sweep topology=full,star --sweep nodes=4,7,10 --engine theory --figure n.svg";
    let (code, _, stderr) = run(folder.path(), line);
    assert_eq!(code, 0, "{stderr}");
    let figure = std::fs::read_to_string(folder.path().join("n.svg")).unwrap();
    assert!(figure.contains("nodes, N") && figure.contains("p = 0.9, star, theory"), "{figure}");
    assert_eq!(run(folder.path(), "--figure n.txt").0, 2);
}

#[test]
fn what_is_rare_has_an_interval_that_holds_the_truth() {
    let value = answer("--nodes 10 --p 0.9999 --engine theory,rare --rounds 20000");
    let exact = value["theory_failure"].as_f64().unwrap();
    let ends = &value["rare"]["ci95"];
    assert_eq!(value["rare"]["event"], "failure");
    assert!(
        exact < 1e-6 && ends[0].as_f64().unwrap() < exact && exact < ends[1].as_f64().unwrap(),
        "{value}"
    );
}

#[test]
fn impossible_parameters_are_usage_errors_that_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("wide.txt", "1 0.5 0.5\n0.5 1 0.5\n");
    write("word.txt", "1 high\n0.5 1\n");
    write("graph.txt", "0 1\n1 x\n");
    for (line, why) in [
        ("--p 1.5", "is 1.5"),
        ("--p -0.1", "is -0.1"),
        ("--p NaN", "no probability"),
        ("--nodes 0", "0 nodes"),
        ("--nodes 0 --engine core", "0 nodes"),
        ("--nodes 99999", "99999 nodes"),
        ("--faults 2", "f = 2"),
        ("--silent 4", "4 of 4"),
        ("--leader 9", "node 9"),
        ("--thresholds 2f", "thresholds `2f`"),
        ("--topology torus", "torus"),
        ("--topology tree --arity 0", "arity 0"),
        ("--matrix wide.txt", "not square"),
        ("--matrix word.txt", "`high` is no number"),
        ("--graph graph.txt", "line 2"),
        ("--availability 0.9,0.9", "for 2 nodes"),
        ("--rounds 0", "no rounds"),
        ("--precision 0", "precision of 0"),
        ("--engine core --trials 0", "0 trials"),
        ("--engine core --protocol raft --help-by retransmission", "heartbeats"),
        ("--engine theory --nodes 60 --topology ring", "terms"),
        ("--sweep q=1", "it sweeps p"),
        ("--sweep p=0:1:0", "1 to 10000 values"),
        ("--sweep p=0.5,", "missing"),
    ] {
        let (code, value, stderr) = run(folder.path(), line);
        assert_eq!(code, 2, "{line}: {stderr}");
        assert!(stderr.contains(why), "{line}: {stderr}");
        assert_eq!(value["success"], false, "{line}: {value}");
    }
    let (code, _, stderr) = run(folder.path(), "--matrix nowhere.txt");
    assert_eq!(code, 1, "{stderr}");
    let (code, value, _) = run(folder.path(), "--nodes 60 --topology ring --rounds 1000");
    assert_eq!((code, &value["theory"]), (0, &Value::Null));
    assert!(value["theory_refused"].as_str().unwrap().contains("terms"), "{value}");
}

#[test]
fn the_primary_s_measures_stand_beside_its_success() {
    let folder = tempfile::tempdir().unwrap();
    let primary = |line: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_unisono"))
            .args(["lab", "primary", "-o", "json"])
            .args(line.split_whitespace())
            .current_dir(folder.path())
            .output()
            .unwrap();
        (output.status.code().unwrap(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    let (code, value) = primary("--nodes 4 --range 0.8:1");
    assert_eq!((code, value["candidates"].as_array().unwrap().len()), (0, 4), "{value}");
    assert!(value["loss"].as_f64().unwrap() >= 0.0, "{value}");
    let (code, many) = primary("--nodes 5 --experiments 10");
    assert_eq!((code, many["measures"].as_array().unwrap().len()), (0, 11), "{many}");
    assert!(many["measures"][0]["spearman"].is_number(), "{many}");
    assert_eq!(primary("--nodes 5 --experiments 10 --threads 1").1, many);
    for line in ["--nodes 0", "--range 0.9:0.5", "--range 0.5:1.5", "--nodes 60", "--faults 9"] {
        assert_eq!(primary(line).0, 2, "{line}");
    }
}
