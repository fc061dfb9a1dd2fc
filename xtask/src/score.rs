//! How many of the cores' deliberate bugs are found: by the cores' own scenarios, and by the hunt alone.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::house::House;
use crate::process::{command, output};

const SPAN_MAX: Duration = Duration::from_secs(4 * 3_600);
/// What both may take together: five minutes on two free cores.
const CPU_SECONDS: f64 = 600.0;
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
    /// Why no hunt can find it.
    out_of_reach: Option<String>,
}

/// Runs both, and prints who found what.
pub(crate) fn run(house: &House) -> Result<bool> {
    let (text, is_good) = score(house)?;
    print!("{text}");
    Ok(is_good)
}

/// The table of who found what, and whether enough was found.
pub(crate) fn score(house: &House) -> Result<(String, bool)> {
    let mut bugs = catalogue(house)?;
    // Compiling is not hunting.
    for core in CORES {
        run_quietly(house, &["test", "--quiet", "--package", core, "--lib", "--no-run"])?;
    }
    run_quietly(house, &[&["build", "--quiet"], HUNTER].concat())?;
    let before_s = children_cpu_s()?;
    for core in CORES {
        scripts(house, core, &mut bugs)?;
    }
    let scripts_s = children_cpu_s()? - before_s;
    let hunt = hunt(house, (CPU_SECONDS - scripts_s).max(1.0), &mut bugs)?;
    Ok(describe(&bugs, scripts_s, &hunt))
}

fn describe(bugs: &Bugs, scripts_s: f64, hunt: &Value) -> (String, bool) {
    let count = |found: fn(&Found) -> bool| bugs.values().filter(|bug| found(bug)).count();
    let all = count(|bug| bug.by_script || bug.by_hunt);
    let mut text = "| core | bugs | by scenario | by the hunt | out of the hunt's reach | by scenario alone |\n\
                    |---|---:|---:|---:|---:|---|\n"
        .to_owned();
    for core in CORES {
        let of: Vec<&Found> = bugs.iter().filter(|((c, _), _)| c == core).map(|(_, b)| b).collect();
        let missed = of.iter().filter(|bug| !bug.by_hunt && bug.out_of_reach.is_none());
        text += &format!(
            "| {core} | {} | {} | {} | {} | {} |\n",
            of.len(),
            of.iter().filter(|bug| bug.by_script).count(),
            of.iter().filter(|bug| bug.by_hunt).count(),
            of.iter().filter(|bug| bug.out_of_reach.is_some()).count(),
            missed.map(|bug| bug.label.as_str()).collect::<Vec<_>>().join(" ")
        );
    }
    let hunt_s = hunt["cpu_s"].as_f64().unwrap_or_default();
    text += &format!(
        "\n{all} of {} found in {:.0} CPU seconds (five minutes on two cores are 600): {} by scenarios in {scripts_s:.0}, \
         {} by the hunt in {hunt_s:.0}, half of these within {}. {} are out of the hunt's reach:\n\n",
        bugs.len(),
        scripts_s + hunt_s,
        count(|bug| bug.by_script),
        count(|bug| bug.by_hunt),
        hunt["median_s"],
        count(|bug| bug.out_of_reach.is_some()),
    );
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((core, _), bug) in bugs {
        if let Some(why) = &bug.out_of_reach {
            reasons.entry(why).or_default().push(format!("{core} {}", bug.label));
        }
    }
    for (why, which) in reasons {
        text += &format!("- {why}: {}\n", which.join(", "));
    }
    (text, all * 100 >= bugs.len() * FOUND_PER_CENT_MIN)
}

fn run_quietly(house: &House, args: &[&str]) -> Result<()> {
    crate::process::run(&mut command(&house.root, "cargo", args))
}

/// CPU seconds of all programs that this one has started and seen end (`proc_pid_stat(5)`).
fn children_cpu_s() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("no /proc/self/stat")?;
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace().skip(13));
    let ticks: u64 = fields
        .into_iter()
        .flatten()
        .take(2)
        .map(str::parse::<u64>)
        .sum::<Result<u64, _>>()
        .context("/proc/self/stat has no times")?;
    Ok(ticks as f64 / TICKS_PER_S)
}

/// The kernel counts times for user space in these, whatever its own clock is (`time(7)`).
const TICKS_PER_S: f64 = 100.0;

/// What builds and runs the hunt: a binary that has the bugs.
const HUNTER: &[&str] = &["--profile", "sim", "--package", "cli", "--features", "mutants"];

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

/// The hunt, in so many CPU seconds, by a build that has the bugs.
fn hunt(house: &House, limit_s: f64, bugs: &mut Bugs) -> Result<Value> {
    let limit = format!("{limit_s:.0}");
    let args = ["--", "sim", "score", "--limit-s", &limit, "-o", "json"];
    let args = [&["run", "--quiet"], HUNTER, &args].concat();
    let output = output(&mut command(&house.root, "cargo", &args), SPAN_MAX)?;
    let result: Value = serde_json::from_str(&output.stdout)
        .context("`unisono sim score` did not print one JSON object")?;
    let rows = |name: &str| result[name].as_array().cloned().unwrap_or_default();
    for one in rows("hunted") {
        for ((core, _), bug) in bugs.iter_mut() {
            if one["protocol"] == core.as_str() && one["bug"] == bug.label.as_str() {
                bug.by_hunt = one["found"] == true;
            }
        }
    }
    for one in rows("elsewhere") {
        for ((core, _), bug) in bugs.iter_mut() {
            let of_core = one["protocol"] == core.as_str() || one["protocol"] == "*";
            if of_core && one["bug"] == bug.label.as_str() {
                bug.out_of_reach = one["why"].as_str().map(str::to_owned);
            }
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests;
