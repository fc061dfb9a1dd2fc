//! Statements, who made them, and the one way to call a message verified.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use types::{ChainId, Digest, NodeId};

use crate::ed25519::PreparedKey;
use crate::keys::{SigningKey, VerifyingKeys};
use crate::{Hasher, KeyRing, SecretKey, Signature, SimulatedKey, cheap, verify_batch};

/// Something a replica puts its name to.
pub trait Statement: Encode {
    /// Tells this kind of statement from all others of its protocol, under the signature.
    const KIND: u8;
}

/// A statement with its maker's name and signature: checked only once it stands inside a [`Verified`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signed<S> {
    /// What is said.
    pub statement: S,
    /// Who says it.
    pub signer: NodeId,
    /// The proof that they did.
    pub signature: Signature,
}

/// A message that carries signatures.
pub trait Authentic {
    /// Whose message this is, where it is somebody's; it must come over that replica's own connection.
    fn author(&self) -> Option<NodeId>;
    /// Shows every signature in the message to `check`, outermost first; `check` returns whether it holds.
    ///
    /// Returns false as soon as `check` does.
    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool;
}

/// One signature, and how to write the bytes under it.
pub struct SignedBytes<'a> {
    /// The claimed maker.
    pub signer: NodeId,
    /// The signature.
    pub signature: &'a Signature,
    kind: u8,
    statement: &'a dyn Encode,
}

/// What all signatures of one network and protocol are bound to (rule X-2): a vote for one chain, validator
/// set or protocol says nothing in another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Domain(Digest);

impl Domain {
    /// The domain of `protocol` in the chain `chain` under the validator set with digest `set`.
    #[must_use]
    pub fn new(chain: ChainId, set: Digest, protocol: &str) -> Self {
        let mut hasher = Hasher::new("unisono-domain");
        hasher.update(chain.0.as_bytes());
        hasher.update(set.as_bytes());
        hasher.update(protocol.as_bytes());
        Self(hasher.finish())
    }
}

/// Makes statements in one replica's name.
#[derive(Clone, Debug)]
pub struct Signer {
    me: NodeId,
    domain: Domain,
    key: SigningKey,
}

impl Signer {
    /// A signer with a real key.
    #[must_use]
    pub fn new(me: NodeId, domain: Domain, key: Arc<SecretKey>) -> Self {
        Self { me, domain, key: SigningKey::Ed25519(key) }
    }
    /// A signer with a simulated key.
    #[must_use]
    pub fn simulated(me: NodeId, domain: Domain, key: SimulatedKey) -> Self {
        Self { me, domain, key: key.0 }
    }
    /// In whose name.
    #[must_use]
    pub const fn me(&self) -> NodeId {
        self.me
    }
    /// The same key in another domain.
    #[must_use]
    pub fn in_domain(&self, domain: Domain) -> Self {
        Self { me: self.me, domain, key: self.key.clone() }
    }
    /// Signs a statement.
    #[must_use]
    pub fn sign<S: Statement>(&self, statement: S) -> Signed<S> {
        let signature = match &self.key {
            SigningKey::Ed25519(key) => key.sign(&signing_bytes(self.domain, S::KIND, &statement)),
            SigningKey::Cheap(seed) => cheap_signature(*seed, self.domain, S::KIND, &statement),
        };
        Signed { statement, signer: self.me, signature }
    }
    /// Calls a message of one's own verified: its maker has just signed it.
    ///
    /// # Panics
    /// Where the message is somebody else's: that would be a hole in the authentication.
    #[must_use]
    pub fn own<M: Authentic>(&self, message: M) -> Verified<M> {
        self.own_shared(Arc::new(message))
    }
    /// The same for a message that is shared already.
    ///
    /// # Panics
    /// As [`Self::own`].
    #[must_use]
    pub fn own_shared<M: Authentic>(&self, message: Arc<M>) -> Verified<M> {
        assert!(message.author().is_none_or(|author| author == self.me), "not my own message");
        Verified(message)
    }
}

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

    /// Whether all of these hold, as far as one batch of signatures can tell; false where it cannot.
    fn all_hold<M: Authentic>(&self, messages: &[(NodeId, Arc<M>)]) -> bool {
        let VerifyingKeys::Ed25519(keys) = &*self.keys.0 else { return false };
        let mut items = Vec::with_capacity(messages.len());
        let known = messages.iter().all(|(from, message)| {
            message.author().is_none_or(|author| author == *from)
                && self.collect(keys, &**message, &mut items)
        });
        known
            && verify_batch(
                items.iter().map(|(key, bytes, sig)| (key.key(), bytes.as_slice(), sig)),
            )
    }

    /// Whether every signature in `message` holds, whoever sent it.
    #[must_use]
    pub fn holds<M: Authentic>(&self, message: &M) -> bool {
        match &*self.keys.0 {
            VerifyingKeys::Ed25519(keys) => self.holds_ed25519(keys, message),
            VerifyingKeys::Cheap(seeds) => message.check_signatures(&mut |signed| {
                let Some(&seed) = seeds.get(signed.signer.index()) else { return false };
                let (kind, statement) = (signed.kind, signed.statement);
                *signed.signature == cheap_signature(seed, self.domain, kind, statement)
            }),
        }
    }

    /// Whether one signed statement holds.
    #[must_use]
    pub fn holds_one<S: Statement>(&self, signed: &Signed<S>) -> bool {
        self.holds(signed)
    }

    /// A lone signature is checked by itself, several at once.
    fn holds_ed25519<M: Authentic>(&self, keys: &[PreparedKey], message: &M) -> bool {
        let mut items = Vec::new();
        if !self.collect(keys, message, &mut items) {
            return false;
        }
        if let [(key, bytes, signature)] = items.as_slice() {
            return key.verify(bytes, signature).is_ok();
        }
        verify_batch(items.iter().map(|(key, bytes, sig)| (key.key(), bytes.as_slice(), sig)))
    }

    /// Appends a message's signatures; false where one is by a stranger.
    fn collect<'a, M: Authentic>(
        &self,
        keys: &'a [PreparedKey],
        message: &M,
        items: &mut Vec<(&'a PreparedKey, Vec<u8>, Signature)>,
    ) -> bool {
        message.check_signatures(&mut |signed| {
            let Some(key) = keys.get(signed.signer.index()) else { return false };
            let bytes = signing_bytes(self.domain, signed.kind, signed.statement);
            items.push((key, bytes, *signed.signature));
            true
        })
    }
}

