use super::*;

#[test]
fn a_long_file_is_found_and_a_growing_one_noted() {
    let (over, at, grown) = ("x\n".repeat(501), "x\n".repeat(500), "x\n".repeat(301));
    let tree = Tree::of(&[
        ("crates/a/src/over.rs", &over),
        ("crates/a/src/at.rs", &at),
        ("web/src/Over.vue", &over),
        ("web/src/grown.ts", &grown),
    ]);
    let places: Vec<String> = check(&tree).into_iter().map(|finding| finding.place).collect();
    assert_eq!(places, ["crates/a/src/over.rs", "web/src/Over.vue"]);
    assert_eq!(warn(&tree).len(), 2);
}

#[test]
fn tests_and_generated_types_may_be_long() {
    let long = "x\n".repeat(2_000);
    let tree = Tree::of(&[
        ("crates/a/src/a/tests.rs", &long),
        ("crates/a/src/tests/paper.rs", &long),
        ("web/src/verdict.test.ts", &long),
        ("web/src/api/schema.d.ts", &long),
    ]);
    assert!(check(&tree).is_empty());
}

#[test]
fn the_architecture_stays_short() {
    let long = "x\n".repeat(301);
    assert_eq!(check(&Tree::of(&[("ARCHITECTURE.md", &long)])).len(), 1);
}
