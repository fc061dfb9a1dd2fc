use std::fmt;
use std::path::Path;

/// What kind of trouble it is, which decides about the exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The scenario or the command makes no sense.
    Usage,
    /// A disk or a folder does not do what was asked.
    Failed,
    /// What was recomputed is not what was kept.
    Violated,
}

/// What happened, why, and what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What kind of trouble it is.
    pub kind: Kind,
    /// What happened.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do.
    pub next: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), why: String::new(), next: String::new() }
    }
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::new(Kind::Failed, what)
    }
    pub(crate) fn why(mut self, why: impl fmt::Display) -> Self {
        self.why = why.to_string();
        self
    }
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }
    /// A file that cannot be read or written.
    pub(crate) fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        let full = error.kind() == std::io::ErrorKind::StorageFull;
        let next = if full {
            "free some space and run the same command: finished cells are kept"
        } else {
            "see that the folder is there and yours, then run the same command"
        };
        Self::failed(format!("cannot {what} {}", path.display())).why(error).next(next)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        Ok(())
    }
}
impl std::error::Error for Error {}

/// The known name that is most like an unknown one, where any is.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|other| (strsim::jaro_winkler(name, other), other));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.7).then_some(best.1)
}

/// There is no such name; the nearest one, or all of them.
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> Error {
    let error = Error::usage(format!("there is no {what} `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => error.next(format!("did you mean `{near}`?")),
        None => error.next(format!("one of: {}", known.join(", "))),
    }
}
