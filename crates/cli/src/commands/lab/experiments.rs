//! Experiments: scenarios, their runs, and what is made of them.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

mod comparison;
mod parts;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lab::experiments::{
    self as lab_runs, Counts, Ended, Error, Folder, Kind, Manifest, OnError, Plan, SHIPPED,
    Scenario, State,
};
use serde_json::{Value, json};

pub(super) use parts::{export, merge, part};

use crate::args::{CompareArgs, LabRunArgs, OnErrorArg, ScenarioArgs};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table, note, pairs};
use crate::{local, progress};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, code) = match error.kind {
            Kind::Usage => (Exit::Usage, "USAGE"),
            Kind::Failed => (Exit::Failed, "FAILED"),
            Kind::Violated => (Exit::Violated, "VIOLATED"),
        };
        Self::new(exit, code, error.what).why(error.why).next(error.next)
    }
}

/// Writes a shipped scenario to a file, or lists them.
pub(super) fn new(name: Option<&str>, file: Option<PathBuf>) -> Result<Report> {
    let Some(name) = name else {
        let questions = SHIPPED.iter().filter_map(|(name, text)| {
            Some((*name, Scenario::read(text, None, &[]).ok()?.question))
        });
        let questions: Vec<(&str, String)> = questions.collect();
        let values = questions.iter().map(|(name, asks)| json!({ "name": name, "question": asks }));
        return Ok(Report::new(Value::Array(values.collect()), pairs(&questions)));
    };
    let text = lab_runs::shipped(name).ok_or_else(|| no_such_scenario(name))?;
    let file = file.unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    if file.exists() {
        return Err(Failure::failed(format!("{} is there already", file.display()))
            .why("a scenario that you may have changed is not overwritten")
            .next("name another file by `--file`"));
    }
    std::fs::write(&file, text).explain(|| format!("cannot write {}", file.display()))?;
    let next = format!("unisono lab plan {}", file.display());
    let value = json!({ "file": file.display().to_string(), "next": next });
    Ok(Report::new(value, format!("wrote {}\nnext: {next}", file.display())))
}

fn no_such_scenario(name: &str) -> Failure {
    let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
    Failure::usage(format!("there is no scenario `{name}`"))
        .why("it is neither a file nor one that comes with the program")
        .next(format!("one of: {}", names.join(", ")))
}

fn read(args: &ScenarioArgs) -> Result<Plan> {
    let path = Path::new(&args.scenario);
    let text = if path.is_file() {
        std::fs::read_to_string(path).explain(|| format!("cannot read {}", path.display()))?
    } else {
        let shipped = lab_runs::shipped(&args.scenario);
        shipped.ok_or_else(|| no_such_scenario(&args.scenario))?.to_owned()
    };
    Ok(Plan::new(Scenario::read(&text, args.preset.as_deref(), &args.set)?)?)
}

/// Says what would be run.
pub(super) fn plan(args: &ScenarioArgs) -> Result<Report> {
    let plan = read(args)?;
    let folder = Folder::of(&args.runs, &plan);
    let Scenario { name, question, seed, repeats, base, grid, zip, .. } = &plan.scenario;
    let axis = |(key, values): (&String, &Vec<String>)| format!("{key}{{{}}}", values.join(", "));
    let mut axes: Vec<String> = grid.iter().map(axis).collect();
    axes.extend(zip.iter().map(|axes| axes.iter().map(axis).collect::<Vec<_>>().join(" with ")));
    let fixed: Vec<String> = base.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let (cells, combinations) = (plan.cells.len(), plan.combinations());
    let value = json!({
        "name": name, "question": question, "seed": seed, "repeats": repeats, "combinations": combinations,
        "cells": cells, "axes": plan.axes, "base": base, "fingerprint": plan.fingerprint,
        "folder": folder.path().display().to_string(),
    });
    let text = pairs(&[
        ("name", name.clone()),
        ("question", question.clone()),
        ("cells", format!("{cells} = {combinations} combinations x {repeats} runs")),
        ("axes", axes.join(" x ")),
        ("fixed", fixed.join(" ")),
        ("seed", seed.to_string()),
        ("folder", folder.path().display().to_string()),
    ]);
    Ok(Report::new(value, text))
}

