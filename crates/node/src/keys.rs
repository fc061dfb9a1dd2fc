//! A node's secret keys: from the operating system's randomness, in files that only their owner may read.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::SecretKey;
use types::Digest;

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
    /// Makes three keys from the operating system's randomness, and keeps them in `folder`, which must hold none.
    ///
    /// # Errors
    /// Where there is no randomness, or a file is there already or cannot be written.
    pub fn generate(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .map_err(|error| cannot_write(folder, error))?;
        let [signing, network, gateway] = FILES.map(|name| generate(&folder.join(name)));
        sync_folder(folder)?;
        Ok(Self {
            signing: Arc::new(signing?),
            next: None,
            network: Arc::new(network?),
            gateway: Arc::new(gateway?),
        })
    }

    /// Makes the next voting key, in a file beside the present one; where there is one already, it is that.
    ///
    /// # Errors
    /// As [`Self::generate`].
    pub fn generate_next(folder: &Path) -> Result<SecretKey, Failure> {
        let path = folder.join(NEXT);
        if path.exists() {
            return load(&path);
        }
        let key = generate(&path)?;
        sync_folder(folder)?;
        Ok(key)
    }

    /// Reads the three keys of `folder`.
    ///
    /// # Errors
    /// Where one is missing, malformed, or readable by others.
    pub fn load(folder: &Path) -> Result<Self, Failure> {
        let [signing, network, gateway] = FILES.map(|name| load(&folder.join(name)));
        let next = folder.join(NEXT);
        let next = if next.exists() { Some(Arc::new(load(&next)?)) } else { None };
        Ok(Self {
            signing: Arc::new(signing?),
            next,
            network: Arc::new(network?),
            gateway: Arc::new(gateway?),
        })
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
        return generate(path);
    }
    load(path)
}

fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    Failure::new(
        format!("cannot write {}", path.display()),
        error,
        "choose a folder that this user may write to",
    )
}

fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| cannot_write(folder, error))
}

fn generate(path: &Path) -> Result<SecretKey, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        Failure::new("cannot make a key", error, "the operating system must provide randomness")
    })?;
    let key = SecretKey::from_seed(seed);
    let text = format!("{}\n", Digest::new(key.to_seed()));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = made.map_err(|error| {
        if error.kind() != ErrorKind::AlreadyExists {
            return cannot_write(path, error);
        }
        Failure::new(
            format!("will not replace the key {}", path.display()),
            "it is there already, and a lost key cannot be had again",
            "choose another folder, or move the old keys away first",
        )
    })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| cannot_write(path, error))?;
    Ok(key)
}

fn load(path: &Path) -> Result<SecretKey, Failure> {
    let cannot_read = |error| {
        Failure::new(
            format!("cannot read the key {}", path.display()),
            error,
            "`unisono node init` makes a node's keys",
        )
    };
    let mut file = File::open(path).map_err(cannot_read)?;
    let mode = file.metadata().map_err(cannot_read)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Failure::usage(
            format!("the key {} is not secret", path.display()),
            format!("its mode is {mode:04o}: others than its owner may use it"),
            format!("chmod 600 {}, and think about who may have read it", path.display()),
        ));
    }
    let mut text = String::new();
    (&mut file).take(4_096).read_to_string(&mut text).map_err(cannot_read)?;
    let seed = Digest::from_hex(text.trim()).ok_or_else(|| {
        Failure::usage(
            format!("the key {} is damaged", path.display()),
            "it is not 64 hexadecimal digits",
            "restore it from a backup; a validator without its key must be replaced",
        )
    })?;
    Ok(SecretKey::from_seed(*seed.as_bytes()))
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
