use super::*;

fn findings(text: &str) -> usize {
    let exists = |path: &str| ["README.md", "docs", "docs/a.md"].contains(&path);
    check(&Tree::of(&[("docs/a.md", text)]), &exists).len()
}

#[test]
fn links_that_lead_somewhere_pass() {
    assert_eq!(
        findings("[x](../README.md#part), [y](a.md), [z](https://x.org/y) and [w](#here)"),
        0
    );
}

#[test]
fn links_that_lead_nowhere_are_found() {
    assert_eq!(findings("[x](b.md) and [y](../docs/c.md)"), 2);
    assert_eq!(findings("[x](../../outside.md)"), 1);
}
