use super::*;

const RECORD: &str = "# x\n## Context\n## Decision\n## Consequences\n## Alternatives\n";

fn findings(list: &str, name: &str, text: &str) -> usize {
    check(&Tree::of(&[
        ("docs/decisions/README.md", list),
        (&format!("docs/decisions/{name}"), text),
    ]))
    .len()
}

#[test]
fn a_numbered_listed_whole_record_passes() {
    assert_eq!(findings("[one](001-one.md)", "001-one.md", RECORD), 0);
}

#[test]
fn gaps_unlisted_records_and_missing_parts_are_found() {
    assert_eq!(findings("[two](002-two.md)", "002-two.md", RECORD), 1);
    assert_eq!(findings("", "001-one.md", RECORD), 1);
    assert_eq!(findings("[one](001-one.md)", "001-one.md", "# x\n## Context\n"), 3);
}
