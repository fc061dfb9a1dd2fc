//! What commands say: a result on stdout in the format that was asked for, everything else on stderr.

mod table;

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};

pub(crate) use table::{Table, pairs};

/// How a result is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people.
    Table,
    /// One JSON value.
    Json,
    /// One JSON value per line.
    Jsonl,
}

impl Format {
    /// Whether a command line that could not be parsed asks for JSON.
    pub(crate) fn asked_for_json(args: impl Iterator<Item = String>) -> bool {
        let words: Vec<String> = args.collect();
        let is_json = |word: &str| matches!(word, "json" | "jsonl");
        words
            .windows(2)
            .any(|pair| matches!(pair[0].as_str(), "-o" | "--output") && is_json(&pair[1]))
            || words.iter().any(|word| {
                ["--output=", "-o=", "-o"]
                    .iter()
                    .any(|start| word.strip_prefix(start).is_some_and(is_json))
            })
    }
}

/// A command's result: for programs, and in words for people.
#[derive(Debug)]
pub(crate) struct Report {
    value: Value,
    text: String,
    exit: Exit,
}

impl Report {
    /// A result in both forms.
    pub(crate) fn new(value: Value, text: impl Into<String>) -> Self {
        Self { value, text: text.into(), exit: Exit::Ok }
    }
    /// Nothing to print: the command said all it had to say.
    pub(crate) const fn silent() -> Self {
        Self { value: Value::Null, text: String::new(), exit: Exit::Ok }
    }
    /// The result for programs, by itself.
    pub(crate) fn into_value(self) -> Value {
        self.value
    }
    /// The result for programs.
    #[cfg(test)]
    pub(crate) const fn value(&self) -> &Value {
        &self.value
    }
    /// How the program will end.
    #[cfg(test)]
    pub(crate) const fn exit_code(&self) -> Exit {
        self.exit
    }
    /// The same with another exit code.
    pub(crate) const fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

/// Prints a result. A reader that has gone away is no error.
pub(crate) fn print(format: Format, report: &Report) -> Exit {
    let text = match format {
        Format::Table => report.text.clone(),
        Format::Json if report.value.is_null() => String::new(),
        Format::Json => serde_json::to_string_pretty(&report.value).unwrap_or_default(),
        Format::Jsonl => lines(&report.value),
    };
    say(&text);
    report.exit
}

/// A list becomes a line for each of its items; so does an object that is nothing but a page of a list.
fn lines(value: &Value) -> String {
    let items = value.as_array().or_else(|| value.get("items").and_then(Value::as_array));
    match items {
        Some(items) => items.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
        None if value.is_null() => String::new(),
        None => value.to_string(),
    }
}

/// Prints a failure: three lines on stderr, and a problem object on stdout where JSON was asked for.
pub(crate) fn fail(format: Format, failure: &Failure) -> Exit {
    let mut err = io::stderr().lock();
    let _ = writeln!(err, "error: {}", failure.what);
    for (label, text) in [("why", &failure.why), ("next", &failure.next)] {
        if !text.is_empty() {
            let _ = writeln!(err, "  {label}: {text}");
        }
    }
    if format != Format::Table {
        problem(failure);
    }
    failure.exit
}

/// A failure for programs (RFC 9457, with the extension members of the HTTP API).
pub(crate) fn problem(failure: &Failure) {
    let object = json!({
        "type": "about:blank", "title": failure.what, "code": failure.code, "detail": failure.why,
        "why": failure.why, "next": failure.next, "exit": failure.exit as u8, "success": false,
        "error": failure.what,
    });
    say(&object.to_string());
}

fn say(text: &str) {
    if !text.is_empty() {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{}", text.trim_end());
    }
}

/// A line for people, while a command runs.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests;
