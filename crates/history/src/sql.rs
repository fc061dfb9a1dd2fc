//! A store in a database that speaks SQL: the same statements for SQLite and PostgreSQL.

use std::path::Path;
use std::sync::Arc;

use codec::{Decode, Encode};
use ledger::{
    Batch, By, Frontier, Genesis, History, HistoryError, Lineage, Outline, Piece, Place, Tip,
};
use sqlx::Row;
use sqlx::any::AnyRow;
use types::{Digest, Height};

mod dialect;
mod link;
mod migrate;
mod rows;

use dialect::Dialect;
use link::Link;
#[cfg(test)]
pub(crate) use migrate::{Migration, SQLITE};

/// Keys stand all over their table, and a commit that touches as many pages as it has rows is slow. So new blocks and
/// transactions are found by reading through the last ones, and get their keys together once there are so many; in tests
/// after a few, so that every check meets both.
const WAITING_ROWS_MAX: usize = if cfg!(test) { 25 } else { 8_192 };

/// A chain's history in SQLite or PostgreSQL.
#[derive(Debug)]
pub struct SqlHistory {
    genesis: Genesis,
    link: Link,
}

impl SqlHistory {
    /// Opens a SQLite file, and makes it where a genesis is given and there is none.
    ///
    /// # Errors
    /// Where it cannot be opened, is damaged, is of another chain or of a newer program.
    pub fn sqlite(path: &Path, genesis: Option<&Genesis>) -> Result<Self, HistoryError> {
        match (std::fs::metadata(path), genesis) {
            (Ok(found), _) if found.is_file() && found.len() == 0 => {
                return Err(damage("the file is empty: it was cut to nothing".to_owned()));
            }
            (Err(_), Some(genesis)) => make_sqlite(path, genesis)?,
            (Err(_), None) => {
                return Err(unavailable(format!("there is no store {}", path.display())));
            }
            (Ok(_), _) => {}
        }
        Self::open(Link::new(&sqlite_url(path)?, Dialect::Sqlite)?, genesis)
    }

    /// Opens a PostgreSQL database by its URL, and lays it out where a genesis is given and it is empty.
    ///
    /// # Errors
    /// As [`Self::sqlite`].
    #[cfg(feature = "postgres")]
    pub fn postgres(url: &str, genesis: Option<&Genesis>) -> Result<Self, HistoryError> {
        Self::open(Link::new(url, Dialect::Postgres)?, genesis)
    }

    fn open(link: Link, genesis: Option<&Genesis>) -> Result<Self, HistoryError> {
        migrate::run(&link, migrate::all(link.dialect()))?;
        let kept = link.meta("genesis")?;
        let kept = kept.map(|bytes| Genesis::from_bytes(&bytes)).transpose();
        let kept = kept.map_err(|error| damage(format!("the genesis: {error}")))?;
        let genesis = match (kept, genesis) {
            (Some(kept), Some(given)) if kept.chain_id() != given.chain_id() => {
                let (found, wanted) = (kept.chain_id(), given.chain_id());
                return Err(HistoryError::WrongChain { found, wanted });
            }
            (Some(kept), _) => kept,
            (None, Some(given)) => {
                link.set_meta("genesis", given.to_bytes())?;
                given.clone()
            }
            (None, None) => return Err(damage("it names no chain: it was never filled".into())),
        };
        Ok(Self { genesis, link })
    }

    /// Where it is, without passwords.
    #[must_use]
    pub fn location(&self) -> String {
        self.link.location()
    }

    /// The value in the first column of the first row.
    fn bytes_at(&self, sql: &str, height: Height) -> Result<Option<Vec<u8>>, HistoryError> {
        let row = self.link.one(sql, vec![rows::integer(height.get()).into()])?;
        row.map(|row| column(&row, 0)).transpose()
    }

