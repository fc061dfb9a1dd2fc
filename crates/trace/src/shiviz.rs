use std::fmt::Write as _;

use crate::Trace;
use crate::clocks::clocks;

/// What ShiViz splits a log by: put it into the field for the parser's regular expression.
const EXPRESSION: &str = r"(?<host>\S*) (?<clock>\{.*\})\n(?<event>.*)";

/// A log for ShiViz: every event with its host and its vector clock. The first line is the expression that reads it.
#[must_use]
pub fn shiviz(trace: &Trace) -> String {
    let mut out = format!("{EXPRESSION}\n\n");
    for (event, clock) in trace.events.iter().zip(clocks(trace)) {
        let ticks = trace.header.nodes.iter().zip(clock).filter(|(_, ticks)| *ticks > 0);
        let ticks: Vec<String> = ticks.map(|(node, ticks)| format!("\"{node}\":{ticks}")).collect();
        let mut said = event.kind.clone();
        for part in [&event.what, &event.from] {
            if !part.is_empty() {
                let _ = write!(said, " {part}");
            }
        }
        if let Some(number) = event.number {
            let _ = write!(said, " {number}");
        }
        let _ = writeln!(out, "{} {{{}}}\n{said}", event.node, ticks.join(","));
    }
    out
}
