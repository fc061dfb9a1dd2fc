//! `unisono protocols`: what each promises and costs.

use protocols::PROTOCOLS;
use serde_json::{Value, json};

use crate::output::{Report, Table};

/// The table of protocols.
pub(crate) fn run() -> Report {
    let mut table = Table::new([
        "NAME",
        "FAULTS",
        "N FOR F",
        "FINAL",
        "SYNCHRONY",
        "PHASES",
        "MESSAGES",
        "PAPER",
        "STATUS",
    ]);
    let mut items: Vec<Value> = Vec::new();
    for one in PROTOCOLS {
        let cells = [
            one.name,
            one.faults,
            one.n_for_f,
            one.finality,
            one.synchrony.label(),
            one.phases,
            one.messages,
            one.paper,
            one.status,
        ];
        table.row(cells.map(str::to_owned));
        items.push(json!({
            "name": one.name, "title": one.title, "fault_model": one.fault_model.label(),
            "faults": one.faults, "finality": one.finality, "n_for_f": one.n_for_f,
            "synchrony": one.synchrony.label(), "phases": one.phases, "messages": one.messages, "paper": one.paper,
            "status": one.status,
        }));
    }
    Report::new(Value::Array(items), table.render())
}