    /// Up to which height blocks and transactions are found by their keys; those above are read through.
    fn indexed(&self) -> Result<Height, HistoryError> {
        let number = self.link.meta("indexed")?.map_or(Ok(0), |bytes| u64::from_bytes(&bytes));
        number.map(Height::new).map_err(|error| damage(format!("how far it is indexed: {error}")))
    }
    fn count_waiting(&self, tip: &Tip) -> Result<usize, HistoryError> {
        let above = self.indexed()?.get();
        let sql = "SELECT COUNT(*) FROM transactions WHERE height > ?";
        let row = self.link.one(sql, vec![rows::integer(above).into()])?;
        let count: i64 = row.map_or(Ok(0), |row| column(&row, 0))?;
        let blocks = tip.height.get().saturating_sub(above);
        Ok(usize::try_from(count.unsigned_abs().saturating_add(blocks)).unwrap_or(usize::MAX))
    }
    /// Whether a block and all its transactions have their keys.
    fn has_keys(&self, height: Height, hash: Digest, count: i64) -> Result<bool, HistoryError> {
        let at = rows::integer(height.get());
        let mut values = vec![hash.as_bytes().to_vec().into()];
        values.extend(std::iter::repeat_n(rows::Value::from(at), 6));
        let row = self.link.one(rows::COUNT_KEYS, values)?;
        let row = row.ok_or(HistoryError::missing(height))?;
        let (keys, named): (i64, i64) = (column(&row, 0)?, column(&row, 1)?);
        // Each transaction has an id, a sender and an operation.
        Ok(keys == 1 + 3 * count + named)
    }
    fn find(
        &self,
        wanted: &rows::Wanted,
        after: Option<Place>,
        count_max: usize,
    ) -> Result<Vec<Place>, HistoryError> {
        let rows::Wanted { kind, column, value } = wanted;
        let (height, index) = after
            .map_or((0, -1), |after| (rows::integer(after.height.get()), i64::from(after.index)));
        let end = "AND (height, place) > (?, ?) ORDER BY height, place LIMIT ?";
        let ask = |sql: &str, first: [rows::Value; 2], count: usize| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let [one, two] = first;
            let values = vec![one, two, height.into(), index.into(), count.into()];
            let rows = self.link.all(&format!("{sql} {end}"), values)?;
            rows.iter().map(place).collect::<Result<Vec<_>, _>>()
        };
        // Asked first: what gets its keys meanwhile is found among the last ones all the same.
        let indexed = self.indexed()?;
        let keyed = "SELECT height, place FROM keys WHERE kind = ? AND value = ?";
        let mut found = ask(keyed, [(*kind).into(), value.clone().into()], count_max)?;
        found.retain(|place| place.height <= indexed);
        if found.len() < count_max {
            let rest =
                format!("SELECT height, place FROM transactions WHERE height > ? AND {column} = ?");
            let first = [rows::integer(indexed.get()).into(), value.clone().into()];
            found.extend(ask(&rest, first, count_max - found.len())?);
        }
        Ok(found)
    }
    fn frontier(&self, height: Height) -> Result<Frontier, HistoryError> {
        Frontier::of(height.get(), |level, index| self.node(level, index))
    }
}

/// Brings a SQLite file to the last of some layouts, for tests.
#[cfg(test)]
pub(crate) fn migrate_with(path: &Path, steps: &[Migration]) -> Result<(), HistoryError> {
    migrate::run(&Link::new(&sqlite_url(path)?, Dialect::Sqlite)?, steps)
}

fn unavailable(what: impl std::fmt::Display) -> HistoryError {
    HistoryError::Unavailable { what: what.to_string() }
}

fn sqlite_url(path: &Path) -> Result<String, HistoryError> {
    dialect::sqlite_url(path).map_err(unavailable)
}

/// Makes an empty store to the side and puts it in its place, so that a file that is not whole was cut.
fn make_sqlite(path: &Path, genesis: &Genesis) -> Result<(), HistoryError> {
    let mut side = path.as_os_str().to_owned();
    side.push(".new");
    let side = Path::new(&side);
    for ending in ["", "-wal", "-shm"] {
        let mut left = side.as_os_str().to_owned();
        left.push(ending);
        // What a process that was killed while it made one has left behind.
        let _ = std::fs::remove_file(Path::new(&left));
    }
    drop(SqlHistory::open(Link::new(&sqlite_url(side)?, Dialect::Sqlite)?, Some(genesis))?);
    std::fs::rename(side, path).map_err(unavailable)
}

/// Damage that is not one block's.
fn damage(what: String) -> HistoryError {
    HistoryError::Corrupt { height: None, what }
}

