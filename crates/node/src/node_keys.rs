//! A node's secret keys: from the operating system's randomness, in files that only their owner may read.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::SecretKey;
use keys::{Form, KeyError, Passphrase, Source, Unlock};

use crate::failure::Failure;

/// The three keys of a node: no key has two uses.
#[derive(Clone, Debug)]
pub struct NodeKeys {
    /// Signs votes and attestations.
    pub signing: Arc<SecretKey>,
    /// The key that the validators may agree to let this one vote with from some block on.
    pub next: Option<Arc<SecretKey>>,
    /// Its libp2p identity.
    pub network: Arc<SecretKey>,
    /// Signs transactions for clients who bring no key of their own.
    pub gateway: Arc<SecretKey>,
}

/// The file of the next voting key, where there is one.
const NEXT: &str = "signing-next.key";
const FILES: [&str; 3] = ["signing.key", "network.key", "gateway.key"];

impl NodeKeys {
    /// Makes three keys from the operating system's randomness, and keeps them in `folder`, which must hold none;
    /// encrypted where there is a passphrase.
    ///
    /// # Errors
    /// Where there is no randomness, or a file is there already or cannot be written.
    pub fn generate(folder: &Path, passphrase: Option<&Passphrase>) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .map_err(|error| cannot_write(folder, error))?;
        let [signing, network, gateway] =
            FILES.map(|name| generate(&folder.join(name), passphrase));
        Ok(Self { signing: signing?, next: None, network: network?, gateway: gateway? })
    }

    /// Makes the next voting key, in a file beside the present one and as that one is, encrypted or not; where there
    /// is one already, it is that.
    ///
    /// # Errors
    /// As [`Self::generate`], and where the present key cannot be read.
    pub fn generate_next(folder: &Path, passphrase: Source) -> Result<Arc<SecretKey>, Failure> {
        let mut unlock = Unlock::new(passphrase);
        let path = folder.join(NEXT);
        if path.exists() {
            return Ok(Arc::new(keys::read(&path, &mut unlock)?.key));
        }
        match keys::read(&folder.join(FILES[0]), &mut unlock)?.form {
            Form::Encrypted => generate(&path, unlock.known()),
            Form::Plain | Form::Hex => generate(&path, None),
        }
    }

    /// Reads the three keys of `folder`, and the next one where there is one; all under one passphrase.
    ///
    /// # Errors
    /// Where one is missing, malformed, readable by others, or not opened by the passphrase.
    pub fn load(folder: &Path, passphrase: Source) -> Result<Self, Failure> {
        let mut unlock = Unlock::new(passphrase);
        let mut load = |name: &str| -> Result<Arc<SecretKey>, KeyError> {
            keys::read(&folder.join(name), &mut unlock).map(|read| Arc::new(read.key))
        };
        let [signing, network, gateway] = FILES.map(&mut load);
        let next = if folder.join(NEXT).exists() { Some(load(NEXT)?) } else { None };
        Ok(Self { signing: signing?, next, network: network?, gateway: gateway? })
    }

    /// Where a node keeps its keys.
    #[must_use]
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join("keys")
    }
}

/// A client's key from a file; where there is none and one may be made, a new one.
///
/// # Errors
/// As [`NodeKeys::load`], and where there is none and none may be made.
pub fn client_key(path: &Path, may_make: bool) -> Result<SecretKey, Failure> {
    if !path.exists() && may_make {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        }
        let key = keys::generate()?;
        keys::create(path, &key, None)?;
        return Ok(key);
    }
    Ok(keys::read(path, &mut Unlock::new(Source::Usual))?.key)
}

fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(
        format!("cannot write {}", path.display()),
        error,
        "choose a folder that this user may write to",
    )
}

fn generate(path: &Path, passphrase: Option<&Passphrase>) -> Result<Arc<SecretKey>, Failure> {
    let key = keys::generate()?;
    keys::create(path, &key, passphrase)?;
    Ok(Arc::new(key))
}

/// Held as long as a node runs on a data folder, so that no key signs in two processes.
#[derive(Debug)]
pub struct DataLock(#[expect(dead_code, reason = "held for its lock")] File);

impl DataLock {
    /// Locks a data folder.
    ///
    /// # Errors
    /// Where another process has it, or the folder cannot be made.
    pub fn acquire(data_dir: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(data_dir).map_err(|error| cannot_write(data_dir, error))?;
        let path = data_dir.join("lock");
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(|error| cannot_write(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(Failure::new(
                format!("will not start on {}", data_dir.display()),
                "another process runs on this data folder, and one key must not sign in two places",
                "stop the other process, or give this one its own --data-dir",
            )),
            Err(std::fs::TryLockError::Error(error)) => Err(cannot_write(&path, error)),
        }
    }
}

#[cfg(test)]
mod tests;
