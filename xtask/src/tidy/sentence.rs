//! A crate is what its one sentence says: the same in Cargo.toml and at the top of its code.

use super::Finding;
use super::tree::Tree;

/// All crates.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.within("", "/Cargo.toml");
    manifests.filter_map(|(path, manifest)| check_one(tree, path, manifest)).collect()
}

fn check_one(tree: &Tree, path: &str, manifest: &str) -> Option<Finding> {
    let folder = path.strip_suffix("/Cargo.toml")?;
    let text =
        ["lib", "main"].iter().find_map(|root| tree.get(&format!("{folder}/src/{root}.rs")))?;
    let first = text.lines().next().unwrap_or_default().trim_start_matches("//!").trim();
    let sentence = description(manifest);
    (sentence != Some(first)).then(|| {
        let what = format!(
            "the description {:?} is not the first line of the crate's documentation, {first:?}",
            sentence.unwrap_or_default()
        );
        Finding::new(path, what, "write the same sentence in both")
    })
}

/// The `description` of a manifest.
pub(crate) fn description(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find(|line| line.starts_with("description"))?;
    line.split_once('=')?.1.trim().strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests;
