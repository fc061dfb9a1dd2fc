//! Checking messages: every signature in them against the keys of one replica set.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use types::NodeId;

use crate::ed25519::PreparedKey;
use crate::keys::VerifyingKeys;
use crate::signed::SignedBy;
use crate::{
    Authentic, Domain, KeyRing, Signature, Signed, SignedBytes, Statement, Verified, cheap,
    verify_batch,
};

/// Checks statements against the keys of a replica set.
#[derive(Clone, Debug)]
pub struct Verifier {
    domain: Domain,
    keys: KeyRing,
}

/// Why a message is not called verified. All of these are counted drops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerifyError {
    /// The message names another author than the connection that it came over (rule X-3).
    NotFromAuthor {
        /// The named author.
        author: NodeId,
    },
    /// A signature in it is wrong, by a stranger, or made for another chain, set, protocol or kind (rule X-2).
    BadSignature,
}

impl Verifier {
    /// A verifier for one domain and replica set.
    #[must_use]
    pub const fn new(domain: Domain, keys: KeyRing) -> Self {
        Self { domain, keys }
    }

    /// Checks a message that came over the connection of `from`: its author and every signature in it.
    ///
    /// # Errors
    /// Where the author is somebody else, or a signature does not hold.
    pub fn verify<M: Authentic>(
        &self,
        from: NodeId,
        message: M,
    ) -> Result<Verified<M>, VerifyError> {
        self.verify_shared(from, Arc::new(message))
    }

    /// The same for a message that is shared already.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_shared<M: Authentic>(
        &self,
        from: NodeId,
        message: Arc<M>,
    ) -> Result<Verified<M>, VerifyError> {
        if let Some(author) = message.author().filter(|&author| author != from) {
            return Err(VerifyError::NotFromAuthor { author });
        }
        if self.holds(&*message) { Ok(Verified(message)) } else { Err(VerifyError::BadSignature) }
    }

    /// Checks many messages, each with its sender: the same verdicts as one by one, and faster where all hold.
    #[must_use]
    pub fn verify_all<M: Authentic>(
        &self,
        messages: Vec<(NodeId, Arc<M>)>,
    ) -> Vec<Result<Verified<M>, VerifyError>> {
        if messages.len() > 1 && self.all_hold(&messages) {
            return messages.into_iter().map(|(_, message)| Ok(Verified(message))).collect();
        }
        messages.into_iter().map(|(from, message)| self.verify_shared(from, message)).collect()
    }

    /// Whether every signature in `message` holds, whoever sent it.
    #[must_use]
    pub fn holds<M: Authentic>(&self, message: &M) -> bool {
        match &*self.keys.0 {
            VerifyingKeys::Ed25519(keys) => {
                let mut gathered = Gathered::new(keys);
                gathered.add(self.domain, message) && gathered.hold()
            }
            VerifyingKeys::Cheap(seeds) => message
                .check_signatures(&mut |signed| holds_cheap(seeds, self.domain.short(), signed)),
        }
    }

    /// Whether one signed statement holds.
    #[must_use]
    pub fn holds_one<S: Statement>(&self, signed: &Signed<S>) -> bool {
        self.holds(signed)
    }

    /// Whether all of these hold, as far as one batch of signatures can tell; false where it cannot.
    fn all_hold<M: Authentic>(&self, messages: &[(NodeId, Arc<M>)]) -> bool {
        let VerifyingKeys::Ed25519(keys) = &*self.keys.0 else { return false };
        let mut gathered = Gathered::new(keys);
        let known = messages.iter().all(|(from, message)| {
            message.author().is_none_or(|author| author == *from)
                && gathered.add(self.domain, &**message)
        });
        known && gathered.hold()
    }
}

fn holds_cheap(seeds: &[u64], domain: u64, signed: &SignedBytes<'_>) -> bool {
    let bytes = signed.cheap_bytes();
    let holds = |signer: NodeId, signature: &Signature| {
        let seed = seeds.get(signer.index());
        seed.is_some_and(|&seed| *signature == cheap::sign(seed, domain, &bytes))
    };
    match signed.by {
        SignedBy::One(signer, signature) => holds(signer, signature),
        SignedBy::Each(list) => list.iter().all(|(&signer, signature)| holds(signer, signature)),
        SignedBy::Together(_) => false,
    }
}

/// Ed25519 signatures gathered for one batch, and the bytes under them.
struct Gathered<'a> {
    keys: &'a [PreparedKey],
    bytes: Vec<u8>,
    items: Vec<(&'a PreparedKey, Range<usize>, Signature)>,
}

impl<'a> Gathered<'a> {
    const fn new(keys: &'a [PreparedKey]) -> Self {
        Self { keys, bytes: Vec::new(), items: Vec::new() }
    }
    /// Appends a message's signatures; false where one is by a stranger or of another scheme.
    fn add<M: Authentic>(&mut self, domain: Domain, message: &M) -> bool {
        message.check_signatures(&mut |signed| {
            let start = self.bytes.len();
            signed.write_in(domain, &mut self.bytes);
            let range = start..self.bytes.len();
            match signed.by {
                SignedBy::One(signer, signature) => self.push(signer, range, signature),
                SignedBy::Each(list) => {
                    list.iter().all(|(&signer, sig)| self.push(signer, range.clone(), sig))
                }
                SignedBy::Together(_) => false,
            }
        })
    }
    fn push(&mut self, signer: NodeId, range: Range<usize>, signature: &Signature) -> bool {
        let Some(key) = self.keys.get(signer.index()) else { return false };
        self.items.push((key, range, *signature));
        true
    }
    /// A lone signature is checked by itself, several at once.
    fn hold(&self) -> bool {
        if let [(key, range, signature)] = self.items.as_slice() {
            return key.verify(&self.bytes[range.clone()], signature).is_ok();
        }
        let items = self.items.iter();
        verify_batch(items.map(|(key, range, sig)| (key.key(), &self.bytes[range.clone()], sig)))
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFromAuthor { author } => write!(f, "the message names {author} as its author"),
            Self::BadSignature => f.write_str("a signature in the message does not hold"),
        }
    }
}
impl std::error::Error for VerifyError {}
