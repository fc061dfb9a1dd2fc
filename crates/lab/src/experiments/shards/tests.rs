use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::experiments::{OnError, Scenario, run};

const TEXT: &str = r#"
name = "parts"
question = "Do parts make the whole?"
seed = 7
repeats = 3
[base]
decisions = 5
[grid]
protocol = ["pbft", "raft"]
"#;

fn plan() -> Plan {
    Plan::new(Scenario::read(TEXT, None, &[]).unwrap()).unwrap()
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn lines(plan: &Plan, parts: usize) -> Vec<String> {
    let part = |index| run_part(plan, Part::new(index, parts).unwrap(), threads(2));
    (0..parts).flat_map(part).collect()
}

#[test]
fn parts_cover_all_cells_once() {
    for (cells, parts) in [(0, 3), (6, 4), (7, 7), (3, 8), (100, 9)] {
        let all: Vec<usize> =
            (0..parts).flat_map(|index| Part::new(index, parts).unwrap().of(cells)).collect();
        assert_eq!(all, (0..cells).collect::<Vec<_>>(), "{cells} in {parts}");
    }
    assert_eq!(Part::read("1/2").unwrap(), Part::new(1, 2).unwrap());
    for text in ["2/2", "1", "a/b", "0/0", "-1/2"] {
        assert!(Part::read(text).is_err(), "{text}");
    }
}

#[test]
fn merged_parts_have_the_bytes_of_one_run() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let (whole, merged) = (folder.path().join("whole"), folder.path().join("merged"));
    let (whole, merged) = (Folder::of(&whole, &plan), Folder::of(&merged, &plan));
    let how = (threads(1), OnError::Keep);
    run(&plan, &whole, how, &[], &AtomicBool::new(false), &|_| ()).unwrap();
    let mut lines = lines(&plan, 4);
    lines.rotate_left(2);
    lines.push(lines[0].clone());
    merge(&plan, &merged, &lines, &[]).unwrap();
    for name in ["cells.jsonl", "SHA256SUMS", "summary.json", "report.html"] {
        let read = |folder: &Folder| std::fs::read(folder.path().join(name)).unwrap();
        assert!(read(&whole) == read(&merged), "{name} differs");
    }
}

#[test]
fn missing_changed_and_foreign_cells_are_refused() {
    let (plan, folder) = (plan(), tempfile::tempdir().unwrap());
    let target = Folder::of(folder.path(), &plan);
    let good = lines(&plan, 1);
    let refused = |lines: &[String]| merge(&plan, &target, lines, &[]).unwrap_err();
    assert!(refused(&good[1..]).what.contains("1 of 6 cells are missing"));
    let mut changed = good.clone();
    changed[2] = changed[2].replace("\"status\":\"ok\"", "\"status\":\"failed\"");
    changed.push(good[2].clone());
    assert!(refused(&changed).why.contains("differed"));
    let mut foreign = good.clone();
    foreign[0] = foreign[0].replace("\"seed\":", "\"seed\":1");
    assert!(refused(&foreign).why.contains("another in the plan"));
    let mut torn = good;
    torn[5].truncate(20);
    assert_eq!(refused(&torn).kind, Kind::Violated);
    assert!(!target.path().exists(), "nothing is written of a run that cannot be merged");
}
