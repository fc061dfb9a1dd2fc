//! The layout of the tables, version after version.
//!
//! Each step is one transaction together with the row that says that it was done, so a process that dies in it leaves
//! the layout before it or the one after it.

use ledger::HistoryError;

use super::dialect::Dialect;
use super::link::Link;
use super::rows::Statement;
use super::{column, damage};

/// A step from one layout to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    /// The number of the layout that it makes, from one.
    pub(crate) version: i64,
    pub(crate) sql: &'static str,
}

macro_rules! migrations {
    ($folder:literal: $($version:literal = $file:literal),+ $(,)?) => {
        &[$(Migration {
            version: $version,
            sql: include_str!(concat!("../../migrations/", $folder, "/", $file)),
        }),+]
    };
}

pub(crate) const SQLITE: &[Migration] =
    migrations!("sqlite": 1 = "0001_blocks.sql", 2 = "0002_transactions.sql");
#[cfg(feature = "postgres")]
const POSTGRES: &[Migration] =
    migrations!("postgres": 1 = "0001_blocks.sql", 2 = "0002_transactions.sql");

/// The steps of a database.
pub(super) const fn all(dialect: Dialect) -> &'static [Migration] {
    match dialect {
        Dialect::Sqlite => SQLITE,
        #[cfg(feature = "postgres")]
        Dialect::Postgres => POSTGRES,
    }
}

/// Most attempts to go a step that somebody else goes at the same time.
const ATTEMPTS_MAX: u32 = 3;

/// Brings the layout to the newest that is known.
pub(super) fn run(link: &Link, steps: &[Migration]) -> Result<(), HistoryError> {
    let mut attempts = 0;
    loop {
        let at = version(link)?;
        let known = steps.last().map_or(0, |step| step.version);
        if at > known {
            let number = |version: i64| u64::try_from(version).unwrap_or(0);
            return Err(HistoryError::TooNew { found: number(at), known: number(known) });
        }
        let Some(step) = steps.iter().find(|step| step.version > at) else { return Ok(()) };
        match link.write(&go(*step)) {
            Ok(()) => attempts = 0,
            // Somebody else has gone it, or goes it now.
            Err(_) if version(link)? > at => attempts = 0,
            Err(error) if error.is_temporary() && attempts < ATTEMPTS_MAX => attempts += 1,
            Err(error) => return Err(error),
        }
    }
}

fn go(step: Migration) -> Vec<Statement> {
    let table = "CREATE TABLE IF NOT EXISTS layout (version BIGINT PRIMARY KEY)";
    let done = format!("INSERT INTO layout (version) VALUES ({})", step.version);
    [table, step.sql, &done].map(|sql| Statement::new(sql, Vec::new())).into()
}

/// The layout that is there; zero for none.
fn version(link: &Link) -> Result<i64, HistoryError> {
    let known = match link.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_master WHERE name = 'layout'",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'layout'"
        }
    };
    if link.one(known, Vec::new())?.is_none() {
        return Ok(0);
    }
    let row = link.one("SELECT version FROM layout ORDER BY version DESC LIMIT 1", Vec::new())?;
    row.map_or_else(|| Err(damage("it names no layout".to_owned())), |row| column(&row, 0))
}
