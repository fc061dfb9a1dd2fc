//! One run on many machines: parts, their merger, and the manifest that has Kubernetes run them.

use std::path::{Path, PathBuf};

use lab::experiments::{self as lab_runs, Counts, Folder, Part, Plan, State};
use serde_json::{Value, json};

use super::{read, state_report};
use crate::args::{ExportArgs, MergeArgs, PartArgs};
use crate::failure::{Explain, Result};
use crate::output::{Report, pairs};

/// Runs one part and writes its lines.
pub(in crate::commands::lab) fn part(args: &PartArgs) -> Result<Report> {
    let plan = read(&args.scenario)?;
    let part = Part::read(&args.part)?;
    let threads = args.threads.unwrap_or_else(lab::parallel::processors);
    let lines = lab_runs::run_part(&plan, part, threads);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    write_whole(&args.file, text.as_bytes())?;
    let file = args.file.display().to_string();
    let value = json!({
        "part": args.part, "cells": lines.len(), "of": plan.cells.len(), "file": file,
        "fingerprint": plan.fingerprint,
    });
    let cells = format!("{} of {}", lines.len(), plan.cells.len());
    Ok(Report::new(value, pairs(&[("cells", cells), ("file", file)])))
}

/// A part's file is there whole or not at all: a pod that dies leaves nothing that could be merged.
fn write_whole(file: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let cannot = || format!("cannot write {}", file.display());
    std::fs::write(&partial, bytes).explain(cannot)?;
    std::fs::rename(&partial, file).explain(cannot)
}

/// Puts the lines of all parts together.
pub(in crate::commands::lab) fn merge(args: &MergeArgs) -> Result<Report> {
    let plan = read(&args.scenario)?;
    let mut lines = Vec::with_capacity(plan.cells.len());
    for file in &args.files {
        let text =
            std::fs::read_to_string(file).explain(|| format!("cannot read {}", file.display()))?;
        lines.extend(text.lines().map(str::to_owned));
    }
    let folder = Folder::of(&args.scenario.runs, &plan);
    let argv: Vec<String> = std::env::args().collect();
    lab_runs::merge(&plan, &folder, &lines, &argv)?;
    let (cells, _) = folder.cells(&plan)?;
    let counts = Counts::of(plan.cells.len(), &cells);
    Ok(state_report(&folder, &plan, &counts, State::Complete))
}

/// The manifest of an Indexed Job: each pod runs the part of its index and writes it to a volume that all share.
pub(in crate::commands::lab) fn export(args: &ExportArgs) -> Result<Report> {
    let plan = read(&args.scenario)?;
    let parts = args.parts.get().min(plan.cells.len().max(1));
    let manifest = manifest(&plan, parts, &args.image, &args.claim);
    let value = json!({ "parts": parts, "cells": plan.cells.len(), "manifest": manifest });
    Ok(Report::new(value, manifest))
}

fn manifest(plan: &Plan, parts: usize, image: &str, claim: &str) -> String {
    let name = format!("unisono-{}", plan.short());
    let quoted = |text: &str| Value::from(text).to_string();
    let config: String = plan.config.lines().map(|line| format!("    {line}\n")).collect();
    let command = format!(
        "unisono lab part /scenario/scenario.toml --part $(JOB_COMPLETION_INDEX)/{parts} \
         --file /parts/{name}-$(JOB_COMPLETION_INDEX).jsonl"
    );
    let arguments: String =
        command.split(' ').map(|word| format!("        - {}\n", quoted(word))).collect();
    format!(
        "\
# {cells} cells of `{scenario}` in {parts} parts. When the job is done:
#   unisono lab merge scenario.toml {name}-*.jsonl
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  scenario.toml: |
{config}---
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
spec:
  completionMode: Indexed
  completions: {parts}
  parallelism: {parts}
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: part
        image: {image}
        command:
{arguments}        env:
        - name: JOB_COMPLETION_INDEX
          valueFrom:
            fieldRef:
              fieldPath: metadata.annotations['batch.kubernetes.io/job-completion-index']
        volumeMounts:
        - name: scenario
          mountPath: /scenario
        - name: parts
          mountPath: /parts
      volumes:
      - name: scenario
        configMap:
          name: {name}
      - name: parts
        persistentVolumeClaim:
          claimName: {claim}
",
        cells = plan.cells.len(),
        scenario = plan.scenario.name,
        image = quoted(image),
        claim = quoted(claim),
    )
}

#[cfg(test)]
mod tests;
