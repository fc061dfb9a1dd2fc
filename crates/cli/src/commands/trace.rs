//! `unisono trace`: what happened in a run.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use ::trace::{Event, FORMAT, Footer, Header, Trace};
use serde_json::{Value, json};
use sim::{Happening, Options, What};
use types::NodeId;

use crate::args::hunt::{Form, TraceCommand};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::Report;

/// Does what was asked.
pub(crate) fn run(command: TraceCommand) -> Result<Report> {
    match command {
        TraceCommand::Record { out, sim } => {
            let trace = record(&sim.options()?)?;
            save(&trace, &out)?;
            let text = format!("{} events in {}", trace.events.len(), out.display());
            let verdict = &trace.footer.verdict;
            Ok(Report::new(
                json!({ "trace": out, "events": trace.events.len(), "verdict": verdict }),
                text,
            ))
        }
        TraceCommand::View { file, node, kind, limit } => {
            let mut trace = load(&file)?;
            trace.events.retain(|event| {
                node.as_ref().is_none_or(|node| event.node == *node)
                    && kind.as_ref().is_none_or(|kind| event.kind == *kind)
            });
            trace.events.truncate(limit);
            let items = trace.events.iter().map(|event| json!(event));
            Ok(Report::new(Value::Array(items.collect()), ::trace::text(&trace)))
        }
        TraceCommand::Replay { file } => replay(&file),
        TraceCommand::Merge { files, out } => merge(&files, &out),
        TraceCommand::Diff { first, second } => diff(&first, &second),
        TraceCommand::Convert { file, to, out } => convert(&file, to, out.as_deref()),
    }
}

fn replay(file: &Path) -> Result<Report> {
    let kept = load(file)?;
    let again = record(&options(&kept)?)?;
    let difference = ::trace::diff(&kept, &again);
    let same = difference.is_none() && kept.footer == again.footer;
    let value = json!({
        "same": same, "events": kept.events.len(), "verdict": again.footer.verdict,
        "parts_at": difference.as_ref().map(|difference| difference.common),
    });
    let text = match difference {
        None if same => {
            format!("the same {} events, {}", kept.events.len(), again.footer.verdict)
        }
        None => format!("the same events, but {} now", again.footer.verdict),
        Some(difference) => {
            format!("another event {}: this build runs it differently", difference.common)
        }
    };
    Ok(Report::new(value, text).exit(if same { Exit::Ok } else { Exit::Violated }))
}

/// Reads what nodes have written, also those that were killed while they did.
fn merge(files: &[PathBuf], out: &Path) -> Result<Report> {
    let parts = files.iter().map(|file| {
        ::trace::read_part(&text_of(file)?).map_err(|error| {
            Failure::failed(format!("{} is no trace", file.display()))
                .why(error)
                .next("a node writes one where `node.trace` is true: `unisono net up --trace`")
        })
    });
    let parts: Vec<Trace> = parts.collect::<Result<_>>()?;
    let merged = ::trace::merge(parts)
        .map_err(|error| Failure::failed("these traces cannot be merged").why(error))?;
    save(&merged.trace, out)?;
    let events = merged.trace.events.len();
    let mut text = format!("{events} events of {} traces in {}", files.len(), out.display());
    if merged.backwards > 0 {
        text += &format!(
            "\n{} messages arrive before they are sent: the nodes' clocks differ",
            merged.backwards
        );
    }
    let value = json!({
        "trace": out, "events": events, "parts": files.len(), "backwards": merged.backwards,
    });
    Ok(Report::new(value, text))
}

fn text_of(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).explain(|| format!("{} cannot be read", file.display()))
}

fn diff(first: &Path, second: &Path) -> Result<Report> {
    let (a, b) = (load(first)?, load(second)?);
    let Some(difference) = ::trace::diff(&a, &b) else {
        let text = format!("both hold the same {} events", a.events.len());
        return Ok(Report::new(json!({ "same": true, "events": a.events.len() }), text));
    };
    let line = |event: &Option<Event>| event.as_ref().map_or("(ends)".to_owned(), ::trace::line);
    let text = format!(
        "they share {} events, then part:\n< {}\n> {}",
        difference.common,
        line(&difference.first),
        line(&difference.second)
    );
    let value = json!({
        "same": false, "common": difference.common, "first": difference.first,
        "second": difference.second,
    });
    Ok(Report::new(value, text).exit(Exit::Failed))
}

