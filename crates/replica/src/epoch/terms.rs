//! What an epoch means to one replica: told by its world, which knows the keys.

use std::fmt;
use std::sync::Arc;

use crypto::Signer;
use ledger::{Attesters, Epoch};
use protocol::Protocol;
use types::NodeId;

/// An epoch as one replica lives in it.
#[derive(Debug)]
pub struct Term<P: Protocol> {
    /// Who attests its blocks.
    pub attesters: Attesters,
    /// What this replica is in it; `None` for an observer, which follows certified blocks and never votes.
    pub seat: Option<Seat<P>>,
}

/// A member's place in an epoch.
#[derive(Debug)]
pub struct Seat<P: Protocol> {
    /// Its id.
    pub id: NodeId,
    /// The core's configuration.
    pub core: P::Config,
    /// Signs the core's statements in its place's name, in the domain of the epoch.
    pub core_signer: Signer,
    /// Signs attestations in its place's name, in the domain of the set.
    pub ledger_signer: Signer,
}

type TermOf<P> = dyn Fn(&Epoch) -> Term<P> + Send + Sync;

/// From an epoch to what it means here.
pub struct Terms<P: Protocol> {
    of: Arc<TermOf<P>>,
    #[cfg(any(test, feature = "mutants"))]
    pub(crate) mutant: Option<crate::Mutant>,
}

impl<P: Protocol> Terms<P> {
    /// As the function says.
    #[must_use]
    pub fn new(of: impl Fn(&Epoch) -> Term<P> + Send + Sync + 'static) -> Self {
        Self {
            of: Arc::new(of),
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
    /// The same with a deliberate bug.
    #[cfg(any(test, feature = "mutants"))]
    #[must_use]
    pub fn broken(self, mutant: crate::Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }
    pub(crate) fn of(&self, epoch: &Epoch) -> Term<P> {
        (self.of)(epoch)
    }
}
impl<P: Protocol> Clone for Terms<P> {
    fn clone(&self) -> Self {
        Self {
            of: Arc::clone(&self.of),
            #[cfg(any(test, feature = "mutants"))]
            mutant: self.mutant,
        }
    }
}
impl<P: Protocol> fmt::Debug for Terms<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Terms")
    }
}
