//! What forks there are: every validator's own report, and a comparison of what they have.

use std::path::Path;

use serde_json::{Value, json};

use crate::client::Client;
use crate::failure::{Exit, Result};
use crate::output::{Report, Table};

/// One validator's report, and its block at the height that all share.
struct Seen {
    node: String,
    report: api::ForkReport,
    hash: Option<String>,
}

/// Asks every validator that runs.
pub(super) async fn run(client: &Client, folder: &Path) -> Result<Report> {
    let mut all = Vec::new();
    for (node, validator) in super::proof::validators(client, folder).await? {
        let report: api::ForkReport = validator.get("/api/v1/forks").await?;
        all.push((Seen { node, report, hash: None }, validator));
    }
    let shared = all.iter().map(|(seen, _)| seen.report.certified).min().unwrap_or(0);
    for (seen, validator) in all.iter_mut().filter(|_| shared > 0) {
        let block: api::Block = validator.get(&format!("/api/v1/blocks/{shared}")).await?;
        seen.hash = Some(block.header.hash);
    }
    let all: Vec<Seen> = all.into_iter().map(|(seen, _)| seen).collect();
    Ok(compare(&all, shared))
}

fn compare(all: &[Seen], shared: u64) -> Report {
    let first = all.first().and_then(|seen| seen.hash.as_ref());
    let is_one = all.iter().all(|seen| seen.hash.as_ref() == first);
    let has_forked = !is_one || all.iter().any(|seen| seen.report.diverged);
    let mut table =
        Table::new(["NODE", "CERTIFIED", "TENTATIVE", "ALARMS", "BLOCK AT SHARED HEIGHT"]);
    for seen in all {
        let tentative = seen.report.tentative.map_or_else(|| "-".to_owned(), |it| it.to_string());
        table.row([
            seen.node.clone(),
            seen.report.certified.to_string(),
            tentative,
            seen.report.alarms.len().to_string(),
            seen.hash.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let verdict = match (has_forked, all.iter().map(|seen| seen.report.alarms.len()).sum::<usize>())
    {
        (true, _) => format!(
            "FORKED: validators have certified different blocks up to {shared}; stop them, keep their folders, and run \
             `unisono forensics` on two of them"
        ),
        (false, 0) => {
            format!("no fork: {} validators have the same block {shared}, and no alarms", all.len())
        }
        (false, count) => format!(
            "no fork: {} validators have the same block {shared}; {count} alarms say that somebody has tried",
            all.len()
        ),
    };
    let mut text = format!("{}\n\n{verdict}", table.render());
    for seen in all {
        for alarm in &seen.report.alarms {
            text.push_str(&format!("\n{}: {}: {}", seen.node, alarm.kind, alarm.detail));
        }
    }
    let nodes: Vec<Value> = all
        .iter()
        .map(|seen| json!({ "node": seen.node, "hash": seen.hash, "report": seen.report }))
        .collect();
    let value =
        json!({ "forked": has_forked, "height": shared, "verdict": verdict, "nodes": nodes });
    Report::new(value, text).exit(if has_forked { Exit::Violated } else { Exit::Ok })
}

#[cfg(test)]
mod tests;
