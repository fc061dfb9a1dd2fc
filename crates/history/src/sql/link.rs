//! One connection, made anew where it is lost, and the runtime that drives it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::{Frontier, HistoryError};
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::runtime::{Builder, Runtime};
use types::Height;

use super::dialect::{Dialect, Verdict};
use super::rows::{Statement, Value, set_meta};
use super::unavailable;

/// How long a server may take to answer the first time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A way to a database.
pub(super) struct Link {
    dialect: Dialect,
    options: AnyConnectOptions,
    state: Mutex<State>,
}

struct State {
    runtime: Runtime,
    connection: Option<AnyConnection>,
    /// That of the tree over all hashes, so that it is not read for every write.
    frontier: Option<Frontier>,
    /// How many rows stand above those that have their keys; none where it is not known yet.
    waiting: Option<usize>,
}

impl Link {
    /// A way to a URL; the first question connects.
    pub(super) fn new(url: &str, dialect: Dialect) -> Result<Self, HistoryError> {
        sqlx::any::install_default_drivers();
        let options: AnyConnectOptions = url.parse().map_err(unavailable)?;
        let options = options.disable_statement_logging();
        let runtime = Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
        let state = State { runtime, connection: None, frontier: None, waiting: None };
        Ok(Self { dialect, options, state: Mutex::new(state) })
    }
    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }
    /// The URL without a password or parameters.
    pub(super) fn location(&self) -> String {
        let url = &self.options.database_url;
        let host = url.host_str().unwrap_or_default();
        format!("{}://{host}{}", url.scheme(), url.path())
    }

    /// The first row of a question.
    pub(super) fn one(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Option<AnyRow>, HistoryError> {
        let statement = Statement { sql: sql.to_owned(), values };
        self.read(&async |connection: &mut AnyConnection| {
            self.bound(&statement).fetch_optional(connection).await
        })
    }
    /// All rows of a question, which bounds them itself.
    pub(super) fn all(&self, sql: &str, values: Vec<Value>) -> Result<Vec<AnyRow>, HistoryError> {
        let statement = Statement { sql: sql.to_owned(), values };
        self.read(&async |connection: &mut AnyConnection| {
            self.bound(&statement).fetch_all(connection).await
        })
    }
    /// Does all statements, or none; they are durable when it returns.
    pub(super) fn write(&self, statements: &[Statement]) -> Result<(), HistoryError> {
        let begin = self.dialect.begin();
        let mut state = self.lock();
        self.attempt(&mut state, &async |connection: &mut AnyConnection| {
            let mut transaction = connection.begin_with(begin).await?;
            for statement in statements {
                if statement.values.is_empty() {
                    let sql = AssertSqlSafe(statement.sql.clone());
                    transaction.execute(sqlx::raw_sql(sql)).await?;
                } else {
                    self.bound(statement).execute(&mut *transaction).await?;
                }
            }
            transaction.commit().await
        })
    }
    /// Does one statement by itself, outside of any transaction.
    pub(super) fn command(&self, sql: &'static str) -> Result<(), HistoryError> {
        let mut state = self.lock();
        self.attempt(&mut state, &async |connection: &mut AnyConnection| {
            connection.execute(sqlx::raw_sql(sql)).await.map(|_| ())
        })
    }
    /// The value that is kept under a name.
    pub(super) fn meta(&self, name: &'static str) -> Result<Option<Vec<u8>>, HistoryError> {
        let row = self.one(&format!("SELECT value FROM meta WHERE name = '{name}'"), Vec::new())?;
        row.map(|row| row.try_get(0).map_err(|error| self.judge(&error).0)).transpose()
    }
    /// Keeps a value under a name.
    pub(super) fn set_meta(&self, name: &'static str, value: Vec<u8>) -> Result<(), HistoryError> {
        self.write(&[set_meta(name, value)])
    }

    pub(super) fn take_frontier(&self, height: Height) -> Option<Frontier> {
        self.lock().frontier.take().filter(|frontier| frontier.size() == height.get())
    }
    pub(super) fn keep_frontier(&self, frontier: Frontier) {
        self.lock().frontier = Some(frontier);
    }

    pub(super) fn waiting(&self) -> Option<usize> {
        self.lock().waiting
    }
    pub(super) fn set_waiting(&self, rows: usize) {
        self.lock().waiting = Some(rows);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Asks; where a connection that stood turns out to be gone, once more on a new one.
    fn read<T>(
        &self,
        work: &impl AsyncFn(&mut AnyConnection) -> sqlx::Result<T>,
    ) -> Result<T, HistoryError> {
        let mut state = self.lock();
        let stood = state.connection.is_some();
        let answer = self.attempt(&mut state, work);
        let was_lost = stood && state.connection.is_none();
        if answer.is_err() && was_lost { self.attempt(&mut state, work) } else { answer }
    }
    fn attempt<T>(
        &self,
        state: &mut State,
        work: &impl AsyncFn(&mut AnyConnection) -> sqlx::Result<T>,
    ) -> Result<T, HistoryError> {
        let State { runtime, connection, .. } = state;
        let answer = runtime.block_on(async {
            if connection.is_none() {
                *connection = Some(self.connect().await?);
            }
            match connection {
                Some(connection) => work(connection).await,
                None => Err(sqlx::Error::WorkerCrashed),
            }
        });
        answer.map_err(|error| {
            let (error, is_lost) = self.judge(&error);
            if is_lost {
                *connection = None;
            }
            error
        })
    }
    async fn connect(&self) -> sqlx::Result<AnyConnection> {
        let connect = tokio::time::timeout(CONNECT_TIMEOUT, self.options.connect());
        let mut connection = connect.await.map_err(|_| {
            let what = format!("no answer within {} s", CONNECT_TIMEOUT.as_secs());
            sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, what))
        })??;
        for sql in self.dialect.greeting() {
            connection.execute(sqlx::raw_sql(*sql)).await?;
        }
        Ok(connection)
    }
    fn bound<'a>(&self, statement: &'a Statement) -> Query<'a, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(self.dialect.statement(&statement.sql)));
        statement.values.iter().fold(query, |query, value| match value {
            Value::Integer(number) => query.bind(*number),
            Value::Bytes(bytes) => query.bind(bytes.as_slice()),
        })
    }
    /// What an error means, and whether the connection is lost.
    fn judge(&self, error: &sqlx::Error) -> (HistoryError, bool) {
        let corrupt = |what: String| HistoryError::Corrupt { height: None, what };
        if let sqlx::Error::Database(inner) = error {
            return match self.dialect.judge(&inner.code().unwrap_or_default()) {
                Verdict::Busy => (unavailable(inner.message()), false),
                Verdict::Gone => (unavailable(inner.message()), true),
                Verdict::Damaged => (corrupt(inner.message().to_owned()), false),
                Verdict::ReadOnly => (HistoryError::ReadOnly, false),
            };
        }
        let is_of_a_row = matches!(
            error,
            sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::Decode(_)
                | sqlx::Error::AnyDriverError(_)
                | sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::ColumnIndexOutOfBounds { .. }
        );
        // The driver's errors grow: what is none of a row's is a connection to be made anew.
        if is_of_a_row { (corrupt(error.to_string()), false) } else { (unavailable(error), true) }
    }
}

impl Drop for Link {
    /// Closes the connection in order, which also brings a SQLite store back into one file.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = state.connection.take() {
            // Nobody is left to hear of a failure, and what was written is durable.
            let _ = state.runtime.block_on(connection.close());
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.location())
    }
}
