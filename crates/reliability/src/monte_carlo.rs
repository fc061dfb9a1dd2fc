//! The same rounds, drawn message by message: 64 at once, one in each bit of a word.
//!
//! Every message of every phase is one draw for each round. Votes are counted by adders over bit planes. Rounds come in
//! shards of a fixed size, each with its own stream of the pinned generator, so that whoever runs the shards, on
//! however many threads, adds up the same counts.

mod bits;

use types::Prng;

use crate::{Error, Links, Model, Phase};
use bits::{Coin, Votes};

/// How many rounds a shard has; the last one of a run may have fewer.
pub const SHARD_ROUNDS: u64 = 1 << 16;
/// Most nodes: every directed link is kept.
pub const SAMPLED_NODES_MAX: usize = 1_024;

/// Draws rounds of one model over given links.
#[derive(Clone, Debug)]
pub struct Sampler {
    model: Model,
    up: Vec<Coin>,
    links: Vec<Coin>,
    levels: usize,
}

impl Sampler {
    /// A sampler of a model.
    ///
    /// # Errors
    /// Where links and model are for different numbers of nodes, or for too many.
    pub fn new(model: &Model, links: &Links) -> Result<Self, Error> {
        let n = model.n;
        if n > SAMPLED_NODES_MAX {
            return Err(Error::Nodes { given: n, max: SAMPLED_NODES_MAX });
        }
        if links.n() != n {
            return Err(Error::Size { what: "the matrix of links", given: links.n(), nodes: n });
        }
        let pairs = (0..n).flat_map(|from| (0..n).map(move |to| (from, to)));
        Ok(Self {
            model: model.clone(),
            up: (0..n).map(|node| Coin::new(model.up(node))).collect(),
            links: pairs.map(|(from, to)| Coin::new(links.get(from, to))).collect(),
            levels: usize::try_from(usize::BITS - n.leading_zeros()).unwrap_or(0),
        })
    }

    /// How many of the first `rounds` rounds of a shard succeed.
    #[must_use]
    pub fn shard(&self, seed: u64, shard: u64, rounds: u64) -> u64 {
        let mut dice = Prng::new(seed, shard);
        let mut table = Table::new(self);
        let rounds = rounds.min(SHARD_ROUNDS);
        let words = rounds.div_ceil(64);
        (0..words).fold(0, |hits, word| {
            let left = rounds - word * 64;
            let mask = if left >= 64 { u64::MAX } else { (1 << left) - 1 };
            hits + u64::from((table.play(&mut dice) & mask).count_ones())
        })
    }
}

/// How many rounds each shard of a run of `rounds` has.
pub fn shards(rounds: u64) -> impl Iterator<Item = (u64, u64)> {
    let full = rounds / SHARD_ROUNDS;
    let rest = rounds % SHARD_ROUNDS;
    let last = (rest > 0).then_some((full, rest));
    (0..full).map(|shard| (shard, SHARD_ROUNDS)).chain(last)
}

/// How many of `rounds` rounds succeed, in the calling thread.
///
/// # Errors
/// As [`Sampler::new`].
pub fn sample(model: &Model, links: &Links, seed: u64, rounds: u64) -> Result<u64, Error> {
    let sampler = Sampler::new(model, links)?;
    Ok(shards(rounds).map(|(shard, rounds)| sampler.shard(seed, shard, rounds)).sum())
}

/// Sixty-four rounds under way.
struct Table<'a> {
    sampler: &'a Sampler,
    members: Vec<u64>,
    listeners: Vec<u64>,
    votes: Votes,
}

impl<'a> Table<'a> {
    fn new(sampler: &'a Sampler) -> Self {
        let n = sampler.model.n;
        let votes = Votes::new(sampler.levels);
        Self { sampler, members: vec![0; n], listeners: vec![0; n], votes }
    }

    /// Plays 64 rounds: a bit is set where one succeeds.
    fn play(&mut self, dice: &mut Prng) -> u64 {
        let model = &self.sampler.model;
        for (member, coin) in self.members.iter_mut().zip(&self.sampler.up) {
            *member = coin.toss(dice);
        }
        let mut going = u64::MAX;
        for &phase in &model.phases {
            match phase {
                Phase::Broadcast { from } => going &= self.broadcast(from, dice),
                Phase::Collect { at, quorum, thins } => {
                    going &= self.collect(at, quorum, thins, dice);
                }
                Phase::Exchange { proposer, proposer_sends, proposer_needs, others_need, open } => {
                    let needs = |node| if node == proposer { proposer_needs } else { others_need };
                    let silent = (!proposer_sends).then_some(proposer);
                    self.exchange(silent, needs, open, dice);
                }
            }
            going &= self.present();
            if going == 0 {
                return 0;
            }
        }
        going
    }

    fn coin(&self, from: usize, to: usize) -> &'a Coin {
        &self.sampler.links[from * self.members.len() + to]
    }

    /// The rounds in which enough members are left.
    fn present(&mut self) -> u64 {
        self.votes.clear();
        self.members.iter().for_each(|&member| self.votes.add(member));
        self.votes.at_least(self.sampler.model.need)
    }

    fn broadcast(&mut self, from: usize, dice: &mut Prng) -> u64 {
        let going = self.members[from];
        for to in (0..self.members.len()).filter(|&to| to != from) {
            if self.members[to] != 0 {
                self.members[to] &= self.coin(from, to).toss(dice);
            }
        }
        self.listeners.clone_from(&self.members);
        going
    }

    fn collect(&mut self, at: usize, quorum: usize, thins: bool, dice: &mut Prng) -> u64 {
        self.votes.clear();
        for from in (0..self.members.len()).filter(|&from| from != at) {
            if self.members[from] != 0 {
                let heard = self.members[from] & self.coin(from, at).toss(dice);
                self.votes.add(heard);
                if thins {
                    self.members[from] = heard;
                }
            }
        }
        self.members[at] & self.votes.at_least(quorum)
    }

    fn exchange(
        &mut self,
        silent: Option<usize>,
        needs: impl Fn(usize) -> usize,
        open: bool,
        dice: &mut Prng,
    ) {
        let before = self.members.clone();
        for to in 0..before.len() {
            let hearing = if open { self.listeners[to] } else { before[to] };
            if hearing == 0 {
                continue;
            }
            self.votes.clear();
            for (from, &member) in before.iter().enumerate() {
                if member != 0 && from != to && silent != Some(from) {
                    self.votes.add(member & self.coin(from, to).toss(dice));
                }
            }
            let enough = before[to] & self.votes.at_least(needs(to));
            let joined = if open { !before[to] & self.votes.at_least(needs(to) + 1) } else { 0 };
            self.members[to] = hearing & (enough | joined);
        }
    }
}

#[cfg(test)]
mod tests;
