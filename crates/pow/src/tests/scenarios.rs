//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p pow scenarios` rewrites the outputs.

use std::path::PathBuf;
use std::sync::Arc;

use testkit::{Cluster, check_script, value};

use super::Branch;
use crate::{Core, Message};

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn a_reorganisation() {
    check("reorganisation");
}
#[test]
fn a_deep_reorganisation() {
    check("deep_reorganisation");
}
#[test]
fn recovery() {
    check("recovery");
}

fn check(name: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}.txt"));
    check_script::<Core>(&path, run);
}

/// `feed N clients=1,0,0 from=M`: a branch above the first block, mined by a script, is sent to N; client 0 stands for
/// an empty block.
fn run(cluster: &mut Cluster<Core>, words: &[&str]) -> bool {
    match words {
        ["feed", to, ..] => {
            let to: u16 = to.parse().unwrap();
            let from: u16 = value(words, "from").unwrap().parse().unwrap();
            let mut branch = Branch::new(&cluster.at(to).config);
            for client in testkit::numbers(value(words, "clients").unwrap()) {
                let block = branch.grow(client);
                cluster.inject(from, to, Message::Block(Arc::clone(&block)));
            }
            true
        }
        _ => false,
    }
}
