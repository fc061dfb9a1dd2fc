//! The code of a protocol cites the lines of its page in `specs/`; a citation must lead somewhere.

use super::Finding;
use super::tree::Tree;

/// All citations in Rust code: `specs/NAME.md L12`, and the bare `L12` in comments of the crate `NAME`.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = tree.within("", ".rs").filter(|(path, _)| !path.starts_with("xtask/"));
    let lines = sources
        .flat_map(|(path, text)| text.lines().zip(1..).map(move |(line, at)| (path, at, line)));
    lines.flat_map(|(path, at, line)| check_line(tree, path, at, line)).collect()
}

fn check_line(tree: &Tree, path: &str, at: usize, line: &str) -> Vec<Finding> {
    let Some((_, comment)) = line.split_once("//") else { return Vec::new() };
    let named = comment.split_once("specs/").and_then(|(_, rest)| rest.split_once(".md"));
    let own = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
    let (page, text) = match (named, own) {
        (Some((name, rest)), _) => (format!("specs/{name}.md"), rest),
        (None, Some(name)) if tree.get(&format!("specs/{name}.md")).is_some() => {
            (format!("specs/{name}.md"), comment)
        }
        (None, _) => return Vec::new(),
    };
    let next = "cite a line that the page has, or add the line to the page";
    let Some(spec) = tree.get(&page) else {
        return vec![Finding::new(format!("{path}:{at}"), format!("there is no {page}"), next)];
    };
    labels(text)
        .filter(|label| !spec.lines().any(|line| defines(line, label)))
        .map(|label| {
            Finding::new(format!("{path}:{at}"), format!("{page} has no line {label}"), next)
        })
        .collect()
}

/// The words `L1`, `L2`, ... of a text.
fn labels(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| {
        word.strip_prefix('L').is_some_and(|number| {
            !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit())
        })
    })
}

/// Whether a line of the page begins with the label, maybe behind a list's or table's mark.
fn defines(line: &str, label: &str) -> bool {
    labels(line).next() == Some(label)
        && line.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(label)
}

#[cfg(test)]
mod tests;
