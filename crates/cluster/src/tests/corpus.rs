//! The corpus of real messages that `protocols` replays and spoils; `UPDATE=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use codec::Encode as _;
use protocol::Inspect as _;
use protocols::{Any, PROTOCOLS};
use types::{Duration, NodeId};

use crate::{Cluster, Event};

/// Messages of each kind.
const OF_A_KIND: usize = 2;
/// Longer ones teach nothing more.
const BYTES_MAX: usize = 3_000;

type Seen = BTreeMap<usize, Vec<(NodeId, Vec<u8>)>>;

/// Runs for a while, and keeps the first messages of each kind.
fn watch(cluster: &mut Cluster, span: Duration, seen: &mut Seen) {
    let until = cluster.now.after(span);
    loop {
        if let Some(entry) = cluster.queue.first_entry()
            && let Event::Deliver { from, message, .. } = entry.get()
        {
            let of_this_kind = seen.entry(Any::kind(message)).or_default();
            let bytes = message.to_bytes();
            let is_new = of_this_kind.iter().all(|(_, other)| *other != bytes);
            if of_this_kind.len() < OF_A_KIND && bytes.len() <= BYTES_MAX && is_new {
                of_this_kind.push((*from, bytes));
            }
        }
        if !cluster.advance(until) {
            return;
        }
    }
}

/// A few decisions, then one replica is away and comes back, then the first leader stops.
fn messages(name: &str) -> Seen {
    let mut seen = Seen::new();
    let mut cluster = Cluster::new(name, 4).unwrap();
    let span = Duration::from_ms(20_000);
    cluster.submit(b"one");
    watch(&mut cluster, span, &mut seen);
    cluster.network().cut_off(NodeId::new(2));
    cluster.submit(b"two");
    watch(&mut cluster, span, &mut seen);
    cluster.network().heal();
    watch(&mut cluster, span, &mut seen);
    cluster.stop(NodeId::new(0));
    cluster.submit(b"three");
    watch(&mut cluster, span, &mut seen);
    seen
}

#[test]
fn the_corpus_is_written_anew_where_that_is_asked_for() {
    if std::env::var_os("UPDATE").is_none() {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/corpus");
    std::fs::create_dir_all(&folder).unwrap();
    for protocol in PROTOCOLS {
        let mut text = String::new();
        for (from, bytes) in messages(protocol.name).into_values().flatten() {
            write!(text, "{} ", from.get()).unwrap();
            bytes.iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
            text.push('\n');
        }
        std::fs::write(folder.join(format!("{}.txt", protocol.name)), text).unwrap();
    }
}
