//! The sum over all fates of all members.

use super::chance::{Chance, binomial};
use super::classes::Classes;
use super::number::Number;
use super::outlook::{Outlook, Tails};
use super::states::{Codes, States};
use crate::Model;

/// About how many terms the sum has: the pairs of a set and one that may be left of it, and what each set costs.
pub(super) fn terms(model: &Model, classes: &Classes) -> f64 {
    let budget = model.n - model.need;
    let shrinking = model.phases.len() as f64;
    let (mut sets, mut pairs) = (vec![1.0], vec![1.0]);
    for &size in classes.sizes() {
        sets = times(&sets, &vec![1.0; size.min(budget) + 1], budget);
        let ways: Vec<f64> = (0..=size.min(budget)).map(|lost| lost as f64 + 1.0).collect();
        pairs = times(&pairs, &ways, budget);
    }
    let (sets, pairs): (f64, f64) = (sets.iter().sum(), pairs.iter().sum());
    let kinds = classes.count() as f64;
    let each =
        if classes.count() <= 4 { model.n as f64 } else { kinds * kinds * (budget as f64 + 2.0) };
    shrinking * pairs + sets * each
}

fn times(a: &[f64], b: &[f64], degree: usize) -> Vec<f64> {
    let mut product = vec![0.0; (a.len() + b.len() - 1).min(degree + 1)];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate().take((degree + 1).saturating_sub(i)) {
            product[i + j] += x * y;
        }
    }
    product
}

/// The chance of success and that of failure, each added up from what it is made of.
pub(super) fn total<W: Number>(model: &Model, classes: &Classes) -> (W, W) {
    let codes = Codes::new(classes);
    let mut sum = Sum {
        open: model.is_open(),
        codes,
        success: W::ZERO,
        failure: W::ZERO,
        scratch: vec![0; classes.count()],
    };
    let all = classes.sizes().to_vec();
    let whole = sum.key(sum.codes.of(&all), sum.codes.of(&all));
    let mut next = States::new(sum.span());
    let start = Outlook::start(model, classes);
    sum.spread(&start, W::ONE, whole, true, &mut next);
    let mut tails = Tails::new();
    for (at, &phase) in model.phases.iter().enumerate() {
        let now = std::mem::replace(&mut next, States::new(sum.span()));
        let is_last = at + 1 == model.phases.len();
        let resets = !matches!(phase, crate::Phase::Exchange { .. });
        for (key, weight) in now.list() {
            let (members, listeners) = sum.sets(key);
            let outlook = Outlook::new(model, classes, &mut tails, phase, &members);
            if is_last {
                let enough = outlook.enough(&members, &listeners);
                sum.success = sum.success + weight * outlook.gate.yes * enough.yes;
                sum.lose(weight, outlook.gate, enough);
            } else {
                sum.spread(&outlook, weight, key, resets, &mut next);
            }
        }
    }
    (sum.success, sum.failure)
}

struct Sum<W> {
    open: bool,
    codes: Codes,
    success: W,
    failure: W,
    scratch: Vec<usize>,
}

impl<W: Number> Sum<W> {
    /// Where nobody outside listens, a state is its members.
    fn key(&self, members: u128, listeners: u128) -> u128 {
        if self.open {
            listeners.saturating_mul(self.codes.span()).saturating_add(members)
        } else {
            members
        }
    }
    fn span(&self) -> u128 {
        let span = self.codes.span();
        if self.open { span.saturating_mul(span) } else { span }
    }
    fn sets(&self, key: u128) -> (Vec<usize>, Vec<usize>) {
        let mut members = vec![0; self.scratch.len()];
        self.codes.read(key % self.codes.span(), &mut members);
        let mut listeners = members.clone();
        if self.open {
            self.codes.read(key / self.codes.span(), &mut listeners);
        }
        (members, listeners)
    }

    fn lose(&mut self, weight: W, gate: Chance<W>, enough: Chance<W>) {
        self.failure = self.failure + weight * (gate.no + gate.yes * enough.no);
    }

    /// Distributes the weight of one state over those that may follow.
    fn spread(
        &mut self,
        outlook: &Outlook<W>,
        weight: W,
        key: u128,
        resets: bool,
        next: &mut States<W>,
    ) {
        let (members, listeners) = self.sets(key);
        self.lose(weight, outlook.gate, outlook.enough(&members, &members));
        let present: usize = members.iter().sum();
        if present < outlook.floor || outlook.gate.yes.is_zero() {
            return;
        }
        let budget = present - outlook.floor;
        let losses: Vec<(u128, Vec<W>)> = members
            .iter()
            .enumerate()
            .filter(|&(class, &count)| count > 0 && !outlook.stay[class].no.is_zero())
            .map(|(class, &count)| {
                let lost = binomial(count, outlook.stay[class].flipped(), budget);
                (self.codes.stride(class), lost)
            })
            .collect();
        let kept = if resets { None } else { Some(self.codes.of(&listeners)) };
        let code = self.codes.of(&members);
        let mut each = |code: u128, weight: W| {
            next.add(self.key(code, kept.unwrap_or(code)), weight);
        };
        descend(&losses, budget, code, weight * outlook.gate.yes, &mut each);
    }
}

/// All ways of losing at most `budget` members.
fn descend<W: Number>(
    losses: &[(u128, Vec<W>)],
    budget: usize,
    code: u128,
    weight: W,
    each: &mut impl FnMut(u128, W),
) {
    let Some(((stride, lost), rest)) = losses.split_first() else { return each(code, weight) };
    for (count, &chance) in lost.iter().enumerate().take(budget + 1) {
        if !chance.is_zero() {
            descend(rest, budget - count, code - stride * count as u128, weight * chance, each);
        }
    }
}
