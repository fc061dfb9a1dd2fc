//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p poa scenarios` rewrites the outputs.

use std::path::PathBuf;

use testkit::{Cluster, check_script, node};

use super::forge::forge_on;
use crate::{Core, Message};

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn a_missed_turn() {
    check("missed_turn");
}
#[test]
fn a_partition_heals() {
    check("partition");
}
#[test]
fn an_equivocating_sealer() {
    check("equivocating_sealer");
}
#[test]
fn recovery() {
    check("recovery");
}

fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format!("{name}.txt"));
    check_script::<Core>(&path, extra);
}

/// `seal 1 0,2`: a liar seals a block on the head of each of these, and sends it to that one alone.
fn extra(cluster: &mut Cluster<Core>, words: &[&str]) -> bool {
    let ["seal", who, to] = words else { return false };
    let who: u16 = who.parse().unwrap();
    for (to, more) in testkit::numbers(to).into_iter().zip(0..) {
        let core = cluster.core(to);
        let now = cluster.now;
        let block = forge_on(core, core.best, cluster.signer(who), now, None, |header| {
            header.view = types::View::new(header.view.get() + more);
        });
        assert_ne!(node(who), node(to));
        cluster.inject(who, to, Message::Block(block));
    }
    true
}
