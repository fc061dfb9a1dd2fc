//! What may be believed and proposed: pure functions, and the only rules whose breach can fork.

use codec::Encode;
use crypto::{Hasher, Signed};
use protocol::{Payload, Reject};
use types::{Digest, NodeId, Quorum, Seq, View};

use crate::Config;
use crate::message::{
    CheckpointCertificate, Claim, Committed, NewView, PrePrepare, PreparedCertificate, ViewChange,
    ViewChangeVote,
};

/// The primary of a view: the replicas take turns.
pub(crate) fn primary(view: View, config: &Config) -> NodeId {
    let scheduled = usize::try_from(view.get()).ok().and_then(|view| config.leaders.get(view));
    scheduled.copied().unwrap_or_else(|| NodeId::new((view.get() % config.n.max(1) as u64) as u16))
}

/// The quorum's size.
pub(crate) fn quorum_size(config: &Config) -> usize {
    let quorum = Quorum::of(config.n);
    if broken!(config, QuorumOfTwoFPlusOne) { 2 * quorum.f() + 1 } else { quorum.size() }
}

/// Whether a payload is what a digest names.
pub(crate) fn names(digest: Digest, payload: Option<&Payload>) -> bool {
    payload.map_or(Digest::ZERO, Payload::digest) == digest
}

fn are_members<'a>(config: &Config, mut nodes: impl Iterator<Item = &'a NodeId>) -> bool {
    nodes.all(|node| node.index() < config.n)
}

/// A prepared certificate: the primary's proposal and the PREPAREs of q-1 backups (L11).
pub(crate) fn is_prepared(config: &Config, certificate: &PreparedCertificate) -> bool {
    let leader = primary(certificate.propose.statement.view, config);
    certificate.propose.signer == leader
        && !certificate.prepares.contains_key(&leader)
        && certificate.prepares.len() + 1 >= quorum_size(config)
        && are_members(config, certificate.prepares.keys())
}

/// A stable checkpoint: CHECKPOINTs of q replicas (L17); place zero needs none.
pub(crate) fn is_stable(config: &Config, certificate: &CheckpointCertificate) -> bool {
    if certificate.seq == Seq::ZERO {
        return certificate.digest.is_zero() && certificate.checkpoints.is_empty();
    }
    certificate.checkpoints.len() >= quorum_size(config)
        && are_members(config, certificate.checkpoints.keys())
}

/// A decided payload: COMMITs of q replicas (L13).
pub(crate) fn is_committed(config: &Config, certificate: &Committed) -> bool {
    certificate.commits.len() >= quorum_size(config)
        && are_members(config, certificate.commits.keys())
        && names(certificate.digest, certificate.payload.as_ref())
}

/// Whether what a VIEW-CHANGE claims can be true in itself: places inside its window, ascending; earlier views.
fn is_plausible(config: &Config, vote: &ViewChangeVote) -> bool {
    let high = vote.stable.plus(config.window);
    vote.prepared.is_sorted_by(|a, b| a.seq < b.seq)
        && vote
            .prepared
            .iter()
            .all(|claim| claim.seq > vote.stable && claim.seq <= high && claim.view < vote.view)
}

/// A VIEW-CHANGE whose claims are all proved (L27).
pub(crate) fn check_view_change(config: &Config, message: &ViewChange) -> Result<(), Reject> {
    let vote = &message.vote.statement;
    let checkpoint = &message.checkpoint;
    let is_proved = checkpoint.seq == vote.stable
        && checkpoint.digest == vote.state
        && is_stable(config, checkpoint)
        && is_plausible(config, vote)
        && message.prepared.len() == vote.prepared.len()
        && vote.prepared.iter().zip(&message.prepared).all(|(claim, prepared)| {
            prepared.certificate.claim() == *claim
                && is_prepared(config, &prepared.certificate)
                && names(claim.digest, prepared.payload.as_ref())
        });
    if is_proved { Ok(()) } else { Err(Reject::BadCertificate) }
}

/// What a set of VIEW-CHANGEs makes of the places above the highest stable checkpoint among them (L31).
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// That checkpoint.
    pub(crate) stable: Seq,
    /// Its digest.
    pub(crate) state: Digest,
    /// For each place above it, up to the highest claimed: what was prepared there in the highest view; `None`
    /// becomes a null request.
    pub(crate) places: Vec<Option<Claim>>,
}

impl Plan {
    /// The place of an index.
    pub(crate) const fn seq(&self, index: usize) -> Seq {
        self.stable.plus(index as u64 + 1)
    }
}

