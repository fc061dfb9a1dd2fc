//! What every block must keep to, given the one below it.

use std::collections::BTreeMap;

use crypto::{PreparedKey, Signed};
use types::{ChainId, Digest, Quorum, Time};

use super::block::{Block, Seal, Sealed, payload_digest};
use super::config::{ConfigError, ConsensusConfig, CryptoConfig, ForkChoice, Sealing};
use super::error::{BlockError, SealError};
use super::{Chain, Entry};
use crate::{
    Account, Attesters, BatchError, BlockCertificate, CertificateError, Genesis, Nonces, Outcome,
    Refusal, TxView, check_client_signatures,
};

/// The rules of one chain, with the keys of its validators.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) chain: ChainId,
    pub(super) sealing: Sealing,
    pub(super) choice: ForkChoice,
    pub(super) consensus: ConsensusConfig,
    pub(super) crypto: CryptoConfig,
    pub(super) quorum: Quorum,
    attesters: Attesters,
}

impl Rules {
    pub(super) fn new(
        genesis: &Genesis,
        consensus: ConsensusConfig,
        crypto: CryptoConfig,
    ) -> Result<Self, ConfigError> {
        let (sealing, choice) = consensus.check(genesis)?;
        let require_signatures = crypto.require_signatures || genesis.client_signatures;
        Ok(Self {
            chain: genesis.chain_id(),
            sealing,
            choice,
            consensus,
            crypto: CryptoConfig { require_signatures },
            quorum: genesis.quorum(),
            attesters: genesis.attesters(),
        })
    }

    /// Everything about a block that needs only its parent and the time; signatures and seal apart.
    pub(super) fn check_form(
        &self,
        parent: &Entry,
        block: &Block,
        now: Time,
    ) -> Result<(), BlockError> {
        let (header, below) = (&block.header, &parent.block.header);
        if header.chain != self.chain {
            return Err(BlockError::WrongChain);
        }
        let must = below.height.next();
        if header.height != must {
            return Err(BlockError::Height { is: header.height, must });
        }
        let latest = now.after(self.consensus.time_ahead_max);
        if header.time > latest {
            return Err(BlockError::TooEarly { is: header.time, latest });
        }
        check_decided(parent, block)?;
        if !header.clock.follows(&below.clock, header.proposer) {
            return Err(BlockError::Clock);
        }
        let (count, max) = (block.tx_count(), self.consensus.block_txs_max);
        if count > max {
            return Err(BlockError::TooManyTransactions { count, max });
        }
        let bytes = block.batches.iter().map(|batch| batch.bytes().len()).sum();
        let max = self.consensus.block_bytes_max;
        if bytes > max {
            return Err(BlockError::TooLarge { bytes, max });
        }
        if block.outcomes.len() != count || usize::try_from(header.tx_count) != Ok(count) {
            return Err(BlockError::Count);
        }
        if block.tree().root() == header.tx_root { Ok(()) } else { Err(BlockError::Root) }
    }

    /// The senders' signatures, where the chain demands them.
    pub(super) fn check_senders(
        &self,
        block: &Block,
        keys: &mut BTreeMap<Account, PreparedKey>,
    ) -> Result<(), BlockError> {
        if !self.crypto.require_signatures {
            return Ok(());
        }
        for (at, batch) in block.batches.iter().enumerate() {
            check_client_signatures(batch, keys).map_err(|error| {
                let index = match error {
                    BatchError::BadClientSignature { index } => index,
                    BatchError::Malformed(_) | BatchError::TooLarge { .. } | BatchError::Empty => 0,
                };
                BlockError::ClientSignature { batch: at, index }
            })?;
        }
        Ok(())
    }

    pub(super) fn check_certificate(
        &self,
        certificate: &BlockCertificate,
    ) -> Result<(), SealError> {
        certificate.verify(&self.attesters).map_err(SealError::Certificate)?;
        let signed = certificate.signatures.keys().map(|node| self.consensus.stake(node.index()));
        let have = signed.fold(0, u64::saturating_add);
        let all = (0..self.quorum.n()).map(|at| self.consensus.stake(at));
        let all = u128::from(all.fold(0, u64::saturating_add));
        let share = u128::from(self.consensus.authority_threshold_ppm);
        let need = u64::try_from((all * share).div_ceil(1_000_000)).unwrap_or(u64::MAX);
        if have < need { Err(SealError::Share { have, need }) } else { Ok(()) }
    }

    /// What becomes of a transaction before its application sees it; the same as at execution.
    ///
    /// Execution also refuses what offers less than the agreed fee, which only the state knows: such a transaction
    /// has not used its nonce.
    pub(super) fn admit(
        &self,
        tx: &TxView<'_>,
        time: Time,
        nonces: &mut Nonces,
        is: Option<Outcome>,
    ) -> Result<(), Refusal> {
        if tx.chain != self.chain {
            return Err(Refusal::WrongChain);
        }
        if tx.expires <= time {
            return Err(Refusal::Expired);
        }
        if is == Some(Outcome::Refused(Refusal::FeeTooLow)) || nonces.take(tx.nonce) {
            Ok(())
        } else {
            Err(Refusal::NonceUsed)
        }
    }

    /// Whether an outcome can be that of a transaction that was admitted, or refused at the door.
    pub(super) fn check_outcome(
        index: usize,
        is: Outcome,
        admitted: Result<(), Refusal>,
    ) -> Result<(), BlockError> {
        let at_the_door = [Refusal::WrongChain, Refusal::Expired, Refusal::NonceUsed];
        let is_door = at_the_door.iter().any(|&refusal| is == Outcome::Refused(refusal));
        let must = admitted.err().map(Outcome::Refused);
        let is_right = must.map_or(!is_door, |must| is == must);
        if is_right { Ok(()) } else { Err(BlockError::Outcome { index, is, must }) }
    }
}

