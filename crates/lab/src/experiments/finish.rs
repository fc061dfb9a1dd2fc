//! What is made of finished cells: samples, summaries, figures, the report, and the sums of them all.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::error::Error;
use super::folder::{CELLS, CONFIG, Counts, Folder, SUMS};
use super::plan::hex;
use super::summary::{as_csv, as_json, field, rows};
use super::{Finished, Plan, chart, report};

pub(crate) const SAMPLES: &str = "samples.csv.gz";

/// One file of a run's folder.
pub(crate) type Made = (String, Vec<u8>);

/// Writes everything that follows from the cells; where all of them are there, also the sums that seal the folder.
///
/// # Errors
/// Where a figure cannot be drawn, or the disk does not take a file.
pub fn finish(folder: &Folder, plan: &Plan) -> Result<(), Error> {
    let (cells, _) = folder.cells(plan)?;
    folder.unseal()?;
    #[cfg_attr(not(feature = "parquet"), expect(unused_mut, reason = "what follows is complete"))]
    let mut made = make(plan, &cells)?;
    for (name, bytes) in &made {
        folder.write(name, bytes)?;
    }
    if cells.len() < plan.cells.len() {
        return Ok(());
    }
    #[cfg(feature = "parquet")]
    made.extend(keep_parquet(folder, plan, &cells)?);
    let mut sums: Vec<(String, String)> =
        made.iter().map(|(name, bytes)| (name.clone(), sum(bytes))).collect();
    for name in [CELLS, CONFIG] {
        sums.push((name.to_owned(), sum(folder.read(name)?.as_bytes())));
    }
    sums.sort();
    let lines: String = sums.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    folder.write(SUMS, lines.as_bytes())
}

/// One figure of a run, computed anew from its cells; none where the scenario has no such figure.
///
/// # Errors
/// Where the cells cannot be read, or the figure would mix what differs.
pub fn figure_of(
    folder: &Folder,
    plan: &Plan,
    name: &str,
) -> Result<Option<figures::Figure>, Error> {
    let Some(spec) = plan.scenario.figures.iter().find(|spec| spec.name == name) else {
        return Ok(None);
    };
    let (cells, _) = folder.cells(plan)?;
    chart::figure(plan, &cells, spec).map(Some)
}

/// The samples in columns, beside those in text: kept under the folder's sums, and not asked for where they are not.
#[cfg(feature = "parquet")]
fn keep_parquet(folder: &Folder, plan: &Plan, cells: &[Finished]) -> Result<Option<Made>, Error> {
    let bytes = super::parquet::samples(plan, cells)
        .map_err(|error| Error::failed("no samples in columns").why(error))?;
    folder.write(super::parquet::SAMPLES, &bytes)?;
    Ok(Some((super::parquet::SAMPLES.to_owned(), bytes)))
}

pub(crate) fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Everything that follows from the cells, byte for byte.
pub(crate) fn make(plan: &Plan, cells: &[Finished]) -> Result<Vec<Made>, Error> {
    let rows = rows(cells);
    let counts = Counts::of(plan.cells.len(), cells);
    let mut made = vec![
        (SAMPLES.to_owned(), samples(plan, cells).map_err(|e| Error::failed("no samples").why(e))?),
        ("summary.csv".to_owned(), as_csv(&rows).into_bytes()),
    ];
    let summary = json!({
        "name": plan.scenario.name, "question": plan.scenario.question, "fingerprint": plan.fingerprint,
        "seed": plan.scenario.seed, "repeats": plan.scenario.repeats, "confidence": 0.95,
        "cells": counts_json(&counts), "rows": as_json(&rows),
    });
    let text = serde_json::to_string_pretty(&summary).unwrap_or_default();
    made.push(("summary.json".to_owned(), format!("{text}\n").into_bytes()));
    let mut drawn = Vec::new();
    for spec in &plan.scenario.figures {
        let figure = chart::figure(plan, cells, spec)?;
        let cannot = |error: figures::TooMuch| {
            Error::usage(format!("figure `{}` cannot be drawn", spec.name)).why(error)
        };
        let svg = figures::svg(&figure).map_err(cannot)?;
        let pdf = figures::pdf(&figure).map_err(cannot)?;
        made.push((format!("figures/{}.svg", spec.name), svg.clone().into_bytes()));
        made.push((format!("figures/{}.pdf", spec.name), pdf));
        drawn.push((figure, svg));
    }
    let page = report::page(plan, &counts, &rows, cells, &drawn);
    made.push(("report.html".to_owned(), page.into_bytes()));
    Ok(made)
}

/// Counts for programs.
pub(crate) fn counts_json(counts: &Counts) -> serde_json::Value {
    json!({
        "planned": counts.planned, "ok": counts.ok, "failed": counts.failed, "timed_out": counts.timed_out,
        "left": counts.left, "errors": counts.errors,
    })
}

/// The latencies of requests, tidy and long: one row each. Compressed without a date, so that the same samples are the
/// same bytes.
fn samples(plan: &Plan, cells: &[Finished]) -> io::Result<Vec<u8>> {
    let mut out = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let axes = &plan.axes;
    let heads: String = axes.iter().map(|axis| format!("{},", field(axis))).collect();
    writeln!(out, "cell,{heads}repeat,seed,request,latency_us")?;
    for cell in cells {
        let of_axes: String = axes
            .iter()
            .map(|axis| format!("{},", field(cell.params.get(axis).map_or("", String::as_str))))
            .collect();
        for (place, latency_us) in cell.latency_us.iter().enumerate() {
            let request = place * cell.thinned_by;
            let (number, repeat, seed) = (cell.cell, cell.repeat, cell.seed);
            writeln!(out, "{number},{of_axes}{repeat},{seed},{request},{latency_us}")?;
        }
    }
    out.finish()
}
