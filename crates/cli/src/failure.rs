//! How a command fails: what, why, what to do next, and with which exit code.

use std::fmt::Display;

/// Exit codes, the same for all commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Ok = 0,
    /// The operation failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// A property does not hold: a receipt is forged, replicas diverged, the sums disagree.
    Violated = 3,
    /// It cannot be told, or not in time.
    Inconclusive = 4,
    /// Too few validators answer to agree on anything.
    NoQuorum = 5,
    /// Stopped by the user.
    Interrupted = 130,
}

/// A failed command.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A stable name for programs.
    pub(crate) code: String,
    pub(crate) what: String,
    pub(crate) why: String,
    pub(crate) next: String,
}

/// What commands return.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// A failure with nothing but its name and what happened.
    pub(crate) fn new(exit: Exit, code: &str, what: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.to_owned(),
            what: what.into(),
            why: String::new(),
            next: String::new(),
        }
    }
    /// The operation failed.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "FAILED", what)
    }
    /// An argument makes no sense beyond what the parser can tell.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "USAGE", what)
    }
    /// The user pressed Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "INTERRUPTED", "stopped by the user")
    }
    /// The same, with its cause.
    pub(crate) fn why(mut self, why: impl Display) -> Self {
        self.why = why.to_string();
        self
    }
    /// The same, with what to do.
    pub(crate) fn next(mut self, next: impl Display) -> Self {
        self.next = next.to_string();
        self
    }
}

/// An error that already carries its story as a chain: the outermost says what, the rest why.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let why: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        Self::failed(error.to_string()).why(why.join(": "))
    }
}

/// Puts a failure's first line before an error.
pub(crate) trait Explain<T> {
    /// Names what was tried; the error becomes the reason.
    fn explain(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Display> Explain<T> for std::result::Result<T, E> {
    fn explain(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Failure::failed(what()).why(format!("{error:#}")))
    }
}

/// An operator's mistake that the node found.
impl From<node::Failure> for Failure {
    fn from(failure: node::Failure) -> Self {
        let exit = if failure.exit_code == Exit::Usage as u8 { Exit::Usage } else { Exit::Failed };
        let code = if exit == Exit::Usage { "CONFIGURATION" } else { "FAILED" };
        Self::new(exit, code, failure.what).why(failure.why).next(failure.next)
    }
}
