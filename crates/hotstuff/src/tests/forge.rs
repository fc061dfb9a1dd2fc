//! Chains made by somebody who holds all keys, for scripts in which one replica listens.

use std::sync::Arc;

use crypto::{Certificate, Signatures, Signer};
use testkit::{ms, payload, request};
use types::{NodeId, View};

use super::{Cluster, with_phases};
use crate::block::{Block, Proposal};
use crate::tree::Tree;
use crate::{
    Config, Expire, ExpireGroup, Link, Message, Mutant, Phases, Propose, Qc, Tc, Timeout, Vote,
    leaders, safety,
};

pub(super) const fn v(view: u64) -> View {
    View::new(view)
}

pub(super) struct Forge {
    pub(super) signers: Vec<Signer>,
    pub(super) config: Config,
    pub(super) genesis: Arc<Proposal>,
}

impl Forge {
    pub(super) fn new(cluster: &Cluster) -> Self {
        let mut config = cluster.nodes[0].config.clone();
        config.mutant = None;
        let tree = Tree::new(config.n);
        let genesis = tree.get(Link::default()).unwrap().clone();
        Self { signers: cluster.signers.clone(), config, genesis }
    }

    /// A block by the leader of its view, with or without a payload.
    pub(super) fn block(
        &self,
        parent: &Arc<Proposal>,
        justify: &Arc<Qc>,
        view: u64,
        client: Option<u16>,
        tc: Option<&Arc<Tc>>,
    ) -> Arc<Proposal> {
        let leader = match tc {
            Some(_) => leaders::by_turn(v(view), &self.config),
            None => leaders::after(&parent.block, &self.config),
        };
        self.block_by(leader, parent, justify, view, client, tc)
    }

    pub(super) fn block_by(
        &self,
        leader: NodeId,
        parent: &Arc<Proposal>,
        justify: &Arc<Qc>,
        view: u64,
        client: Option<u16>,
        tc: Option<&Arc<Tc>>,
    ) -> Arc<Proposal> {
        let header =
            leaders::header(&parent.block, v(view), leader, client.is_some(), &self.config);
        let payload = client.map(|client| payload(&[request(client, 1)]));
        self.sign(Block::new(header, Arc::clone(justify), payload), tc)
    }

    pub(super) fn sign(&self, block: Block, tc: Option<&Arc<Tc>>) -> Arc<Proposal> {
        let Link { view, block: id } = block.link();
        let signer = &self.signers[block.proposer.index()];
        let signature = signer.sign(Propose { view, block: id }).signature;
        Arc::new(Proposal { block, signature, tc: tc.cloned() })
    }

    pub(super) fn vote(&self, block: &Proposal, parent: &Proposal) -> Vote {
        safety::vote_for(&self.config, &block.block, &parent.block)
    }

    /// A certificate of votes by some.
    pub(super) fn qc(&self, block: &Proposal, parent: &Proposal, by: &[u16]) -> Arc<Qc> {
        let vote = self.vote(block, parent);
        let sign = |&index: &u16| {
            let signed = self.signers[usize::from(index)].sign(vote);
            (signed.signer, signed.signature)
        };
        let votes: Signatures = by.iter().map(sign).collect();
        Arc::new(Qc { vote, votes: Some(Certificate::List(votes)) })
    }

    /// A timeout certificate by some who all know `high_qc` as the highest.
    pub(super) fn tc(&self, view: u64, high_qc: &Arc<Qc>, by: &[u16]) -> Arc<Tc> {
        let expire = Expire { view: v(view), high: high_qc.view() };
        let sign = |&index: &u16| {
            let signed = self.signers[usize::from(index)].sign(expire);
            (signed.signer, signed.signature)
        };
        let votes = Certificate::List(by.iter().map(sign).collect());
        let groups = vec![ExpireGroup { high: expire.high, votes }];
        Arc::new(Tc { view: v(view), groups, high_qc: Arc::clone(high_qc) })
    }

    pub(super) fn timeout(
        &self,
        by: u16,
        view: u64,
        high_qc: &Arc<Qc>,
        tc: Option<&Arc<Tc>>,
    ) -> Message {
        let expire =
            self.signers[usize::from(by)].sign(Expire { view: v(view), high: high_qc.view() });
        let high_qc = Arc::clone(high_qc);
        Message::Timeout(Arc::new(Timeout { expire, high_qc, tc: tc.cloned(), vote: None }))
    }
}

/// One replica that listens to a script, and the script's keys.
pub(super) struct Stage {
    pub(super) cluster: Cluster,
    pub(super) forge: Forge,
    victim: u16,
}

impl Stage {
    pub(super) fn new(victim: u16, phases: Phases, mutant: Option<Mutant>) -> Self {
        let mut cluster = with_phases(4, phases, mutant);
        (0..4).filter(|&index| index != victim).for_each(|index| cluster.corrupt(index));
        let forge = Forge::new(&cluster);
        Self { cluster, forge, victim }
    }

    /// The script's members: a quorum.
    pub(super) fn others(&self) -> Vec<u16> {
        (0..4).filter(|&index| index != self.victim).collect()
    }
    pub(super) fn qc(&self, block: &Proposal, parent: &Proposal) -> Arc<Qc> {
        self.forge.qc(block, parent, &self.others())
    }
    pub(super) fn tc(&self, view: u64, high_qc: &Arc<Qc>) -> Arc<Tc> {
        self.forge.tc(view, high_qc, &self.others())
    }

    /// The listener hears a proposal; whether it votes for it.
    pub(super) fn votes_for(&mut self, proposal: &Arc<Proposal>) -> bool {
        let from = proposal.block.proposer.get();
        assert_ne!(from, self.victim, "the script does not speak for its listener");
        self.hear(from, Message::Proposal(Arc::clone(proposal)));
        let vote = self.cluster.core(self.victim).signing.vote.as_ref();
        vote.is_some_and(|vote| vote.statement.link() == proposal.link())
    }
    pub(super) fn hear(&mut self, from: u16, message: Message) {
        self.cluster.inject(from, self.victim, message);
        self.cluster.run(ms(5));
    }
    pub(super) fn decided(&self) -> usize {
        self.cluster.at(self.victim).decisions.len()
    }
    pub(super) fn view(&self) -> View {
        self.cluster.core(self.victim).view
    }
}
