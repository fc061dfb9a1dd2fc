//! Decisions are numbered without gaps, listed, and say what they cost.

use super::Finding;
use super::tree::Tree;

const FOLDER: &str = "docs/decisions/";
/// What every record tells.
const HEADINGS: &[&str] = &["## Context", "## Decision", "## Consequences", "## Alternatives"];

/// All records against the list.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let list = tree.get("docs/decisions/README.md").unwrap_or_default();
    let records = tree.within(FOLDER, ".md").filter(|(path, _)| !path.ends_with("/README.md"));
    records
        .zip(1..)
        .flat_map(|((path, text), number)| {
            let name = path.trim_start_matches(FOLDER);
            let mut problems = Vec::new();
            if !name.starts_with(&format!("{number:03}-")) {
                problems.push(format!("record {number} is not called {number:03}-…"));
            }
            if !list.contains(&format!("({name})")) {
                problems.push("the record is not listed in docs/decisions/README.md".into());
            }
            let missing =
                HEADINGS.iter().filter(|&&heading| !text.lines().any(|line| line == heading));
            problems.extend(missing.map(|heading| format!("the record has no `{heading}`")));
            problems.into_iter().map(move |what| {
                Finding::new(path, what, "see docs/decisions/README.md for the form")
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
