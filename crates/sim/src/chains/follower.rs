//! What somebody can prove who reads a chain's validators: the state of its crossings at the last certified block.

use app::crossings::CROSSINGS;
use codec::Bytes;
use ledger::{AppId, BlockCertificate, EntryProof, Header, Lineage, StateTree};
use protocol::Inspect;
use types::{Height, Time};

use crate::node::Node;
use crate::world::World;

#[derive(Debug, Default)]
pub(super) struct Follower {
    state: StateTree,
    end: Option<(Header, BlockCertificate)>,
}

impl Follower {
    /// Reads the disk of the correct validator that is up and furthest; false where none is up.
    pub(super) fn read<P: Inspect>(&mut self, world: &mut World<'_, P>) -> bool {
        let World { nodes, shared, .. } = world;
        let is_up = |node: &&mut Node<P>| node.is_correct() && node.replica.is_some();
        // Whoever reads what was just written makes it durable first.
        let up = nodes.iter_mut().filter(is_up).map(|node| {
            node.disk.sync(node.disk.written(), shared);
            &*node
        });
        let ends = up.filter_map(|node| node.disk.last_certified().map(|end| (node, end)));
        let Some((node, (block, certificate))) =
            ends.max_by_key(|(_, (block, _))| block.header.height)
        else {
            return false;
        };
        let height = self.height();
        if block.header.height <= height {
            return true;
        }
        let fresh = node.disk.blocks_after(height).iter();
        for kept in fresh.take_while(|kept| kept.header.height <= block.header.height) {
            let changes = kept.changes.iter().filter(|change| change.app == CROSSINGS);
            changes.for_each(|change| self.state.apply(change));
        }
        self.state.root();
        self.end = Some((block.header.clone(), certificate.clone()));
        true
    }

    fn height(&self) -> Height {
        self.end.as_ref().map_or(Height::ZERO, |(header, _)| header.height)
    }

    /// The agreed time of the last block that was read.
    pub(super) fn time(&self) -> Time {
        self.end.as_ref().map_or(Time::ZERO, |(header, _)| header.time)
    }

    pub(super) const fn state(&self) -> &StateTree {
        &self.state
    }

    /// What stands under a key at the last block that was read; of crossings only.
    pub(super) fn prove(&self, app: AppId, key: Vec<u8>) -> Option<EntryProof> {
        let (header, certificate) = self.end.clone().filter(|_| app == CROSSINGS)?;
        Some(EntryProof {
            app,
            value: self.state.get(&key).map(|value| Bytes(value.to_vec())),
            path: self.state.prove(&key),
            key: Bytes(key),
            header,
            certificate,
            lineage: Lineage::default(),
        })
    }
}
