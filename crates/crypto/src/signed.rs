//! Statements, who made them, and the one way to call a message verified.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use types::{ChainId, Digest, NodeId};

use crate::keys::SigningKey;
use crate::{
    Aggregate, Certificate, Hasher, Sign, Signature, Signatures, SimulatedKey, bls, cheap,
};

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

/// What a message shows its signatures to: tells whether these hold.
pub type Check<'a> = &'a mut dyn FnMut(&SignedBytes<'_>) -> bool;

/// The signatures under one statement, and how to write the bytes under them.
pub struct SignedBytes<'a> {
    /// The claimed makers and their signatures.
    pub by: SignedBy<'a>,
    kind: u8,
    epoch: u64,
    statement: &'a dyn Encode,
}

/// Who is claimed to have signed one statement, and how.
#[derive(Clone, Copy, Debug)]
pub enum SignedBy<'a> {
    /// One replica.
    One(NodeId, &'a Signature),
    /// Several, each with a signature.
    Each(&'a Signatures),
    /// Several, with one signature.
    Together(&'a Aggregate),
}

impl<'a> SignedBytes<'a> {
    pub(crate) fn new<S: Statement>(by: SignedBy<'a>, statement: &'a S) -> Self {
        Self { by, kind: S::KIND, epoch: 0, statement }
    }
    const fn said_in(&self, epoch: u64) -> Self {
        Self { by: self.by, kind: self.kind, epoch, statement: self.statement }
    }
    /// The domain in which the statement must be signed, where a verifier stands for `domain`.
    pub(crate) fn domain(&self, domain: Domain) -> Domain {
        domain.of_epoch(self.epoch)
    }
    /// Appends the bytes under a real signature.
    pub(crate) fn write_in(&self, domain: Domain, out: &mut Vec<u8>) {
        write_signing_bytes(self.domain(domain), self.kind, self.statement, out);
    }
    /// The bytes under a cheap signature.
    pub(crate) fn cheap_bytes(&self) -> Vec<u8> {
        cheap_bytes(self.kind, self.statement)
    }
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
    /// This domain in the chain's `epoch`-th term of a validator set: a set that comes back later has other terms.
    #[must_use]
    pub fn in_epoch(self, epoch: u64) -> Self {
        let mut hasher = Hasher::new("unisono-domain-epoch");
        hasher.update(self.0.as_bytes());
        hasher.update(&epoch.to_le_bytes());
        Self(hasher.finish())
    }
    /// The same, where the first epoch, 0, is the domain itself.
    #[must_use]
    pub fn of_epoch(self, epoch: u64) -> Self {
        if epoch == 0 { self } else { self.in_epoch(epoch) }
    }
    /// What a cheap signature takes of it.
    pub(crate) const fn short(self) -> u64 {
        self.0.short()
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
    pub fn new(me: NodeId, domain: Domain, key: Arc<dyn Sign>) -> Self {
        Self { me, domain, key: SigningKey::Ed25519(key) }
    }
    /// A signer with a real BLS key.
    #[must_use]
    pub fn with_bls(me: NodeId, domain: Domain, key: Arc<bls::SecretKey>) -> Self {
        Self { me, domain, key: SigningKey::Bls(key) }
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
    /// The same key in an epoch of its domain; the first epoch, 0, is the domain itself.
    #[must_use]
    pub fn in_epoch(&self, epoch: u64) -> Self {
        self.in_domain(self.domain.of_epoch(epoch))
    }
    /// Signs a statement.
    #[must_use]
    pub fn sign<S: Statement>(&self, statement: S) -> Signed<S> {
        let signature = self.sign_kind(S::KIND, &statement);
        Signed { statement, signer: self.me, signature }
    }
    /// Signs a statement that a message shows: how a liar in a drill signs a changed copy of its own message.
    #[must_use]
    pub fn sign_shown(&self, shown: &SignedBytes<'_>) -> Signature {
        self.sign_kind(shown.kind, shown.statement)
    }
    fn sign_kind(&self, kind: u8, statement: &dyn Encode) -> Signature {
        match &self.key {
            SigningKey::Ed25519(key) => key.sign(&self.signing_bytes(kind, statement)),
            SigningKey::Bls(key) => key.sign(&self.signing_bytes(kind, statement)),
            SigningKey::Cheap(seed) => {
                cheap::sign(*seed, self.domain.short(), &cheap_bytes(kind, statement))
            }
        }
    }
    fn signing_bytes(&self, kind: u8, statement: &dyn Encode) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + 1 + STATEMENT_BYTES_USUAL);
        write_signing_bytes(self.domain, kind, statement, &mut bytes);
        bytes
    }
    /// Makes a certificate of checked votes for one statement: under BLS one signature, else the list.
    ///
    /// Votes that do not fold, because one was never checked, stay a list: it holds where each of them does.
    #[must_use]
    pub fn certify(&self, votes: Signatures) -> Certificate {
        let folded = match &self.key {
            SigningKey::Bls(_) => bls::fold(&votes),
            SigningKey::Ed25519(_) | SigningKey::Cheap(_) => None,
        };
        folded.map_or(Certificate::List(votes), Certificate::Aggregate)
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

/// A message whose author and signatures have been checked. Only this crate can make one.
pub struct Verified<M>(pub(crate) Arc<M>);

impl<M> Verified<M> {
    /// A part of the message, which holds because the whole does; `part` picks it out of the message.
    pub fn part<N>(&self, part: impl FnOnce(&M) -> Option<&Arc<N>>) -> Option<Verified<N>> {
        part(&self.0).map(|part| Verified(Arc::clone(part)))
    }
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
    pub fn check(&self, check: Check<'_>) -> bool {
        check(&SignedBytes::new(SignedBy::One(self.signer, &self.signature), &self.statement))
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

/// A message as it is said in one epoch of its chain: what is signed in it holds in that epoch alone (rule X-2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InEpoch<M> {
    /// Which epoch; the first is 0.
    pub epoch: u64,
    /// What is said.
    pub message: Arc<M>,
}

impl<M: Authentic> Authentic for InEpoch<M> {
    fn author(&self) -> Option<NodeId> {
        self.message.author()
    }
    fn check_signatures(&self, check: Check<'_>) -> bool {
        self.message.check_signatures(&mut |signed| check(&signed.said_in(self.epoch)))
    }
}

/// Room for the statements that replicas exchange most, so that writing one allocates once.
const STATEMENT_BYTES_USUAL: usize = 128;

/// The bytes under a real signature: the domain, the kind, the statement.
fn write_signing_bytes(domain: Domain, kind: u8, statement: &dyn Encode, out: &mut Vec<u8>) {
    out.extend_from_slice(domain.0.as_bytes());
    out.push(kind);
    statement.encode(out);
}

/// The bytes under a cheap signature, which takes the domain apart.
fn cheap_bytes(kind: u8, statement: &dyn Encode) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(STATEMENT_BYTES_USUAL);
    bytes.push(kind);
    statement.encode(&mut bytes);
    bytes
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
        write!(f, "kind {} by {:?}", self.kind, self.by)
    }
}
#[cfg(test)]
mod tests;
