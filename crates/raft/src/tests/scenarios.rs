//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p raft scenarios` rewrites the outputs.

use std::path::PathBuf;

use testkit::{check_script, numbers, value};
use types::NodeId;

use super::world::{World, change, elect, read, reads};
use crate::Core;

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn a_leader_dies() {
    check("leader_dies");
}
#[test]
fn joint_consensus() {
    check("joint_consensus");
}
#[test]
fn a_hand_over_and_a_read() {
    check("hand_over");
}

fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format!("{name}.txt"));
    check_script::<Core>(&path, extra);
}

/// `elect 0`, `members 0 voters=2,3,4`, `transfer 0 1`, `read 0 7`, `reads 0`.
fn extra(world: &mut World, words: &[&str]) -> bool {
    let index = |at: usize| words.get(at).and_then(|word| word.parse::<u16>().ok()).unwrap_or(0);
    match words[0] {
        "elect" => elect(world, index(1)).unwrap(),
        "members" => {
            let learners = value(words, "learners").map(numbers).unwrap_or_default();
            change(world, index(1), &numbers(value(words, "voters").unwrap()), &learners).unwrap();
        }
        "transfer" => world.with_core(NodeId::new(index(1)), |core, ctx| {
            core.transfer_leadership(NodeId::new(index(2)), ctx).unwrap();
        }),
        "read" => read(world, index(1), u64::from(index(2))).unwrap(),
        "reads" => {
            let found = reads(world, index(1));
            if let Some(log) = &mut world.log {
                log.push_str(&format!("n{} may answer {found:?}\n", index(1)));
            }
        }
        _ => return false,
    }
    true
}
