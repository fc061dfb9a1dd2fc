//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p hotstuff scenarios` rewrites the outputs.

use std::path::PathBuf;
use std::sync::Arc;

use testkit::{check_script, numbers, value};

use super::Cluster;
use super::forge::Forge;
use crate::{Message, Qc};

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn a_dead_leader() {
    check("dead_leader");
}
#[test]
fn an_equivocating_leader() {
    check("equivocating_leader");
}
#[test]
fn catching_up() {
    check("catching_up");
}
#[test]
fn recovery() {
    check("recovery");
}

fn check(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata");
    check_script::<crate::Core>(&path.join(format!("{name}.txt")), extra);
}

/// `equivocate 0 a=1 to-a=1 b=2 to-b=2,3`: in the first view, a block for client a to some and one for b to others.
fn extra(cluster: &mut Cluster, words: &[&str]) -> bool {
    let ["equivocate", who, ..] = words else { return false };
    let who: u16 = who.parse().unwrap();
    let forge = Forge::new(cluster);
    let genesis = Arc::new(Qc::default());
    for side in ["a", "b"] {
        let client = value(words, side).unwrap().parse().unwrap();
        let block = forge.block(&forge.genesis, &genesis, 1, Some(client), None);
        for to in numbers(value(words, &format!("to-{side}")).unwrap()) {
            cluster.inject(who, to, Message::Proposal(Arc::clone(&block)));
        }
    }
    true
}