/// Whether header, proposal and batches say the same.
fn check_decided(parent: &Entry, block: &Block) -> Result<(), BlockError> {
    let (header, below) = (&block.header, &parent.block.header);
    let Some(proposal) = &block.proposal else {
        let is_null = header.proposer.is_none()
            && header.payload.is_zero()
            && header.view == types::View::ZERO
            && block.batches.is_empty();
        let is_now = header.time == below.time;
        return if is_null && is_now { Ok(()) } else { Err(BlockError::Payload) };
    };
    let must = below.time.max(proposal.time);
    if header.time != must {
        return Err(BlockError::Time { is: header.time, must });
    }
    let is_named = header.proposer == Some(proposal.proposer) && header.view == proposal.view;
    if !is_named || header.payload != payload_digest(proposal) {
        return Err(BlockError::Payload);
    }
    let mut proposed = proposal.batches.iter();
    let in_order = block.batches.iter().all(|it| proposed.any(|digest| *digest == it.digest()));
    if in_order { Ok(()) } else { Err(BlockError::Batches) }
}

impl Chain {
    /// What a block weighs, where its seal holds.
    pub(super) fn check_seal(
        &self,
        parent: &Entry,
        block: &Block,
        hash: Digest,
    ) -> Result<u64, SealError> {
        let (rules, header) = (&self.rules, &block.header);
        match (rules.sealing, &block.seal) {
            (Sealing::Certificate, Seal::Certificate(certificate)) => {
                if certificate.height != header.height || certificate.block != hash {
                    return Err(SealError::Certificate(CertificateError::OtherBlock));
                }
                rules.check_certificate(certificate).map(|()| 1)
            }
            (Sealing::Work, Seal::Work { difficulty, .. }) => {
                let must = self.difficulty_above(parent);
                if *difficulty != must {
                    return Err(SealError::Difficulty { is: *difficulty, must });
                }
                if block.seal.is_work_on(&hash) { Ok(must) } else { Err(SealError::NoWork) }
            }
            (Sealing::Turns | Sealing::Slots | Sealing::Stake, Seal::Signed(signature)) => {
                let proposer = header.proposer.ok_or(SealError::NoProposer)?;
                let statement = Sealed { height: header.height, block: hash };
                let signed = Signed { statement, signer: proposer, signature: *signature };
                if !rules.attesters.verifier().holds_one(&signed) {
                    return Err(SealError::Signature { proposer });
                }
                self.weight_of_signed(parent, block)
            }
            (Sealing::Nothing, Seal::None) => Ok(1),
            (
                Sealing::Certificate
                | Sealing::Turns
                | Sealing::Slots
                | Sealing::Stake
                | Sealing::Work
                | Sealing::Nothing,
                Seal::None | Seal::Certificate(_) | Seal::Signed(_) | Seal::Work { .. },
            ) => Err(SealError::OtherKind),
        }
    }

    /// What a block that its proposer signed weighs, where it was its turn.
    fn weight_of_signed(&self, parent: &Entry, block: &Block) -> Result<u64, SealError> {
        let (rules, header) = (&self.rules, &block.header);
        let proposer = header.proposer.ok_or(SealError::NoProposer)?;
        let (n, me) = (rules.quorum.n().max(1) as u64, u64::from(proposer.get()));
        match rules.sealing {
            Sealing::Turns => {
                let mut below = Some(parent);
                for _ in 0..n / 2 {
                    let Some(entry) = below else { break };
                    if entry.block.header.proposer == Some(proposer) {
                        return Err(SealError::TooSoon { proposer });
                    }
                    below = self.parent(entry);
                }
                Ok(1 + u64::from(header.height.get() % n == me))
            }
            Sealing::Slots => {
                let interval = rules.consensus.block_interval.us().max(1);
                let (slot, before) = (header.time.us() / interval, parent.time().us() / interval);
                let is_mine = slot % n == me && (slot > before || parent.height().get() == 0);
                if is_mine { Ok(1) } else { Err(SealError::Slot { slot }) }
            }
            Sealing::Stake => {
                let (have, need) =
                    (rules.consensus.stake(proposer.index()), rules.consensus.minimum_stake.max(1));
                if have < need { Err(SealError::Stake { have, need }) } else { Ok(1) }
            }
            Sealing::Certificate | Sealing::Work | Sealing::Nothing => Err(SealError::OtherKind),
        }
    }

    /// The difficulty that the chain up to `parent` demands of the next block.
    ///
    /// It changes every `retarget_interval` blocks, in proportion to the time that they took, at most fourfold; it is
    /// never less than the first.
    pub(super) fn difficulty_above(&self, parent: &Entry) -> u64 {
        let consensus = &self.rules.consensus;
        let (height, now) = (parent.height().get() + 1, parent.difficulty);
        if !height.is_multiple_of(consensus.retarget_interval) {
            return now;
        }
        let first = types::Height::new(height.saturating_sub(consensus.retarget_interval).max(1));
        let Some(first) = self.ancestor(parent, first) else { return now };
        let took = u128::from(parent.time().since(first.time()).us().max(1));
        let blocks = parent.height().above(first.height());
        let expected = u128::from(consensus.block_interval.times(blocks).us());
        let scaled = u128::from(now) * expected / took;
        let scaled = u64::try_from(scaled).unwrap_or(u64::MAX);
        let clamped = scaled.clamp(now / RETARGET_FACTOR, now.saturating_mul(RETARGET_FACTOR));
        clamped.max(consensus.difficulty_initial)
    }
}

/// A retarget makes blocks at most this many times harder or easier.
const RETARGET_FACTOR: u64 = 4;
