use super::*;

fn findings(manifest: &str, code: &str) -> usize {
    check(&Tree::of(&[("crates/a/Cargo.toml", manifest), ("crates/a/src/lib.rs", code)])).len()
}

#[test]
fn the_sentence_is_the_same_in_both() {
    assert_eq!(findings("description = \"Do one thing.\"", "//! Do one thing.\n"), 0);
    assert_eq!(findings("description = \"Do one thing.\"", "//! Do another.\n"), 1);
    assert_eq!(findings("name = \"a\"", "//! Do one thing.\n"), 1);
}
