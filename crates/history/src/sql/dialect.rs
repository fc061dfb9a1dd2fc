//! Where the two databases differ.

use std::fmt::Write;
use std::io;
use std::path::Path;

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Dialect {
    /// A statement with its parameter marks as the database wants them; `?` stands for nothing else in ours.
    pub(super) fn statement(self, sql: &str) -> String {
        match self {
            Self::Sqlite => sql.to_owned(),
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                let mut parts = sql.split('?');
                let mut numbered = parts.next().unwrap_or_default().to_owned();
                for (part, number) in parts.zip(1..) {
                    numbered.push_str(&format!("${number}{part}"));
                }
                numbered
            }
        }
    }
    /// What is said to a new connection.
    pub(super) const fn greeting(self) -> &'static [&'static str] {
        match self {
            // A commit appends to one file and syncs it once; readers go on meanwhile.
            Self::Sqlite => &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"],
            #[cfg(feature = "postgres")]
            Self::Postgres => &[],
        }
    }
    /// How a transaction begins that will write.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            #[cfg(feature = "postgres")]
            Self::Postgres => "BEGIN",
        }
    }
    /// What gives the room of what was pruned back.
    pub(super) const fn tidy(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("VACUUM"),
            #[cfg(feature = "postgres")]
            Self::Postgres => None,
        }
    }
    /// What an error's code says.
    pub(super) fn judge(self, code: &str) -> Verdict {
        match self {
            Self::Sqlite => sqlite_verdict(code.parse().unwrap_or(0)),
            #[cfg(feature = "postgres")]
            Self::Postgres => postgres_verdict(code),
        }
    }
}

/// What an error of a database means for who asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Ask again on the same connection.
    Busy,
    /// Ask again on a new connection.
    Gone,
    /// What is kept is damaged.
    Damaged,
    /// It may not be written.
    ReadOnly,
}

/// sqlite.org/rescode.html: the low byte is the kind.
fn sqlite_verdict(code: i32) -> Verdict {
    const SHORT_READ: i32 = 522;
    match (code, code & 0xff) {
        (SHORT_READ, _) | (_, 1 | 11 | 20 | 24 | 26) => Verdict::Damaged,
        (_, 8) => Verdict::ReadOnly,
        (_, 10 | 14) => Verdict::Gone,
        _ => Verdict::Busy,
    }
}

/// Appendix A of PostgreSQL's manual: the first two characters are the class.
#[cfg(feature = "postgres")]
fn postgres_verdict(code: &str) -> Verdict {
    match code.get(..2) {
        Some("08" | "57" | "58") => Verdict::Gone,
        Some("XX" | "42" | "22") => Verdict::Damaged,
        Some("25") => Verdict::ReadOnly,
        _ => Verdict::Busy,
    }
}

/// The URL of a SQLite file.
pub(super) fn sqlite_url(path: &Path) -> io::Result<String> {
    let path = std::path::absolute(path)?;
    let text = path.to_str();
    let text = text.ok_or_else(|| io::Error::other("the path of a SQLite store must be UTF-8"))?;
    let mut url = "sqlite://".to_owned();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    Ok(url + "?mode=rwc")
}
