//! Rounds in which nobody but leaders counts: every node's way through the round is its own, and only numbers meet.
//!
//! Such a round is lost where a collection misses too many votes, or too many members are gone at the end, or a leader
//! is. Nodes are independent, so the numbers missed are added up node by node: polynomial for any links.

use std::collections::BTreeMap;

use super::number::Number;
use crate::{Links, Model, Odds, Phase};

/// How many each collection, and the end, may miss; nothing where members speak to each other too.
fn budgets(model: &Model) -> Option<Vec<usize>> {
    let mut budgets = Vec::new();
    for &phase in model.phases() {
        match phase {
            Phase::Broadcast { .. } => {}
            Phase::Collect { quorum, .. } => budgets.push((model.n - 1).checked_sub(quorum)?),
            Phase::Exchange { .. } => return None,
        }
    }
    budgets.push(model.n - model.need);
    Some(budgets)
}

/// About how many terms the sum has; nothing where it does not apply.
pub(super) fn terms(model: &Model) -> Option<f64> {
    let budgets = budgets(model)?;
    let states: f64 = budgets.iter().map(|&budget| budget as f64 + 1.0).product();
    let fates = (1_u64 << budgets.len()) as f64;
    Some(states * model.n as f64 * fates)
}

/// The chance of success and that of failure; nothing where this does not apply.
pub(super) fn total<W: Number>(model: &Model, links: &Links) -> Option<(W, W)> {
    let budgets = budgets(model)?;
    let mut strides = Vec::with_capacity(budgets.len());
    let mut span = 1;
    for budget in &budgets {
        strides.push(span);
        span *= budget + 1;
    }
    let mut states = vec![W::ZERO; span];
    states[0] = W::ONE;
    let mut failure = W::ZERO;
    for node in 0..model.n {
        let fates = Fates::of(model, links, node, budgets.len());
        let mut next = vec![W::ZERO; span];
        for (code, &weight) in states.iter().enumerate().filter(|(_, weight)| !weight.is_zero()) {
            failure = failure + weight * fates.lost;
            for (missed, chance) in &fates.kept {
                let fits = |at: usize| {
                    code / strides[at] % (budgets[at] + 1) + usize::from(missed[at]) <= budgets[at]
                };
                if (0..budgets.len()).all(fits) {
                    let step: usize = missed
                        .iter()
                        .zip(&strides)
                        .map(|(&is, stride)| usize::from(is) * stride)
                        .sum();
                    next[code + step] = next[code + step] + weight * *chance;
                } else {
                    failure = failure + weight * *chance;
                }
            }
        }
        states = next;
    }
    Some((states.into_iter().fold(W::ZERO, |sum, weight| sum + weight), failure))
}

/// What may become of one node: which collections miss it, and whether the end does.
struct Fates<W> {
    kept: BTreeMap<Vec<bool>, W>,
    /// It was to lead, and is gone.
    lost: W,
}

impl<W: Number> Fates<W> {
    fn of(model: &Model, links: &Links, node: usize, counted: usize) -> Self {
        let mut fates = Self { kept: BTreeMap::new(), lost: W::ZERO };
        // Those who are members still, by what has missed them so far.
        let mut going = BTreeMap::from([(Vec::new(), W::ONE)]);
        fates.thin(&mut going, model.up(node), leads_from(model, node, 0), counted);
        for (at, &phase) in model.phases().iter().enumerate() {
            let leads = leads_from(model, node, at + 1);
            match phase {
                Phase::Broadcast { from } if from != node => {
                    fates.thin(&mut going, links.get(from, node), leads, counted);
                }
                Phase::Collect { at: leader, thins, .. } if leader != node => {
                    let link = links.get(node, leader);
                    if thins {
                        fates.thin(&mut going, link, leads, counted);
                        going = extended(going, Odds::SURE);
                    } else {
                        going = extended(going, link);
                    }
                }
                Phase::Collect { .. } => going = extended(going, Odds::SURE),
                Phase::Broadcast { .. } | Phase::Exchange { .. } => {}
            }
        }
        for (mut missed, chance) in going {
            missed.push(false);
            fates.add(missed, chance);
        }
        fates
    }

    /// Lets members go on with a chance; all that is counted later misses those who do not.
    fn thin(
        &mut self,
        going: &mut BTreeMap<Vec<bool>, W>,
        stay: Odds,
        leads: bool,
        counted: usize,
    ) {
        for (missed, chance) in going.iter_mut() {
            let gone = *chance * W::of(stay.no);
            *chance = *chance * W::of(stay.yes);
            if leads {
                self.lost = self.lost + gone;
            } else if !gone.is_zero() {
                let mut missed = missed.clone();
                missed.resize(counted, true);
                self.add(missed, gone);
            }
        }
    }

    fn add(&mut self, missed: Vec<bool>, chance: W) {
        let sum = self.kept.entry(missed).or_insert(W::ZERO);
        *sum = *sum + chance;
    }
}

/// One more collection: it hears a member, or misses it.
fn extended<W: Number>(going: BTreeMap<Vec<bool>, W>, heard: Odds) -> BTreeMap<Vec<bool>, W> {
    let mut all = BTreeMap::new();
    for (missed, chance) in going {
        for (is_missed, of_it) in [(false, heard.yes), (true, heard.no)] {
            if of_it > 0.0 {
                let mut missed = missed.clone();
                missed.push(is_missed);
                all.insert(missed, chance * W::of(of_it));
            }
        }
    }
    all
}

/// Whether a node has a part of its own in a phase from `at` on.
fn leads_from(model: &Model, node: usize, at: usize) -> bool {
    model.phases()[at..].iter().any(|phase| match *phase {
        Phase::Broadcast { from } => from == node,
        Phase::Collect { at, .. } => at == node,
        Phase::Exchange { proposer, .. } => proposer == node,
    })
}
