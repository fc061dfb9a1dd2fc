use super::*;

#[test]
fn generated_and_vendored_files_are_found() {
    let names = ["web/dist/index.html", "web/node_modules/vue/index.js", "vendor/x.rs", "target/x"];
    assert_eq!(check(&names.map(str::to_owned)).len(), names.len());
}

#[test]
fn what_people_write_passes() {
    let names = ["web/src/main.ts", "crates/types/src/lib.rs", "docs/targets.md"];
    assert!(check(&names.map(str::to_owned)).is_empty());
}
