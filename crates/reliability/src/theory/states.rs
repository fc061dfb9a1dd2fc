//! Weights of sets of members.

use std::collections::BTreeMap;

use super::classes::Classes;
use super::number::Number;

/// Up to so many possible sets, they lie in a plain list.
const DENSE_MAX: u128 = 1 << 20;

/// Sets by a number: the count of each class, times the number of counts of the classes before it.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    strides: Vec<u128>,
    span: u128,
}

impl Codes {
    /// The numbers of the sets of these classes. A sum that is tractable has few enough of them for 64 bits.
    pub(super) fn new(classes: &Classes) -> Self {
        let mut span: u128 = 1;
        let strides = classes.sizes().iter().map(|&size| {
            let stride = span;
            span = span.saturating_mul(size as u128 + 1);
            stride
        });
        Self { strides: strides.collect(), span }
    }
    /// How much one member of a class counts.
    pub(super) fn stride(&self, class: usize) -> u128 {
        self.strides[class]
    }
    /// Behind the largest number.
    pub(super) const fn span(&self) -> u128 {
        self.span
    }
    /// The number of a set.
    pub(super) fn of(&self, members: &[usize]) -> u128 {
        members.iter().zip(&self.strides).map(|(&count, stride)| count as u128 * stride).sum()
    }
    /// The set with a number.
    pub(super) fn read(&self, mut code: u128, members: &mut [usize]) {
        for (members, stride) in members.iter_mut().zip(&self.strides).rev() {
            *members = usize::try_from(code / stride).unwrap_or(usize::MAX);
            code %= stride;
        }
    }
}

/// Weights by code.
#[derive(Debug)]
pub(super) enum States<W> {
    Dense(Vec<W>),
    Sparse(BTreeMap<u128, W>),
}

impl<W: Number> States<W> {
    /// No weights, for codes below `span`.
    pub(super) fn new(span: u128) -> Self {
        match usize::try_from(span) {
            Ok(few) if span <= DENSE_MAX => Self::Dense(vec![W::ZERO; few]),
            Ok(_) | Err(_) => Self::Sparse(BTreeMap::new()),
        }
    }
    /// Adds to the weight of a code.
    pub(super) fn add(&mut self, code: u128, weight: W) {
        let slot = match self {
            Self::Dense(all) => all.get_mut(usize::try_from(code).unwrap_or(usize::MAX)),
            Self::Sparse(all) => Some(all.entry(code).or_insert(W::ZERO)),
        };
        if let Some(slot) = slot {
            *slot = *slot + weight;
        }
    }
    /// All weights that are not zero, by ascending code.
    pub(super) fn list(self) -> Vec<(u128, W)> {
        let all: Vec<(u128, W)> = match self {
            Self::Dense(all) => {
                all.into_iter().enumerate().map(|(code, weight)| (code as u128, weight)).collect()
            }
            Self::Sparse(all) => all.into_iter().collect(),
        };
        all.into_iter().filter(|(_, weight)| !weight.is_zero()).collect()
    }
}
