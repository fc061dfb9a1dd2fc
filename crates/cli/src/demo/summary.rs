//! What came of the main job, against what the data says must.

use std::collections::BTreeMap;

use app::tickets::Verb;
use serde_json::{Value, json};

use super::cast::Cast;
use super::inspect::Verified;
use super::load::{Done, Fate};
use super::plan::{Expected, Plan};
use crate::failure::Exit;
use crate::output::{Report, pairs};
use crate::stats::{Latencies, per_s, round};

/// Where leaders take turns, every turn of one that is away ends before its time.
const VIEW_CHANGES_SHOWN: usize = 3;

/// Everything that was counted and seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) done: Vec<Done>,
    pub(crate) seconds: f64,
    pub(crate) latencies: Latencies,
    pub(crate) presented_again: usize,
    pub(crate) view_changes: Vec<api::ViewChange>,
    pub(crate) evidence: Vec<api::Evidence>,
    /// Whether both signatures of every piece of evidence hold, as this process found by itself.
    pub(crate) evidence_holds: bool,
    pub(crate) protocol: String,
    /// Who lied, if anybody did.
    pub(crate) liar: Option<String>,
    pub(crate) killed: String,
    /// Whether a view must have ended before its time for that.
    pub(crate) must_end_view: bool,
    pub(crate) height: u64,
    pub(crate) headers: Vec<(String, api::BlockHeader)>,
    pub(crate) counts: Vec<(String, api::TicketCounts)>,
    pub(crate) receipts: u64,
    pub(crate) receipts_verified: Verified,
}

/// How many requests of a verb ended how.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Tally {
    applied: u64,
    refused: u64,
    timed_out: u64,
}

/// The summary, and the exit code that goes with it.
pub(crate) fn report(plan: &Plan, mut seen: Seen) -> Report {
    let tallies = tally(&seen.done);
    let of = |verb: Verb| tallies.get(&verb).copied().unwrap_or_default();
    let duplicates = duplicates(&seen.done);
    let disagreements = disagreements(plan, &seen, &tallies, duplicates);
    let sum = |pick: fn(&Tally) -> u64| tallies.values().map(pick).sum::<u64>();
    let committed = sum(|tally| tally.applied) + sum(|tally| tally.refused);
    let latency = seen.latencies.summary_ms();
    let roots_equal = are_roots_equal(&seen.headers);
    let value = json!({
        "protocol": seen.protocol, "liar": seen.liar,
        "issued": of(Verb::Issue).applied, "validated": of(Verb::Validate).applied,
        "consumed": of(Verb::Consume).applied, "duplicates_refused": duplicates,
        "sent": seen.done.len(), "applied": sum(|tally| tally.applied), "refused": sum(|tally| tally.refused),
        "timed_out": sum(|tally| tally.timed_out), "presented_again": seen.presented_again,
        "view_changes": seen.view_changes.len(), "view_change_causes": seen.view_changes,
        "killed": seen.killed, "equivocators": seen.evidence.iter().map(|one| &one.offender).collect::<Vec<_>>(),
        "evidence": seen.evidence, "evidence_holds": seen.evidence_holds, "receipts_sampled": seen.receipts, "receipts_verified": seen.receipts_verified.count,
        "state_roots_equal": roots_equal, "height": seen.height,
        "state_roots": seen.headers.first().map(|(_, header)| &header.state_roots),
        "committed_per_s": per_s(committed, seen.seconds), "seconds": round(seen.seconds, 3), "latency_ms": latency,
        "disagreements": disagreements,
    });
    let exit = if disagreements.is_empty() { Exit::Ok } else { Exit::Violated };
    let text = describe(&value, &seen, &plan.expected);
    Report::new(value, text).exit(exit)
}

fn tally(done: &[Done]) -> BTreeMap<Verb, Tally> {
    let mut tallies: BTreeMap<Verb, Tally> = BTreeMap::new();
    for one in done {
        let tally = tallies.entry(one.request.verb).or_default();
        match one.fate {
            Fate::Applied => tally.applied += 1,
            Fate::Refused(_) => tally.refused += 1,
            Fate::TimedOut => tally.timed_out += 1,
        }
    }
    tallies
}

/// Boardings that the ledger refused because the ticket was consumed before.
fn duplicates(done: &[Done]) -> u64 {
    let consumed = api::Code::AlreadyConsumed.label();
    let is_duplicate = |one: &&Done| {
        one.request.verb == Verb::Consume && one.fate == Fate::Refused(consumed.to_owned())
    };
    done.iter().filter(is_duplicate).count() as u64
}

/// Whether honest validators have the same roots, and the same block.
fn are_roots_equal(headers: &[(String, api::BlockHeader)]) -> bool {
    let same = |pair: &[(String, api::BlockHeader)]| {
        pair[0].1.state_roots == pair[1].1.state_roots && pair[0].1.hash == pair[1].1.hash
    };
    headers.len() > 1 && headers.windows(2).all(same)
}

