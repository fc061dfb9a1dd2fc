//! `unisono figure spacetime`: a trace as a figure that can be verified.

use std::collections::BTreeMap;
use std::path::Path;

use figures::{Figure, Message, Moment, Plot, Size, SpaceTime};
use serde_json::json;
use trace::Trace;

use crate::args::SpaceTimeArgs;
use crate::commands::trace::load;
use crate::failure::{Explain, Failure, Result};
use crate::output::Report;

/// Draws a trace, or a part of it.
pub(super) fn run(args: &SpaceTimeArgs) -> Result<Report> {
    let trace = load(&args.trace)?;
    let figure = figure(&trace, args.from_us, args.to_us.unwrap_or(u64::MAX));
    let Plot::SpaceTime(plot) = &figure.plot else {
        return Err(Failure::failed("this is no space-time figure"));
    };
    if plot.messages.is_empty() && plot.moments.is_empty() {
        return Err(Failure::usage("nothing happens in that part of the trace")
            .why(format!("it ends at {} us", trace.events.last().map_or(0, |event| event.t_us)))
            .next("name another part by `--from-us` and `--to-us`"));
    }
    let count = json!({
        "file": args.out.display().to_string(), "messages": plot.messages.len(),
        "moments": plot.moments.len(), "fingerprint": figures::fingerprint(&figure),
    });
    let document = draw(&figure, &args.out)?;
    std::fs::write(&args.out, document)
        .explain(|| format!("cannot write {}", args.out.display()))?;
    let text = format!(
        "wrote {}: {} messages, {} moments\nnext: unisono figure verify {}",
        args.out.display(),
        count["messages"],
        count["moments"],
        args.out.display()
    );
    Ok(Report::new(count, text))
}

/// The document in the form that the file's name ends in.
fn draw(figure: &Figure, file: &Path) -> Result<Vec<u8>> {
    let drawn = match file.extension().and_then(|end| end.to_str()) {
        Some("svg") => figures::svg(figure).map(String::into_bytes),
        Some("pdf") => figures::pdf(figure),
        Some(_) | None => {
            return Err(Failure::usage(format!("{} is no form of a figure", file.display()))
                .next("let the file's name end in `.svg` or `.pdf`"));
        }
    };
    drawn.map_err(|error| {
        Failure::usage("this part of the trace is too large for one figure")
            .why(error)
            .next("name a smaller part by `--from-us` and `--to-us`")
    })
}

/// What happened from one time to another: messages by where they were sent and where they came, and all else that is
/// more than a message.
fn figure(trace: &Trace, from_us: u64, to_us: u64) -> Figure {
    let header = &trace.header;
    let rows: BTreeMap<&str, u32> = header.nodes.iter().map(String::as_str).zip(0..).collect();
    let row = |name: &str| rows.get(name).copied();
    let mut sent: BTreeMap<u64, (u64, u32)> = BTreeMap::new();
    let (mut messages, mut moments) = (Vec::new(), Vec::new());
    let shown = trace.events.iter().filter(|event| (from_us..=to_us).contains(&event.t_us));
    for event in shown {
        let Some(at) = row(&event.node) else { continue };
        let origin = event.message.and_then(|message| sent.get(&message)).copied();
        let mut arrow = |(sent_us, from), to, arrived_us| {
            let kind = event.what.clone();
            messages.push(Message { from, to, sent_us, arrived_us, kind });
        };
        match (event.kind.as_str(), event.message, origin) {
            ("send", Some(message), _) => {
                sent.insert(message, (event.t_us, at));
            }
            ("receive", _, Some(origin)) => arrow(origin, at, Some(event.t_us)),
            ("lose", _, Some(origin)) => arrow(origin, row(&event.to).unwrap_or(at), None),
            ("send" | "receive" | "lose", _, _) => {}
            (kind, _, _) => {
                let label = kind.to_owned();
                moments.push(Moment { replica: at, at_us: event.t_us, label });
            }
        }
    }
    let verdict = &trace.footer.verdict;
    Figure {
        title: format!("{} among {} replicas", header.protocol, header.nodes.len()),
        caption: format!("World: {}. Ended: {verdict}. Made by: {}", header.world, header.replay),
        size: Size::Page,
        source: None,
        plot: Plot::SpaceTime(SpaceTime { replicas: header.nodes.clone(), messages, moments }),
    }
}
