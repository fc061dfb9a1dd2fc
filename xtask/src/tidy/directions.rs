//! Who may import whom (ARCHITECTURE.md). A crate that is not in the table is an error, so that a new one
//! gets its place first.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Package};

use super::Finding;

/// The crates that know no clock, socket, disk, thread, runtime or ambient randomness.
pub(crate) const PURE: &[&str] = &[
    "types",
    "codec",
    "crypto",
    "broadcast",
    "protocol",
    "ledger",
    "contracts",
    "pbft",
    "hotstuff",
    "tendermint",
    "raft",
    "poa",
    "pos",
    "pow",
    "fba",
    "central",
    "protocols",
    "cluster",
    "app",
    "replica",
    "invariants",
    "sim",
    "stats",
    "figures",
    "reliability",
    "hunt",
    "verifier",
];

/// Helpers of tests alone, which any crate's tests may import.
const FOR_TESTS: &[&str] = &["conformance", "testkit"];

/// The consensus cores; only `protocols` knows them all.
const CORES: &[&str] =
    &["pbft", "hotstuff", "tendermint", "raft", "poa", "pos", "pow", "fba", "central"];

/// Each crate, and the crates of this workspace that it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("codec", &["types"]),
    ("crypto", &["types", "codec"]),
    ("broadcast", &["types", "codec", "crypto"]),
    ("protocol", &["types", "codec", "crypto"]),
    ("ledger", &["types", "codec", "crypto"]),
    ("contracts", &[]),
    ("pbft", &["types", "codec", "crypto", "protocol"]),
    ("hotstuff", &["types", "codec", "crypto", "protocol"]),
    ("tendermint", &["types", "codec", "crypto", "protocol"]),
    ("raft", &["types", "codec", "crypto", "protocol"]),
    ("poa", &["types", "codec", "crypto", "protocol"]),
    ("pos", &["types", "codec", "crypto", "protocol"]),
    ("pow", &["types", "codec", "crypto", "protocol"]),
    ("fba", &["types", "codec", "crypto", "protocol"]),
    ("central", &["types", "codec", "crypto", "protocol"]),
    ("conformance", &["types", "codec", "crypto"]),
    ("testkit", &["types", "codec", "crypto", "protocol"]),
    (
        "protocols",
        &[
            "types",
            "codec",
            "crypto",
            "protocol",
            "pbft",
            "hotstuff",
            "tendermint",
            "raft",
            "poa",
            "pos",
            "pow",
            "fba",
            "central",
        ],
    ),
    ("cluster", &["types", "crypto", "protocol", "protocols"]),
    ("app", &["types", "codec", "crypto", "ledger", "contracts"]),
    ("replica", &["types", "codec", "crypto", "protocol", "ledger", "app"]),
    ("invariants", &["types", "codec", "crypto", "protocol", "ledger"]),
    (
        "sim",
        &[
            "types",
            "codec",
            "crypto",
            "protocol",
            "protocols",
            "ledger",
            "app",
            "replica",
            "invariants",
        ],
    ),
    ("stats", &["types"]),
    ("figures", &[]),
    ("reliability", &["types", "stats"]),
    (
        "lab",
        &[
            "types",
            "crypto",
            "protocol",
            "protocols",
            "cluster",
            "sim",
            "stats",
            "figures",
            "reliability",
        ],
    ),
    ("hunt", &["types", "crypto", "protocol", "invariants", "protocols", "sim"]),
    ("trace", &[]),
    ("verifier", &["types", "codec", "crypto", "ledger"]),
    ("store", &["types", "codec", "crypto", "ledger"]),
    ("history", &["types", "codec", "crypto", "ledger", "store"]),
    ("keys", &["types", "codec", "crypto"]),
    ("audit", &["types", "crypto"]),
    ("api", &["types"]),
    (
        "node",
        &[
            "types",
            "codec",
            "crypto",
            "protocol",
            "protocols",
            "ledger",
            "app",
            "replica",
            "store",
            "keys",
            "audit",
            "trace",
            "api",
        ],
    ),
    ("server", &["types", "api", "node", "audit"]),
    (
        "cli",
        &[
            "types",
            "codec",
            "crypto",
            "protocol",
            "protocols",
            "ledger",
            "app",
            "replica",
            "invariants",
            "sim",
            "hunt",
            "trace",
            "stats",
            "figures",
            "lab",
            "store",
            "history",
            "keys",
            "audit",
            "api",
            "node",
            "server",
            "verifier",
        ],
    ),
    ("xtask", &["api"]),
];

