//! Scenario files: commands in, effects out. `UPDATE=1 cargo test -p pos scenarios` rewrites the outputs.

use std::path::PathBuf;

use testkit::check_script;

use crate::Core;

fn check(name: &str) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata").join(format!("{name}.txt"));
    check_script::<Core>(&path, |_, _| false);
}

#[test]
fn the_normal_case() {
    check("normal_case");
}
#[test]
fn recovery() {
    check("recovery");
}
#[test]
fn a_partition() {
    check("partition");
}
