//! Protocols and reports of simulations for programs.

use serde_json::{Map, Value, json};
use sim::{Options, Report};

/// Everything in a report that follows from its options, by its names.
#[must_use]
pub fn report_json(options: &Options, run: &Report) -> Value {
    let counts = |list: &[(&'static str, u64)]| -> Map<String, Value> {
        list.iter().map(|&(name, count)| (name.to_owned(), json!(count))).collect()
    };
    let accusations = run
        .accusations
        .iter()
        .map(|(node, kind)| json!({ "node": node.to_string(), "kind": kind }));
    json!({
        "verdict": run.verdict.label(), "why": run.why, "protocol": options.protocol, "nodes": options.nodes,
        "seed": options.seed, "decisions": run.decisions, "messages": run.messages, "events": run.events,
        "trace_hash": run.trace_hash, "virtual_time_s": run.virtual_time_us as f64 / 1e6,
        "view_changes": run.view_changes, "crashes": run.crashes, "answered": run.answered,
        "tickets_consumed": run.tickets_consumed, "messages_by_kind": counts(&run.by_kind),
        "rejected": counts(&run.rejected), "attacks": run.attacks, "strikes": run.strikes,
        "liars": run.liars.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "accusations": accusations.collect::<Vec<_>>(), "replay": run.replay,
    })
}

/// The table of protocols.
#[must_use]
pub fn protocols_json() -> Value {
    let rows = protocols::PROTOCOLS.iter().map(|one| {
        json!({
            "name": one.name, "title": one.title, "fault_model": one.fault_model.label(),
            "faults": one.faults, "finality": one.finality, "n_for_f": one.n_for_f,
            "synchrony": one.synchrony.label(), "phases": one.phases, "messages": one.messages,
            "paper": one.paper, "status": one.status,
        })
    });
    rows.collect()
}
