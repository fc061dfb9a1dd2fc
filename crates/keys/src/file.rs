//! Key files: written once, readable by their owner alone, replaced as a whole or not at all.
//!
//! Neither PKCS#8 nor AES-CBC notices a damaged seed: the file would hold another key. So a line before the PEM text,
//! where others expect remarks (RFC 7468, section 2), names the public half, which must fit.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crypto::{PublicKey, SecretKey};
use types::Digest;
use zeroize::Zeroizing;

use crate::pkcs8::{self, ENCRYPTED, PLAIN};
use crate::{KeyError, Passphrase, Unlock};

/// Longest key or passphrase file, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024;
/// What stands before the public half.
const PUBLIC: &str = "Unisono-Public-Key: ";
/// How the name of a key in a token begins.
const URI_START: &str = "pkcs11:";
/// The permissions that nobody but the owner may have.
const OTHERS: u32 = 0o077;

/// How a key stands in its file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// PKCS#8 in PEM, protected by the file's mode alone.
    Plain,
    /// PKCS#8 in PEM, encrypted under a passphrase.
    Encrypted,
    /// 64 hexadecimal digits, as older versions wrote: read, and never written any more.
    Hex,
    /// No secret, but the name of a key in a token, as a URI (RFC 7512).
    Token,
}

impl Form {
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Encrypted => "encrypted",
            Self::Hex => "hex",
            Self::Token => "token",
        }
    }
}

/// A key that was read, and how it stood in its file.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: SecretKey,
    /// How it stood there.
    pub form: Form,
}

/// Puts a key into a new file; encrypted where there is a passphrase.
///
/// # Errors
/// Where there is a file of that name, or none can be made.
pub fn create(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<(), KeyError> {
    create_text(path, &text_of(path, key, passphrase)?)
}

/// Names a key in a token, in a new file.
#[cfg(feature = "hsm")]
pub(crate) fn create_reference(path: &Path, public: PublicKey, uri: &str) -> Result<(), KeyError> {
    create_text(path, &format!("{PUBLIC}{public}\n{uri}\n"))
}

/// The name of a key in a token that a file holds.
#[cfg(feature = "hsm")]
pub(crate) fn read_reference(path: &Path) -> Result<String, KeyError> {
    Ok(split(&read_secret(path)?).1.to_owned())
}

fn create_text(path: &Path, text: &str) -> Result<(), KeyError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = made.map_err(|error| {
        let exists = error.kind() == ErrorKind::AlreadyExists;
        let path = path.to_owned();
        if exists { KeyError::Exists { path } } else { KeyError::Write { path, error } }
    })?;
    fill(path, file, text)?;
    sync_folder_of(path)
}

/// Puts a key into the file in place of what is there, at once: a crash leaves the old file or the new one.
///
/// # Errors
/// Where it cannot be written.
pub fn replace(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<(), KeyError> {
    let text = text_of(path, key, passphrase)?;
    let draft = path.with_extension("new");
    // A draft that a crash left is nobody's key.
    match std::fs::remove_file(&draft) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(cannot_write(&draft, error)),
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft);
    fill(&draft, made.map_err(|error| cannot_write(&draft, error))?, &text)?;
    std::fs::rename(&draft, path).map_err(|error| cannot_write(path, error))?;
    sync_folder_of(path)
}

/// Reads a key into memory; asks for the passphrase where the file is encrypted.
///
/// # Errors
/// Where the file is missing, readable by others, no key, not opened by the passphrase, or names a key in a token.
pub fn read(path: &Path, unlock: &mut Unlock) -> Result<KeyFile, KeyError> {
    let text = read_secret(path)?;
    let (remark, text) = split(&text);
    let form = known_form(path, text)?;
    let key = match form {
        Form::Plain => pkcs8::read_plain(path, text)?,
        Form::Encrypted => pkcs8::read_encrypted(path, text, unlock.passphrase(path)?)?,
        Form::Hex => {
            let seed = Digest::from_hex(text).unwrap_or_default();
            SecretKey::from_seed(*seed.as_bytes())
        }
        Form::Token => return Err(KeyError::InToken { path: path.to_owned() }),
    };
    match noted(remark) {
        Some(public) if public != key.public().to_string() => Err(holds_another(path, public)),
        Some(_) | None => Ok(KeyFile { key, form }),
    }
}