fn column<'r, T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>>(
    row: &'r AnyRow,
    at: usize,
) -> Result<T, HistoryError> {
    row.try_get(at).map_err(|error| damage(error.to_string()))
}

fn height(row: &AnyRow, at: usize) -> Result<Height, HistoryError> {
    let number: i64 = column(row, at)?;
    let number = u64::try_from(number).map_err(|_| damage("a height is negative".into()))?;
    Ok(Height::new(number))
}

fn digest(bytes: Vec<u8>) -> Result<Digest, HistoryError> {
    let bytes = bytes.try_into().map_err(|_| damage("a hash has not 32 bytes".into()))?;
    Ok(Digest::new(bytes))
}

fn place(row: &AnyRow) -> Result<Place, HistoryError> {
    let index: i64 = column(row, 1)?;
    let index = u32::try_from(index).map_err(|_| damage("a place is out of range".into()))?;
    Ok(Place { height: height(row, 0)?, index })
}

impl History for SqlHistory {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    fn tip(&self) -> Result<Tip, HistoryError> {
        let sql = "SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1";
        let pruned = self.link.meta("pruned")?.map_or(Ok(0), |bytes| u64::from_bytes(&bytes));
        let pruned = pruned.map_err(|error| damage(format!("how far it is pruned: {error}")))?;
        let Some(row) = self.link.one(sql, Vec::new())? else { return Ok(Tip::EMPTY) };
        let (height, hash) = (height(&row, 0)?, digest(column(&row, 1)?)?);
        Ok(Tip { height, hash, pruned: Height::new(pruned) })
    }
    fn put(&mut self, tip: &Tip, pieces: &[Piece]) -> Result<(), HistoryError> {
        let frontier = self.link.take_frontier(tip.height);
        let mut frontier = frontier.map_or_else(|| self.frontier(tip.height), Ok)?;
        let waiting = self.link.waiting().map_or_else(|| self.count_waiting(tip), Ok)?;
        let (mut insert, mut rows) = (rows::Insert::default(), waiting);
        for piece in pieces {
            insert.add(piece, &frontier.push(&piece.hash));
            rows += 1 + piece.outline.records.len();
        }
        let mut statements = insert.finish();
        if rows >= WAITING_ROWS_MAX {
            let end = Height::new(frontier.size());
            statements.extend(rows::index(self.indexed()?, end));
            statements.push(rows::set_meta("indexed", end.get().to_bytes()));
            rows = 0;
        }
        self.link.write(&statements)?;
        self.link.keep_frontier(frontier);
        self.link.set_waiting(rows);
        Ok(())
    }
    fn outline(&self, height: Height) -> Result<Option<Outline>, HistoryError> {
        let sql = "SELECT outline FROM blocks WHERE height = ?";
        let Some(bytes) = self.bytes_at(sql, height)? else { return Ok(None) };
        let outline: Outline = rows::open(height, "its outline", &bytes)?;
        if outline.header.height != height {
            return Err(HistoryError::corrupt(height, "another block stands in its place"));
        }
        Ok(Some(outline))
    }
    fn batches(&self, height: Height) -> Result<Option<Vec<Arc<Batch>>>, HistoryError> {
        let sql = "SELECT body FROM blocks WHERE height = ?";
        let Some(bytes) = self.bytes_at(sql, height)? else { return Ok(None) };
        if bytes.is_empty() {
            let up_to = self.tip()?.pruned;
            let pruned = HistoryError::Pruned { height, up_to };
            return Err(if height <= up_to { pruned } else { HistoryError::missing(height) });
        }
        rows::open(height, "its batches", &bytes).map(Some)
    }
    fn height_of(&self, hash: &Digest) -> Result<Option<Height>, HistoryError> {
        let (indexed, value) = (self.indexed()?, hash.as_bytes().to_vec());
        let sql = "SELECT height FROM keys WHERE kind = 0 AND value = ?";
        let mut row = self.link.one(sql, vec![value.clone().into()])?;
        if row.is_none() {
            let above = rows::integer(indexed.get());
            let sql = "SELECT height FROM blocks WHERE height > ? AND hash = ?";
            row = self.link.one(sql, vec![above.into(), value.into()])?;
        }
        row.map(|row| height(&row, 0)).transpose()
    }
    fn place(&self, id: &Digest) -> Result<Option<Place>, HistoryError> {
        Ok(self.find(&rows::Wanted::id(id), None, 1)?.first().copied())
    }
    fn places(
        &self,
        by: &By,
        after: Option<Place>,
        count_max: usize,
    ) -> Result<Vec<Place>, HistoryError> {
        self.find(&rows::Wanted::by(by), after, count_max)
    }
    fn prune(&mut self, up_to: Height) -> Result<(), HistoryError> {
        let tip = self.tip()?;
        let up_to = up_to.min(tip.height).max(tip.pruned);
        self.link.write(&rows::prune(tip.pruned, up_to))?;
        self.link.dialect().tidy().map_or(Ok(()), |sql| self.link.command(sql))
    }
    fn replace(&mut self, piece: &Piece) -> Result<(), HistoryError> {
        let height = piece.outline.header.height;
        let below = Height::new(height.get().saturating_sub(1));
        let mut frontier = self.frontier(below)?;
        let mut insert = rows::Insert::default();
        insert.replace(height);
        insert.add(piece, &frontier.push(&piece.hash));
        let mut statements = insert.finish();
        if height <= self.indexed()? {
            statements.extend(rows::index(below, height));
        }
        self.link.write(&statements)
    }
    fn lineage(&self) -> Result<Lineage, HistoryError> {
        let bytes = self.link.meta("lineage")?;
        let lineage = bytes.map_or(Ok(Lineage::default()), |bytes| Lineage::from_bytes(&bytes));
        lineage.map_err(|error| damage(format!("the lineage: {error}")))
    }
    fn set_lineage(&mut self, lineage: &Lineage) -> Result<(), HistoryError> {
        self.link.set_meta("lineage", lineage.to_bytes())
    }
    fn node(&self, level: u32, index: u64) -> Result<Digest, HistoryError> {
        let end = Height::new(index.saturating_add(1) << level);
        let sql = "SELECT hash, nodes FROM blocks WHERE height = ?";
        let row = self.link.one(sql, vec![rows::integer(end.get()).into()])?;
        let row = row.ok_or(HistoryError::missing(end))?;
        let Some(above) = level.checked_sub(1) else {
            let hash = digest(column(&row, 0)?)?;
            return Ok(crypto::merkle::leaf(hash.as_bytes()));
        };
        let nodes: Vec<u8> = column(&row, 1)?;
        let from = usize::try_from(above).unwrap_or(usize::MAX).saturating_mul(32);
        let node = nodes.get(from..).and_then(|rest| rest.first_chunk::<32>());
        node.map(|bytes| Digest::new(*bytes)).ok_or_else(|| {
            HistoryError::corrupt(end, "a node of the tree over all hashes is missing")
        })
    }
    fn check_index(
        &self,
        outline: &Outline,
        hash: Digest,
        nodes: Option<&[Digest]>,
    ) -> Result<(), HistoryError> {
        let height = outline.header.height;
        let sql = "SELECT hash, nodes, (SELECT COUNT(*) FROM transactions WHERE height = ?) \
                   FROM blocks WHERE height = ?";
        let at = rows::integer(height.get());
        let row = self.link.one(sql, vec![at.into(), at.into()])?;
        let row = row.ok_or(HistoryError::missing(height))?;
        let corrupt = |what| Err(HistoryError::corrupt(height, what));
        if digest(column(&row, 0)?)? != hash {
            return corrupt("it is kept under another hash");
        }
        let kept: Vec<u8> = column(&row, 1)?;
        if nodes.is_some_and(|nodes| rows::bytes_of(nodes) != kept) {
            return corrupt("the tree over all hashes has other nodes");
        }
        let count: i64 = column(&row, 2)?;
        if count != i64::from(outline.header.tx_count) {
            return corrupt("the index has other transactions");
        }
        if height <= self.indexed()? && !self.has_keys(height, hash, count)? {
            return corrupt("it or its transactions are not found by their keys");
        }
        Ok(())
    }
    fn page(
        &self,
        from: Height,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<ledger::Block>, HistoryError> {
        rows::page(self, from, count_max, bytes_max)
    }
}
