//! Catches up by certified blocks, and tells others how far we are.
//!
//! A peer is never believed: a block is executed only under a quorum's certificate for its header, its payload and
//! batches are bound to that header by digests, and what execution makes of it must have the certified hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::epochs::NOTICE_BLOCKS_MIN;
use codec::Encode;
use ledger::{BlockCertificate, CertifiedBlock};
use protocol::{Input as CoreInput, Payload, Protocol, Reject, Reply};
use types::{Digest, Height, NodeId, Time};

use crate::replica::Replica;
use crate::{Effect, Message, Record, Timer};

/// How far others are, and whom we ask.
#[derive(Debug, Default)]
pub(crate) struct CatchUp {
    /// The height that somebody provably has.
    ahead: Height,
    /// Where the current fetch wants to get; `None` where there is none.
    target: Option<Height>,
    /// Our height at the last anti-entropy tick: no progress since means that the core does not get there alone.
    last_height: Height,
    /// Our last certified height then: no progress since means that attestations were lost for good.
    last_certified: Height,
    /// What members say to be certified by a set that we do not know.
    claims: BTreeMap<NodeId, Height>,
    asked: Option<NodeId>,
    turn: usize,
}

impl CatchUp {
    pub(crate) const fn target(&self) -> Option<Height> {
        self.target
    }
    pub(crate) fn seen(&mut self, height: Height) {
        self.ahead = self.ahead.max(height);
    }
}

impl<P: Protocol> Replica<P> {
    pub(crate) fn start_anti_entropy(&mut self, fx: &mut Vec<Effect<P>>) {
        if self.settings.anti_entropy_interval.us() > 0 {
            // Whoever comes back tells where it stands, and is told where the others are.
            self.announce(fx);
            let after = self.settings.anti_entropy_interval;
            fx.push(Effect::SetTimer { timer: Timer::AntiEntropy, after });
        }
    }

    fn announce(&self, fx: &mut Vec<Effect<P>>) {
        if let Some(certificate) = self.certifier.last() {
            fx.push(Effect::Broadcast(Message::Tip(Arc::new(certificate.clone()))));
        }
        for attestation in self.certifier.uncertified().take(ATTESTATIONS_RESENT_MAX) {
            self.attest(attestation, fx);
        }
    }

    pub(crate) fn anti_entropy(&mut self, fx: &mut Vec<Effect<P>>) {
        self.announce(fx);
        let height = self.executor.height();
        if self.catch_up.ahead > height && self.catch_up.last_height == height {
            self.start_catch_up(self.catch_up.ahead, fx);
        }
        let certified = self.certifier.certified();
        let missed = self.catch_up.ahead.min(height) > certified;
        if missed && self.catch_up.last_certified == certified {
            let to = self.next_peer();
            self.ask_certificates(to, fx);
        }
        self.catch_up.last_certified = certified;
        self.catch_up.last_height = height;
        let after = self.settings.anti_entropy_interval;
        fx.push(Effect::SetTimer { timer: Timer::AntiEntropy, after });
    }

    pub(crate) fn take_tip(
        &mut self,
        from: NodeId,
        certificate: &BlockCertificate,
        fx: &mut Vec<Effect<P>>,
    ) {
        if certificate.height < self.certifier.certified() {
            // The peer is behind: it learns so at once, and not only at our next tick.
            if let Some(last) = self.certifier.last().filter(|_| from != self.me) {
                fx.push(Effect::Send { to: from, message: Message::Tip(Arc::new(last.clone())) });
            }
            return;
        }
        if certificate.height <= self.certifier.certified().max(self.catch_up.ahead) {
            return;
        }
        let known = self.executor.height().plus(NOTICE_BLOCKS_MIN);
        let mut height = certificate.height;
        if certificate.verify(&self.office_at(height).attesters).is_err() {
            if height <= known {
                fx.push(Effect::Reject { peer: from, reason: Reject::BadCertificate });
                return;
            }
            // It may be of a set that took office since. Where one of those who say so is honest, blocks show it.
            if !self.claim(from, height) {
                return;
            }
            height = known;
        }
        self.catch_up.seen(height);
        if self.core.is_none() || height < certificate.height {
            self.catch_up.asked = Some(from);
            self.start_catch_up(height, fx);
        }
    }

    /// Notes that a member of our epoch says that a height is certified; whether an honest one says so of any that is
    /// further than we know sets for.
    fn claim(&mut self, from: NodeId, height: Height) -> bool {
        let office = Arc::clone(self.present.office());
        if office.place_of(from).is_some() {
            self.catch_up.claims.insert(from, height);
        }
        let known = self.executor.height().plus(NOTICE_BLOCKS_MIN);
        self.catch_up.claims.retain(|_, claimed| *claimed > known);
        let places = self.catch_up.claims.keys().filter_map(|&id| office.place_of(id));
        office.attesters.weigh(places) >= office.attesters.quorum().one_honest()
    }

    pub(crate) fn start_catch_up(&mut self, target: Height, fx: &mut Vec<Effect<P>>) {
        if target <= self.executor.height() {
            return;
        }
        let fresh = self.catch_up.target.is_none();
        self.catch_up.target = self.catch_up.target.max(Some(target));
        if fresh {
            self.ask_next_peer(fx);
        }
    }

    /// Asks the peer whose turn it is for the blocks behind our last.
    pub(crate) fn ask_next_peer(&mut self, fx: &mut Vec<Effect<P>>) {
        if self.catch_up.target.is_none() {
            return;
        }
        let to = self.next_peer();
        self.catch_up.asked = Some(to);
        self.ask(to, fx);
    }