/// Runs a scenario.
pub(super) fn run(args: &LabRunArgs) -> Result<Report> {
    let plan = read(&args.scenario)?;
    let folder = Folder::of(&args.scenario.runs, &plan);
    let threads = args.threads.unwrap_or_else(lab::parallel::processors);
    let on_error = match args.on_error {
        OnErrorArg::Keep => OnError::Keep,
        OnErrorArg::Stop => OnError::Stop,
    };
    let path = folder.path().display().to_string();
    note(&format!("{} cells, seed {}, into {path}", plan.cells.len(), plan.scenario.seed));
    let stop = stop_on_signal()?;
    let bar = progress::bar(plan.cells.len() as u64, "cells");
    let argv: Vec<String> = std::env::args().collect();
    let progress = |counts: &Counts| bar.set_position((counts.planned - counts.left) as u64);
    let (ended, counts) =
        lab_runs::run(&plan, &folder, (threads, on_error), &argv, &stop, &progress)?;
    bar.finish_and_clear();
    let again =
        format!("unisono lab run {path}/config.toml --runs {}", args.scenario.runs.display());
    match ended {
        Ended::Complete => {}
        Ended::Stopped => {
            let done = counts.planned - counts.left;
            return Err(Failure::interrupted()
                .why(format!("{done} of {} cells are kept in {path}", counts.planned))
                .next(format!("`{again}` goes on")));
        }
        Ended::OnError(cell) => {
            return Err(Failure::failed(format!("cell {} could not be run", cell.cell))
                .why(cell.why)
                .next(format!("`{again}` goes on with the others")));
        }
    }
    let exit = if counts.errors > 0 { Exit::Failed } else { Exit::Ok };
    Ok(state_report(&folder, &plan, &counts, State::Complete).exit(exit))
}

/// A flag that Ctrl-C raises; a second one ends the process, which loses nothing that is kept.
fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .explain(|| "no runtime".into())?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            local::terminated().await;
            raised.store(true, Ordering::Relaxed);
            note("stopping behind the cells under way; once more to stop at once");
            local::terminated().await;
            std::process::exit(i32::from(Exit::Interrupted as u8));
        });
    });
    Ok(stop)
}

fn state_report(folder: &Folder, plan: &Plan, counts: &Counts, state: State) -> Report {
    let path = folder.path().display().to_string();
    let Counts { planned, ok, failed, timed_out, left, errors } = *counts;
    let state = match state {
        State::Complete => "complete",
        State::Running if folder.is_running() => "running",
        State::Running => "killed",
        State::Stopped => "stopped",
    };
    let value = json!({
        "name": plan.scenario.name, "folder": path, "state": state, "fingerprint": plan.fingerprint,
        "planned": planned, "ok": ok, "failed": failed, "timed_out": timed_out, "left": left, "errors": errors,
        "report": folder.path().join("report.html").display().to_string(),
    });
    let cells = format!(
        "{planned} = {ok} ok + {failed} failed + {timed_out} timed out + {left} left ({errors} could not be run)"
    );
    let mut rows = vec![("state", state.to_owned()), ("cells", cells), ("folder", path.clone())];
    if state == "complete" {
        rows.push(("report", format!("{path}/report.html")));
        rows.push(("check", format!("unisono lab verify {path}")));
    }
    Report::new(value, pairs(&rows))
}

