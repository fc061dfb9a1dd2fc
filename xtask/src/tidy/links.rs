//! A link from one document to a file of the project must lead there.

use super::Finding;
use super::tree::Tree;

/// All Markdown documents; `exists` says whether a path from the root does.
pub(crate) fn check(tree: &Tree, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let documents = tree.within("", ".md");
    let lines = documents
        .flat_map(|(path, text)| text.lines().zip(1..).map(move |(line, at)| (path, at, line)));
    lines.flat_map(|(path, at, line)| check_line(path, at, line, exists)).collect()
}

fn check_line(path: &str, at: usize, line: &str, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    targets(line)
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .filter(|target| resolve(path, target).is_none_or(|found| !exists(&found)))
        .map(|target| {
            let what = format!("the link to {target} leads nowhere");
            Finding::new(format!("{path}:{at}"), what, "correct it, or write what it promises")
        })
        .collect()
}

/// What stands in `](…)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// A path from the root, where the target does not leave the project.
fn resolve(document: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests;