    pub(crate) fn next_peer(&mut self) -> NodeId {
        let peer = self.peer(self.catch_up.turn);
        self.catch_up.turn += 1;
        peer
    }

    /// Asks for the certificates of blocks that we executed and whose attestations we missed: those who have them
    /// do not attest again.
    pub(crate) fn ask_certificates(&self, to: NodeId, fx: &mut Vec<Effect<P>>) {
        if to != self.me {
            let message = Message::BlockRequest(self.certifier.certified().next());
            fx.push(Effect::Send { to, message });
        }
    }

    /// Takes the certificates of blocks that we have executed ourselves.
    fn take_certificates(
        &mut self,
        now: Time,
        from: NodeId,
        blocks: &[CertifiedBlock],
        fx: &mut Vec<Effect<P>>,
    ) {
        let before = self.certifier.certified();
        for CertifiedBlock { certificate, .. } in blocks {
            let height = certificate.height;
            let ours = self.certifier.next_own();
            let Some(ours) = ours.filter(|_| height == self.certifier.certified().next()) else {
                continue;
            };
            if certificate.verify(&self.office_at(height).attesters).is_err() {
                fx.push(Effect::Reject { peer: from, reason: Reject::BadCertificate });
                return;
            }
            if certificate.block != ours {
                self.diverge(height, fx);
                self.run_core(now, fx);
                return;
            }
            self.certifier.adopt(certificate.clone());
            fx.push(Effect::Persist(Record::Certificate(certificate.clone())));
            fx.push(Effect::Certified(certificate.clone()));
        }
        if self.certifier.certified() > before {
            // Attestations of the next blocks may have waited for just these certificates, and come but once.
            self.certify(fx);
        }
        let certified = self.certifier.certified();
        if certified > before && certified < self.catch_up.ahead.min(self.executor.height()) {
            self.ask_certificates(from, fx);
        }
    }

    fn ask(&self, to: NodeId, fx: &mut Vec<Effect<P>>) {
        if to != self.me {
            let message = Message::BlockRequest(self.executor.height().next());
            fx.push(Effect::Send { to, message });
        }
        fx.push(Effect::SetTimer { timer: Timer::CatchUp, after: self.settings.fetch_timeout });
    }

    pub(crate) fn take_blocks(
        &mut self,
        now: Time,
        from: NodeId,
        blocks: Vec<CertifiedBlock>,
        fx: &mut Vec<Effect<P>>,
    ) {
        self.take_certificates(now, from, &blocks, fx);
        let Some(target) = self.catch_up.target else { return };
        let before = self.executor.height();
        for block in blocks {
            if block.header.height != self.executor.height().next() {
                continue;
            }
            if let Err(reason) = self.take_block(now, block, fx) {
                fx.push(Effect::Reject { peer: from, reason });
                break;
            }
        }
        let height = self.executor.height();
        if height <= before {
            // Nothing usable: the timer moves on to the next peer.
            return;
        }
        if height >= target {
            // A rebuilt state has every hash that a quorum certified: it may vote again.
            self.diverged = false;
            self.catch_up.target = None;
            fx.push(Effect::CancelTimer(Timer::CatchUp));
            self.queue.push_back(self.transferred());
        } else {
            self.ask(self.catch_up.asked.unwrap_or(from), fx);
        }
        self.execute_decided(now, fx);
        self.run_core(now, fx);
    }

    fn take_block(
        &mut self,
        now: Time,
        block: CertifiedBlock,
        fx: &mut Vec<Effect<P>>,
    ) -> Result<(), Reject> {
        let CertifiedBlock { header, proposal, batches, certificate } = block;
        let payload = proposal
            .as_ref()
            .map_or(Digest::ZERO, |proposal| Payload::new(&proposal.to_bytes()).digest());
        let digests: Vec<Digest> = batches.iter().map(|batch| batch.digest()).collect();
        let to_execute = proposal
            .as_ref()
            .map(|proposal| self.executor.to_execute(proposal))
            .unwrap_or_default();
        if header.payload != payload || digests != to_execute {
            return Err(Reject::BadPayload);
        }
        let certified = certificate.height == header.height && certificate.block == header.hash();
        if !certified || certificate.verify(&self.office_at(header.height).attesters).is_err() {
            return Err(Reject::BadCertificate);
        }
        // Kept with the block, to be served on; those that came before it are kept already.
        let fresh = batches.iter().filter(|batch| !self.batches.has(&batch.digest()));
        fx.extend(fresh.map(|batch| Effect::Persist(Record::Batch(Arc::clone(batch)))));
        let executed = self.executor.execute(proposal, payload, &batches);
        if executed.hash != certificate.block {
            // The content is the quorum's, so the difference is in our own state.
            self.diverge(header.height, fx);
            return Ok(());
        }
        self.forget_own(&batches);
        self.keep(now, executed, Some(certificate), fx);
        Ok(())
    }

    /// Tells the core where the application stands.
    pub(crate) fn transferred(&self) -> CoreInput<P> {
        let seq = self.present.seq_of(self.executor.height());
        let done = self.executor.recent_batches().collect();
        CoreInput::Reply(Reply::Transferred { seq, digest: self.executor.tip(), done })
    }
}

/// Most attestations that one tick sends again.
const ATTESTATIONS_RESENT_MAX: usize = 64;
