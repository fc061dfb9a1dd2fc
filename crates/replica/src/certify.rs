//! Collects attestations into block certificates, in order of height.

use std::collections::VecDeque;

use crypto::{Signature, Signatures, Signed};
use ledger::{Attestation, BlockCertificate};
use types::{Digest, Height, NodeId, Quorum};

/// Attestations are kept for at most this many heights above the last certified one.
const HEIGHTS_MAX: u64 = 1_024;

/// The attestations of heights that are not certified yet.
#[derive(Debug)]
pub(crate) struct Certifier {
    quorum: Quorum,
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
    pub(crate) fn new(quorum: Quorum, last: Option<BlockCertificate>) -> Self {
        let certified = last.as_ref().map_or(Height::ZERO, |certificate| certificate.height);
        Self { quorum, certified, slots: VecDeque::new(), spare: Vec::new(), last }
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
    pub(crate) fn executed(&mut self, height: Height, block: Digest) -> Counted {
        let quorum = self.quorum;
        let Some(slot) = self.slot(height) else { return Counted::Nothing };
        slot.own = Some(block);
        slot.judge(quorum)
    }

    /// Counts an attestation whose signature has been checked.
    pub(crate) fn count(&mut self, signed: &Signed<Attestation>) -> Counted {
        let quorum = self.quorum;
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
            Some((_, count)) => *count += 1,
            None => slot.tally.push((block, 1)),
        }
        slot.judge(quorum)
    }

    /// The certificate of the next height, where it is complete; call until there is none.
    pub(crate) fn next_certificate(&mut self) -> Option<BlockCertificate> {
        let slot = self.slots.front()?;
        let block = slot.own?;
        let count = slot
            .tally
            .iter()
            .find(|(candidate, _)| *candidate == block)
            .map_or(0, |(_, count)| *count);
        if !self.quorum.is_met(count) {
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

    /// Who attests the lowest uncertified block that we executed.
    pub(crate) fn waiting(&self) -> Option<(Height, Vec<NodeId>, usize)> {
        let slot = self.slots.front()?;
        let own = slot.own?;
        let have = slot
            .votes
            .iter()
            .filter(|(_, block, _)| *block == own)
            .map(|(node, _, _)| *node)
            .collect();
        Some((self.certified.next(), have, self.quorum.size()))
    }
}

impl Slot {
    fn judge(&self, quorum: Quorum) -> Counted {
        let Some((block, _)) = self.tally.iter().find(|(_, count)| quorum.is_met(*count)) else {
            return Counted::Nothing;
        };
        if self.own == Some(*block) { Counted::Progress } else { Counted::Elsewhere }
    }
}
