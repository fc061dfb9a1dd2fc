//! Who validates in which epoch, with what checks their signatures and, where this node is one of them, its place.

use std::sync::{Arc, PoisonError, RwLock};

use crypto::{Sign, Signer, Verifier};
use ledger::{Epoch, Genesis, Member};
use protocol::Protocol;
use replica::{Seat, Term};
use types::{FaultModel, Height, NodeId};

use crate::Core;

/// This node's voting keys, and the rules that do not change.
#[derive(Clone, Debug)]
pub(crate) struct Papers {
    pub(crate) genesis: Arc<Genesis>,
    /// The key in use, and the one that it may change to.
    pub(crate) keys: Vec<Arc<dyn Sign>>,
    pub(crate) params: protocols::Params,
}

impl Papers {
    /// This node as a member: its id, its place, and its key.
    pub(crate) fn seat_in<'e>(
        &self,
        epoch: &'e Epoch,
    ) -> Option<(&'e Member, NodeId, Arc<dyn Sign>)> {
        self.keys.iter().find_map(|key| {
            let public = key.public();
            let member = epoch.members.iter().find(|member| member.validator.key == public)?;
            Some((member, epoch.place_of(member.id)?, Arc::clone(key)))
        })
    }

    fn faults(&self) -> FaultModel {
        self.genesis.fault_model
    }

    /// What an epoch means to the replica here. A protocol that cannot run with the set is followed without a vote.
    pub(crate) fn term(&self, epoch: &Epoch) -> Term<Core> {
        let chain = self.genesis.chain_id();
        let seat = self.seat_in(epoch).and_then(|(member, place, key)| {
            let weights = epoch.weights();
            let core = protocols::config_weighed(&epoch.protocol, &weights, &self.params).ok()?;
            let domain = epoch.domain(chain, Core::NAME).of_epoch(epoch.number);
            let core_signer = Signer::new(place, domain, key);
            let ledger_signer = core_signer.in_domain(epoch.ledger_domain(chain));
            Some(Seat { id: member.id, core, core_signer, ledger_signer })
        });
        Term { attesters: epoch.attesters(chain, self.faults()), seat }
    }
}

/// One epoch with its checks.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) epoch: Epoch,
    /// Checks core messages, each in the epoch that it names.
    pub(crate) core: Verifier,
    /// Checks attestations.
    pub(crate) ledger: Verifier,
    /// Signs in this node's name; `None` where it is no member.
    pub(crate) own: Option<Signer>,
}

impl Office {
    /// This node as one of the members: its id, and what signs in its place's name.
    pub(crate) fn me(&self) -> Option<(NodeId, &Signer)> {
        let signer = self.own.as_ref()?;
        let member = self.epoch.members.get(signer.me().index())?;
        Some((member.id, signer))
    }
}

/// All epochs that are agreed on, as far as this node has executed.
#[derive(Debug)]
pub(crate) struct Roster {
    papers: Papers,
    offices: RwLock<Vec<Arc<Office>>>,
}

impl Roster {
    pub(crate) fn new(papers: Papers) -> Self {
        let first = Epoch::first_of(&papers.genesis);
        let this = Self { papers, offices: RwLock::default() };
        this.begin(first);
        this
    }

    /// The next epoch is agreed on; false where it is known already.
    pub(crate) fn begin(&self, epoch: Epoch) -> bool {
        let mut offices = self.offices.write().unwrap_or_else(PoisonError::into_inner);
        if epoch.number != offices.len() as u64 {
            return false;
        }
        let chain = self.papers.genesis.chain_id();
        let ring = epoch.key_ring();
        let seat = self.papers.seat_in(&epoch);
        let domain = epoch.domain(chain, Core::NAME);
        let core = Verifier::new(domain, ring.clone());
        let ledger = Verifier::new(epoch.ledger_domain(chain), ring);
        let own = seat.map(|(_, place, key)| Signer::new(place, domain, key));
        offices.push(Arc::new(Office { epoch, core, ledger, own }));
        true
    }

    /// The epoch with a number.
    pub(crate) fn of(&self, number: u64) -> Option<Arc<Office>> {
        let offices = self.offices.read().unwrap_or_else(PoisonError::into_inner);
        offices.get(usize::try_from(number).ok()?).map(Arc::clone)
    }

    /// The epoch of a height.
    pub(crate) fn at(&self, height: Height) -> Option<Arc<Office>> {
        let offices = self.offices.read().unwrap_or_else(PoisonError::into_inner);
        let found = offices.iter().rev().find(|office| office.epoch.first <= height);
        found.or_else(|| offices.first()).map(Arc::clone)
    }

    /// The last epoch that is agreed on.
    pub(crate) fn last(&self) -> Option<Arc<Office>> {
        let offices = self.offices.read().unwrap_or_else(PoisonError::into_inner);
        offices.last().map(Arc::clone)
    }

    /// The epochs behind the genesis's that begin at a height or below.
    pub(crate) fn until(&self, height: Height) -> Vec<Epoch> {
        let offices = self.offices.read().unwrap_or_else(PoisonError::into_inner);
        let later = offices.iter().skip(1).filter(|office| office.epoch.first <= height);
        later.map(|office| office.epoch.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
