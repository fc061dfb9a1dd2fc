//! Every dependency is somebody else's code that this project answers for: their number has a ceiling.

use super::Finding;
use super::tree::Tree;

/// Most packages in Cargo.lock, for all platforms together.
const PACKAGES_MAX: usize = 620;

/// The lock file against the budget.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let lock = tree.get("Cargo.lock").unwrap_or_default();
    let packages = lock.lines().filter(|line| line.trim() == "[[package]]").count();
    let what = match packages {
        0 => "no packages: the lock file is missing or unreadable".to_owned(),
        over if over > PACKAGES_MAX => format!("{over} packages, the budget is {PACKAGES_MAX}"),
        _ => return Vec::new(),
    };
    let next = "drop a dependency or a feature, or say in a decision why the budget grows";
    vec![Finding::new("Cargo.lock", what, next)]
}

#[cfg(test)]
mod tests;
