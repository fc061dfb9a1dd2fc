//! Probabilities with their complements, and how many of many independent things happen.

use super::number::Number;
use crate::Odds;

/// As [`Odds`], in any kind of number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Chance<W> {
    pub(crate) yes: W,
    pub(crate) no: W,
}

impl<W: Number> From<Odds> for Chance<W> {
    fn from(odds: Odds) -> Self {
        Self { yes: W::of(odds.yes), no: W::of(odds.no) }
    }
}

impl<W: Number> Chance<W> {
    pub(crate) const SURE: Self = Self { yes: W::ONE, no: W::ZERO };
    pub(crate) const NEVER: Self = Self { yes: W::ZERO, no: W::ONE };

    pub(crate) const fn flipped(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

/// So many things, each of which happens with the same chance.
pub(crate) type Group<W> = (usize, Chance<W>);

/// How likely 0, 1, ... of `m` things happen, up to `most` of them.
pub(crate) fn binomial<W: Number>(m: usize, chance: Chance<W>, most: usize) -> Vec<W> {
    let most = most.min(m);
    let mut no = Vec::with_capacity(m + 1);
    let mut power = W::ONE;
    for _ in 0..=m {
        no.push(power);
        power = power * chance.no;
    }
    // The coefficient before the powers: it is large where they are small.
    let (mut ways, mut yes) = (W::ONE, W::ONE);
    let mut all = Vec::with_capacity(most + 1);
    for hits in 0..=most {
        all.push(ways * yes * no[m - hits]);
        ways = ways * W::of((m - hits) as f64 / (hits + 1) as f64);
        yes = yes * chance.yes;
    }
    all
}

/// How likely at least `k` of all things happen.
pub(crate) fn at_least<W: Number>(k: usize, groups: &[Group<W>]) -> Chance<W> {
    let total: usize = groups.iter().map(|&(count, _)| count).sum();
    if k == 0 {
        return Chance::SURE;
    }
    if k > total {
        return Chance::NEVER;
    }
    if k > total / 2 + 1 {
        let misses: Vec<Group<W>> =
            groups.iter().map(|&(count, chance)| (count, chance.flipped())).collect();
        return count(total - k + 1, misses).flipped();
    }
    count(k, groups.to_vec())
}

/// The same, by the number of hits below `k`, from the largest group on.
fn count<W: Number>(k: usize, mut groups: Vec<Group<W>>) -> Chance<W> {
    groups.retain(|&(count, _)| count > 0);
    groups.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    let mut below = vec![W::ZERO; k];
    below[0] = W::ONE;
    let mut reached = W::ZERO;
    for (at, &(m, chance)) in groups.iter().enumerate() {
        if m == 1 {
            reached = reached + below[k - 1] * chance.yes;
            for hits in (1..k).rev() {
                below[hits] = below[hits] * chance.no + below[hits - 1] * chance.yes;
            }
            below[0] = below[0] * chance.no;
            continue;
        }
        let hits = binomial(m, chance, m);
        if at == 0 {
            reached = hits.iter().skip(k).fold(W::ZERO, |sum, &term| sum + term);
            below.iter_mut().zip(&hits).for_each(|(below, &hit)| *below = hit);
            below.iter_mut().skip(hits.len()).for_each(|below| *below = W::ZERO);
            continue;
        }
        reached = reached + beyond(&below, &hits);
        for total in (0..k).rev() {
            let terms = hits.iter().take(total + 1).enumerate();
            below[total] =
                terms.fold(W::ZERO, |sum, (of_it, &hit)| sum + below[total - of_it] * hit);
        }
    }
    Chance { yes: reached, no: below.into_iter().fold(W::ZERO, |sum, term| sum + term) }
}

/// What a group lifts from below the threshold to it or above.
fn beyond<W: Number>(below: &[W], hits: &[W]) -> W {
    let k = below.len();
    let mut tail = vec![W::ZERO; hits.len() + 1];
    for at in (0..hits.len()).rev() {
        tail[at] = tail[at + 1] + hits[at];
    }
    let terms = below.iter().enumerate().filter(|&(have, _)| k - have < tail.len());
    terms.fold(W::ZERO, |sum, (have, &term)| sum + term * tail[k - have])
}

#[cfg(test)]
mod tests;
