//! The bytes of batches, in files that are only ever appended to; the database holds where each one is.
//!
//! Batches are nine tenths of all bytes that are kept. In the database each would be written at least twice, to its
//! journal and to its tables; here it is written once. A batch is synced before the row that names its place, so
//! every row's bytes are there, and a batch's digest says whether they are still what they were.
//!
//! The files are written past the page cache where the system lets them be: nobody reads a batch from there soon,
//! and filling fresh pages of the cache cost more than everything else that was done to keep a batch.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use codec::record;

/// A new file is begun when one has so many bytes.
const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Writes past the page cache begin and end at multiples of this, in memory and in the file.
const BLOCK: usize = 4_096;

/// Where a batch's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    segment: u32,
    offset: u64,
    length: u32,
}
record!(Place { segment: u32, offset: u64, length: u32 });

/// The files of one folder.
#[derive(Debug)]
pub(crate) struct Segments {
    folder: PathBuf,
    current: Option<Current>,
    next: u32,
    is_synced: bool,
    /// Room to lay bytes out in whole blocks.
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Current {
    file: File,
    number: u32,
    offset: u64,
}

impl Segments {
    /// Opens the folder; what follows goes into a new file, since the end of the last one may be torn.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let mut next = 0;
        for entry in std::fs::read_dir(&folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".seg")?.parse().ok());
            next = next.max(number.map_or(0, |number: u32| number.saturating_add(1)));
        }
        Ok(Self { folder, current: None, next, is_synced: true, buffer: Vec::new() })
    }

    /// Appends bytes; they are durable after the next [`Self::sync`].
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<Place> {
        if self.current.as_ref().is_none_or(|current| current.offset >= SEGMENT_BYTES_MAX) {
            // The file before must be durable too: a sync reaches the current one only.
            self.sync()?;
            self.current = Some(self.begin()?);
        }
        let Some(current) = &mut self.current else {
            return Err(io::Error::other("no segment is open"));
        };
        self.is_synced = false;
        let blocks = in_blocks(&mut self.buffer, bytes);
        current.file.write_all_at(blocks, current.offset)?;
        let place = Place {
            segment: current.number,
            offset: current.offset,
            length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        };
        current.offset += blocks.len() as u64;
        Ok(place)
    }

    fn begin(&mut self) -> io::Result<Current> {
        let number = self.next;
        self.next += 1;
        let path = path(&self.folder, number);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // Some file systems know no other way than through the cache.
        let file =
            options.clone().custom_flags(DIRECT).open(&path).or_else(|_| options.open(&path))?;
        File::open(&self.folder)?.sync_all()?;
        Ok(Current { file, number, offset: 0 })
    }

    /// Makes everything that was appended durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced
            && let Some(current) = &self.current
        {
            current.file.sync_data()?;
        }
        self.is_synced = true;
        Ok(())
    }
}

#[cfg(target_os = "linux")]
const DIRECT: i32 = libc::O_DIRECT;
#[cfg(not(target_os = "linux"))]
const DIRECT: i32 = 0;

/// Lays bytes out in whole blocks, at an address that is a multiple of a block, with zeros behind them.
fn in_blocks<'a>(buffer: &'a mut Vec<u8>, bytes: &[u8]) -> &'a [u8] {
    let length = bytes.len().next_multiple_of(BLOCK);
    if buffer.len() < length + BLOCK {
        buffer.resize(length + BLOCK, 0);
    }
    let start = buffer.as_ptr().align_offset(BLOCK).min(BLOCK);
    let blocks = &mut buffer[start..start + length];
    blocks[..bytes.len()].copy_from_slice(bytes);
    blocks[bytes.len()..].fill(0);
    blocks
}

impl Place {
    /// The number of the file.
    pub(crate) const fn segment(self) -> u32 {
        self.segment
    }
}

/// Removes the files of a folder that nothing names any more.
pub(crate) fn retain(folder: &Path, alive: &BTreeSet<u32>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let number = path.file_stem().and_then(|name| name.to_str()?.parse::<u32>().ok());
        let is_ours = path.extension().is_some_and(|ending| ending == "seg");
        if is_ours && number.is_some_and(|number| !alive.contains(&number)) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Reads the bytes at a place.
pub(crate) fn read(folder: &Path, place: Place) -> io::Result<Vec<u8>> {
    let file = File::open(path(folder, place.segment))?;
    let available = file.metadata()?.len().saturating_sub(place.offset);
    if available < u64::from(place.length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut bytes = vec![0; place.length as usize];
    file.read_exact_at(&mut bytes, place.offset)?;
    Ok(bytes)
}

fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:08}.seg"))
}