/// How far one run is, or all of them.
pub(super) fn status(run: Option<PathBuf>, runs: &Path) -> Result<Report> {
    if let Some(run) = run {
        let (folder, manifest, plan) = Folder::open(&run)?;
        let (cells, _) = folder.cells(&plan)?;
        let counts = Counts::of(plan.cells.len(), &cells);
        return Ok(state_report(&folder, &plan, &counts, manifest.state));
    }
    let mut table = Table::new(["name", "run", "state", "done", "of", "failed", "timed out"]);
    let mut values = Vec::new();
    for path in folders(runs)? {
        let Ok((folder, manifest, plan)) = Folder::open(&path) else {
            note(&format!(
                "{} cannot be opened: `unisono lab status` with it says why",
                path.display()
            ));
            continue;
        };
        let (cells, _) = folder.cells(&plan)?;
        let counts = Counts::of(plan.cells.len(), &cells);
        let report = state_report(&folder, &plan, &counts, manifest.state);
        let value = report.into_value();
        let text = |key: &str| {
            let value = &value[key];
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        let done = (counts.planned - counts.left).to_string();
        let Manifest { name, fingerprint, .. } = manifest;
        let short = fingerprint.chars().take(12).collect();
        table.row([
            name,
            short,
            text("state"),
            done,
            text("planned"),
            text("failed"),
            text("timed_out"),
        ]);
        values.push(value);
    }
    Ok(Report::new(Value::Array(values), table.render()))
}

fn folders(runs: &Path) -> Result<Vec<PathBuf>> {
    let list = |path: &Path| -> Result<Vec<PathBuf>> {
        let entries =
            std::fs::read_dir(path).explain(|| format!("cannot read {}", path.display()))?;
        let mut paths: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        paths.sort();
        Ok(paths)
    };
    let mut found = Vec::new();
    for name in list(runs)? {
        found.extend(list(&name)?.into_iter().filter(|run| run.join("manifest.json").is_file()));
    }
    Ok(found)
}

/// Makes everything anew that follows from the cells.
pub(super) fn report(run: &Path) -> Result<Report> {
    let (folder, manifest, plan) = Folder::open(run)?;
    lab_runs::finish(&folder, &plan)?;
    let (cells, _) = folder.cells(&plan)?;
    let counts = Counts::of(plan.cells.len(), &cells);
    let state = if counts.left == 0 { State::Complete } else { manifest.state };
    Ok(state_report(&folder, &plan, &counts, state))
}

/// Recomputes a run.
pub(super) fn verify(run: &Path, sample: u32, threads: Option<NonZeroUsize>) -> Result<Report> {
    let (folder, _, plan) = Folder::open(run)?;
    let threads = threads.unwrap_or_else(lab::parallel::processors);
    let found = lab_runs::verify(&folder, &plan, sample, threads)?;
    let value = json!({
        "verdict": "identical", "files": found.files, "made_anew": found.made, "cells_again": found.cells,
        "cells": found.cells_total, "fingerprint": plan.fingerprint,
    });
    let text = format!(
        "{} files have their sums, {} made anew from the cells are the same bytes\n{} of {} cells run again are the \
         same bytes",
        found.files, found.made, found.cells, found.cells_total
    );
    Ok(Report::new(value, text))
}

/// Tests whether runs differ.
pub(super) fn compare(args: &CompareArgs) -> Result<Report> {
    let by = args.by.as_deref();
    let found = lab_runs::compare_folders(&args.runs, &args.metric, by, &args.only)?;
    Ok(comparison::report(&found))
}

/// Runs again what claims come from.
pub(super) fn claims(file: &Path) -> Result<Report> {
    let text =
        std::fs::read_to_string(file).explain(|| format!("cannot read {}", file.display()))?;
    let spinner = progress::spinner("running what the claims come from");
    let checked = lab_runs::check_claims(&text, lab::parallel::processors())?;
    spinner.finish_and_clear();
    let lines = checked.iter().map(|checked| {
        let verdict = if checked.holds() { "holds" } else { "differs" };
        let said = &checked.claim.value;
        let but =
            if checked.holds() { String::new() } else { format!("; the document says {said}") };
        format!("{verdict}: {}{but}", checked.sentence())
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let values = checked.iter().map(|checked| {
        json!({
            "claim": checked.sentence(), "said": checked.claim.value, "found": checked.found,
            "holds": checked.holds(), "scenario": checked.claim.scenario,
        })
    });
    let all = checked.iter().all(lab_runs::Checked::holds);
    let exit = if all { Exit::Ok } else { Exit::Violated };
    Ok(Report::new(Value::Array(values.collect()), text).exit(exit))
}
