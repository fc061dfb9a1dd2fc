//! Blocks, votes and links in anybody's name, and a lone honest replica among silent liars.

use std::sync::Arc;

use crypto::{Signed, Signer};
use testkit::{payload, request};
use types::{Digest, NodeId, Seq, Time, View};

use super::Cluster;
use crate::{Attestation, Block, Checkpoint, Config, Core, Header, Link, Message, Mutant, Vote};

pub(super) const SLOT_US: u64 = 20_000;

pub(super) fn block(
    signer: &Signer,
    slot: u64,
    parent: Digest,
    seq: u64,
    client: u16,
) -> Arc<Block> {
    let payload = payload(&[request(client, 1)]);
    let (seq, era) = (Seq::new(seq), View::new(slot));
    let header = signer.sign(Header { slot, seq, parent, era, payload: payload.digest() });
    Arc::new(Block { header, payload })
}
pub(super) fn name(block: &Block) -> Digest {
    block.header.statement.digest()
}
pub(super) fn at_epoch(epoch: u64, block: &Block) -> Checkpoint {
    Checkpoint { epoch, seq: block.header.statement.seq, block: name(block) }
}
pub(super) fn vote(
    signer: &Signer,
    head: Digest,
    source: Checkpoint,
    target: Checkpoint,
) -> Signed<Attestation> {
    signer.sign(Attestation { head, source, target })
}

/// One honest replica, its peers' keys in the script's hands.
pub(super) struct Lone {
    pub(super) cluster: Cluster,
    pub(super) me: u16,
    pub(super) genesis: Checkpoint,
}

impl Lone {
    pub(super) fn new(n: usize, mutant: Option<Mutant>, tune: impl Fn(&mut Config)) -> Self {
        let mut cluster = Cluster::with(n, mutant, tune);
        let genesis = cluster.core(1).finalized();
        for index in (0..u16::try_from(n).unwrap()).filter(|&index| index != 1) {
            cluster.corrupt(index);
        }
        Self { cluster, me: 1, genesis }
    }
    pub(super) fn core(&self) -> &Core {
        self.cluster.core(self.me)
    }
    /// Goes to three milliseconds after the beginning of a slot.
    pub(super) fn go(&mut self, slot: u64) {
        let until = Time::from_us(slot * SLOT_US + 3_000);
        let span = until.since(self.cluster.now);
        self.cluster.run(span);
    }
    /// The replica gets a message, and a millisecond passes.
    pub(super) fn give(&mut self, from: u16, message: Message) {
        self.cluster.inject(from, self.me, message);
        self.cluster.run(testkit::ms(1));
    }
    /// The block that the proposer of a slot makes.
    pub(super) fn make(&self, slot: u64, parent: Digest, seq: u64, client: u16) -> Arc<Block> {
        let leader = self.core().leader_of(slot);
        block(self.cluster.signer(leader.get()), slot, parent, seq, client)
    }
    /// Shows it, as one that is passed on.
    pub(super) fn show(&mut self, block: &Arc<Block>) {
        let from = if self.me == 0 { 2 } else { 0 };
        self.give(from, Message::Block(Arc::clone(block)));
    }
    /// A link by some validators.
    pub(super) fn link(&self, by: &[u16], source: Checkpoint, target: Checkpoint) -> Message {
        let votes = by.iter().map(|&index| {
            let signed = vote(self.cluster.signer(index), target.block, source, target);
            Vote { signer: NodeId::new(index), head: target.block, signature: signed.signature }
        });
        Message::Link(Arc::new(Link { source, target, votes: votes.collect() }))
    }
    /// Gives a vote of somebody else's through anybody, so that no slot of a committee has to be met.
    pub(super) fn give_vote(
        &mut self,
        by: u16,
        head: Digest,
        source: Checkpoint,
        target: Checkpoint,
    ) {
        let signed = vote(self.cluster.signer(by), head, source, target);
        self.give(0, Message::Votes(crate::message::Votes(Arc::new(vec![signed]))));
    }
    pub(super) fn offenders(&self) -> Vec<u16> {
        self.cluster.at(self.me).evidence.iter().map(|evidence| evidence.offender.get()).collect()
    }
    pub(super) fn rejected(&self, reason: protocol::Reject) -> bool {
        self.cluster.at(self.me).rejects.iter().any(|(_, why)| *why == reason)
    }
}
