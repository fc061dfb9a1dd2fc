//! All Twins scenarios, each once: leaders and partitions by round, up to renaming what is alike.
//!
//! Identities without a twin are alike, so are identities with one, and so are the two halves of each. A renaming maps
//! scenarios to scenarios that differ in nothing; of each class the one that comes first is enumerated. It is found round
//! by round: a round's choice is kept where no renaming that leaves all earlier rounds as they are makes it smaller.

use types::{NodeId, Prng};

/// What happens in one round: who leads, and who stands together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Round {
    /// The leader; both halves lead where it has a twin.
    pub leader: NodeId,
    /// One side of the partition, a bit for each seat; the first seat stands on the other one.
    pub side: u32,
}

/// The scenarios of one shape.
#[derive(Clone, Debug)]
pub struct Scenarios {
    n: usize,
    twins: usize,
    rounds: usize,
    /// For each renaming and each choice of a round, the choice that it is renamed to.
    renamed: Vec<Vec<u32>>,
}

impl Scenarios {
    /// Of `n` identities the first `twins` have a twin; `rounds` rounds are chosen.
    #[must_use]
    pub fn new(n: usize, twins: usize, rounds: usize) -> Self {
        let mut this = Self { n, twins, rounds, renamed: Vec::new() };
        let choices = this.choices();
        for (ids, seats) in this.renamings() {
            let rename = |choice| {
                let Round { leader, side } = this.round(choice);
                let side = (0..this.seats()).filter(|seat| side & (1 << seat) != 0);
                let side = side.fold(0_u32, |side, seat| side | 1 << seats[seat]);
                this.number(ids[leader.index()], side)
            };
            let table = (0..choices).map(rename).collect();
            this.renamed.push(table);
        }
        this
    }

    const fn seats(&self) -> usize {
        self.n + self.twins
    }
    /// How many choices there are in a round.
    fn choices(&self) -> u32 {
        (self.n as u32) << (self.seats() - 1)
    }
    fn round(&self, choice: u32) -> Round {
        let sides = 1 << (self.seats() - 1);
        let leader = NodeId::new(u16::try_from(choice / sides).unwrap_or_default());
        Round { leader, side: (choice % sides) << 1 }
    }
    fn number(&self, leader: usize, side: u32) -> u32 {
        let all = (1 << self.seats()) - 1;
        let side = if side & 1 == 0 { side } else { all & !side };
        ((leader as u32) << (self.seats() - 1)) | side >> 1
    }

    /// All renamings: of identities, and of seats.
    fn renamings(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let with = permutations(self.twins);
        let without = permutations(self.n - self.twins);
        let mut all = Vec::new();
        for first in &with {
            for second in &without {
                for swaps in 0..1_usize << self.twins {
                    let mut ids = first.clone();
                    ids.extend(second.iter().map(|id| id + self.twins));
                    let mut seats = ids.clone();
                    seats.extend(first.iter().map(|id| id + self.n));
                    for twin in (0..self.twins).filter(|twin| swaps & (1 << twin) != 0) {
                        seats.swap(twin, self.n + twin);
                    }
                    all.push((ids, seats));
                }
            }
        }
        all
    }

    /// How many scenarios there are, by Burnside's lemma: the mean over all renamings of how many they leave as they are.
    #[must_use]
    pub fn count(&self) -> u128 {
        let fixed = self.renamed.iter().map(|table| {
            let fixed = (0_u32..).zip(table).filter(|(choice, to)| choice == *to).count();
            (fixed as u128).pow(self.rounds as u32)
        });
        fixed.sum::<u128>() / self.renamed.len() as u128
    }

    /// Any of them, drawn choice by choice.
    #[must_use]
    pub fn draw(&self, prng: &mut Prng) -> Vec<Round> {
        let choices = self.choices().into();
        let choice = |_| u32::try_from(prng.below(choices)).unwrap_or_default();
        (0..self.rounds).map(choice).map(|choice| self.round(choice)).collect()
    }

    /// All of them, in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        let all = (0..self.renamed.len()).collect();
        Iter { of: self, next: vec![0], alike: vec![all] }
    }
}

/// Enumerates scenarios.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    of: &'a Scenarios,
    /// The choice of every round so far, the last one to be tried next.
    next: Vec<u32>,
    /// The renamings that leave all rounds before each as they are.
    alike: Vec<Vec<usize>>,
}

impl Iterator for Iter<'_> {
    type Item = Vec<Round>;

    fn next(&mut self) -> Option<Vec<Round>> {
        let of = self.of;
        loop {
            let (choice, alike) = (self.next.last().copied()?, self.alike.last()?);
            if choice == of.choices() {
                self.next.pop();
                self.alike.pop();
                *self.next.last_mut()? += 1;
                continue;
            }
            let to = |renaming: usize| of.renamed[renaming][choice as usize];
            if alike.iter().any(|&renaming| to(renaming) < choice) {
                *self.next.last_mut()? += 1;
                continue;
            }
            if self.next.len() == of.rounds {
                let rounds = self.next.iter().map(|&choice| of.round(choice)).collect();
                *self.next.last_mut()? += 1;
                return Some(rounds);
            }
            let alike = alike.iter().copied().filter(|&renaming| to(renaming) == choice).collect();
            self.alike.push(alike);
            self.next.push(0);
        }
    }
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..n {
        let longer = |done: &Vec<usize>| {
            let free = (0..n).filter(|next| !done.contains(next));
            free.map(|next| [done.as_slice(), &[next]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

#[cfg(test)]
mod tests;