fn convert(file: &Path, to: Form, out: Option<&Path>) -> Result<Report> {
    let trace = load(file)?;
    let text = match to {
        Form::Text => ::trace::text(&trace),
        Form::Shiviz => ::trace::shiviz(&trace),
        Form::Mermaid => ::trace::mermaid(&trace),
        Form::Svg => ::trace::svg(&trace),
        Form::Jsonl => {
            let mut bytes = Vec::new();
            ::trace::write(&trace, &mut bytes).explain(|| "the trace cannot be written".into())?;
            String::from_utf8(bytes).explain(|| "the trace is no text".into())?
        }
    };
    let Some(out) = out else { return Ok(Report::new(json!({ "text": text }), text)) };
    std::fs::write(out, &text).explain(|| format!("{} cannot be written", out.display()))?;
    let said = format!("{} bytes in {}", text.len(), out.display());
    Ok(Report::new(json!({ "file": out, "bytes": text.len() }), said))
}

/// Reads a trace from a file.
pub(crate) fn load(file: &Path) -> Result<Trace> {
    ::trace::read(&text_of(file)?).map_err(|error| {
        Failure::failed(format!("{} is no whole trace", file.display()))
            .why(error)
            .next("record it again: `unisono trace record`")
    })
}

/// The simulation that a trace came from.
pub(crate) fn options(trace: &Trace) -> Result<Options> {
    Options::from_command_line(&trace.header.replay).map_err(|error| {
        Failure::failed("this trace cannot be replayed")
            .why(format!("its header does not say which simulation it came from: {error}"))
            .next("only traces of the simulator can: `unisono trace record`")
    })
}

/// Runs a simulation and keeps what happened.
pub(crate) fn record(options: &Options) -> Result<Trace> {
    let (report, recording) = sim::run_recorded(options)
        .map_err(|error| Failure::usage("this cannot be simulated").why(error))?;
    if recording.dropped > 0 {
        return Err(Failure::failed("this run is too long for a trace")
            .why(format!("{} events more than {}", recording.dropped, sim::HAPPENINGS_MAX))
            .next("--decisions 10"));
    }
    let events: Vec<Event> = recording.happenings.iter().zip(0..).map(event).collect();
    let header = Header {
        format: FORMAT.to_owned(),
        world: "sim".to_owned(),
        protocol: options.protocol.clone(),
        nodes: NodeId::all(options.nodes).map(|node| node.to_string()).collect(),
        seed: Some(options.seed),
        began_unix_us: None,
        replay: report.replay,
        fingerprint: report.trace_hash,
    };
    let end = events.len() as u64;
    let footer = Footer { end, verdict: report.verdict.label().to_owned(), why: report.why };
    Ok(Trace { header, events, footer })
}

/// Writes a trace into a file, whole or not at all.
pub(crate) fn save(trace: &Trace, file: &Path) -> Result<()> {
    let what = || format!("{} cannot be written", file.display());
    let part = file.with_extension("part");
    let mut out = BufWriter::new(File::create(&part).explain(what)?);
    let written = ::trace::write(trace, &mut out).and_then(|()| std::fs::rename(&part, file));
    written.inspect_err(|_| drop(std::fs::remove_file(&part))).explain(what)
}

fn event((happening, seq): (&Happening, u64)) -> Event {
    let mut event =
        Event { t_us: happening.at_us, seq, node: happening.node.to_string(), ..Event::default() };
    let kind = match &happening.what {
        What::Starts { height } => {
            event.number = Some(*height);
            "start"
        }
        What::Crashes => "crash",
        What::Damaged { reformatted } => {
            event.what = if *reformatted { "disk" } else { "votes" }.to_owned();
            "damage"
        }
        What::Compacts { effect } => {
            event.number = Some(*effect);
            "compact"
        }
        What::Submitted { request } => {
            event.number = Some(*request);
            "submit"
        }
        What::Timeout { timer } => {
            event.what.clone_from(timer);
            "timeout"
        }
        What::Sends { message, kind } => {
            (event.message, event.what) = (Some(*message), (*kind).to_owned());
            "send"
        }
        What::Receives { message, kind, from, valid } => {
            (event.message, event.what) = (Some(*message), (*kind).to_owned());
            event.from = from.to_string();
            if *valid { "receive" } else { "refuse" }
        }
        What::Loses { message, to } => {
            (event.message, event.to) = (Some(*message), to.to_string());
            "lose"
        }
        What::Enters { view } => {
            event.number = Some(*view);
            "enter"
        }
        What::Executes { height, block } => {
            (event.number, event.what) = (Some(*height), format!("{block:016x}"));
            "execute"
        }
        What::Certifies { height } => {
            event.number = Some(*height);
            "certify"
        }
        What::Cut { cut, begins } => {
            event.number = Some((*cut).into());
            if *begins { "cut" } else { "mend" }
        }
        What::Healed => "heal",
        What::Violated { invariant } => {
            event.what = (*invariant).to_owned();
            "violate"
        }
    };
    event.kind = kind.to_owned();
    event
}
