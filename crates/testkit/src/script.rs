//! Scenario files: commands in, effects out.

use std::fmt::Write as _;
use std::path::Path;

use protocol::{Call, Effect};
use types::NodeId;

use crate::app::{request, requests_of};
use crate::cluster::{Cluster, ms};
use crate::events::Fate;
use crate::subject::Subject;

/// Runs a scenario file and compares its outputs; `UPDATE=1` in the environment rewrites them.
///
/// `extra` takes the commands that only this core's scenarios have, and says whether it knew one.
///
/// # Panics
/// Where the file says otherwise, or has a command that nobody knows.
pub fn check_script<C: Subject>(path: &Path, extra: fn(&mut Cluster<C>, &[&str]) -> bool) {
    let text = std::fs::read_to_string(path).expect("a scenario file");
    let mut cluster: Option<Cluster<C>> = None;
    let mut out = String::new();
    for block in text.trim_end().split("\n\n") {
        let (commands, _) = block.split_once("\n----").unwrap_or((block, ""));
        out.push_str(commands);
        out.push('\n');
        let mut result = String::new();
        let is_command = |line: &&str| !line.starts_with('#');
        for command in commands.lines().filter(is_command) {
            run(&mut cluster, command, extra, &mut result);
        }
        if result.is_empty() {
            result.push_str("(nothing happens)");
        }
        if commands.lines().any(|line| is_command(&line)) {
            out.push_str("----\n");
            out.push_str(result.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
    let out = format!("{}\n", out.trim_end());
    if is_updating() {
        return std::fs::write(path, &out).expect("a scenario file can be written");
    }
    assert_eq!(out, text, "{} says otherwise; UPDATE=1 rewrites it", path.display());
}

#[expect(clippy::disallowed_methods, reason = "a test may be told to rewrite its expectations")]
fn is_updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

/// `key=value` among a command's words.
#[must_use]
pub fn value<'a>(words: &[&'a str], key: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
}
/// A list `1,2,3`.
///
/// # Panics
/// Where it is none.
#[must_use]
pub fn numbers(list: &str) -> Vec<u16> {
    list.split(',').map(|number| number.parse().unwrap()).collect()
}

fn run<C: Subject>(
    cluster: &mut Option<Cluster<C>>,
    command: &str,
    extra: fn(&mut Cluster<C>, &[&str]) -> bool,
    out: &mut String,
) {
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
            cluster.at_mut(index(who)).crash_on = C::KINDS.iter().position(|kind| *kind == what);
        }
        ["restart", who] => cluster.restart(index(who)),
        ["liar", who] => cluster.corrupt(index(who)),
        ["drop", ..] => drop_some(cluster, &words),
        ["split", ref groups @ ..] => {
            let groups: Vec<Vec<u16>> = groups.iter().map(|group| numbers(group)).collect();
            cluster.split(&groups.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        ["heal"] => cluster.heal(),
        ["status"] => status(cluster, out),
        ["verdict"] => writeln!(out, "{:?}", cluster.verdict()).unwrap(),
        _ => assert!(extra(cluster, &words), "no such command: {command}"),
    }
    for line in cluster.log.replace(String::new()).unwrap_or_default().lines() {
        let is_timer = line.contains(" set ") || line.contains(" cancel ");
        if !is_timer {
            writeln!(out, "{line}").unwrap();
        }
    }
}

fn drop_some<C: Subject>(cluster: &mut Cluster<C>, words: &[&str]) {
    let kinds: Vec<String> =
        value(words, "type").unwrap_or_default().split(',').map(str::to_owned).collect();
    let (from, to) = (value(words, "from").map(numbers), value(words, "to").map(numbers));
    let matches = |list: &Option<Vec<u16>>, id: NodeId| {
        list.as_ref().is_none_or(|list| list.contains(&id.get()))
    };
    cluster.network = Box::new(move |_, sender, receiver, message: &C::Message| {
        let is_kind = kinds.iter().any(|name| name == C::KINDS[C::kind(message)]);
        if is_kind && matches(&from, sender) && matches(&to, receiver) {
            Fate::Drop
        } else {
            Fate::Pass
        }
    });
}

fn status<C: Subject>(cluster: &Cluster<C>, out: &mut String) {
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

/// One line for an effect.
pub(crate) fn describe<C: Subject>(me: NodeId, effect: &Effect<C>) -> String {
    match effect {
        Effect::Persist(record) => format!("{me} persist {}", C::record_name(record)),
        Effect::Compact(records) => format!("{me} compact to {} records", records.len()),
        Effect::Send { to, message } => format!("{me} -> {to} {}", C::message_name(message)),
        Effect::Broadcast(message) => format!("{me} -> * {}", C::message_name(message)),
        Effect::SetTimer { timer, after } => format!("{me} set {timer:?} {}ms", after.ms()),
        Effect::CancelTimer(timer) => format!("{me} cancel {timer:?}"),
        Effect::Call(call) => format!("{me} call {}", call_name(call)),
        Effect::Decide(decision) => {
            let requests = requests_of(decision.payload.as_ref());
            let names: Vec<String> =
                requests.iter().map(|r| format!("c{}:{}", r.client, r.timestamp)).collect();
            let what = if names.is_empty() { "null".to_owned() } else { names.join("+") };
            format!("{me} decide {} in view {}: {what}", decision.seq, decision.view)
        }
        Effect::Accuse(evidence) => {
            format!("{me} accuse {} of {} at {}", evidence.offender, evidence.kind, evidence.seq)
        }
        Effect::Reject { peer, reason } => format!("{me} reject {peer} {}", reason.label()),
    }
}

fn call_name(call: &Call) -> String {
    match call {
        Call::Build { view, seq } => format!("build(v{view} s{seq})"),
        Call::Check { view, seq, proposer, .. } => format!("check(v{view} s{seq} by {proposer})"),
        Call::Transfer { seq, .. } => format!("transfer(s{seq})"),
        Call::Mine { target, .. } => format!("mine({target:?})"),
    }
}
