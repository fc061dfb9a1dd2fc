use super::*;

/// A tree in which all pure crates are in order, and `path` holds `text`.
fn findings(path: &str, text: &str) -> Vec<Finding> {
    let clippy: Vec<String> =
        PURE.iter().map(|name| format!("crates/{name}/clippy.toml")).collect();
    let mut texts: Vec<(&str, &str)> =
        clippy.iter().map(|path| (path.as_str(), "std::time::Instant::now")).collect();
    texts.push((path, text));
    check(&Tree::of(&texts))
}

#[test]
fn each_forbidden_word_is_found() {
    for (word, _) in FORBIDDEN {
        let found = findings("crates/pbft/src/lib.rs", &format!("fn f() {{}}\nlet x = {word};"));
        assert!(found.iter().any(|finding| finding.place.ends_with(":2")), "{word}: {found:?}");
    }
}

#[test]
fn floats_are_found_where_things_are_agreed_on() {
    assert_eq!(findings("crates/app/src/x.rs", "let x: f64 = 0.0;").len(), 1);
    assert!(findings("crates/sim/src/x.rs", "let x: f64 = 0.0;").is_empty());
}

#[test]
fn comments_tests_worlds_and_longer_words_are_left_alone() {
    assert!(
        findings("crates/pbft/src/lib.rs", "/// Never a HashMap.\nuse rand_core::TryRng;")
            .is_empty()
    );
    assert!(findings("crates/pbft/src/replica/tests.rs", "use std::fs;").is_empty());
    assert!(findings("crates/node/src/lib.rs", "use tokio::net;").is_empty());
    assert!(findings("crates/pbft/src/lib.rs", "let diff64 = operand::value();").is_empty());
}

#[test]
fn an_allow_is_found_whatever_follows() {
    assert_eq!(findings("crates/pbft/src/lib.rs", "#[allow(clippy::disallowed_types)]").len(), 1);
}

#[test]
fn a_missing_clippy_toml_is_found() {
    assert_eq!(check(&Tree::of(&[])).len(), PURE.len());
}
