//! How a validator set follows from the genesis: each set is attested by the one before it.

use codec::{Bytes, Encode, record};

use crate::{
    AppId, Attesters, BlockCertificate, CertificateError, EntryProof, Epoch, Genesis, Header,
    StateTree,
};
use types::Height;

/// The application in whose state the agreed epochs stand.
pub const EPOCHS: AppId = AppId(3);
/// Most epochs that a receipt may name.
pub const LINEAGE_EPOCHS_MAX: usize = 4_096;

/// The last block of a set, attested by it: its state names the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handover {
    /// The block's header.
    pub header: Header,
    /// The old set's certificate of it.
    pub certificate: BlockCertificate,
}
record!(Handover { header: Header, certificate: BlockCertificate });

/// The epochs of a chain behind the genesis's, and the handovers that prove them. Empty as long as the set of the
/// genesis is in office.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Lineage {
    /// The epochs, in order, up to the last that changed the set.
    pub epochs: Vec<Epoch>,
    /// One for each of them that changed the set, in order.
    pub handovers: Vec<Handover>,
}
record!(Lineage { epochs: Vec<Epoch>, handovers: Vec<Handover> });

/// Why a lineage leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineageError {
    /// Its epochs do not follow each other.
    OutOfOrder {
        /// The first that does not.
        epoch: u64,
    },
    /// There are too many, or a set changes without a handover.
    Incomplete,
    /// The last block before an epoch does not name it, or is another.
    NotNamed {
        /// The epoch.
        epoch: u64,
    },
    /// The old set does not attest that block.
    NotAttested {
        /// The epoch.
        epoch: u64,
        /// Why not.
        why: CertificateError,
    },
}

impl Lineage {
    /// As much of it as proves who attests the block at `height`.
    #[must_use]
    pub fn until(&self, height: Height) -> Self {
        let changes = |epoch: &Epoch| epoch.since == epoch.number && epoch.first <= height;
        let count = self.epochs.iter().rposition(changes).map_or(0, |last| last + 1);
        let epochs = self.epochs.iter().take(count).cloned().collect::<Vec<_>>();
        let handovers = epochs.iter().filter(|epoch| epoch.since == epoch.number).count();
        Self { epochs, handovers: self.handovers.iter().take(handovers).cloned().collect() }
    }
    /// The first height of the set that attests the block at `height`.
    #[must_use]
    pub fn set_since(&self, height: Height) -> Height {
        let changes = |epoch: &&Epoch| epoch.since == epoch.number && epoch.first <= height;
        self.epochs.iter().rev().find(changes).map_or(Height::new(1), |epoch| epoch.first)
    }
    /// Who attests the block at `height`, proved from the genesis on.
    ///
    /// # Errors
    /// Where the lineage does not prove it.
    pub fn attesters(&self, genesis: &Genesis, height: Height) -> Result<Attesters, LineageError> {
        if self.epochs.len() > LINEAGE_EPOCHS_MAX {
            return Err(LineageError::Incomplete);
        }
        let chain = genesis.chain_id();
        let mut last = Epoch::first_of(genesis);
        let mut attesters = last.attesters(chain, genesis.fault_model);
        let mut named = StateTree::default();
        let mut handovers = self.handovers.iter();
        for epoch in &self.epochs {
            let changes = epoch.since == epoch.number;
            let follows = epoch.number == last.number.saturating_add(1)
                && (last.first..height.next()).contains(&epoch.first)
                && epoch.first > last.first;
            let keeps = epoch.since == last.since && epoch.members == last.members;
            if !follows || !(changes || keeps) {
                return Err(LineageError::OutOfOrder { epoch: epoch.number });
            }
            named.set(epoch.key(), epoch.to_bytes());
            if changes {
                let handover = handovers.next().ok_or(LineageError::Incomplete)?;
                handover.check(genesis, epoch, &mut named, &attesters)?;
                attesters = epoch.attesters(chain, genesis.fault_model);
            }
            last = epoch.clone();
        }
        // Nothing stands in it that proves nothing.
        let ends = self.epochs.last().is_none_or(|epoch| epoch.since == epoch.number);
        if !ends || handovers.next().is_some() {
            return Err(LineageError::Incomplete);
        }
        Ok(attesters)
    }
}

impl Lineage {
    /// Each change of the set, in order, as an entry of the state that the set before it attests: for whoever knows the
    /// set before and wants to know the next.
    #[must_use]
    pub fn changes(&self) -> Vec<EntryProof> {
        let mut named = StateTree::default();
        let mut handovers = self.handovers.iter();
        let mut proofs = Vec::new();
        for epoch in &self.epochs {
            named.set(epoch.key(), epoch.to_bytes());
            if epoch.since != epoch.number {
                continue;
            }
            let Some(handover) = handovers.next() else { break };
            proofs.push(EntryProof {
                app: EPOCHS,
                key: Bytes(epoch.key()),
                value: Some(Bytes(epoch.to_bytes())),
                path: named.prove(&epoch.key()),
                header: handover.header.clone(),
                certificate: handover.certificate.clone(),
                lineage: Self::default(),
            });
        }
        proofs
    }
}

impl Handover {
    /// Checks that the set before `epoch` attests the last block before it, whose state names all of `named`.
    fn check(
        &self,
        genesis: &Genesis,
        epoch: &Epoch,
        named: &mut StateTree,
        attesters: &Attesters,
    ) -> Result<(), LineageError> {
        let Self { header, certificate } = self;
        let is_last = header.chain == genesis.chain_id() && header.height.next() == epoch.first;
        let names = header.state_roots.contains(&(EPOCHS, named.root()));
        if !is_last || !names {
            return Err(LineageError::NotNamed { epoch: epoch.number });
        }
        let is_its = certificate.height == header.height && certificate.block == header.hash();
        let attested =
            if is_its { certificate.verify(attesters) } else { Err(CertificateError::OtherBlock) };
        attested.map_err(|why| LineageError::NotAttested { epoch: epoch.number, why })
    }
}

impl std::fmt::Display for LineageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfOrder { epoch } => {
                write!(f, "epoch {epoch} does not follow the one before it")
            }
            Self::Incomplete => f.write_str("a change of validators comes without its proof"),
            Self::NotNamed { epoch } => {
                write!(f, "the last block before epoch {epoch} does not name its validators")
            }
            Self::NotAttested { epoch, why } => {
                write!(f, "the validators before epoch {epoch} do not attest it: {why}")
            }
        }
    }
}
impl std::error::Error for LineageError {}

#[cfg(test)]
mod tests;
