//! The record as a file that is appended to, by one process at a time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use types::{Digest, Time};

use crate::{Act, AuditError, Entry, Stage};

/// The record's name in a folder.
pub const FILE_NAME: &str = "audit.jsonl";
/// Longest line, in bytes: three texts, each byte of which may be escaped, and the rest.
pub(crate) const LINE_BYTES_MAX: usize = 16 * 1024;

/// A record. Several processes may append to one file: a lock lets one in at a time.
#[derive(Clone, Debug)]
pub struct Log(PathBuf);

impl Log {
    /// The record of a folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self(folder.join(FILE_NAME))
    }
    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes that something is about to be done; what is not on the disk must not be done. Gives the line's number.
    ///
    /// # Errors
    /// Where the disk refuses, or the file's end is no record.
    pub fn ask(&self, act: &Act, now: Time) -> Result<u64, AuditError> {
        self.append(Entry::of(act, now, Stage::Asked, None, ""))
    }
    /// Writes what came of it.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn tell(
        &self,
        act: &Act,
        asked: u64,
        came: Result<&str, &str>,
        now: Time,
    ) -> Result<u64, AuditError> {
        let (stage, detail) = match came {
            Ok(detail) => (Stage::Done, detail),
            Err(detail) => (Stage::Failed, detail),
        };
        self.append(Entry::of(act, now, stage, Some(asked), detail))
    }

    fn append(&self, entry: Entry) -> Result<u64, AuditError> {
        let disk = |error: io::Error| AuditError::Disk { path: self.0.clone(), error };
        let is_new = !self.0.exists();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let mut file = options.open(&self.0).map_err(disk)?;
        file.lock().map_err(disk)?;
        let end = self.end(&mut file)?;
        // What a crash left stays where it is: the record is only ever appended to.
        let mut bytes = if end.is_open { vec![b'\n'] } else { Vec::new() };
        let (mut seq, mut before) = (end.next, end.digest);
        if end.is_torn {
            let act = Act { actor: "audit".into(), act: "audit.recover", subject: String::new() };
            let detail = "a crash has cut the line before";
            let time = Time::from_us(entry.time_us);
            let recovered = Entry::of(&act, time, Stage::Recovered, None, detail);
            before = write_line(&mut bytes, recovered, seq, before);
            seq += 1;
        }
        write_line(&mut bytes, entry, seq, before);
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(disk)?;
        if is_new {
            // The name of a new file is as durable as what stands in it.
            let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new("."))).map_err(disk)?;
            folder.sync_all().map_err(disk)?;
        }
        Ok(seq)
    }

    /// Reads the last line.
    fn end(&self, file: &mut File) -> Result<End, AuditError> {
        let disk = |error: io::Error| AuditError::Disk { path: self.0.clone(), error };
        let length = file.seek(SeekFrom::End(0)).map_err(disk)?;
        let start = length.saturating_sub(2 * LINE_BYTES_MAX as u64);
        file.seek(SeekFrom::Start(start)).map_err(disk)?;
        let mut tail = Vec::new();
        file.take(2 * LINE_BYTES_MAX as u64).read_to_end(&mut tail).map_err(disk)?;
        if tail.is_empty() {
            return Ok(End { next: 0, digest: Digest::ZERO, is_open: false, is_torn: false });
        }
        let is_open = tail.last() != Some(&b'\n');
        let text = if is_open { &tail[..] } else { &tail[..tail.len() - 1] };
        let mut lines = text.rsplit(|&byte| byte == b'\n');
        let last = lines.next().unwrap_or_default();
        let digest = Entry::digest(last);
        let seq_of =
            |line: &[u8]| serde_json::from_slice::<Entry>(line).ok().map(|entry| entry.seq);
        let whole = seq_of(last).map(|seq| seq + 1);
        let is_torn = is_open && whole.is_none();
        let next = match lines.next() {
            None if is_torn && start == 0 => Some(1),
            before if is_torn => before.and_then(seq_of).map(|seq| seq + 2),
            Some(_) | None => whole,
        };
        let next = next.ok_or_else(|| AuditError::Broken {
            path: self.0.clone(),
            line: 0,
            why: "the last line is none of this record".to_owned(),
        })?;
        Ok(End { next, digest, is_open, is_torn })
    }
}

/// How a record ends.
struct End {
    /// The number of the next line.
    next: u64,
    /// The digest of the last one.
    digest: Digest,
    /// Whether the end of the last one is missing.
    is_open: bool,
    /// Whether more of it is missing.
    is_torn: bool,
}

/// Adds a line; gives its digest.
fn write_line(bytes: &mut Vec<u8>, mut entry: Entry, seq: u64, before: Digest) -> Digest {
    entry.seq = seq;
    entry.before = before.to_string();
    let line = serde_json::to_vec(&entry).unwrap_or_default();
    let digest = Entry::digest(&line);
    bytes.extend_from_slice(&line);
    bytes.push(b'\n');
    digest
}
