//! Collects attestations into block certificates, in order of height.

use std::collections::VecDeque;

use crypto::{Signature, Signatures, Signed};
use ledger::{Attestation, Attesters, BlockCertificate};
use types::{Digest, Height, NodeId};

/// Attestations are kept for at most this many heights above the last certified one.
const HEIGHTS_MAX: u64 = 1_024;

/// The attestations of heights that are not certified yet.
#[derive(Debug)]
pub(crate) struct Certifier {
    certified: Height,
    /// Slots of `certified + 1` and up.
    slots: VecDeque<Slot>,
    spare: Vec<Slot>,
    last: Option<BlockCertificate>,
}

#[derive(Debug, Default)]
struct Slot {
    own: Option<Digest>,
    votes: Vec<(NodeId, Digest, Signature)>,
    /// How much attests each block.
    tally: Vec<(Digest, usize)>,
}

/// What an attestation made known.
#[derive(Debug)]
pub(crate) enum Counted {
    /// Nothing new.
    Nothing,
    /// The peer attests two blocks at one height: its earlier attestation.
    Conflict(Signed<Attestation>),
    /// A quorum attests a block that we have not executed, or executed to something else.
    Elsewhere,
    /// The next heights may have become certified: see [`Certifier::next_certificate`].
    Progress,
}

impl Certifier {
    pub(crate) fn new(last: Option<BlockCertificate>) -> Self {
        let certified = last.as_ref().map_or(Height::ZERO, |certificate| certificate.height);
        Self { certified, slots: VecDeque::new(), spare: Vec::new(), last }
    }

    pub(crate) const fn certified(&self) -> Height {
        self.certified
    }
    pub(crate) const fn last(&self) -> Option<&BlockCertificate> {
        self.last.as_ref()
    }

    fn slot(&mut self, height: Height) -> Option<&mut Slot> {
        let offset = height.above(self.certified).checked_sub(1)?;
        if offset >= HEIGHTS_MAX {
            return None;
        }
        let offset = usize::try_from(offset).ok()?;
        while self.slots.len() <= offset {
            self.slots.push_back(self.spare.pop().unwrap_or_default());
        }
        self.slots.get_mut(offset)
    }

    /// Notes the block that we executed at a height.
    pub(crate) fn executed(
        &mut self,
        height: Height,
        block: Digest,
        set: Option<&Attesters>,
    ) -> Counted {
        let Some(slot) = self.slot(height) else { return Counted::Nothing };
        slot.own = Some(block);
        set.map_or(Counted::Nothing, |set| slot.judge(set))
    }

    /// Forgets what was said of a height and those above, before it was known whose they are.
    pub(crate) fn forget_from(&mut self, height: Height) {
        let below = height.above(self.certified.next());
        let below = usize::try_from(below).unwrap_or(usize::MAX);
        for slot in self.slots.iter_mut().skip(below) {
            slot.votes.clear();
            slot.tally.clear();
        }
    }

    /// Counts an attestation whose signature has been checked, by a member of the set of its height.
    pub(crate) fn count(&mut self, signed: &Signed<Attestation>, set: &Attesters) -> Counted {
        let Attestation { height, block } = signed.statement;
        let Some(slot) = self.slot(height) else { return Counted::Nothing };
        if let Some((_, earlier, signature)) =
            slot.votes.iter().find(|(node, _, _)| *node == signed.signer)
        {
            if *earlier == block {
                return Counted::Nothing;
            }
            let statement = Attestation { height, block: *earlier };
            return Counted::Conflict(Signed {
                statement,
                signer: signed.signer,
                signature: *signature,
            });
        }
        slot.votes.push((signed.signer, block, signed.signature));
        match slot.tally.iter_mut().find(|(candidate, _)| *candidate == block) {
            Some((_, weight)) => *weight = weight.saturating_add(set.weight_of(signed.signer)),
            None => slot.tally.push((block, set.weight_of(signed.signer))),
        }
        slot.judge(set)
    }

    /// The certificate of the next height, where it is complete; call until there is none.
    pub(crate) fn next_certificate(&mut self, set: &Attesters) -> Option<BlockCertificate> {
        let slot = self.slots.front()?;
        let block = slot.own?;
        let weight = slot
            .tally
            .iter()
            .find(|(candidate, _)| *candidate == block)
            .map_or(0, |(_, weight)| *weight);
        if !set.quorum().is_met(weight) {
            return None;
        }
        let agreeing = slot.votes.iter().filter(|(_, candidate, _)| *candidate == block);
        let signatures: Signatures =
            agreeing.map(|(node, _, signature)| (*node, *signature)).collect();
        let certificate = BlockCertificate { height: self.certified.next(), block, signatures };
        self.advance();
        self.last = Some(certificate.clone());
        Some(certificate)
    }

    /// Takes a certificate that came whole, for the next height.
    pub(crate) fn adopt(&mut self, certificate: BlockCertificate) {
        if certificate.height == self.certified.next() {
            self.advance();
            self.last = Some(certificate);
        }
    }

    fn advance(&mut self) {
        self.certified = self.certified.next();
        if let Some(mut slot) = self.slots.pop_front() {
            slot.own = None;
            slot.votes.clear();
            slot.tally.clear();
            if self.spare.len() < 64 {
                self.spare.push(slot);
            }
        }
    }

    /// The block that we executed at the next height to certify, where we have.
    pub(crate) fn next_own(&self) -> Option<Digest> {
        self.slots.front()?.own
    }

    /// Our own blocks that are not certified yet, lowest first.
    pub(crate) fn uncertified(&self) -> impl Iterator<Item = Attestation> + '_ {
        let heights = (1..).map(|offset| self.certified.plus(offset));
        let own = heights
            .zip(&self.slots)
            .filter_map(|(height, slot)| slot.own.map(|block| (height, block)));
        own.map(|(height, block)| Attestation { height, block })
    }

    /// Who attests the lowest uncertified block that we executed, by place.
    pub(crate) fn waiting(&self) -> Option<(Height, Vec<NodeId>)> {
        let slot = self.slots.front()?;
        let own = slot.own?;
        let have = slot
            .votes
            .iter()
            .filter(|(_, block, _)| *block == own)
            .map(|(node, _, _)| *node)
            .collect();
        Some((self.certified.next(), have))
    }
}

impl Slot {
    fn judge(&self, set: &Attesters) -> Counted {
        let quorum = set.quorum();
        let Some((block, _)) = self.tally.iter().find(|(_, weight)| quorum.is_met(*weight)) else {
            return Counted::Nothing;
        };
        if self.own == Some(*block) { Counted::Progress } else { Counted::Elsewhere }
    }
}
