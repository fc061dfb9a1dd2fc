//! Writes the generated blocks of the documents anew, from the commands in their opening markers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::house::{House, files};
use crate::process::{command, output};
use crate::tidy::directions::bottom_up;
use crate::tidy::markers::{CLOSE, command_of};
use crate::tidy::sentence::description;
use crate::{demo, score, web};

pub(crate) mod snippet;

const SPAN_MAX: Duration = Duration::from_secs(900);

/// All blocks, or those whose command contains `only`.
pub(crate) fn run(house: &House, only: Option<&str>) -> Result<bool> {
    // The score takes many minutes: only who asks for it gets it.
    let is_meant = |command: &str| only.map_or(command != SCORE, |part| command.contains(part));
    let mut paths: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md"].iter().map(|name| house.root.join(name)).collect();
    let docs = files(&house.root.join("docs"), &[])?;
    paths.extend(docs.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")));
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let texts = paths.iter().map(read).collect::<Result<Vec<_>>>()?;
    let mut commands = texts.iter().flat_map(|text| text.lines()).filter_map(command_of);
    if commands.any(|command| is_meant(command) && is_ours(command)) {
        web::build(house)?;
        demo::build_release(house)?;
    }
    for (path, old) in paths.iter().zip(texts) {
        let new = rewrite(&old, &mut |line, old| {
            if is_meant(line) { generate(house, line) } else { Ok(old) }
        })?;
        if new != old {
            std::fs::write(path, new)
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(true)
}

/// What prints the score of the hunt.
const SCORE: &str = "cargo xtask score";

fn is_ours(line: &str) -> bool {
    line.starts_with("unisono ")
}

/// What stands in a block from now on, from its command and what stands there.
type Generate<'a> = dyn FnMut(&str, String) -> Result<String> + 'a;

/// A document with every block filled by `generate`.
fn rewrite(text: &str, generate: &mut Generate<'_>) -> Result<String> {
    let mut new = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        new.push_str(line);
        new.push('\n');
        if let Some(command) = command_of(line) {
            let mut old = String::new();
            loop {
                match lines.next() {
                    Some(CLOSE) => break,
                    Some(line) => old = old + line + "\n",
                    None => bail!("the block of `{command}` has no end"),
                }
            }
            new.push_str(&generate(command, old)?);
            new.push_str(CLOSE);
            new.push('\n');
        }
    }
    Ok(new)
}

fn generate(house: &House, line: &str) -> Result<String> {
    if line == "cargo xtask docs crates" {
        return crates(&house.root);
    }
    if let Some((path, name)) = snippet::asked(line) {
        let source = std::fs::read_to_string(house.root.join(path))
            .with_context(|| format!("cannot read {path}"))?;
        return snippet::of(&source, name)
            .with_context(|| format!("{path} has no function {name}"));
    }
    if line == SCORE {
        return Ok(score::score(house)?.0);
    }
    let args: Vec<&str> = line.split_whitespace().skip(1).collect();
    ensure!(is_ours(line), "`{line}` is no command that writes documents");
    let output = output(&mut command(&house.root, house.binary(true), &args), SPAN_MAX)?;
    ensure!(output.status.success(), "`{line}` ended with {}", output.status);
    Ok(format!("```console\n$ {line}\n{}\n```\n", output.stdout.trim_end()))
}

/// The table of crates, bottom up, from their manifests.
fn crates(root: &Path) -> Result<String> {
    let mut table = "| crate | is |\n|---|---|\n".to_owned();
    for name in bottom_up().filter(|&name| name != "xtask") {
        let path = root.join("crates").join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let sentence = description(&manifest)
            .with_context(|| format!("{} has no description", path.display()))?;
        table.push_str(&format!("| `{name}` | {sentence} |\n"));
    }
    Ok(table)
}

#[cfg(test)]
mod tests;