/// Computes O (L31).
pub(crate) fn plan<'a>(
    config: &Config,
    votes: impl Iterator<Item = &'a ViewChangeVote> + Clone,
) -> Plan {
    let highest = votes.clone().map(|vote| (vote.stable, vote.state)).max();
    let (mut stable, state) = highest.unwrap_or_default();
    if broken!(config, LowestCheckpointInPlan) {
        stable = votes.clone().map(|vote| vote.stable).min().unwrap_or_default();
    }
    let claims = votes.flat_map(|vote| &vote.prepared).filter(|claim| claim.seq > stable);
    let last = claims.clone().map(|claim| claim.seq).max().unwrap_or(stable);
    let count = usize::try_from(last.above(stable)).unwrap_or(usize::MAX);
    let mut places: Vec<Option<Claim>> = vec![None; count];
    for claim in claims {
        let index = usize::try_from(claim.seq.above(stable)).unwrap_or(usize::MAX);
        let Some(place) = places.get_mut(index.saturating_sub(1)) else { continue };
        let is_better = if broken!(config, LowestViewInPlan) {
            place.is_none_or(|best| claim.view < best.view)
        } else {
            place.is_none_or(|best| claim.view > best.view)
        };
        if is_better {
            *place = Some(*claim);
        }
    }
    if broken!(config, NoNullRequests) {
        places.truncate(places.iter().position(Option::is_none).unwrap_or(places.len()));
    }
    Plan { stable, state, places }
}

/// The digest that a NEW-VIEW's signature binds it to.
pub(crate) fn content(view_changes: &[Signed<ViewChangeVote>], proposals: &[PrePrepare]) -> Digest {
    let mut bytes = Vec::new();
    view_changes.encode(&mut bytes);
    for proposal in proposals {
        proposal.propose.encode(&mut bytes);
    }
    let mut hasher = Hasher::new("unisono-pbft-new-view");
    hasher.update(&bytes);
    hasher.finish()
}

/// A NEW-VIEW whose V is a quorum's and whose O follows from it (L33).
pub(crate) fn check_new_view(config: &Config, message: &NewView) -> Result<(), Reject> {
    let view = message.view();
    if message.vote.signer != primary(view, config) || view == View::ZERO {
        return Err(Reject::NotLeader);
    }
    if broken!(config, NewViewUnchecked) {
        return Ok(());
    }
    let is_proved = message.vote.statement.content
        == content(&message.view_changes, &message.proposals)
        && is_quorum_for(config, view, &message.view_changes)
        && follows(config, message);
    if is_proved { Ok(()) } else { Err(Reject::BadCertificate) }
}

fn is_quorum_for(config: &Config, view: View, votes: &[Signed<ViewChangeVote>]) -> bool {
    votes.is_sorted_by(|a, b| a.signer < b.signer)
        && votes.len() >= quorum_size(config)
        && are_members(config, votes.iter().map(|vote| &vote.signer))
        && votes
            .iter()
            .all(|vote| vote.statement.view == view && is_plausible(config, &vote.statement))
}

/// Whether checkpoint and proposals are those that V calls for, each with its proof.
fn follows(config: &Config, message: &NewView) -> bool {
    let (view, leader) = (message.view(), message.vote.signer);
    let plan = plan(config, message.view_changes.iter().map(|vote| &vote.statement));
    let claimed: Vec<Claim> =
        message.view_changes.iter().flat_map(|vote| &vote.statement.prepared).copied().collect();
    let mut proofs = message.prepared.iter();
    let is_right = plan.places.len() == message.proposals.len()
        && plan.places.iter().zip(&message.proposals).enumerate().all(
            |(index, (place, proposal))| {
                let said = &proposal.propose.statement;
                let is_chosen = match place {
                    None => said.digest.is_zero(),
                    Some(best) => proofs.next().is_some_and(|proof| {
                        let claim = proof.claim();
                        claim.view == best.view
                            && claim.seq == best.seq
                            && claim.digest == said.digest
                            && claimed.contains(&claim)
                            && is_prepared(config, proof)
                    }),
                };
                is_chosen
                    && proposal.propose.signer == leader
                    && said.view == view
                    && said.seq == plan.seq(index)
                    && names(said.digest, proposal.payload.as_ref())
            },
        );
    is_right
        && proofs.next().is_none()
        && message.checkpoint.seq == plan.stable
        && message.checkpoint.digest == plan.state
        && is_stable(config, &message.checkpoint)
}
