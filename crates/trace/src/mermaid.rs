use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::Trace;

/// A sequence diagram for Mermaid: messages as arrows where they arrive, all else as notes.
#[must_use]
pub fn mermaid(trace: &Trace) -> String {
    let mut out = "sequenceDiagram\n".to_owned();
    for node in &trace.header.nodes {
        let _ = writeln!(out, "    participant {node}");
    }
    let mut names: BTreeMap<u64, &str> = BTreeMap::new();
    for event in &trace.events {
        let (node, what) = (&event.node, clean(&event.what));
        let number = event.number.map(|number| format!(" {number}")).unwrap_or_default();
        match event.kind.as_str() {
            "send" => {
                names.extend(event.message.map(|message| (message, event.what.as_str())));
            }
            "receive" if event.from != *node => {
                let _ = writeln!(out, "    {}->>{node}: {what}", event.from);
            }
            "receive" => {}
            "lose" => {
                let name = event.message.and_then(|message| names.get(&message)).copied();
                let _ =
                    writeln!(out, "    {node}-x{}: {}", event.to, clean(name.unwrap_or("lost")));
            }
            kind => {
                let _ = writeln!(out, "    Note over {node}: {kind} {what}{number}");
            }
        }
    }
    out
}

/// Without the characters that end a statement.
fn clean(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ';' | '#' | '\n') { ' ' } else { c }).collect()
}
