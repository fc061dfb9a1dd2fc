//! Rows and statements.

use std::collections::BTreeMap;

use codec::{Decode, Encode};
use ledger::{Block, By, History, HistoryError, Operation, Outline, Piece, kinds::receiver};
use sqlx::Row;
use types::{Digest, Height};

use super::{SqlHistory, column, height};

/// What is bound to a parameter mark.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Integer(i64),
    Bytes(Vec<u8>),
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

/// A statement with what is bound to it; without anything bound it may be several, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    pub(super) fn new(sql: &str, values: Vec<Value>) -> Self {
        Self { sql: sql.to_owned(), values }
    }
}

/// Heights are counted from one and never come near to what a signed number holds.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const CHECKSUM_BYTES: usize = 4;

/// A value with a checksum before it.
fn seal(value: &impl Encode) -> Vec<u8> {
    let mut bytes = vec![0; CHECKSUM_BYTES];
    value.encode(&mut bytes);
    let checksum = crc32fast::hash(&bytes[CHECKSUM_BYTES..]);
    bytes[..CHECKSUM_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Takes the checksum off.
pub(super) fn open<T: Decode>(height: Height, what: &str, bytes: &[u8]) -> Result<T, HistoryError> {
    let corrupt = |why: String| HistoryError::corrupt(height, format!("{what}: {why}"));
    let (checksum, body) = bytes
        .split_first_chunk::<CHECKSUM_BYTES>()
        .ok_or_else(|| corrupt(format!("{} bytes are left of it", bytes.len())))?;
    if *checksum != crc32fast::hash(body).to_le_bytes() {
        return Err(corrupt("the checksum does not fit".to_owned()));
    }
    T::from_bytes(body).map_err(|error| corrupt(error.to_string()))
}

/// Hashes end to end.
pub(super) fn bytes_of(nodes: &[Digest]) -> Vec<u8> {
    nodes.iter().flat_map(|node| *node.as_bytes()).collect()
}

fn operation_bytes(operation: Operation) -> Vec<u8> {
    [operation.app.0.to_be_bytes(), operation.verb.to_be_bytes()].concat()
}

/// Most rows of one statement.
const ROWS_MAX: usize = 128;

/// The rows of new blocks, many to a statement.
#[derive(Default)]
pub(super) struct Insert {
    before: Vec<Statement>,
    blocks: Vec<Value>,
    transactions: Vec<Value>,
}

const BLOCK_COLUMNS: usize = 5;
const TRANSACTION_COLUMNS: usize = 6;

impl Insert {
    /// The block at a height is there already, and goes.
    pub(super) fn replace(&mut self, height: Height) {
        for table in ["blocks", "transactions", "keys"] {
            let sql = format!("DELETE FROM {table} WHERE height = ?");
            self.before.push(Statement { sql, values: vec![integer(height.get()).into()] });
        }
    }
    pub(super) fn add(&mut self, piece: &Piece, nodes: &[Digest]) {
        let height = integer(piece.outline.header.height.get());
        self.blocks.extend([
            height.into(),
            piece.hash.as_bytes().to_vec().into(),
            bytes_of(nodes).into(),
            seal(&piece.outline).into(),
            seal(&piece.batches).into(),
        ]);
        for (place, id, tx) in piece.transactions() {
            self.transactions.extend([
                height.into(),
                i64::from(place.index).into(),
                id.as_bytes().to_vec().into(),
                tx.sender.0.to_vec().into(),
                receiver(&tx).unwrap_or_default().to_vec().into(),
                operation_bytes(tx.operation).into(),
            ]);
        }
    }
    pub(super) fn finish(self) -> Vec<Statement> {
        let mut statements = self.before;
        let blocks = "INSERT INTO blocks (height, hash, nodes, outline, body) VALUES ";
        let transactions =
            "INSERT INTO transactions (height, place, id, sender, receiver, operation) VALUES ";
        for (sql, columns, values) in [
            (blocks, BLOCK_COLUMNS, &self.blocks),
            (transactions, TRANSACTION_COLUMNS, &self.transactions),
        ] {
            let row = format!("({})", vec!["?"; columns].join(", "));
            for values in values.chunks(columns * ROWS_MAX) {
                let rows = vec![row.as_str(); values.len() / columns].join(", ");
                let sql = format!("{sql}{rows}");
                statements.push(Statement { sql, values: values.to_vec() });
            }
        }
        statements
    }
}

/// What is looked for: the number of its kind among the keys, the column and table where it stands by height, and the
/// value.
pub(super) struct Wanted {
    pub(super) kind: i64,
    pub(super) column: &'static str,
    pub(super) value: Vec<u8>,
}

impl Wanted {
    /// A transaction.
    pub(super) fn id(id: &Digest) -> Self {
        Self { kind: 1, column: "id", value: id.as_bytes().to_vec() }
    }
    /// Certain transactions.
    pub(super) fn by(by: &By) -> Self {
        match by {
            By::Sender(sender) => Self { kind: 2, column: "sender", value: sender.0.to_vec() },
            By::Receiver(name) => Self { kind: 3, column: "receiver", value: name.clone() },
            By::Operation(operation) => {
                Self { kind: 4, column: "operation", value: operation_bytes(*operation) }
            }
        }
    }
}

/// Puts the keys of the blocks above one height up to another where they are found, in the order in which they stand
/// there.
pub(super) fn index(above: Height, to: Height) -> Vec<Statement> {
    let insert = |kind: u8, columns: &str, table: &str| {
        let (above, to) = (above.get(), to.get());
        // Nobody is sought as the receiver without a name.
        let named = if kind == 3 { " AND LENGTH(receiver) > 0" } else { "" };
        let sql = format!(
            "INSERT INTO keys (kind, value, height, place) SELECT {kind}, {columns} FROM {table} \
             WHERE height > {above} AND height <= {to}{named} ORDER BY 2, 3, 4"
        );
        Statement { sql, values: Vec::new() }
    };
    vec![
        insert(0, "hash, height, 0", "blocks"),
        insert(1, "id, height, place", "transactions"),
        insert(2, "sender, height, place", "transactions"),
        insert(3, "receiver, height, place", "transactions"),
        insert(4, "operation, height, place", "transactions"),
    ]
}

/// How many keys a block has, from its hash and six times its height, and how many of its transactions have a receiver.
pub(super) const COUNT_KEYS: &str = "SELECT \
     (SELECT COUNT(*) FROM keys WHERE kind = 0 AND value = ? AND height = ?) + \
     (SELECT COUNT(*) FROM transactions t JOIN keys k ON k.kind = 1 AND k.value = t.id \
     AND k.height = t.height AND k.place = t.place WHERE t.height = ?) + \
     (SELECT COUNT(*) FROM transactions t JOIN keys k ON k.kind = 2 AND k.value = t.sender \
     AND k.height = t.height AND k.place = t.place WHERE t.height = ?) + \
     (SELECT COUNT(*) FROM transactions t JOIN keys k ON k.kind = 3 AND k.value = t.receiver \
     AND k.height = t.height AND k.place = t.place WHERE t.height = ?) + \
     (SELECT COUNT(*) FROM transactions t JOIN keys k ON k.kind = 4 AND k.value = t.operation \
     AND k.height = t.height AND k.place = t.place WHERE t.height = ?), \
     (SELECT COUNT(*) FROM transactions WHERE height = ? AND LENGTH(receiver) > 0)";

/// The statement that keeps a value under a name.
pub(super) fn set_meta(name: &str, value: Vec<u8>) -> Statement {
    let sql = format!(
        "INSERT INTO meta (name, value) VALUES ('{name}', ?) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    );
    Statement { sql, values: vec![value.into()] }
}

/// Lets the batches above `from` up to `to` go.
pub(super) fn prune(from: Height, to: Height) -> Vec<Statement> {
    let sql = "UPDATE blocks SET body = ? WHERE height > ? AND height <= ?";
    let range = [integer(from.get()).into(), integer(to.get()).into()];
    let values = [vec![Vec::new().into()], range.to_vec()].concat();
    vec![Statement::new(sql, values), set_meta("pruned", to.get().to_bytes())]
}

/// As [`History::page`]: the sizes are asked for first, so that no more is read than fits.
pub(super) fn page(
    store: &SqlHistory,
    from: Height,
    count_max: usize,
    bytes_max: usize,
) -> Result<Vec<Block>, HistoryError> {
    let from = from.max(Height::new(1));
    let sizes = "SELECT height, LENGTH(body) + LENGTH(outline) FROM blocks WHERE height >= ? \
                 ORDER BY height LIMIT ?";
    let count = i64::try_from(count_max).unwrap_or(i64::MAX);
    let (mut end, mut bytes) = (from, 0_usize);
    for row in store.link.all(sizes, vec![integer(from.get()).into(), count.into()])? {
        // A gap ends the page; who goes on behind it finds the block missing.
        if bytes >= bytes_max || height(&row, 0)? != end {
            break;
        }
        let size: i64 = column(&row, 1)?;
        bytes = bytes.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        end = end.next();
    }
    let sql = "SELECT height, outline, body FROM blocks WHERE height >= ? AND height < ?";
    let range = vec![integer(from.get()).into(), integer(end.get()).into()];
    let mut blocks = BTreeMap::new();
    for row in store.link.all(sql, range)? {
        let (at, outline) = (height(&row, 0)?, row.try_get::<&[u8], _>(1));
        let outline = outline.map_err(|error| HistoryError::corrupt(at, error.to_string()))?;
        let outline: Outline = open(at, "its outline", outline)?;
        let body: Vec<u8> = column(&row, 2)?;
        let batches = if body.is_empty() {
            store.batches(at)?.unwrap_or_default()
        } else {
            open(at, "its batches", &body)?
        };
        let block = outline.with(batches).map_err(|why| HistoryError::corrupt(at, why))?;
        blocks.insert(at, block);
    }
    if blocks.is_empty() && from <= store.tip()?.height {
        return Err(HistoryError::missing(from));
    }
    Ok(blocks.into_values().collect())
}
