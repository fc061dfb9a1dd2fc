//! Those who carry proofs between two chains: honest, silent, or lying.

use std::collections::VecDeque;

use app::crossings::{Relayer, Return, Verb, Want};
use codec::{Decode, Encode};
use ledger::EntryProof;
use types::{ChainId, Prng};

/// How a relayer behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Conduct {
    /// It does what a relayer does.
    Honest,
    /// It does nothing.
    Silent,
    /// It hands in whatever proof it has ever seen, spoilt or whole, for whatever it may be taken for.
    Lying,
}

/// From one round of a relayer to the next.
const ROUND_US: u64 = 20_000;
/// How long it takes to get something or to hand something in.
const STEP_US: u64 = 1_000;
/// Proofs that a liar keeps.
const ARCHIVE_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct Carrier {
    conduct: Conduct,
    /// The places of its two chains.
    pub(super) chains: [usize; 2],
    ids: [ChainId; 2],
    relayer: Relayer,
    wants: VecDeque<Want>,
    /// When it takes its next step.
    pub(super) next_us: u64,
    /// Submissions seen so far, and what the liar draws from.
    archive: Vec<Vec<u8>>,
    prng: Prng,
}

impl Carrier {
    pub(super) fn new(
        conduct: Conduct,
        chains: [usize; 2],
        ids: [ChainId; 2],
        from_us: u64,
        prng: Prng,
    ) -> Self {
        let [left, right] = ids;
        let next_us = match conduct {
            Conduct::Honest | Conduct::Lying => from_us,
            Conduct::Silent => u64::MAX,
        };
        Self {
            conduct,
            chains,
            ids,
            relayer: Relayer::new(left, right),
            wants: VecDeque::new(),
            next_us,
            archive: Vec::new(),
            prng,
        }
    }

    /// All that it had in mind is gone.
    pub(super) fn crash(&mut self, now_us: u64) {
        let [left, right] = self.ids;
        self.relayer = Relayer::new(left, right);
        self.wants.clear();
        self.next_us = self.next_us.max(now_us + ROUND_US);
    }

    /// What it does now.
    pub(super) fn step(&mut self, now_us: u64) -> Option<Want> {
        if self.wants.is_empty() {
            self.wants.extend(self.relayer.round());
        }
        let want = self.wants.pop_front();
        self.next_us = now_us + STEP_US;
        match want {
            Some(Want::Submit { to, verb, payload }) if self.conduct == Conduct::Lying => {
                let (verb, payload) = self.lie(verb, payload);
                Some(Want::Submit { to, verb, payload })
            }
            Some(Want::Prove { .. } | Want::Submit { .. }) | None => want,
        }
    }

    /// Behind the last step of a round it rests.
    pub(super) fn rest(&mut self, now_us: u64) {
        if self.wants.is_empty() {
            self.next_us = now_us + ROUND_US;
        }
    }

    pub(super) fn told(&mut self, at: app::crossings::Side, proof: &EntryProof) {
        if self.conduct == Conduct::Lying && self.archive.len() < ARCHIVE_MAX {
            self.archive.push(proof.to_bytes());
        }
        self.wants.extend(self.relayer.told(at, proof));
    }

    /// A proof out of all that it has seen, for any verb; or the right one, with a bit of it turned.
    fn lie(&mut self, verb: Verb, payload: Vec<u8>) -> (Verb, Vec<u8>) {
        let pick = usize::try_from(self.prng.below(self.archive.len().max(1) as u64)).unwrap_or(0);
        let old = self.archive.get(pick).cloned().unwrap_or_default();
        match self.prng.below(5) {
            0 => (Verb::Receive, old),
            1 => (Verb::Acknowledge, old),
            2 => match EntryProof::from_bytes(&old) {
                Ok(proof) => {
                    let number = proof.key.0.last_chunk::<8>().copied().map(u64::from_be_bytes);
                    let number = number.unwrap_or_default();
                    (Verb::Return, Return { number, proof }.to_bytes())
                }
                Err(_) => (Verb::Forget, old),
            },
            3 => {
                let mut spoilt = payload;
                let at = self.prng.below(spoilt.len().max(1) as u64);
                let bit = 1_u8 << self.prng.below(8);
                if let Some(byte) = usize::try_from(at).ok().and_then(|at| spoilt.get_mut(at)) {
                    *byte ^= bit;
                }
                (verb, spoilt)
            }
            _ => (verb, payload),
        }
    }
}
