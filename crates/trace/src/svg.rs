//! A space-time diagram: a line for each node, time to the right, messages as slanted lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{Event, Trace};

/// Most events that are drawn: a page with more is a black one.
const DRAWN_MAX: usize = 2_000;
const LEFT: u64 = 60;
const TOP: u64 = 50;
const ROW: u64 = 70;
const STEP: u64 = 14;

/// Colours that can be told apart by those who see no red or no green (Okabe and Ito), by kind of message.
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

/// Draws a trace. Events stand in their order, at equal distances, so that what is close in time can be told apart.
#[must_use]
pub fn svg(trace: &Trace) -> String {
    let events = &trace.events[..trace.events.len().min(DRAWN_MAX)];
    let shown = Shown::new(trace, events);
    let width = LEFT + (events.len() as u64 + 2) * STEP;
    let height = TOP + trace.header.nodes.len() as u64 * ROW + 40;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let title = format!("{}: {} {}", trace.header.protocol, trace.footer.verdict, trace.footer.why);
    let _ = writeln!(out, "<text x=\"8\" y=\"18\">{}</text>", escape(&title));
    for (index, node) in trace.header.nodes.iter().enumerate() {
        let y = y_of(index);
        let _ = writeln!(out, "<text x=\"8\" y=\"{}\">{}</text>", y + 4, escape(node));
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"#999999\"/>",
            width - STEP
        );
    }
    for (at, event) in events.iter().enumerate() {
        shown.draw(at as u64, event, &mut out);
    }
    shown.legend(height, &mut out);
    out.push_str("</svg>\n");
    out
}

struct Shown<'a> {
    rows: BTreeMap<&'a str, usize>,
    /// Where each message was sent: place and row.
    sent: BTreeMap<u64, (u64, usize)>,
    /// The kinds of messages, in the order in which they first appear.
    kinds: Vec<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(trace: &'a Trace, events: &'a [Event]) -> Self {
        let nodes = trace.header.nodes.iter().enumerate();
        let rows: BTreeMap<&str, usize> = nodes.map(|(row, node)| (node.as_str(), row)).collect();
        let (mut sent, mut kinds) = (BTreeMap::new(), Vec::new());
        for (at, event) in events.iter().enumerate() {
            if let ("send", Some(message), Some(&row)) =
                (event.kind.as_str(), event.message, rows.get(event.node.as_str()))
            {
                sent.insert(message, (at as u64, row));
                if !kinds.contains(&event.what.as_str()) {
                    kinds.push(&event.what);
                }
            }
        }
        Self { rows, sent, kinds }
    }

    fn colour(&self, kind: &str) -> &'static str {
        let at = self.kinds.iter().position(|known| *known == kind).unwrap_or_default();
        COLOURS[at % COLOURS.len()]
    }

    fn draw(&self, at: u64, event: &Event, out: &mut String) {
        let Some(&row) = self.rows.get(event.node.as_str()) else { return };
        let (x, y) = (x_of(at), y_of(row));
        let label = escape(&crate::line(event));
        let sent = event.message.and_then(|message| self.sent.get(&message));
        match (event.kind.as_str(), sent) {
            ("send", _) => {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"2\"><title>{label}</title></circle>"
                );
            }
            ("receive", Some(&(from_at, from_row))) => {
                let colour = self.colour(&event.what);
                let (x1, y1) = (x_of(from_at), y_of(from_row));
                let _ = writeln!(
                    out,
                    "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x}\" y2=\"{y}\" stroke=\"{colour}\"><title>{label}</title></line>"
                );
            }
            ("lose", Some(&(from_at, from_row))) => {
                let to = self.rows.get(event.to.as_str()).copied().unwrap_or(row);
                let (x1, y1) = (x_of(from_at), y_of(from_row));
                let (x, y) = ((x1 + x_of(at)) / 2 + STEP, (y1 + y_of(to)) / 2);
                let _ = writeln!(
                    out,
                    "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x}\" y2=\"{y}\" stroke=\"#bbbbbb\" \
                     stroke-dasharray=\"3 2\"><title>{label}</title></line>"
                );
            }
            ("crash", _) => {
                let _ = writeln!(
                    out,
                    "<path d=\"M{} {} l8 8 m0 -8 l-8 8\" stroke=\"#d00000\" stroke-width=\"2\"><title>{label}</title></path>",
                    x - 4,
                    y - 4
                );
            }
            (kind, _) => {
                let fill = if kind == "execute" { "#009e73" } else { "white" };
                let _ = writeln!(
                    out,
                    "<rect x=\"{}\" y=\"{}\" width=\"6\" height=\"6\" fill=\"{fill}\" stroke=\"black\"><title>{label}</title></rect>",
                    x - 3,
                    y - 3
                );
            }
        }
    }

    fn legend(&self, height: u64, out: &mut String) {
        let mut x = LEFT;
        for kind in &self.kinds {
            let colour = self.colour(kind);
            let _ = writeln!(
                out,
                "<text x=\"{x}\" y=\"{}\" fill=\"{colour}\">{}</text>",
                height - 10,
                escape(kind)
            );
            x += 8 * (kind.len() as u64 + 2);
        }
    }
}

const fn x_of(at: u64) -> u64 {
    LEFT + (at + 1) * STEP
}
const fn y_of(row: usize) -> u64 {
    TOP + row as u64 * ROW
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
