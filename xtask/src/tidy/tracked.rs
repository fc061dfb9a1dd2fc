//! What a command makes is not kept in the repository, nor is what others make.

use std::path::Path;
use std::process::Command;

use super::Finding;

/// Paths, or the starts of paths, that commands make.
const GENERATED: &[&str] =
    &["target/", "web/dist/", "web/openapi.json", "web/src/api/schema.d.ts", "web/test-results/"];
/// Folders of other people's code.
const VENDORED: &[&str] = &["node_modules/", "vendor/"];

/// The tracked files; none where this is no clone.
pub(crate) fn names(root: &Path) -> Vec<String> {
    let output = Command::new("git").current_dir(root).args(["ls-files"]).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// Tracked files that should not be.
pub(crate) fn check(names: &[String]) -> Vec<Finding> {
    let is_wrong = |name: &&String| {
        GENERATED.iter().any(|start| name.starts_with(start))
            || VENDORED.iter().any(|folder| format!("/{name}").contains(&format!("/{folder}")))
    };
    names
        .iter()
        .filter(is_wrong)
        .map(|name| {
            let next = format!("`git rm --cached {name}` and name it in .gitignore");
            Finding::new(name, "a generated or vendored file is tracked", next)
        })
        .collect()
}

#[cfg(test)]
mod tests;
