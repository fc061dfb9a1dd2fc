//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p tendermint scenarios` rewrites the outputs.

use std::path::Path;

use testkit::{check_script, numbers, value};

use super::world::{Cluster, S1, digest_of, prevote, propose};

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    check_script(&folder.join(format!("{name}.txt")), extra);
}

/// `equivocate WHO a=1 to-a=1,2 b=2 to-b=3`: two proposals and PREVOTEs for them, for round 0 of height 1.
fn extra(cluster: &mut Cluster, words: &[&str]) -> bool {
    let ["equivocate", who, ..] = *words else { return false };
    let who: u16 = who.parse().unwrap();
    let signer = cluster.signer(who).clone();
    for side in ["a", "b"] {
        let client = value(words, side).unwrap().parse().unwrap();
        for to in numbers(value(words, &format!("to-{side}")).unwrap()) {
            cluster.inject(who, to, propose(&signer, (S1, 0), client, None));
            cluster.inject(who, to, prevote(&signer, (S1, 0), digest_of(client)));
        }
    }
    true
}

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn a_silent_proposer() {
    check("silent_proposer");
}
#[test]
fn an_equivocating_proposer() {
    check("equivocating_proposer");
}
#[test]
fn recovery() {
    check("recovery");
}
