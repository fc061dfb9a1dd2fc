//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p pbft scenarios` rewrites the outputs.

use std::fmt::Write as _;
use std::path::PathBuf;

use protocol::Protocol as _;
use types::{NodeId, Seq, View};

use super::app::request;
use super::cluster::{Cluster, Fate, ms};
use super::common_rules::propose;
use crate::Message;
use crate::promises::{KINDS, kind};

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn an_equivocating_primary() {
    check("equivocating_primary");
}
#[test]
fn a_hidden_commit() {
    check("hidden_commit");
}
#[test]
fn recovery() {
    check("recovery");
}
#[test]
fn checkpoints() {
    check("checkpoints");
}

#[expect(clippy::disallowed_methods, reason = "a test may be told to rewrite its expectations")]
fn is_updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap();
    let mut cluster: Option<Cluster> = None;
    let mut out = String::new();
    for block in text.trim_end().split("\n\n") {
        let (commands, _) = block.split_once("\n----").unwrap_or((block, ""));
        writeln!(out, "{commands}").unwrap();
        let mut result = String::new();
        let is_comment = |line: &&str| !line.starts_with('#');
        for command in commands.lines().filter(is_comment) {
            run(&mut cluster, command, &mut result);
        }
        if result.is_empty() {
            result.push_str("(nothing happens)");
        }
        if commands.lines().any(|line| is_comment(&line)) {
            writeln!(out, "----\n{}", result.trim_end()).unwrap();
        }
        out.push('\n');
    }
    let out = format!("{}\n", out.trim_end());
    if is_updating() {
        return std::fs::write(&path, &out).unwrap();
    }
    assert_eq!(out, text, "{name}.txt says otherwise; UPDATE=1 rewrites it");
}

/// `key=value` among a command's words.
fn value<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}
fn numbers(list: &str) -> Vec<u16> {
    list.split(',').map(|number| number.parse().unwrap()).collect()
}

fn run(cluster: &mut Option<Cluster>, command: &str, out: &mut String) {
    let words: Vec<&str> = command.split_whitespace().collect();
    if let ["replicas", n, ..] = words[..] {
        let mut fresh = Cluster::new(n.parse().unwrap(), None);
        fresh.log = Some(String::new());
        *cluster = Some(fresh);
        out.push_str("ok\n");
        return;
    }
    let cluster = cluster.as_mut().expect("`replicas` comes first");
    let index = |word: &str| word.parse::<u16>().unwrap();
    match words[..] {
        ["submit", what, ..] => {
            let (client, timestamp) = what.trim_start_matches('c').split_once(':').unwrap();
            let request = request(client.parse().unwrap(), timestamp.parse().unwrap());
            match value(&words, "to") {
                Some(to) => cluster.submit_to(request, &numbers(to)),
                None => cluster.submit(request),
            }
        }
        ["run", span] => cluster.run(ms(span.trim_end_matches("ms").parse().unwrap())),
        ["crash", who] => cluster.crash(index(who)),
        ["crash-behind", who, what] => {
            cluster.at_mut(index(who)).crash_on = KINDS.iter().position(|kind| *kind == what);
        }
        ["restart", who] => cluster.restart(index(who)),
        ["liar", who] => cluster.corrupt(index(who)),
        ["equivocate", who, ..] => equivocate(cluster, index(who), &words),
        ["drop", ..] => drop_some(cluster, &words),
        ["split", ref groups @ ..] => {
            let groups: Vec<Vec<u16>> = groups.iter().map(|group| numbers(group)).collect();
            cluster.split(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        ["heal"] => cluster.heal(),
        ["status"] => status(cluster, out),
        ["verdict"] => writeln!(out, "{:?}", cluster.verdict()).unwrap(),
        _ => panic!("no such command: {command}"),
    }
    for line in cluster.log.replace(String::new()).unwrap_or_default().lines() {
        let is_timer = line.contains(" set ") || line.contains(" cancel ");
        if !is_timer {
            writeln!(out, "{line}").unwrap();
        }
    }
}

fn equivocate(cluster: &mut Cluster, who: u16, words: &[&str]) {
    let signer = cluster.signer(who).clone();
    let seq = Seq::new(value(words, "seq").unwrap().parse().unwrap());
    for side in ["a", "b"] {
        let client = value(words, side).unwrap().parse().unwrap();
        for to in numbers(value(words, &format!("to-{side}")).unwrap()) {
            let message = propose(&signer, View::ZERO, seq, client);
            cluster.inject(who, to, message);
        }
    }
}

fn drop_some(cluster: &mut Cluster, words: &[&str]) {
    let kinds: Vec<String> =
        value(words, "type").unwrap_or_default().split(',').map(str::to_owned).collect();
    let (from, to) = (value(words, "from").map(numbers), value(words, "to").map(numbers));
    let matches = |list: &Option<Vec<u16>>, id: NodeId| {
        list.as_ref().is_none_or(|list| list.contains(&id.get()))
    };
    cluster.network = Box::new(move |_, sender, receiver, message: &Message| {
        let is_kind = kinds.iter().any(|name| name == KINDS[kind(message)]);
        if is_kind && matches(&from, sender) && matches(&to, receiver) {
            Fate::Drop
        } else {
            Fate::Pass
        }
    });
}

fn status(cluster: &Cluster, out: &mut String) {
    for id in cluster.all() {
        let Some(core) = &cluster.nodes[id.index()].core else {
            writeln!(out, "{id} down").unwrap();
            continue;
        };
        let status = core.status();
        write!(
            out,
            "{id} view {} {} decided {} stable {} pending {}",
            status.view, status.phase, status.decided, status.stable, status.pending
        )
        .unwrap();
        if let Some(waiting) = status.waiting {
            let have: Vec<String> = waiting.have.iter().map(NodeId::to_string).collect();
            let (have, need) = (have.join(","), waiting.need);
            write!(out, "; waits for {} at {}: has [{have}] of {need}", waiting.phase, waiting.seq)
                .unwrap();
            if let Some((name, span)) = waiting.timer {
                write!(out, ", {name} timer {}ms", span.ms()).unwrap();
            }
        }
        if let Some(cause) = status.view_change_cause {
            write!(out, "; last change: {cause:?}").unwrap();
        }
        out.push('\n');
    }
}
