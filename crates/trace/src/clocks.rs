//! Vector clocks: what could have caused what (Fidge and Mattern, 1988).

use std::collections::BTreeMap;

use crate::{Event, Trace};

/// The vector clock of every event, each by the positions of the header's nodes.
pub(crate) fn clocks(trace: &Trace) -> Vec<Vec<u64>> {
    let nodes = &trace.header.nodes;
    let index = |event: &Event| nodes.iter().position(|node| *node == event.node);
    let mut now = vec![vec![0_u64; nodes.len()]; nodes.len()];
    let mut sent: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut all = Vec::with_capacity(trace.events.len());
    for event in &trace.events {
        let Some(at) = index(event) else {
            all.push(vec![0; nodes.len()]);
            continue;
        };
        if event.kind == "receive"
            && let Some(before) = event.message.and_then(|message| sent.get(&message))
        {
            for (mine, theirs) in now[at].iter_mut().zip(before) {
                *mine = (*mine).max(*theirs);
            }
        }
        now[at][at] += 1;
        if event.kind == "send"
            && let Some(message) = event.message
        {
            sent.insert(message, now[at].clone());
        }
        all.push(now[at].clone());
    }
    all
}
