//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p pbft scenarios` rewrites the outputs.

use std::path::PathBuf;

use testkit::{check_script, numbers, value};
use types::{Seq, View};

use super::common_rules::propose;
use super::subject::Cluster;

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

fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format!("{name}.txt"));
    check_script(&path, |cluster, words| match words {
        ["equivocate", who, ..] => {
            equivocate(cluster, who.parse().unwrap(), words);
            true
        }
        _ => false,
    });
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
