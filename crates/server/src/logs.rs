//! The last lines that a process printed, within bounds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Most lines kept of one node.
const LINES_MAX: usize = 1_000;
/// Longest line kept, in bytes; the rest of it is cut off.
const LINE_BYTES_MAX: usize = 4_096;
/// Lines of one node are shown to listeners at most this often; all of them are kept.
const SHOWN_EVERY: Duration = Duration::from_millis(50);

/// The ring.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    lines: VecDeque<String>,
    shown: Option<Instant>,
}

impl Logs {
    /// Keeps a line; returns it where listeners should see it now.
    pub(crate) fn push(&mut self, line: &str, now: Instant) -> Option<String> {
        let line = cut(line).to_owned();
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line.clone());
        let is_due = self.shown.is_none_or(|shown| now.duration_since(shown) >= SHOWN_EVERY);
        is_due.then(|| {
            self.shown = Some(now);
            line
        })
    }
    /// All kept lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.iter().cloned().collect()
    }
}

fn cut(line: &str) -> &str {
    let mut end = line.len().min(LINE_BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line[..end].trim_end()
}

#[cfg(test)]
mod tests;
