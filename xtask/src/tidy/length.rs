//! One file, one thing: a ceiling on the length of files outside tests.

use super::Finding;
use super::tree::{Tree, is_test};

/// Most lines of a source file.
const LINES_MAX: usize = 500;
/// Lines from which a file is worth a look.
const LINES_NOTED: usize = 300;
/// Most lines of ARCHITECTURE.md: it is read whole, or not at all.
const ARCHITECTURE_LINES_MAX: usize = 300;

/// Files over the ceiling.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = sources(tree).filter(|&(_, lines)| lines > LINES_MAX).map(|(path, lines)| {
        let what = format!("{lines} lines, at most {LINES_MAX} allowed outside tests");
        Finding::new(path, what, "split it where it does two things; tests go to `foo/tests.rs`")
    });
    let architecture = tree
        .get("ARCHITECTURE.md")
        .map(|text| text.lines().count())
        .filter(|&lines| lines > ARCHITECTURE_LINES_MAX)
        .map(|lines| {
            let what = format!("{lines} lines, at most {ARCHITECTURE_LINES_MAX} allowed");
            Finding::new(
                "ARCHITECTURE.md",
                what,
                "move details to docs/ or to the crate's own docs",
            )
        });
    sources.chain(architecture).collect()
}

/// Files on their way there.
pub(crate) fn warn(tree: &Tree) -> Vec<String> {
    sources(tree)
        .filter(|(_, lines)| (LINES_NOTED + 1..=LINES_MAX).contains(lines))
        .map(|(path, lines)| format!("{path} has {lines} lines"))
        .collect()
}

fn sources(tree: &Tree) -> impl Iterator<Item = (&str, usize)> {
    tree.iter()
        .filter(|(path, _)| [".rs", ".ts", ".vue"].iter().any(|ending| path.ends_with(ending)))
        .filter(|(path, _)| !is_test(path) && !path.ends_with("schema.d.ts"))
        .map(|(path, text)| (path, text.lines().count()))
}

#[cfg(test)]
mod tests;
