//! Passphrases: from a file, from the environment, or from whoever sits at the terminal.

use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::KeyError;
use crate::file::read_secret;

/// The environment variable that may hold the passphrase.
pub const PASSPHRASE_VARIABLE: &str = "UNISONO_PASSPHRASE";
/// Longest passphrase, in bytes.
const BYTES_MAX: usize = 1_024;

/// What opens an encrypted key. Never shown, and wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a text, without the end of its line.
    ///
    /// # Errors
    /// Where it is empty, too long, or more than one line.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let bad = |why: &str| Err(KeyError::BadPassphrase(why.to_owned()));
        match text.len() {
            0 => bad("it is empty"),
            length if length > BYTES_MAX => bad("it is longer than 1,024 bytes"),
            _ if text.contains(['\n', '\r', '\0']) => bad("it has more than one line"),
            _ => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }
    #[cfg(feature = "hsm")]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// Where a passphrase comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file whose first line it is, which only its owner may read.
    File(PathBuf),
    /// It is known.
    Known(Passphrase),
    /// The environment variable [`PASSPHRASE_VARIABLE`], and else the terminal, where there is one.
    Usual,
    /// The terminal alone, where there is one.
    Terminal,
}

impl Source {
    /// A file where one is named, and the usual places otherwise.
    #[must_use]
    pub fn of(file: Option<PathBuf>) -> Self {
        file.map_or(Self::Usual, Self::File)
    }

    /// The passphrase for a new file, typed twice where it is typed.
    ///
    /// # Errors
    /// Where there is none, or both are not the same.
    pub fn choose(&self, path: &Path) -> Result<Passphrase, KeyError> {
        let Some(first) = self.ask(path, "new passphrase")? else {
            return Err(KeyError::NoPassphrase { path: path.to_owned() });
        };
        let is_typed = match self {
            Self::File(_) | Self::Known(_) => false,
            Self::Usual => in_environment()?.is_none(),
            Self::Terminal => true,
        };
        if is_typed {
            let second = self.ask(path, "again")?;
            if second.as_ref() != Some(&first) {
                return Err(KeyError::BadPassphrase("both are not the same".to_owned()));
            }
        }
        Ok(first)
    }

    fn ask(&self, path: &Path, what: &str) -> Result<Option<Passphrase>, KeyError> {
        match self {
            Self::File(file) => Passphrase::new(&read_secret(file)?).map(Some),
            Self::Known(passphrase) => Ok(Some(passphrase.clone())),
            Self::Usual => match in_environment()? {
                Some(passphrase) => Ok(Some(passphrase)),
                None => Self::Terminal.ask(path, what),
            },
            Self::Terminal if io::stdin().is_terminal() => prompt(path, what).map(Some),
            Self::Terminal => Ok(None),
        }
    }
}

fn in_environment() -> Result<Option<Passphrase>, KeyError> {
    match std::env::var(PASSPHRASE_VARIABLE) {
        Ok(text) => Passphrase::new(&text).map(Some),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(KeyError::BadPassphrase(format!("{PASSPHRASE_VARIABLE} is no text")))
        }
    }
}

/// Reads a line from the terminal without showing it.
fn prompt(path: &Path, what: &str) -> Result<Passphrase, KeyError> {
    let cannot = |error: io::Error| KeyError::Read { path: PathBuf::from("the terminal"), error };
    let stdin = io::stdin();
    let before = tcgetattr(&stdin).map_err(|error| cannot(error.into()))?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    let _ = write!(io::stderr(), "{what} for {}: ", path.display());
    let _ = io::stderr().flush();
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|error| cannot(error.into()))?;
    let mut line = Zeroizing::new(Vec::new());
    let read = read_line(&mut stdin.lock(), &mut line);
    // Whatever was typed, the terminal must show again what is typed next.
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &before);
    let _ = writeln!(io::stderr());
    read.map_err(cannot)?;
    restored.map_err(|error| cannot(error.into()))?;
    let text = std::str::from_utf8(&line)
        .map_err(|_| KeyError::BadPassphrase("it is no UTF-8".to_owned()))?;
    Passphrase::new(text)
}

/// Byte by byte, so that no buffer of the standard library keeps a copy of it.
fn read_line(input: &mut impl Read, line: &mut Vec<u8>) -> io::Result<()> {
    let mut byte = [0];
    while line.len() <= BYTES_MAX && input.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    Ok(())
}

/// Opens files, and asks for the passphrase once: when the first one turns out to be encrypted.
#[derive(Debug)]
pub struct Unlock {
    source: Source,
    known: Option<Passphrase>,
}

impl Unlock {
    /// Opens by what the source says.
    #[must_use]
    pub const fn new(source: Source) -> Self {
        Self { source, known: None }
    }
    /// The passphrase that was asked for, where a file was encrypted.
    #[must_use]
    pub const fn known(&self) -> Option<&Passphrase> {
        self.known.as_ref()
    }
    pub(crate) fn passphrase(&mut self, path: &Path) -> Result<&Passphrase, KeyError> {
        let passphrase = match self.known.take() {
            Some(passphrase) => passphrase,
            None => self
                .source
                .ask(path, "passphrase")?
                .ok_or_else(|| KeyError::NoPassphrase { path: path.to_owned() })?,
        };
        Ok(self.known.insert(passphrase))
    }
}

#[cfg(test)]
mod tests;
