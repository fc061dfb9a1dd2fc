//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p fba scenarios` rewrites the outputs.

use std::path::PathBuf;

use testkit::check_script;

use super::World;

fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format!("{name}.txt"));
    check_script(&path, extra);
}

/// No command beyond the common ones.
fn extra(_: &mut World, _: &[&str]) -> bool {
    false
}

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn a_dead_leader() {
    check("dead_leader");
}
#[test]
fn a_laggard() {
    check("laggard");
}
#[test]
fn recovery() {
    check("recovery");
}
