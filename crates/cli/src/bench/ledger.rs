//! The ledger's speed, beside that of the federated seed's Python library.

use serde_json::{Map, Value, json};

use crate::failure::Result;
use crate::output::{Report, Table, note};
use crate::stats::round;

mod contracts;
mod stores;
mod tasks;
mod walk;

pub(super) use walk::run as walk;

/// Measures, and shows a table.
pub(crate) fn run() -> Result<Report> {
    note("bench: the ledger, and a chain of a million blocks (about 2 GiB of memory)");
    let numbers = tasks::measure();
    let mut table = Table::new(["WHAT", "MEASURED", "PYTHON", "UNIT"]);
    let (mut value, mut python) = (Map::new(), Map::new());
    for number in &numbers {
        let theirs = number.python.map_or_else(String::new, |theirs| format!("{theirs:.2}"));
        table.row([
            number.key.to_owned(),
            format!("{:.2}", number.value),
            theirs,
            number.unit.to_owned(),
        ]);
        value.insert(number.key.to_owned(), json!(round(number.value, 3)));
        if let Some(theirs) = number.python {
            python.insert(number.key.to_owned(), json!(theirs));
        }
    }
    value.insert("python".to_owned(), Value::Object(python));
    value.insert("environment".to_owned(), super::environment::describe());
    Ok(Report::new(Value::Object(value), table.render()))
}
