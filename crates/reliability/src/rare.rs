//! What almost never happens, by importance sampling.
//!
//! Whether a member stays in a phase is, given who the members are, a coin with a known bias (the tail of what it may
//! hear); this draws those coins with other biases, and weighs every round by how much likelier its own biases would
//! have made it. The biases come from a mixture: the true ones; ones that spread the losses that are wanted over all
//! phases; and, for each phase, ones that put them all there. Rounds take turns at the mixture's parts and are weighed
//! against the whole mixture (the balance heuristic, Veach and Guibas 1995; Owen and Zhou 2000). Because the true biases
//! are a part, no weight exceeds the number of parts, so that no round that was missed can be worth much.

mod tilt;

use std::collections::BTreeMap;
use std::rc::Rc;

use types::Prng;

use crate::theory::{Chance, Classes, Outlook, Tails};
use crate::{Error, Interval, Links, Model, Phase};

/// The standard normal quantile at 0.975: intervals of 95 %.
const Z95: f64 = 1.959_963_984_540_054;

pub use tilt::Event;
use tilt::{AtRisk, Part, Tilt};

/// How many rounds a shard has.
pub const RARE_SHARD_ROUNDS: u64 = 1 << 12;
/// Most prospects that a shard remembers.
const PROSPECTS_MAX: usize = 1 << 14;

/// Sums over drawn rounds; those of several shards are added up in the order of the shards.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Sums {
    /// How many rounds were drawn.
    pub rounds: u64,
    /// The sum of their weights.
    pub weights: f64,
    /// The sum of the squares.
    pub squares: f64,
}

impl Sums {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            rounds: self.rounds + other.rounds,
            weights: self.weights + other.weights,
            squares: self.squares + other.squares,
        }
    }
}

/// An estimate of a rare event's probability.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rare {
    /// Of what.
    pub event: Event,
    /// The estimate.
    pub probability: f64,
    /// The 95 % interval: that of a normal variable for the estimate's logarithm.
    pub ci95: Interval,
    /// The standard error as a share of the estimate.
    pub relative_error: f64,
    /// How many equal weights would say as much.
    pub effective_rounds: f64,
    /// How many rounds were drawn.
    pub rounds: u64,
}

/// Draws rounds in which a rare event is not rare.
#[derive(Clone, Debug)]
pub struct RareSampler {
    model: Model,
    classes: Classes,
    event: Event,
    parts: Vec<Part>,
    /// How many members can be lost in all steps from each on.
    steps_left: Vec<usize>,
}

impl RareSampler {
    /// A sampler for one of the two ends of a round.
    ///
    /// # Errors
    /// Where links and model are for different numbers of nodes.
    pub fn new(model: &Model, links: &Links, event: Event) -> Result<Self, Error> {
        let classes = Classes::new(model, links)?;
        let shrinks: Vec<bool> = std::iter::once(true)
            .chain(model.phases().iter().map(|phase| match phase {
                Phase::Collect { thins, .. } => *thins,
                Phase::Broadcast { .. } | Phase::Exchange { .. } => true,
            }))
            .collect();
        let steps_left =
            (0..shrinks.len()).map(|at| shrinks[at..].iter().filter(|&&shrinks| shrinks).count());
        let only = shrinks.iter().enumerate().filter(|&(_, &shrinks)| shrinks);
        let parts =
            [Part::True, Part::Spread].into_iter().chain(only.map(|(at, _)| Part::Only(at)));
        Ok(Self {
            model: model.clone(),
            steps_left: steps_left.collect(),
            parts: parts.collect(),
            classes,
            event,
        })
    }

    /// Draws the first `rounds` rounds of a shard.
    #[must_use]
    pub fn shard(&self, seed: u64, shard: u64, rounds: u64) -> Sums {
        let mut round = Round {
            sampler: self,
            dice: Prng::new(seed, shard),
            tails: Tails::new(),
            prospects: BTreeMap::new(),
            logs: vec![0.0; self.parts.len()],
        };
        let rounds = rounds.min(RARE_SHARD_ROUNDS);
        (0..rounds).fold(Sums::default(), |sums, number| {
            let part = usize::try_from(number).unwrap_or(0) % self.parts.len();
            let weight = round.play(part);
            sums.and(Sums { rounds: 1, weights: weight, squares: weight * weight })
        })
    }

    /// What the sums say.
    #[must_use]
    pub fn judge(&self, sums: &Sums) -> Rare {
        let rounds = sums.rounds.max(1) as f64;
        let mean = sums.weights / rounds;
        let variance = (sums.squares / rounds - mean * mean).max(0.0) / rounds;
        let relative_error = if mean > 0.0 { variance.sqrt() / mean } else { f64::INFINITY };
        // Without a single hit: by the rule of three, and no weight is larger than the number of parts.
        let none = Interval { low: 0.0, high: (3.0 * self.parts.len() as f64 / rounds).min(1.0) };
        let wide = (Z95 * relative_error).exp();
        let some = Interval { low: mean / wide, high: (mean * wide).min(1.0) };
        Rare {
            event: self.event,
            probability: mean,
            ci95: if mean > 0.0 { some } else { none },
            relative_error,
            effective_rounds: if sums.squares > 0.0 {
                sums.weights * sums.weights / sums.squares
            } else {
                0.0
            },
            rounds: sums.rounds,
        }
    }
}

