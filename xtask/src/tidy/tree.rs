//! The project's text, read once.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::house::files;

const FOLDERS_SKIPPED: &[&str] =
    &["target", "node_modules", "dist", "test-results", ".git", "unisono-net"];
const ENDINGS: &[&str] = &["rs", "ts", "vue", "md", "toml", "lock"];

/// Texts by their path from the root, with `/` between folders.
#[derive(Default)]
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads everything under `root` that people write.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut texts = BTreeMap::new();
        for path in files(root, FOLDERS_SKIPPED)? {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if !ENDINGS.contains(&ending) {
                continue;
            }
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let parts = path.strip_prefix(root)?.components();
            let name: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
            texts.insert(name.join("/"), text);
        }
        Ok(Self(texts))
    }

    #[cfg(test)]
    pub(crate) fn of(texts: &[(&str, &str)]) -> Self {
        Self(texts.iter().map(|&(path, text)| (path.into(), text.into())).collect())
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Texts whose path starts and ends so.
    pub(crate) fn within<'a>(
        &'a self,
        start: &'a str,
        end: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter(move |(path, _)| path.starts_with(start) && path.ends_with(end))
    }
}

/// Whether a path holds tests: they may be long, and may do what the code under them may not.
pub(crate) fn is_test(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(part, "test" | "tests" | "tests.rs")
            || part.ends_with(".test.ts")
            || part.ends_with(".spec.ts")
    })
}
