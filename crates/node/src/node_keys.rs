//! A node's secret keys: from the operating system's randomness, in files that only their owner may read.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::{PublicKey, SecretKey, Sign};
use keys::{Form, KeyError, Passphrase, Source, Unlock};

use crate::failure::Failure;

/// The three keys of a node: no key has two uses.
#[derive(Clone, Debug)]
pub struct NodeKeys {
    /// Signs votes and attestations.
    pub signing: Arc<dyn Sign>,
    /// The key that the validators may agree to let this one vote with from some block on.
    pub next: Option<Arc<dyn Sign>>,
    /// Its libp2p identity.
    pub network: Arc<SecretKey>,
    /// Signs transactions for clients who bring no key of their own.
    pub gateway: Arc<dyn Sign>,
}

/// The file of the next voting key, where there is one.
const NEXT: &str = "signing-next.key";
const FILES: [&str; 3] = ["signing.key", "network.key", "gateway.key"];

impl NodeKeys {
    /// Makes three keys from the operating system's randomness, and keeps them in `folder`, which must hold none;
    /// encrypted where there is a passphrase. The voting key is made in the token that `token` names, where it does.
    ///
    /// # Errors
    /// Where there is no randomness, or a file is there already or cannot be written, or the token makes no key.
    pub fn generate(
        folder: &Path,
        passphrase: Option<&Passphrase>,
        token: Option<NewToken<'_>>,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .map_err(|error| cannot_write(folder, error))?;
        let [signing, network, gateway] = FILES.map(|name| folder.join(name));
        Ok(Self {
            signing: match token {
                Some(token) => token.generate(&signing)?,
                None => generate(&signing, passphrase)?,
            },
            next: None,
            network: generate(&network, passphrase)?,
            gateway: generate(&gateway, passphrase)?,
        })
    }

    /// Makes the next voting key, in a file beside the present one and as that one is, encrypted or not, or in a
    /// token; where there is one already, it is that.
    ///
    /// # Errors
    /// As [`Self::generate`], and where the present key cannot be read, or is in a token and none is named.
    pub fn generate_next(
        folder: &Path,
        passphrase: Source,
        token: Option<&str>,
    ) -> Result<PublicKey, Failure> {
        let path = folder.join(NEXT);
        if path.exists() {
            return Ok(keys::open(&path, &mut Unlock::new(passphrase))?.public());
        }
        if let Some(uri) = token {
            return Ok(NewToken { uri, pin: passphrase }.generate(&path)?.public());
        }
        let mut unlock = Unlock::new(passphrase);
        // A present key in a token is refused here: where the next one lies is the operator's word.
        match keys::read(&folder.join(FILES[0]), &mut unlock)?.form {
            Form::Encrypted => Ok(generate(&path, unlock.known())?.public()),
            Form::Plain | Form::Hex | Form::Token => Ok(generate(&path, None)?.public()),
        }
    }

    /// Reads the three keys of `folder`, and the next one where there is one; all under one passphrase.
    ///
    /// # Errors
    /// Where one is missing, malformed, readable by others, or not opened by the passphrase.
    pub fn load(folder: &Path, passphrase: Source) -> Result<Self, Failure> {
        let mut unlock = Unlock::new(passphrase);
        let [signing, network, gateway] = FILES.map(|name| folder.join(name));
        let next = Some(folder.join(NEXT)).filter(|next| next.exists());
        let mut open = |path: &Path| -> Result<Arc<dyn Sign>, KeyError> {
            Ok(keys::open(path, &mut unlock)?.into_signer(lost))
        };
        let next = next.map(|next| open(&next)).transpose()?;
        let (signing, gateway) = (open(&signing)?, open(&gateway)?);
        let network = Arc::new(keys::read(&network, &mut unlock)?.key);
        Ok(Self { signing, next, network, gateway })
    }

    /// Where a node keeps its keys.
    #[must_use]
    pub fn folder(data_dir: &Path) -> PathBuf {
        data_dir.join("keys")
    }
}

/// A key to be made in a token.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// Which one, in which token (RFC 7512).
    pub uri: &'a str,
    /// Where its PIN comes from, unless the URI says.
    pub pin: Source,
}

impl NewToken<'_> {
    fn generate(self, path: &Path) -> Result<Arc<dyn Sign>, Failure> {
        let key = keys::create_in_token(path, self.uri, &mut Unlock::new(self.pin))?;
        Ok(key.into_signer(lost))
    }
}

/// A validator whose token does not sign can say nothing more. It ends as in a power cut, which it is built to stand.
#[expect(
    clippy::exit,
    reason = "no vote may leave without its signature, and a half of the node is none"
)]
fn lost(error: &dyn std::error::Error) -> ! {
    tracing::error!(%error, "the token does not sign any more: this node ends");
    std::process::exit(1)
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