/// A message whose author and signatures have been checked. Only this crate can make one.
pub struct Verified<M>(Arc<M>);

impl<M> Verified<M> {
    /// The message, shared.
    #[must_use]
    pub const fn shared(&self) -> &Arc<M> {
        &self.0
    }
}
impl<M> Clone for Verified<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
impl<M> Deref for Verified<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.0
    }
}
impl<M: fmt::Debug> fmt::Debug for Verified<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Statement> Signed<S> {
    /// Shows this signature to a message's check.
    pub fn check(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        check(&SignedBytes {
            signer: self.signer,
            signature: &self.signature,
            kind: S::KIND,
            statement: &self.statement,
        })
    }
}

impl<S: Statement> Authentic for Signed<S> {
    fn author(&self) -> Option<NodeId> {
        Some(self.signer)
    }
    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        self.check(check)
    }
}

/// Room for the statements that replicas exchange most, so that writing one allocates once.
const STATEMENT_BYTES_USUAL: usize = 128;

/// The bytes under a real signature: the domain, the kind, the statement.
fn signing_bytes(domain: Domain, kind: u8, statement: &dyn Encode) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 + 1 + STATEMENT_BYTES_USUAL);
    bytes.extend_from_slice(domain.0.as_bytes());
    bytes.push(kind);
    statement.encode(&mut bytes);
    bytes
}

/// The cheap signature, over the same three things.
fn cheap_signature(seed: u64, domain: Domain, kind: u8, statement: &dyn Encode) -> Signature {
    let mut bytes = Vec::with_capacity(STATEMENT_BYTES_USUAL);
    bytes.push(kind);
    statement.encode(&mut bytes);
    cheap::sign(seed, domain.0.short(), &bytes)
}

impl<S: Encode> Encode for Signed<S> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.statement.encode(out);
        self.signer.encode(out);
        self.signature.encode(out);
    }
}
impl<S: Decode> Decode for Signed<S> {
    const BYTES_MIN: usize = S::BYTES_MIN + 2 + 64;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let statement = S::decode(reader)?;
        Ok(Self {
            statement,
            signer: NodeId::decode(reader)?,
            signature: Signature::decode(reader)?,
        })
    }
}
impl<S: fmt::Debug> fmt::Debug for Signed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} by {:?}", self.statement, self.signer)
    }
}
impl fmt::Debug for SignedBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kind {} by {:?}", self.kind, self.signer)
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

#[cfg(test)]
mod tests;
