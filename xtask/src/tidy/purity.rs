//! Nothing below the worlds knows a clock, a socket, a disk, a thread, a runtime or ambient randomness.
//!
//! Clippy forbids the functions and types by their paths, where it is told to; this check reads the words, so that
//! a macro, a forgotten `clippy.toml` or an `allow` cannot let one in.

use super::Finding;
use super::directions::PURE;
use super::tree::{Tree, is_test};

/// Words that no pure crate says outside its tests, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("Instant::now", "time is an input: use the `now` you were given"),
    ("SystemTime", "time is an input: use the `now` you were given"),
    ("HashMap", "iteration order is random: use BTreeMap"),
    ("HashSet", "iteration order is random: use BTreeSet"),
    ("std::thread", "the worlds decide about threads"),
    ("std::fs", "the disk belongs to the worlds"),
    ("std::net", "sockets belong to the node"),
    ("std::env", "configuration is data: take it as an argument"),
    ("std::process", "processes belong to the faces"),
    ("rand::", "randomness is an input: use `types::Prng`"),
    ("getrandom", "randomness is an input: use `types::Prng`"),
    ("tokio", "an async runtime belongs to the worlds"),
    ("async fn", "an async runtime belongs to the worlds"),
    (".await", "an async runtime belongs to the worlds"),
    ("thread_local!", "state belongs to the machine that is stepped"),
    ("static mut", "state belongs to the machine that is stepped"),
    ("clippy::disallowed", "what clippy.toml forbids is not allowed back in"),
];

/// Crates whose results replicas agree on: whole numbers only.
const AGREED: &[&str] = &[
    "types",
    "codec",
    "crypto",
    "broadcast",
    "protocol",
    "ledger",
    "contracts",
    "app",
    "pbft",
    "hotstuff",
    "tendermint",
    "raft",
    "poa",
    "pos",
    "pow",
    "fba",
    "central",
    "replica",
];
const FLOATS: &[&str] = &["f32", "f64"];

/// All pure crates.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    PURE.iter().flat_map(|name| check_crate(tree, name)).collect()
}

fn check_crate(tree: &Tree, name: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let clippy = format!("crates/{name}/clippy.toml");
    if !tree.get(&clippy).is_some_and(|text| text.contains("std::time::Instant::now")) {
        findings.push(Finding::new(
            clippy,
            "a pure crate forbids clocks, threads, hash order and disks by its own clippy.toml",
            "copy crates/types/clippy.toml",
        ));
    }
    for (path, text) in tree.within(&format!("crates/{name}/src/"), ".rs") {
        if !is_test(path) {
            let lines = text.lines().enumerate();
            findings.extend(lines.flat_map(|(at, line)| check_line(name, path, at + 1, line)));
        }
    }
    findings
}

fn check_line(name: &str, path: &str, at: usize, line: &str) -> Vec<Finding> {
    let code = line.split("//").next().unwrap_or_default();
    let forbidden = FORBIDDEN.iter().filter(|(word, _)| says(code, word));
    let floats = FLOATS.iter().filter(|word| AGREED.contains(&name) && says(code, word));
    let floats = floats.map(|&word| (word, "what is agreed on is whole numbers with units"));
    forbidden
        .copied()
        .chain(floats)
        .map(|(word, why)| {
            Finding::new(format!("{path}:{at}"), format!("`{word}` in a pure crate"), why)
        })
        .collect()
}

/// Whether the code says a word, not merely one that contains it.
fn says(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let starts = !word.starts_with(is_part) || !before.is_some_and(is_part);
        let ends =
            !word.ends_with(is_part) || !after.is_some_and(is_part) || word.contains("clippy");
        starts && ends
    })
}

#[cfg(test)]
mod tests;