/// How many rounds each shard of a run of `rounds` has.
pub fn rare_shards(rounds: u64) -> impl Iterator<Item = (u64, u64)> {
    let shards = rounds.div_ceil(RARE_SHARD_ROUNDS);
    (0..shards).map(move |shard| {
        let left = rounds - shard * RARE_SHARD_ROUNDS;
        (shard, left.min(RARE_SHARD_ROUNDS))
    })
}

/// Estimates a rare event in the calling thread.
///
/// # Errors
/// As [`RareSampler::new`].
pub fn sample(
    model: &Model,
    links: &Links,
    event: Event,
    seed: u64,
    rounds: u64,
) -> Result<Rare, Error> {
    let sampler = RareSampler::new(model, links, event)?;
    let shards = rare_shards(rounds).map(|(shard, rounds)| sampler.shard(seed, shard, rounds));
    Ok(sampler.judge(&shards.fold(Sums::default(), Sums::and)))
}

/// A step, the members before it, and in an open model those who listen.
type Key = (usize, Vec<usize>, Vec<usize>);

/// What a step does to a set of members, and how each part of the mixture tilts that.
#[derive(Debug)]
struct Prospect {
    gate: Chance<f64>,
    floor: usize,
    risks: Vec<AtRisk>,
    tilts: Vec<Tilt>,
}

struct Round<'a> {
    sampler: &'a RareSampler,
    dice: Prng,
    tails: Tails<f64>,
    prospects: BTreeMap<Key, Rc<Prospect>>,
    /// How much likelier each part makes what was drawn than it is, as a logarithm.
    logs: Vec<f64>,
}

impl Round<'_> {
    /// Draws one round by a part of the mixture, and weighs the event in it.
    fn play(&mut self, part: usize) -> f64 {
        let sampler = self.sampler;
        self.logs.fill(0.0);
        let (mut members, mut gates, mut value) = (sampler.classes.sizes().to_vec(), 1.0, 0.0);
        let mut listeners = members.clone();
        for step in 0..sampler.steps_left.len() {
            let prospect = self.prospect(step, &members, &listeners);
            // Whether the phase goes on is not drawn: both ends are counted by their probabilities.
            if sampler.event == Event::Failure && prospect.gate.no > 0.0 {
                value += gates * prospect.gate.no * self.weight();
            }
            gates *= prospect.gate.yes;
            if gates == 0.0 {
                return value;
            }
            self.draw(part, &prospect, &mut members);
            if members.iter().sum::<usize>() < prospect.floor {
                let failed = sampler.event == Event::Failure;
                return if failed { value + gates * self.weight() } else { value };
            }
            let phase = step.checked_sub(1).map(|at| sampler.model.phases()[at]);
            if !matches!(phase, Some(Phase::Exchange { .. })) {
                listeners.clone_from(&members);
            }
        }
        if sampler.event == Event::Success { gates * self.weight() } else { value }
    }

    /// What a step has in store for these members; step 0 is who is up.
    fn prospect(&mut self, step: usize, members: &[usize], listeners: &[usize]) -> Rc<Prospect> {
        let sampler = self.sampler;
        let (model, classes) = (&sampler.model, &sampler.classes);
        let outside = if model.is_open() { listeners.to_vec() } else { Vec::new() };
        let key = (step, members.to_vec(), outside);
        if let Some(known) = self.prospects.get(&key) {
            return Rc::clone(known);
        }
        let outlook = match step.checked_sub(1) {
            None => Outlook::start(model, classes),
            Some(at) => Outlook::new(model, classes, &mut self.tails, model.phases()[at], members),
        };
        let risks = risks(&outlook, members, listeners);
        let (left, need) = (sampler.steps_left[step], model.need());
        let parts = sampler.parts.iter();
        let tilts = parts.map(|&part| Tilt::new(part, sampler.event, step, left, &risks, need));
        let (gate, floor, tilts) = (outlook.gate, outlook.floor, tilts.collect());
        let prospect = Rc::new(Prospect { gate, floor, risks, tilts });
        if self.prospects.len() < PROSPECTS_MAX {
            self.prospects.insert(key, Rc::clone(&prospect));
        }
        prospect
    }

    /// Draws who stays, and tells how much likelier each part makes that.
    fn draw(&mut self, part: usize, prospect: &Prospect, members: &mut [usize]) {
        members.fill(0);
        for risk in &prospect.risks {
            let chance = prospect.tilts[part].lose(risk.stay.no, risk.stay.yes);
            let lost = (0..risk.count).filter(|_| unit(&mut self.dice) < chance).count();
            members[risk.class] += risk.count - lost;
            for (log, tilt) in self.logs.iter_mut().zip(&prospect.tilts) {
                *log += tilt.log_ratio(risk, lost);
            }
        }
    }

    /// How likely what was drawn is, by how likely the whole mixture draws it.
    fn weight(&self) -> f64 {
        let most = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.logs.iter().map(|log| (log - most).exp()).sum();
        self.logs.len() as f64 / sum * (-most).exp()
    }
}

/// Who may be lost, and in an open phase who may come back.
fn risks(outlook: &Outlook<f64>, members: &[usize], listeners: &[usize]) -> Vec<AtRisk> {
    let stays = outlook.stay.iter().enumerate();
    let stays = stays.map(|(class, &stay)| AtRisk { class, count: members[class], stay });
    let joins = outlook.join.iter().flatten().enumerate();
    let joins = joins.map(|(class, &stay)| AtRisk {
        class,
        count: listeners[class] - members[class],
        stay,
    });
    stays.chain(joins).filter(|risk| risk.count > 0).collect()
}

/// A number from 0 to 1, without 1.
fn unit(dice: &mut Prng) -> f64 {
    (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
