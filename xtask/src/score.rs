//! How many of the cores' deliberate bugs are found: by the cores' own scenarios, and by the hunt alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::house::House;
use crate::process::{command, output};

const SPAN_MAX: Duration = Duration::from_secs(3_600);
/// How long the hunt may take.
const MINUTES: &str = "5";
/// The share of all bugs that must be found.
const FOUND_PER_CENT_MIN: usize = 95;

/// The cores whose bugs count.
const CORES: [&str; 8] = ["pbft", "hotstuff", "tendermint", "raft", "poa", "pos", "pow", "fba"];

/// A core's bugs by their names, and who found each.
type Bugs = BTreeMap<(String, String), Found>;

#[derive(Default)]
struct Found {
    label: String,
    by_script: bool,
    by_hunt: bool,
}

/// Runs both, and prints who found what.
pub(crate) fn run(house: &House) -> Result<bool> {
    let mut bugs = catalogue(house)?;
    let start = Instant::now();
    for core in CORES {
        scripts(house, core, &mut bugs)?;
    }
    let scripts_s = start.elapsed().as_secs();
    let hunt = hunt(house, &mut bugs)?;
    let count = |found: fn(&Found) -> bool| bugs.values().filter(|bug| found(bug)).count();
    let all = count(|bug| bug.by_script || bug.by_hunt);
    println!("| core | bugs | by scenario | by the hunt | by neither |\n|---|---:|---:|---:|---|");
    for core in CORES {
        let of: Vec<&Found> = bugs.iter().filter(|((c, _), _)| c == core).map(|(_, b)| b).collect();
        let at_large = of.iter().filter(|bug| !bug.by_script && !bug.by_hunt);
        println!(
            "| {core} | {} | {} | {} | {} |",
            of.len(),
            of.iter().filter(|bug| bug.by_script).count(),
            of.iter().filter(|bug| bug.by_hunt).count(),
            at_large.map(|bug| bug.label.as_str()).collect::<Vec<_>>().join(" ")
        );
    }
    println!(
        "\n{all} of {} found: {} by scenarios in {scripts_s} s, {} by the hunt in {} s ({} s of CPU)",
        bugs.len(),
        count(|bug| bug.by_script),
        count(|bug| bug.by_hunt),
        hunt["wall_s"],
        hunt["cpu_s"]
    );
    Ok(all * 100 >= bugs.len() * FOUND_PER_CENT_MIN)
}

/// All bugs, as the cores' registries list them: `Name = "label"`.
fn catalogue(house: &House) -> Result<Bugs> {
    let mut bugs = Bugs::new();
    for core in CORES {
        let path = house.root.join(format!("crates/{core}/src/mutants.rs"));
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let rows = text.lines().filter_map(|line| {
            let (name, label) = line.trim().strip_suffix("\",")?.split_once(" = \"")?;
            Some((name.to_owned(), label.to_owned()))
        });
        for (name, label) in rows {
            bugs.insert((core.to_owned(), name), Found { label, ..Found::default() });
        }
    }
    ensure!(!bugs.is_empty(), "no registry lists any bug");
    Ok(bugs)
}

/// The core's scenarios, each of which says which bugs it has noticed: `Name: what was wrong`.
fn scripts(house: &House, core: &str, bugs: &mut Bugs) -> Result<()> {
    let args = ["test", "--quiet", "--package", core, "--lib", "--", "--show-output"];
    let output = output(&mut command(&house.root, "cargo", &args), SPAN_MAX)?;
    ensure!(output.status.success(), "the scenarios of {core} fail");
    for line in output.stdout.lines() {
        let Some((name, _)) = line.split_once(": ") else { continue };
        if let Some(bug) = bugs.get_mut(&(core.to_owned(), name.to_owned())) {
            bug.by_script = true;
        }
    }
    Ok(())
}

/// The hunt, by a build that has the bugs.
fn hunt(house: &House, bugs: &mut Bugs) -> Result<Value> {
    let args = ["run", "--quiet", "--profile", "sim", "--package", "cli", "--features", "mutants"];
    let args = [&args[..], &["--", "sim", "score", "--minutes", MINUTES, "-o", "json"]].concat();
    let output = output(&mut command(&house.root, "cargo", &args), SPAN_MAX)?;
    let result: Value = serde_json::from_str(&output.stdout)
        .context("`unisono sim score` did not print one JSON object")?;
    for one in result["hunted"].as_array().into_iter().flatten() {
        let same = |(core, bug): (&(String, String), &Found)| {
            one["protocol"] == core.0.as_str() && one["bug"] == bug.label.as_str()
        };
        let key = bugs.iter().find(|(key, bug)| same((key, bug))).map(|(key, _)| key.clone());
        if let Some(bug) = key.and_then(|key| bugs.get_mut(&key)) {
            bug.by_hunt = one["found"] == true;
        }
    }
    Ok(result)
}
