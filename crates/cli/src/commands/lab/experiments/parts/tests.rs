use lab::experiments::Scenario;

use super::*;

const TEXT: &str = "name = \"small\"\nquestion = \"?\"\n[grid]\nprotocol = [\"pbft\", \"raft\"]\n";

#[test]
fn a_manifest_carries_the_resolved_scenario_and_names_every_part() {
    let plan = Plan::new(Scenario::read(TEXT, None, &[]).unwrap()).unwrap();
    let text = manifest(&plan, 2, "registry/unisono:1", "shared");
    assert!(text.contains("completionMode: Indexed\n  completions: 2\n"));
    assert!(text.contains("- \"$(JOB_COMPLETION_INDEX)/2\"\n"));
    assert!(text.contains("image: \"registry/unisono:1\"\n"));
    let config = text.split("scenario.toml: |\n").nth(1).unwrap().split("---").next().unwrap();
    let config: String = config.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let again = Plan::new(Scenario::read(&config, None, &[]).unwrap()).unwrap();
    assert_eq!(again.fingerprint, plan.fingerprint);
}

#[test]
fn a_part_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0.jsonl");
    write_whole(&file, b"lines\n").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"lines\n");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(write_whole(&folder.path().join("none/0.jsonl"), b"").is_err());
}
