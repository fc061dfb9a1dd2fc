use super::*;
use crate::{TraceError, read, read_part, write};

fn part(node: &str, began: u64, events: &[(u64, &str, Option<u64>)]) -> Trace {
    let header = Header {
        format: FORMAT.to_owned(),
        world: "network".to_owned(),
        protocol: "pbft".to_owned(),
        nodes: vec!["n0".to_owned(), "n1".to_owned()],
        began_unix_us: Some(began),
        ..Header::default()
    };
    let events = (0..).zip(events).map(|(seq, &(t_us, kind, message))| Event {
        t_us,
        seq,
        node: node.to_owned(),
        kind: kind.to_owned(),
        message,
        ..Event::default()
    });
    let events: Vec<Event> = events.collect();
    let footer = Footer { end: events.len() as u64, ..Footer::default() };
    Trace { header, events, footer }
}

#[test]
fn parts_are_laid_side_by_side_by_when_they_began() {
    let first = part("n0", 1_000, &[(5, "send", Some(7)), (90, "receive", Some(8))]);
    let second = part("n1", 1_010, &[(3, "receive", Some(7)), (60, "send", Some(8))]);
    let merged = merge(vec![first, second]).unwrap();
    let order: Vec<_> =
        merged.trace.events.iter().map(|event| (event.t_us, event.node.as_str())).collect();
    assert_eq!(order, [(5, "n0"), (13, "n1"), (70, "n1"), (90, "n0")]);
    assert_eq!((merged.backwards, merged.trace.footer.end), (0, 4));
    let mut bytes = Vec::new();
    write(&merged.trace, &mut bytes).unwrap();
    assert_eq!(read(std::str::from_utf8(&bytes).unwrap()), Ok(merged.trace));
}

#[test]
fn a_message_that_arrives_before_it_leaves_tells_of_clocks_that_differ() {
    let first = part("n0", 2_000, &[(5, "send", Some(7))]);
    let second = part("n1", 1_000, &[(3, "receive", Some(7))]);
    assert_eq!(merge(vec![first, second]).unwrap().backwards, 1);
}

#[test]
fn what_does_not_belong_together_is_not_merged() {
    assert_eq!(merge(Vec::new()), Err(MergeError::None));
    let first = part("n0", 0, &[]);
    let mut other = part("n1", 0, &[]);
    other.header.protocol = "raft".to_owned();
    assert_eq!(merge(vec![first.clone(), other]), Err(MergeError::Other { part: 2 }));
    let mut timeless = part("n1", 0, &[]);
    timeless.header.began_unix_us = None;
    assert_eq!(merge(vec![first, timeless]), Err(MergeError::NoClock { part: 2 }));
}

#[test]
fn what_a_killed_node_wrote_ends_with_its_crash() {
    let mut bytes = Vec::new();
    write(&part("n0", 0, &[(5, "send", Some(7)), (9, "send", Some(8))]), &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let cut = &text[..text.rfind("{\"end\"").unwrap() - 12];
    assert_eq!(read(cut), Err(TraceError::Truncated { events: 1 }));
    let kinds: Vec<_> =
        read_part(cut).unwrap().events.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["send", "crash"]);
}
