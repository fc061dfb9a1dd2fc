//! Reads a record from its beginning and checks that every line fits the one before.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use types::Digest;

use crate::log::LINE_BYTES_MAX;
use crate::{AuditError, Entry, Stage};

/// What was found out about a record that holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// How many lines it has.
    pub lines: u64,
    /// The digest of the last line: noted elsewhere, it shows later whether this much is still there.
    pub head: Digest,
    /// How many lines a crash has cut.
    pub torn: u64,
}

/// Checks a record, and shows every line to `see`. `noted` is the digest of a line that somebody knows was there.
///
/// # Errors
/// Where the file cannot be read, a line does not fit the one before, or the noted one is missing.
pub fn verify(
    path: &Path,
    noted: Option<Digest>,
    mut see: impl FnMut(&Entry),
) -> Result<Verified, AuditError> {
    let disk = |error| AuditError::Disk { path: path.to_owned(), error };
    let mut file = BufReader::new(File::open(path).map_err(disk)?);
    let mut checked = Verified { lines: 0, head: Digest::ZERO, torn: 0 };
    let mut found = noted.is_none();
    let mut after_torn = false;
    let mut ends = true;
    loop {
        let mut line = Vec::new();
        let most = LINE_BYTES_MAX as u64 + 1;
        if file.by_ref().take(most).read_until(b'\n', &mut line).map_err(disk)? == 0 {
            break;
        }
        let number = checked.lines + 1;
        let broken = |why: String| AuditError::Broken { path: path.to_owned(), line: number, why };
        ends = line.pop_if(|last| *last == b'\n').is_some();
        if !ends && line.len() > LINE_BYTES_MAX {
            return Err(broken(format!("it is longer than {LINE_BYTES_MAX} bytes")));
        }
        let digest = Entry::digest(&line);
        match serde_json::from_slice::<Entry>(&line) {
            Ok(entry) => {
                check(&entry, &checked, after_torn).map_err(broken)?;
                see(&entry);
                after_torn = false;
            }
            Err(error) if after_torn => return Err(broken(format!("it is no entry: {error}"))),
            // The line behind must say that a crash cut this one, and carry its digest.
            Err(_) => {
                after_torn = true;
                checked.torn += 1;
            }
        }
        found |= noted == Some(digest);
        checked = Verified { lines: number, head: digest, ..checked };
    }
    if after_torn && ends {
        // A crash cuts the last line before its end, never behind it.
        let (path, why) = (path.to_owned(), "it is no entry".to_owned());
        return Err(AuditError::Broken { path, line: checked.lines, why });
    }
    match noted {
        Some(head) if !found => Err(AuditError::HeadMissing { path: path.to_owned(), head }),
        Some(_) | None => Ok(checked),
    }
}

fn check(entry: &Entry, so_far: &Verified, after_torn: bool) -> Result<(), String> {
    if entry.seq != so_far.lines {
        return Err(format!("its number is {}, and {} belongs here", entry.seq, so_far.lines));
    }
    if entry.before != so_far.head.to_string() {
        return Err("the line before it is not the one that it was written behind".to_owned());
    }
    if (entry.stage == Stage::Recovered) != after_torn {
        return Err("a line was cut, and nobody noticed when this one was written".to_owned());
    }
    match entry.of {
        Some(of) if of >= entry.seq => Err(format!("it tells what came of line {of}, behind it")),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
