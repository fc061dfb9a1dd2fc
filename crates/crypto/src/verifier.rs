//! Checking messages: every signature in them against the keys of one replica set.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use types::NodeId;

use crate::keys::VerifyingKeys;
use crate::known::{self, Known};
use crate::signed::SignedBy;
use crate::{
    Authentic, Domain, KeyRing, Signature, Signed, SignedBytes, Statement, Verified, bls, cheap,
    ed25519,
};

/// Checks statements against the keys of a replica set; remembers some certificates that hold, and so do its clones.
#[derive(Clone, Debug)]
pub struct Verifier {
    domain: Domain,
    keys: KeyRing,
    known: Arc<Mutex<Known>>,
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
    pub fn new(domain: Domain, keys: KeyRing) -> Self {
        Self { domain, keys, known: Arc::default() }
    }

    /// How many replicas the set has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// Whether the set has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
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
        self.judge(from, &*message).map(|()| Verified(message))
    }

    /// Checks many messages, each with its sender: the same verdicts as one by one, and faster where most hold.
    ///
    /// Where a batch does not hold, its parts are checked, down to single messages.
    #[must_use]
    pub fn verify_all<M: Authentic>(
        &self,
        messages: Vec<(NodeId, Arc<M>)>,
    ) -> Vec<Result<Verified<M>, VerifyError>> {
        let mut verdicts = Vec::with_capacity(messages.len());
        match &*self.keys.0 {
            VerifyingKeys::Cheap(_) => self.judge_each(&messages, &mut verdicts),
            VerifyingKeys::Ed25519(_) | VerifyingKeys::Bls(_) => {
                self.judge_parts(&messages, &mut verdicts);
            }
        }
        let judged = messages.into_iter().zip(verdicts);
        judged.map(|((_, message), verdict)| verdict.map(|()| Verified(message))).collect()
    }

    fn judge_parts<M: Authentic>(&self, messages: &[(NodeId, Arc<M>)], verdicts: &mut Verdicts) {
        if messages.len() < 2 {
            self.judge_each(messages, verdicts);
        } else if self.all_hold(messages) {
            verdicts.extend(messages.iter().map(|(from, message)| from_author(*from, &**message)));
        } else {
            for part in messages.chunks(messages.len().div_ceil(PARTS)) {
                self.judge_parts(part, verdicts);
            }
        }
    }

    fn judge_each<M: Authentic>(&self, messages: &[(NodeId, Arc<M>)], verdicts: &mut Verdicts) {
        verdicts.extend(messages.iter().map(|(from, message)| self.judge(*from, &**message)));
    }

    fn judge<M: Authentic>(&self, from: NodeId, message: &M) -> Result<(), VerifyError> {
        from_author(from, message)?;
        self.holds(message).then_some(()).ok_or(VerifyError::BadSignature)
    }

    /// Whether every signature in `message` holds, whoever sent it.
    #[must_use]
    pub fn holds<M: Authentic>(&self, message: &M) -> bool {
        self.hold(std::iter::once(message))
    }

    /// Whether one signed statement holds.
    #[must_use]
    pub fn holds_one<S: Statement>(&self, signed: &Signed<S>) -> bool {
        self.holds(signed)
    }

    /// How many certificates it need not check again.
    #[must_use]
    pub fn known(&self) -> usize {
        self.lock().len()
    }

    /// Whether the signatures of all messages by their own senders hold.
    fn all_hold<M: Authentic>(&self, messages: &[(NodeId, Arc<M>)]) -> bool {
        let own = messages.iter().filter(|(from, message)| from_author(*from, &**message).is_ok());
        self.hold(own.map(|(_, message)| &**message))
    }

    fn hold<'m, M: Authentic + 'm>(&self, mut messages: impl Iterator<Item = &'m M>) -> bool {
        match &*self.keys.0 {
            VerifyingKeys::Ed25519(keys) => self.hold_in(ed25519::Batch::new(keys), messages),
            VerifyingKeys::Bls(keys) => self.hold_in(bls::Batch::new(keys), messages),
            VerifyingKeys::Cheap(seeds) => {
                let mut check = |signed: &SignedBytes<'_>| holds_cheap(seeds, self.domain, signed);
                messages.all(|message| message.check_signatures(&mut check))
            }
        }
    }

    /// Gathers all signatures but those of certificates that are known to hold, and checks them together.
    fn hold_in<'m, M: Authentic + 'm>(
        &self,
        mut batch: impl Batch,
        mut messages: impl Iterator<Item = &'m M>,
    ) -> bool {
        let mut fresh = BTreeSet::new();
        let gathered = messages.all(|message| {
            message.check_signatures(&mut |signed| {
                let name = known::name(self.domain, signed);
                if name.is_some_and(|name| !fresh.insert(name) || self.lock().contains(&name)) {
                    return true;
                }
                batch.add(self.domain, signed)
            })
        });
        if !gathered || !batch.holds() {
            return false;
        }
        fresh.into_iter().for_each(|name| self.lock().insert(name));
        true
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Verdicts = Vec<Result<(), VerifyError>>;

/// Into how many parts a batch falls that does not hold.
const PARTS: usize = 4;

/// Signatures gathered for one check.
pub(crate) trait Batch {
    /// Gathers what one statement is signed with; false where that cannot hold.
    fn add(&mut self, domain: Domain, signed: &SignedBytes<'_>) -> bool;
    /// Whether each of them holds.
    fn holds(&self) -> bool;
}

fn from_author<M: Authentic>(from: NodeId, message: &M) -> Result<(), VerifyError> {
    match message.author() {
        Some(author) if author != from => Err(VerifyError::NotFromAuthor { author }),
        Some(_) | None => Ok(()),
    }
}

fn holds_cheap(seeds: &[u64], domain: Domain, signed: &SignedBytes<'_>) -> bool {
    let domain = signed.domain(domain).short();
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

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFromAuthor { author } => write!(f, "the message names {author} as its author"),
            Self::BadSignature => f.write_str("a signature in the message does not hold"),
        }
    }
}
impl std::error::Error for VerifyError {}
