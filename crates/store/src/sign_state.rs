//! How far the database was when something was last signed, kept apart from the database.
//!
//! Two files take turns, so that a torn write of one leaves the other. They are written before a vote leaves the
//! process and synced once a second: that survives the process at once, and the machine within a second.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

const MAGIC: [u8; 8] = *b"unisign1";
const BYTES: usize = 36;
const SYNC_INTERVAL: Duration = Duration::from_secs(1);
const NAMES: [&str; 2] = ["sign-state-a", "sign-state-b"];

/// The two files.
#[derive(Debug)]
pub(crate) struct SignState {
    files: [File; 2],
    turn: u64,
    last: Mark,
    synced: Instant,
}

/// A point in the database's life.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Mark {
    /// How many times the node was started.
    pub(crate) generation: u64,
    /// How many commits were synced.
    pub(crate) commits: u64,
}

/// Why a validator may have forgotten what it promised, and therefore does not vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VoteLoss {
    /// There is a database that signed, and no sign-state that belongs to it.
    SignStateLost,
    /// There is a sign-state that signed, and an empty database.
    StoreLost,
    /// The database is older than the sign-state: a restored copy, or a damaged end.
    StoreOlder {
        /// Synced commits that are missing; zero where only the start is an earlier one.
        missing: u64,
    },
    /// The sign-state is older than the database: a restored copy.
    SignStateOlder,
}

impl SignState {
    /// Opens or makes the two files in `folder`, and reads the later valid mark.
    pub(crate) fn open(folder: &Path) -> io::Result<(Self, Option<Mark>)> {
        let mut open = NAMES.map(|name| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(folder.join(name))
        });
        let [a, b] = &mut open;
        let found = [a, b].map(|file| file.as_mut().ok().and_then(read));
        let [a, b] = open;
        let files = [a?, b?];
        File::open(folder)?.sync_all()?;
        let latest = found.into_iter().flatten().max_by_key(|(turn, _)| *turn);
        let turn = latest.map_or(0, |(turn, _)| turn);
        let mark = latest.map(|(_, mark)| mark);
        let last = mark.unwrap_or_default();
        Ok((Self { files, turn, last, synced: Instant::now() }, mark))
    }

    /// Notes that the database has come this far; called before anything signed leaves.
    pub(crate) fn advance(&mut self, mark: Mark) -> io::Result<()> {
        self.write(mark)?;
        if self.synced.elapsed() >= SYNC_INTERVAL {
            self.sync()?;
        }
        Ok(())
    }

    /// As [`Self::advance`], and syncs.
    pub(crate) fn advance_and_sync(&mut self, mark: Mark) -> io::Result<()> {
        self.write(mark)?;
        self.sync()
    }

    fn write(&mut self, mark: Mark) -> io::Result<()> {
        self.turn += 1;
        self.last = mark;
        let file = usize::from(self.turn.is_multiple_of(2));
        self.files[file].write_all_at(&encode(self.turn, mark), 0)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        self.files.iter().try_for_each(File::sync_data)
    }
}

fn encode(turn: u64, mark: Mark) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&turn.to_le_bytes());
    bytes[16..24].copy_from_slice(&mark.generation.to_le_bytes());
    bytes[24..32].copy_from_slice(&mark.commits.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..32]);
    bytes[32..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn read(file: &mut File) -> Option<(u64, Mark)> {
    let mut bytes = [0; BYTES];
    file.read_exact(&mut bytes).ok()?;
    let number = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let valid = bytes[..8] == MAGIC && bytes[32..] == crc32fast::hash(&bytes[..32]).to_le_bytes();
    if !valid {
        return None;
    }
    Some((number(8)?, Mark { generation: number(16)?, commits: number(24)? }))
}

/// Removes both files: the operator says that the node may vote again.
pub(crate) fn forget(folder: &Path) -> io::Result<()> {
    for name in NAMES {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    File::open(folder)?.flush()
}

impl fmt::Display for VoteLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignStateLost => f.write_str("the sign-state is lost"),
            Self::StoreLost => f.write_str("the store is lost, the sign-state is not"),
            Self::StoreOlder { missing: 0 } => {
                f.write_str("the store is an older copy than the sign-state")
            }
            Self::StoreOlder { missing } => {
                write!(f, "the last {missing} synced commits are missing from the store")
            }
            Self::SignStateOlder => f.write_str("the sign-state is an older copy than the store"),
        }
    }
}
