//! `unisono figure`: drawings that prove what they were made of.

mod spacetime;

use std::path::{Path, PathBuf};

use figures::{Certificate, Flaw};
use lab::experiments::{Folder, figure_of};
use serde_json::{Value, json};

use crate::args::FigureCommand;
use crate::failure::{Exit, Explain, Result};
use crate::output::{Report, Table};

/// How a figure fared.
enum Verdict {
    /// Whole, and its data are those of the run beside it.
    OfItsRun,
    /// Whole; its run is not beside it.
    Whole,
    Flawed(String),
    /// Drawn by another version, whose lines cannot be drawn again.
    OtherVersion(String),
}

/// Runs the command.
pub(crate) fn run(command: FigureCommand) -> Result<Report> {
    match command {
        FigureCommand::SpaceTime(args) => spacetime::run(&args),
        FigureCommand::Verify { files } => verify(&files),
    }
}

fn verify(files: &[PathBuf]) -> Result<Report> {
    let mut table = Table::new(["file", "verdict", "fingerprint"]);
    let (mut values, mut exit) = (Vec::new(), Exit::Ok);
    for file in files {
        let (verdict, fingerprint) = check(file)?;
        let (word, why) = match &verdict {
            Verdict::OfItsRun => ("identical", "recomputed from the run beside it"),
            Verdict::Whole => ("whole", "drawn anew from the data in it; its run is not beside it"),
            Verdict::Flawed(why) => ("differs", why.as_str()),
            Verdict::OtherVersion(why) => ("unknown", why.as_str()),
        };
        exit = match (&verdict, exit) {
            (Verdict::Flawed(_), _) => Exit::Violated,
            (Verdict::OtherVersion(_), Exit::Ok) => Exit::Inconclusive,
            (Verdict::OtherVersion(_) | Verdict::OfItsRun | Verdict::Whole, exit) => exit,
        };
        let short = fingerprint.chars().take(12).collect();
        table.row([file.display().to_string(), format!("{word}: {why}"), short]);
        values.push(json!({
            "file": file.display().to_string(), "verdict": word, "why": why, "fingerprint": fingerprint,
        }));
    }
    Ok(Report::new(Value::Array(values), table.render()).exit(exit))
}

fn check(file: &Path) -> Result<(Verdict, String)> {
    let document = std::fs::read(file).explain(|| format!("cannot read {}", file.display()))?;
    Ok(match figures::verify(&document) {
        Ok(certificate) => {
            let verdict = against_run(file, &certificate)?;
            (verdict, certificate.fingerprint)
        }
        Err(flaw @ (Flaw::OtherTool(_) | Flaw::OtherFormat(_))) => {
            (Verdict::OtherVersion(flaw.to_string()), String::new())
        }
        Err(flaw @ (Flaw::Unreadable(_) | Flaw::OtherData { .. } | Flaw::OtherDrawing)) => {
            (Verdict::Flawed(flaw.to_string()), String::new())
        }
    })
}

/// Computes the figure anew from the cells of its run, where that is the folder above.
fn against_run(file: &Path, certificate: &Certificate) -> Result<Verdict> {
    let Some(source) = &certificate.figure.source else { return Ok(Verdict::Whole) };
    let Some(folder) = run_beside(file) else { return Ok(Verdict::Whole) };
    let (folder, manifest, plan) = Folder::open(&folder)?;
    if manifest.fingerprint != source.run {
        return Ok(Verdict::Whole);
    }
    let Some(figure) = figure_of(&folder, &plan, &source.figure)? else {
        return Ok(Verdict::Flawed(format!("its run has no figure `{}`", source.figure)));
    };
    Ok(if figures::fingerprint(&figure) == certificate.fingerprint {
        Verdict::OfItsRun
    } else {
        Verdict::Flawed("the run beside it gives other data".to_owned())
    })
}

fn run_beside(file: &Path) -> Option<PathBuf> {
    let file = file.canonicalize().ok()?;
    let folder = file.parent()?.parent()?;
    folder.join("manifest.json").is_file().then(|| folder.to_owned())
}