/// Crates of others that only some of ours may name. A name ending in `*` stands for all that begin so.
const GUARDED: &[(&str, &[&str], &str)] = &[
    ("tokio*", &["history", "node", "server", "cli"], "an async runtime belongs to the worlds"),
    ("futures*", &["node", "server", "cli"], "an async runtime belongs to the worlds"),
    ("libp2p*", &["node"], "the network belongs to the node"),
    ("axum", &["node", "server"], "HTTP belongs to the node and the server"),
    ("hyper*", &["node", "server"], "HTTP belongs to the node and the server"),
    ("tower*", &["node", "server"], "HTTP belongs to the node and the server"),
    ("reqwest", &["node", "server", "cli"], "HTTP belongs to the worlds and the faces"),
    ("fjall", &["store"], "the database belongs to the store"),
    ("sqlx", &["history"], "these databases belong to the history"),
    (
        "getrandom",
        &["keys", "node"],
        "randomness is an input; keys and the node take it from the system",
    ),
    (
        "serde*",
        &["figures", "lab", "api", "trace", "verifier", "audit", "node", "server", "cli", "xtask"],
        "what is agreed on has canonical bytes of `codec`",
    ),
    ("utoipa", &["api", "node", "server"], "the API's types stand in `api`"),
    ("anyhow", &["node", "server", "cli", "xtask"], "a library's errors are types"),
    (
        "tracing*",
        &["store", "node", "server", "cli"],
        "a pure crate tells what happened by its effects",
    ),
];

/// Crates of others that a pure crate may import.
const PURE_MAY_IMPORT: &[(&str, &[&str])] = &[
    ("crypto", &["sha2", "ed25519-zebra", "curve25519-dalek", "blst"]),
    ("ledger", &["base64"]),
    ("contracts", &["wasmi", "wasmparser"]),
    ("stats", &["statrs"]),
    ("figures", &["pdf-writer", "serde", "serde_json", "sha2"]),
    ("verifier", &["base64", "serde", "serde_json"]),
];

/// One crate of the workspace.
pub(crate) struct Member {
    name: String,
    imports: Vec<Import>,
}

struct Import {
    name: String,
    is_ours: bool,
    is_dev: bool,
}

impl From<&Package> for Member {
    fn from(package: &Package) -> Self {
        let imports = package.dependencies.iter().map(|dependency| Import {
            name: dependency.name.clone(),
            is_ours: dependency.path.is_some(),
            is_dev: dependency.kind == DependencyKind::Development,
        });
        Self { name: package.name.to_string(), imports: imports.collect() }
    }
}

/// The names of all crates, each behind those that it may import.
pub(crate) fn bottom_up() -> impl Iterator<Item = &'static str> {
    MAY_IMPORT.iter().map(|&(name, _)| name)
}

/// All imports against the tables.
pub(crate) fn check(members: &[Member]) -> Vec<Finding> {
    let known: BTreeSet<&str> = MAY_IMPORT.iter().map(|&(name, _)| name).collect();
    members
        .iter()
        .flat_map(|member| {
            if !known.contains(member.name.as_str()) {
                return vec![Finding::new(
                    format!("crates/{}/Cargo.toml", member.name),
                    format!("the crate `{}` has no row in the table of directions", member.name),
                    "give it one in xtask/src/tidy/directions.rs and in ARCHITECTURE.md",
                )];
            }
            member.imports.iter().filter_map(|import| check_one(&member.name, import)).collect()
        })
        .collect()
}

fn check_one(name: &str, import: &Import) -> Option<Finding> {
    let why_not =
        if import.is_ours { why_not_ours(name, import) } else { why_not_theirs(name, import) };
    why_not.map(|why| {
        Finding::new(
            format!("crates/{name}/Cargo.toml"),
            format!("`{name}` must not import `{}`: {why}", import.name),
            "move the code to a crate that may, or pass what it needs as data",
        )
    })
}

fn why_not_ours(name: &str, import: &Import) -> Option<String> {
    if CORES.contains(&name) && CORES.contains(&import.name.as_str()) {
        return Some("no core imports another core".into());
    }
    // A test may drive a crate from above it, as long as it stays pure.
    let serves_tests = |name| FOR_TESTS.contains(&name) || PURE.contains(&name);
    if import.is_dev && serves_tests(import.name.as_str()) {
        return None;
    }
    let row = MAY_IMPORT.iter().find(|&&(of, _)| of == name)?.1;
    (!row.contains(&import.name.as_str())).then(|| format!("it may import {}", list(row)))
}

fn why_not_theirs(name: &str, import: &Import) -> Option<String> {
    if import.is_dev {
        return None;
    }
    if let Some((_, only, why)) = GUARDED.iter().find(|(guarded, ..)| fits(guarded, &import.name))
        && !only.contains(&name)
    {
        return Some(format!("{why}; only {} may", list(only)));
    }
    let row = PURE_MAY_IMPORT.iter().find(|&&(of, _)| of == name).map_or(&[][..], |row| row.1);
    (PURE.contains(&name) && !row.contains(&import.name.as_str()))
        .then(|| format!("a pure crate may import {} from others", list(row)))
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests;