/// Every way in which what was seen is not what must be; a sentence each.
fn disagreements(
    plan: &Plan,
    seen: &Seen,
    tallies: &BTreeMap<Verb, Tally>,
    duplicates: u64,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut must = |what: &str, is: u64, should: u64| {
        if is != should {
            found.push(format!("{what}: {is}, the data says {should}"));
        }
    };
    let expected = plan.expected;
    let of = |verb: Verb| tallies.get(&verb).copied().unwrap_or_default();
    must("tickets issued", of(Verb::Issue).applied, expected.issued);
    must("tickets validated", of(Verb::Validate).applied, expected.validated);
    must("tickets consumed", of(Verb::Consume).applied, expected.consumed);
    must("duplicates refused", duplicates, expected.duplicates_refused);
    must("requests followed to their end", seen.done.len() as u64, plan.len() as u64);
    must("requests timed out", tallies.values().map(|tally| tally.timed_out).sum(), 0);
    must("receipts verified", seen.receipts_verified.count, seen.receipts);
    for (name, counts) in &seen.counts {
        must(&format!("tickets at {name}"), counts.total, expected.issued);
        must(&format!("consumed tickets at {name}"), counts.consumed, expected.consumed);
        must(
            &format!("validated tickets at {name}"),
            counts.validated,
            expected.validated - expected.consumed,
        );
    }
    if !are_roots_equal(&seen.headers) {
        found.push(format!("the honest validators' state roots differ at height {}", seen.height));
    }
    if seen.must_end_view && seen.view_changes.is_empty() {
        found.push(format!("{} was killed, and no change of view followed", seen.killed));
    }
    found.extend(
        seen.receipts_verified.reasons.iter().map(|why| format!("a receipt proves nothing: {why}")),
    );
    if seen.receipts == 0 {
        found.push("no receipt was checked".into());
    }
    let accused: Vec<&str> = seen.evidence.iter().map(|one| one.offender.as_str()).collect();
    if accused != seen.liar.as_deref().into_iter().collect::<Vec<_>>() {
        let liar = seen.liar.as_deref().unwrap_or("nobody");
        found.push(format!("{liar} lied, the honest validators accuse {accused:?}"));
    }
    if !seen.evidence_holds {
        found.push("the evidence does not hold under the offender's key".into());
    }
    found
}

fn describe(value: &Value, seen: &Seen, expected: &Expected) -> String {
    let number = |key: &str| value[key].to_string();
    let of = |key: &str, should: u64| format!("{} of {should}", value[key]);
    let mut rows: Vec<(&str, String)> = vec![
        ("issued", of("issued", expected.issued)),
        ("validated", of("validated", expected.validated)),
        ("consumed", of("consumed", expected.consumed)),
        ("duplicates refused", of("duplicates_refused", expected.duplicates_refused)),
        (
            "sent",
            format!(
                "{} = {} applied + {} refused + {} timed out",
                value["sent"], value["applied"], value["refused"], value["timed_out"]
            ),
        ),
        (
            "presented again",
            format!("{} times, where a validator was down or slow", value["presented_again"]),
        ),
        ("killed", format!("{}, restarted, and level with the others", seen.killed)),
    ];
    for change in seen.view_changes.iter().take(VIEW_CHANGES_SHOWN) {
        rows.push(("view change", format!("to view {}: {}", change.view, change.detail)));
    }
    let more = seen.view_changes.len().saturating_sub(VIEW_CHANGES_SHOWN);
    if more > 0 {
        rows.push(("", format!("and {more} more")));
    }
    if seen.liar.is_none() {
        rows.push(("equivocator", format!("nobody: {}", Cast::why_nobody_lies(&seen.protocol))));
    }
    for one in &seen.evidence {
        let about = format!(
            "{} signed two statements about view {} place {} ({})",
            one.offender, one.view, one.seq, one.kind
        );
        rows.push(("equivocator", about));
        rows.push(("", format!("first  {}", one.first)));
        rows.push(("", format!("second {}", one.second)));
    }
    let honest = seen.headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    let equal = if value["state_roots_equal"] == true { "equal" } else { "DIFFERENT" };
    rows.push(("state roots", format!("{equal} at height {} on {honest}", seen.height)));
    for (app, root) in seen.headers.first().iter().flat_map(|(_, header)| &header.state_roots) {
        rows.push(("", format!("{app} {root}")));
    }
    rows.push((
        "receipts",
        format!(
            "{} of {} verified offline by another process",
            seen.receipts_verified.count, seen.receipts
        ),
    ));
    rows.push((
        "throughput",
        format!("{} committed per second over {} s", number("committed_per_s"), number("seconds")),
    ));
    let latency = &value["latency_ms"];
    rows.push((
        "latency",
        format!("p50 {} ms, p99 {} ms, max {} ms", latency["p50"], latency["p99"], latency["max"]),
    ));
    let disagreements = value["disagreements"].as_array().into_iter().flatten();
    rows.extend(
        disagreements.map(|one| ("DISAGREES", one.as_str().unwrap_or_default().to_owned())),
    );
    pairs(&rows)
}

#[cfg(test)]
mod tests;
