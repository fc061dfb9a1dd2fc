//! Who attests which height: the offices of the validators, as far as the executed state names them.

use std::collections::VecDeque;
use std::sync::Arc;

use app::Executor;
use app::epochs;
use crypto::Signer;
use ledger::{Attesters, Epoch};
use protocol::Protocol;
use types::{Height, NodeId};

use super::Terms;

/// Most epochs that are kept at hand: one that may still be to certify, the present one, and one to come, and one more.
const OFFICES_MAX: usize = 4;

/// The members of one epoch, and this replica among them.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) number: u64,
    pub(crate) first: Height,
    /// The epoch in which this set took office.
    pub(crate) since: u64,
    pub(crate) attesters: Attesters,
    /// The members' ids, by place.
    pub(crate) ids: Vec<NodeId>,
    /// Signs this replica's attestations; `None` where it is no member.
    pub(crate) signer: Option<Signer>,
}

impl Office {
    pub(crate) fn new<P: Protocol>(epoch: &Epoch, terms: &Terms<P>) -> Self {
        let term = terms.of(epoch);
        Self {
            number: epoch.number,
            first: epoch.first,
            since: epoch.since,
            attesters: term.attesters,
            ids: epoch.members.iter().map(|member| member.id).collect(),
            signer: term.seat.map(|seat| seat.ledger_signer),
        }
    }
    /// The member at a place.
    pub(crate) fn id_of(&self, place: NodeId) -> NodeId {
        self.ids.get(place.index()).copied().unwrap_or(place)
    }
    /// The place of a member.
    pub(crate) fn place_of(&self, id: NodeId) -> Option<NodeId> {
        // Nobody has left and joined: the usual case.
        if self.ids.get(id.index()) == Some(&id) {
            return Some(id);
        }
        let place = self.ids.iter().position(|&member| member == id)?;
        u16::try_from(place).ok().map(NodeId::new)
    }
}

/// The offices that the executed state names, the last few of them, by ascending height.
#[derive(Debug)]
pub(crate) struct Offices(VecDeque<Arc<Office>>);

impl Offices {
    /// Those that a state names from the start.
    pub(crate) fn new<P: Protocol>(first: &Epoch, executor: &Executor, terms: &Terms<P>) -> Self {
        let last = epochs::count(executor);
        let from = last.saturating_sub(OFFICES_MAX as u64 - 1);
        let known = (from..=last).filter_map(|number| {
            let epoch =
                if number == 0 { Some(first.clone()) } else { epochs::epoch(executor, number) };
            epoch.map(|epoch| Arc::new(Office::new(&epoch, terms)))
        });
        Self(known.collect())
    }

    /// Takes up what the state names since; gives the epoch that is new.
    pub(crate) fn learn<P: Protocol>(
        &mut self,
        executor: &Executor,
        terms: &Terms<P>,
    ) -> Option<Epoch> {
        let known = self.0.back().map_or(0, |office| office.number);
        let epoch = epochs::epoch(executor, known.saturating_add(1))?;
        if self.0.len() >= OFFICES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(Office::new(&epoch, terms)));
        Some(epoch)
    }

    /// The office of a height.
    pub(crate) fn at(&self, height: Height) -> Option<&Arc<Office>> {
        self.0.iter().rev().find(|office| office.first <= height).or_else(|| self.0.front())
    }

    /// The last one that has a number above `number` and begins at `height` at the latest.
    pub(crate) fn due(&self, number: u64, height: Height) -> Option<&Arc<Office>> {
        let later = self.0.iter().rev().filter(|office| office.number > number);
        later.into_iter().find(|office| office.first <= height)
    }

    /// The last one.
    pub(crate) fn last(&self) -> Option<&Arc<Office>> {
        self.0.back()
    }
}
