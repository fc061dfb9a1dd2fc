//! Parts of examples as the documents show them: what is shown is what the tests run.

/// The words before a file and a name in a marker.
pub(crate) const COMMAND: &str = "cargo xtask docs snippet ";

/// The file and the name of a marker's command, where it asks for a snippet.
pub(crate) fn asked(command: &str) -> Option<(&str, &str)> {
    command.strip_prefix(COMMAND)?.split_once(' ')
}

/// A function of a source file with its comments, as a fenced block; `None` where there is none of this name.
pub(crate) fn of(source: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().collect();
    let opening = format!("fn {name}(");
    let at = lines.iter().position(|line| line.trim_start().starts_with(&opening))?;
    let indent = lines[at].len() - lines[at].trim_start().len();
    let is_about =
        |line: &&&str| ["///", "#["].iter().any(|start| line.trim_start().starts_with(start));
    let from = at - lines[..at].iter().rev().take_while(is_about).count();
    let end = format!("{}}}", " ".repeat(indent));
    let to = at + lines[at..].iter().position(|line| *line == end)?;
    let part: Vec<&str> =
        lines[from..=to].iter().map(|line| line.get(indent..).unwrap_or("")).collect();
    Some(format!("```rust\n{}\n```\n", part.join("\n")))
}

#[cfg(test)]
mod tests;
