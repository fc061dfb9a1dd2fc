//! Where a running supervisor is found: a file in the network's folder.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file's name.
const NAME: &str = "supervisor.json";

/// What the file says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StateFile {
    /// The layout of this file.
    pub schema_version: u32,
    /// The supervisor's process.
    pub pid: u32,
    /// The root of its API and of the dashboard.
    pub url: String,
}

/// Why there is no supervisor to speak to.
#[derive(Debug)]
pub enum StateFileError {
    /// No file: no network was started in this folder.
    Absent(PathBuf),
    /// A file that cannot be read.
    Unreadable(PathBuf, String),
}

impl StateFile {
    /// The layout that this program writes.
    pub const SCHEMA_VERSION: u32 = 1;

    /// Where it stands.
    #[must_use]
    pub fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }
    /// Reads it.
    ///
    /// # Errors
    /// Where there is none, or it makes no sense.
    pub fn read(folder: &Path) -> Result<Self, StateFileError> {
        let path = Self::path(folder);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StateFileError::Absent(path));
            }
            Err(error) => return Err(StateFileError::Unreadable(path, error.to_string())),
        };
        let wrong = |why: String| StateFileError::Unreadable(path.clone(), why);
        let state: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if state.schema_version != Self::SCHEMA_VERSION {
            return Err(wrong(format!("its schema version is {}", state.schema_version)));
        }
        Ok(state)
    }
    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let path = Self::path(folder);
        let draft = path.with_extension("json.new");
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(draft, path)
    }
    /// Removes it; nothing where it is gone.
    pub fn remove(folder: &Path) {
        let _ = std::fs::remove_file(Self::path(folder));
    }
}

impl fmt::Display for StateFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(path) => write!(f, "{} does not exist", path.display()),
            Self::Unreadable(path, why) => write!(f, "{} cannot be used: {why}", path.display()),
        }
    }
}
impl std::error::Error for StateFileError {}

#[cfg(test)]
mod tests;
