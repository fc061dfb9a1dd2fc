use super::*;

fn event(seq: u64, node: &str, kind: &str, message: Option<u64>) -> Event {
    let from = if kind == "receive" { "n0" } else { "" };
    Event {
        t_us: 10 * seq,
        seq,
        node: node.to_owned(),
        kind: kind.to_owned(),
        what: if message.is_some() { "vote".to_owned() } else { String::new() },
        message,
        from: from.to_owned(),
        ..Event::default()
    }
}

fn small() -> Trace {
    let events = vec![
        event(0, "n0", "start", None),
        event(1, "n1", "start", None),
        event(2, "n0", "send", Some(1)),
        event(3, "n1", "receive", Some(1)),
        Event { to: "n1".to_owned(), ..event(4, "n0", "lose", Some(1)) },
        event(5, "n1", "crash", None),
    ];
    Trace {
        header: Header {
            format: FORMAT.to_owned(),
            world: "sim".to_owned(),
            protocol: "pbft".to_owned(),
            nodes: vec!["n0".to_owned(), "n1".to_owned()],
            seed: Some(7),
            ..Header::default()
        },
        footer: Footer { end: 6, verdict: "pass".to_owned(), why: String::new() },
        events,
    }
}

fn written(trace: &Trace) -> String {
    let mut bytes = Vec::new();
    write(trace, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(read(&written(&small())), Ok(small()));
}

/// Cut off anywhere, it is refused, and the message says how far it goes.
#[test]
fn a_truncated_trace_is_refused_wherever_it_breaks_off() {
    let whole = written(&small());
    for cut in 0..whole.len() - 1 {
        let error = read(&whole[..cut]).unwrap_err();
        let lines = whole[..cut].matches('\n').count();
        match &error {
            TraceError::Empty => assert_eq!(cut, 0),
            TraceError::Header { .. } => assert_eq!(lines, 0),
            TraceError::Truncated { events } => assert!(*events as usize <= lines, "{cut}"),
            TraceError::Count { .. } => assert_eq!(lines, 7),
            TraceError::Format { .. }
            | TraceError::Line { .. }
            | TraceError::Order { .. }
            | TraceError::Behind { .. }
            | TraceError::TooLong => panic!("{cut}: {error}"),
        }
    }
    let error = read(&whole[..whole.len() - 60]).unwrap_err().to_string();
    assert!(error.contains("truncated"), "{error}");
}

#[test]
fn what_is_no_trace_is_refused_with_a_reason() {
    let whole = written(&small());
    assert_eq!(read(""), Err(TraceError::Empty));
    assert!(read("hello").unwrap_err().to_string().contains("line 1"));
    let old = whole.replace(FORMAT, "unisono-trace/0");
    assert!(read(&old).unwrap_err().to_string().contains("unisono-trace/0"));
    let swapped = whole.replace("\"seq\":2", "\"seq\":9");
    assert!(read(&swapped).unwrap_err().to_string().contains("event 9"));
    let spoilt = whole.replace("\"node\":\"n1\"", "\"node\":1");
    assert!(read(&spoilt).unwrap_err().to_string().contains("line 3"));
    assert!(read(&format!("{whole}{{}}")).unwrap_err().to_string().contains("follows"));
    let short = whole.replace("{\"end\":6", "{\"end\":7");
    assert_eq!(read(&short), Err(TraceError::Count { found: 6, said: 7 }));
}

#[test]
fn a_receiver_knows_what_its_sender_knew() {
    let clocks = clocks::clocks(&small());
    assert_eq!(clocks[2], [2, 0]);
    assert_eq!(clocks[3], [2, 2]);
    let log = shiviz(&small());
    assert!(log.contains("n1 {\"n0\":2,\"n1\":2}\nreceive vote n0"), "{log}");
}

#[test]
fn drawings_hold_every_message_once() {
    let mermaid = mermaid(&small());
    assert_eq!(mermaid.matches("n0->>n1: vote").count(), 1, "{mermaid}");
    assert_eq!(mermaid.matches("n0-xn1: vote").count(), 1, "{mermaid}");
    let svg = svg(&small());
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("stroke-dasharray").count(), 1, "{svg}");
    assert_eq!(text(&small()).lines().count(), 8);
}

#[test]
fn traces_part_where_their_first_different_event_stands() {
    let (a, mut b) = (small(), small());
    assert_eq!(diff(&a, &b), None);
    b.events[3].t_us += 1;
    let part = diff(&a, &b).unwrap();
    assert_eq!(
        (part.common, part.first, part.second),
        (3, Some(a.events[3].clone()), Some(b.events[3].clone()))
    );
    b.events.truncate(2);
    assert_eq!(diff(&a, &b).unwrap().second, None);
}
