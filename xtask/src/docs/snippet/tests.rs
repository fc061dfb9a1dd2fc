use super::*;

const SOURCE: &str = "mod a {\n    /// Does it.\n    #[inline]\n    fn it(n: u8) {\n        go();\n\n        on();\n    }\n}\n";

#[test]
fn a_function_is_shown_whole_and_without_what_stands_around_it() {
    let shown =
        "```rust\n/// Does it.\n#[inline]\nfn it(n: u8) {\n    go();\n\n    on();\n}\n```\n";
    assert_eq!(of(SOURCE, "it").as_deref(), Some(shown));
    assert_eq!(of(SOURCE, "i"), None);
    assert_eq!(of("fn it() {\n", "it"), None);
}

#[test]
fn a_marker_names_a_file_and_a_function() {
    assert_eq!(asked("cargo xtask docs snippet a/b.rs it"), Some(("a/b.rs", "it")));
    assert_eq!(asked("unisono version"), None);
}