/// The public half that a file names and the form of its secret, without opening it: nobody has checked that they fit.
///
/// # Errors
/// Where the file is missing, readable by others, or no key.
pub fn peek(path: &Path) -> Result<(Option<PublicKey>, Form), KeyError> {
    let text = read_secret(path)?;
    let (remark, text) = split(&text);
    let public = noted(remark).and_then(Digest::from_hex);
    let public = public.and_then(|public| PublicKey::new(*public.as_bytes()).ok());
    Ok((public, known_form(path, text)?))
}

pub(crate) fn holds_another(path: &Path, public: impl std::fmt::Display) -> KeyError {
    let why = format!("it says that it holds {public}, and holds another key");
    KeyError::Malformed { path: path.to_owned(), why }
}

/// The file's text: its public half as a remark, then PEM.
fn text_of(
    path: &Path,
    key: &SecretKey,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, KeyError> {
    let pem = pkcs8::write(path, key, passphrase)?;
    Ok(Zeroizing::new(format!("{PUBLIC}{}\n{}", key.public(), *pem)))
}

/// What stands before the secret, and the secret.
fn split(text: &str) -> (&str, &str) {
    let secret = text.find("-----BEGIN ").or_else(|| text.find(URI_START));
    let (remark, text) = text.split_at(secret.unwrap_or(0));
    (remark, text.trim())
}

fn noted(remark: &str) -> Option<&str> {
    remark.lines().find_map(|line| line.strip_prefix(PUBLIC)).map(str::trim)
}

fn known_form(path: &Path, text: &str) -> Result<Form, KeyError> {
    form_of(text).ok_or_else(|| KeyError::Malformed {
        path: path.to_owned(),
        why: format!("it is neither `{PLAIN}` nor `{ENCRYPTED}` in PEM"),
    })
}

fn form_of(text: &str) -> Option<Form> {
    let begins = |label: &str| text.starts_with(&format!("-----BEGIN {label}-----"));
    if begins(PLAIN) {
        Some(Form::Plain)
    } else if begins(ENCRYPTED) {
        Some(Form::Encrypted)
    } else if text.starts_with(URI_START) {
        Some(Form::Token)
    } else {
        Digest::from_hex(text).map(|_| Form::Hex)
    }
}

/// The text of a file that only its owner may read.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let cannot_read = |error: io::Error| KeyError::Read { path: path.to_owned(), error };
    let mut file = File::open(path).map_err(cannot_read)?;
    let meta = file.metadata().map_err(cannot_read)?;
    // A passphrase may come through a pipe, as `/dev/fd/3`.
    if !meta.is_file() && !meta.file_type().is_fifo() {
        return Err(cannot_read(io::Error::other("it is no file")));
    }
    let mode = meta.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(KeyError::NotSecret { path: path.to_owned(), mode });
    }
    let malformed = |why: &str| KeyError::Malformed { path: path.to_owned(), why: why.to_owned() };
    if meta.len() > FILE_BYTES_MAX {
        return Err(malformed("it is longer than 16 KiB"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    (&mut file).take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(cannot_read)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed("it is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn fill(path: &Path, mut file: File, text: &str) -> Result<(), KeyError> {
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| cannot_write(path, error))
}

/// Makes the name of a file as durable as the file.
fn sync_folder_of(path: &Path) -> Result<(), KeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let synced = File::open(&folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| cannot_write(&folder, error))
}

fn cannot_write(path: &Path, error: io::Error) -> KeyError {
    KeyError::Write { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests;
