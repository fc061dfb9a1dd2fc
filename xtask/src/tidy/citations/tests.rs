use super::*;

const SPEC: &str = "# PBFT\n```text\nL1  upon a request\nL12 upon 2f prepares\n```\n| L13 | x |\n";

fn findings(path: &str, code: &str) -> usize {
    check(&Tree::of(&[("specs/pbft.md", SPEC), (path, code)])).len()
}

#[test]
fn citations_that_lead_somewhere_pass() {
    for code in
        ["// specs/pbft.md L12: prepared", "// L1, L13", "let L99 = 1;", "// LINE and L2norm"]
    {
        assert_eq!(findings("crates/pbft/src/replica.rs", code), 0, "{code}");
    }
}

#[test]
fn citations_of_missing_lines_and_pages_are_found() {
    assert_eq!(findings("crates/pbft/src/replica.rs", "// specs/pbft.md L14"), 1);
    assert_eq!(findings("crates/pbft/src/replica.rs", "//! See L2 and L3."), 2);
    assert_eq!(findings("crates/sim/src/lib.rs", "// specs/raft.md L1"), 1);
}

#[test]
fn other_crates_may_speak_of_other_lines() {
    assert_eq!(findings("crates/sim/src/lib.rs", "// cache L2"), 0);
}
