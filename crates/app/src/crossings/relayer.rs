//! Whoever carries proofs between two chains. It holds nothing that matters and is trusted with nothing: anybody can be
//! one, several at a time, and each begins anew in every round.

use std::collections::BTreeMap;

use codec::{Decode, Encode};
use ledger::{AppId, EntryProof, Epoch, Lineage};
use types::ChainId;

use super::{
    Arrival, CROSSINGS, Counterpart, Ends, Fate, KEPT, Return, Sent, Verb, arrival_key,
    counterpart_key, ends_key, sent_key,
};

/// One of the two chains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// The first.
    Left,
    /// The second.
    Right,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Left, Self::Right];
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// What a relayer wants done; answers may come in any order, late, or never.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// A proof of what stands under a key of a chain, at its last certified block, for [`Relayer::told`].
    Prove {
        /// Which chain.
        at: Side,
        /// Whose state.
        app: AppId,
        /// The key.
        key: Vec<u8>,
    },
    /// A transaction for a chain, under whatever account pays for it.
    Submit {
        /// Which chain.
        to: Side,
        /// The verb of [`CROSSINGS`].
        verb: Verb,
        /// Its argument.
        payload: Vec<u8>,
    },
}

/// Most crossings of one direction that are looked after in one round.
const ROUND_MAX: u64 = 64;
/// So many more arrivals than must be kept are kept before they are forgotten.
const FORGET_AFTER: u64 = 256;

/// A relayer between two chains.
#[derive(Debug)]
pub struct Relayer {
    chains: [ChainId; 2],
    /// Open crossings of this round where they began, by side and number.
    open: BTreeMap<(Side, u64), (Sent, EntryProof)>,
    /// The ends of the crossings with the other side, as told in this round.
    ends: [Option<(Ends, EntryProof)>; 2],
    /// The office that each chain knows of the other's validators, as told in this round.
    known: [Option<u64>; 2],
    /// How each chain's validators follow from its genesis: the longest way that a proof has shown.
    lineages: [Lineage; 2],
}

impl Relayer {
    /// A relayer between two chains that are connected with each other.
    #[must_use]
    pub fn new(left: ChainId, right: ChainId) -> Self {
        Self {
            chains: [left, right],
            open: BTreeMap::new(),
            ends: [None, None],
            known: [None, None],
            lineages: [Lineage::default(), Lineage::default()],
        }
    }

    fn chain(&self, side: Side) -> ChainId {
        self.chains[side as usize]
    }

    /// Begins a round: forgets what it was told, and asks anew.
    pub fn round(&mut self) -> Vec<Want> {
        let lineages = std::mem::take(&mut self.lineages);
        let [left, right] = self.chains;
        *self = Self { lineages, ..Self::new(left, right) };
        let ask = |at: Side| {
            let other = self.chain(at.other());
            [prove(at, counterpart_key(other)), prove(at, ends_key(other))]
        };
        Side::BOTH.into_iter().flat_map(ask).collect()
    }

    /// A chain answers a wish for a proof. What a relayer is told is not checked by it: the chains do that.
    pub fn told(&mut self, at: Side, proof: &EntryProof) -> Vec<Want> {
        let other = self.chain(at.other());
        if proof.lineage.epochs.len() > self.lineages[at as usize].epochs.len() {
            self.lineages[at as usize] = proof.lineage.clone();
        }
        let proof = EntryProof { lineage: Lineage::default(), ..proof.clone() };
        if proof.app != CROSSINGS {
            return Vec::new();
        }
        let key = &proof.key.0;
        if *key == counterpart_key(other) {
            self.told_counterpart(at, &proof)
        } else if *key == ends_key(other) {
            self.told_ends(at, proof)
        } else if let Some(number) = number_of(key, &sent_key(other, 0)) {
            self.told_sent(at, number, proof)
        } else if let Some(number) = number_of(key, &arrival_key(other, 0)) {
            self.told_arrival(at, number, proof)
        } else {
            Vec::new()
        }
    }

    /// C2: where a chain knows older validators of the other than there are, it is told of the next ones.
    fn told_counterpart(&mut self, at: Side, proof: &EntryProof) -> Vec<Want> {
        let Some(known) = value::<Counterpart>(proof) else { return Vec::new() };
        self.known[at as usize] = Some(known.epoch.number);
        self.follow(at)
    }

    fn follow(&self, at: Side) -> Vec<Want> {
        let Some(known) = self.known[at as usize] else { return Vec::new() };
        let changes = self.lineages[at.other() as usize].changes();
        let later = changes
            .into_iter()
            .filter(|change| value::<Epoch>(change).is_some_and(|epoch| epoch.number > known));
        later.map(|change| submit(at, Verb::Follow, change.to_bytes())).collect()
    }

    /// Asks for the open crossings that began here, and lets the other chain forget those that are over.
    fn told_ends(&mut self, at: Side, proof: EntryProof) -> Vec<Want> {
        let Some(ends) = value::<Ends>(&proof) else { return Vec::new() };
        let other = self.chain(at.other());
        let until = ends.sent.min(ends.settled.saturating_add(ROUND_MAX));
        let mut wants: Vec<Want> =
            (ends.settled..until).map(|number| prove(at, sent_key(other, number))).collect();
        self.ends[at as usize] = Some((ends, proof));
        wants.extend(Side::BOTH.into_iter().filter_map(|from| self.forget(from)));
        wants
    }

    /// C7.
    fn forget(&self, from: Side) -> Option<Want> {
        let (theirs, proof) = self.ends[from as usize].as_ref()?;
        let (ours, _) = self.ends[from.other() as usize].as_ref()?;
        let is_due = theirs.settled.saturating_sub(KEPT) >= ours.forgotten + FORGET_AFTER;
        is_due.then(|| submit(from.other(), Verb::Forget, proof.to_bytes()))
    }

    fn told_sent(&mut self, at: Side, number: u64, proof: EntryProof) -> Vec<Want> {
        match value::<Sent>(&proof) {
            Some(sent) if sent.fate == Fate::Open => {
                self.open.insert((at, number), (sent, proof));
                let key = arrival_key(self.chain(at), number);
                vec![prove(at.other(), key)]
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// C4, C5, C6: an open crossing has arrived, or is too late, or is to arrive.
    fn told_arrival(&mut self, at: Side, number: u64, proof: EntryProof) -> Vec<Want> {
        let from = at.other();
        let Some((sent, sent_proof)) = self.open.remove(&(from, number)) else { return Vec::new() };
        let want = if value::<Arrival>(&proof).is_some() {
            submit(from, Verb::Acknowledge, proof.to_bytes())
        } else if proof.header.time >= sent.crossing.deadline {
            submit(from, Verb::Return, Return { number, proof }.to_bytes())
        } else {
            // Where nothing else happens on a chain, this is also what moves its time beyond the deadline.
            submit(at, Verb::Receive, sent_proof.to_bytes())
        };
        vec![want]
    }
}

fn prove(at: Side, key: Vec<u8>) -> Want {
    Want::Prove { at, app: CROSSINGS, key }
}

fn submit(to: Side, verb: Verb, payload: Vec<u8>) -> Want {
    Want::Submit { to, verb, payload }
}

fn value<T: Decode>(proof: &EntryProof) -> Option<T> {
    T::from_bytes(&proof.value.as_ref()?.0).ok()
}

/// The number at the end of a key that is otherwise like another.
fn number_of(key: &[u8], like: &[u8]) -> Option<u64> {
    let (start, number) = key.split_last_chunk::<8>()?;
    let (like, _) = like.split_last_chunk::<8>()?;
    (start == like).then(|| u64::from_be_bytes(*number))
}
