//! Which node should propose: how well simple measures of a node's links foretell the success of its rounds.
//!
//! `docs/theory/primary.md` has the formulas. K is 2f + 1, and so is the size of the cohort.

mod between;
mod fit;

use types::Prng;

use crate::theory::chance::{Group, at_least};
use crate::{Error, Links, Model, Odds, Setup, theory};

pub use fit::{Fit, fit};

/// What is known of a node as proposer. All but the last field follow from links alone.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The node.
    pub node: usize,
    /// Q: that at least K others hear it.
    pub reach: f64,
    /// Q3: that all others hear it.
    pub reach_all: f64,
    /// Q2: the mean reliability of its links to others.
    pub mean_link: f64,
    /// w: the geometric mean of Q and of the same for the links towards it.
    pub weight: f64,
    /// E: the sum of its links, each times the weight of the node it leads to.
    pub weighted_links: f64,
    /// Qw: as Q, where a node that hears it counts with the probability that is its weight.
    pub weighted_reach: f64,
    /// The least of all nodes' chances to be prepared, by the mean two-hop link to each.
    pub prepared_min: f64,
    /// The mean of the K largest of them.
    pub prepared_top: f64,
    /// I: Q times the mean of the K largest.
    pub index: f64,
    /// Iw: the same with Qw.
    pub weighted_index: f64,
    /// C: the share of others' most reliable ways that lead through it.
    pub betweenness: f64,
    /// That everybody of its cohort, the K nodes that hear it best, hears 2f others of the cohort.
    pub cohort: f64,
    /// Q times that.
    pub fixed_index: f64,
    /// 0.6 Q + 0.4 Qw.
    pub blend: f64,
    /// How likely a round that it proposes succeeds: exactly.
    pub success: f64,
}

/// What is read from a candidate.
pub type Measure = fn(&Candidate) -> f64;

/// The measures by name, so that each can be held against the exact success.
pub const MEASURES: [(&str, Measure); 11] = [
    ("reach", |node| node.reach),
    ("reach_all", |node| node.reach_all),
    ("mean_link", |node| node.mean_link),
    ("weighted_links", |node| node.weighted_links),
    ("weighted_reach", |node| node.weighted_reach),
    ("index", |node| node.index),
    ("weighted_index", |node| node.weighted_index),
    ("betweenness", |node| node.betweenness),
    ("cohort", |node| node.cohort),
    ("fixed_index", |node| node.fixed_index),
    ("blend", |node| node.blend),
];

/// Measures every node of a setup as proposer.
///
/// # Errors
/// Where the setup is impossible, or the exact sum has too many terms.
pub fn candidates(setup: &Setup, links: &Links) -> Result<Vec<Candidate>, Error> {
    let model = Model::new(setup)?;
    let (n, f) = (model.n(), model.f());
    if links.n() != n {
        return Err(Error::Size { what: "the matrix of links", given: links.n(), nodes: n });
    }
    let weights: Vec<f64> = (0..n).map(|node| weight(links, node, 2 * f + 1)).collect();
    let betweenness = between::betweenness(links);
    (0..n)
        .map(|node| {
            let own = Setup { leader: node, ..setup.clone() };
            let success = theory::solve(&Model::new(&own)?, links)?.success;
            let view = View { links, weights: &weights, f, node };
            Ok(view.candidate(betweenness[node], success))
        })
        .collect()
}

/// The choice by Q, or, where the two best are within 0.15 of each other in log-odds, by Q + 0.3 (Qw - Q). Ties go to
/// the lower number.
#[must_use]
pub fn choose(candidates: &[Candidate]) -> Option<usize> {
    let mut ranked: Vec<f64> = candidates.iter().map(|node| node.reach).collect();
    ranked.sort_by(|a, b| b.total_cmp(a));
    let close = match ranked[..] {
        [first, second, ..] => first == second || (logit(first) - logit(second)).abs() < 0.15,
        _ => false,
    };
    let score = |node: &Candidate| match close {
        true => node.reach + 0.3 * (node.weighted_reach - node.reach),
        false => node.reach,
    };
    best(candidates, score)
}

/// The node with the highest score; ties go to the lower number.
pub fn best(candidates: &[Candidate], score: impl Fn(&Candidate) -> f64) -> Option<usize> {
    let scores = candidates.iter().map(|node| (node.node, score(node)));
    scores.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(node, _)| node)
}

/// Links drawn evenly between two reliabilities, each by itself.
///
/// # Errors
/// Where the ends are no probabilities in ascending order, or there are no nodes or too many.
pub fn random_links(n: usize, low: f64, high: f64, seed: u64, number: u64) -> Result<Links, Error> {
    Odds::new(low, "the worst link")?;
    Odds::new(high, "the best link")?;
    if low > high {
        return Err(Error::Probability {
            of: "the best link, below that of the worst,".into(),
            given: high,
        });
    }
    if n > crate::MATRIX_MAX {
        return Err(Error::Nodes { given: n, max: crate::MATRIX_MAX });
    }
    let mut dice = Prng::new(seed, number);
    let mut draw = || low + (high - low) * ((dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64);
    let rows: Vec<Vec<f64>> = (0..n).map(|_| (0..n).map(|_| draw().min(1.0)).collect()).collect();
    Links::from_matrix(&rows)
}

struct View<'a> {
    links: &'a Links,
    weights: &'a [f64],
    f: usize,
    node: usize,
}

impl View<'_> {
    fn candidate(&self, betweenness: f64, success: f64) -> Candidate {
        let (n, k) = (self.links.n(), 2 * self.f + 1);
        let out: Vec<Odds> = others(n, self.node).map(|to| self.links.get(self.node, to)).collect();
        let reach = tail(k.min(n - 1), &out);
        let weighted: Vec<Odds> = others(n, self.node)
            .map(|to| sure(self.links.get(self.node, to).yes * self.weights[to]))
            .collect();
        let weighted_reach = tail(k.min(n - 1), &weighted);
        let mut prepared: Vec<f64> = (0..n).map(|to| self.prepared(to)).collect();
        prepared.sort_by(|a, b| b.total_cmp(a));
        let top = &prepared[..k.min(n)];
        let prepared_top = top.iter().sum::<f64>() / top.len() as f64;
        let cohort = self.cohort();
        Candidate {
            node: self.node,
            reach,
            reach_all: tail(n - 1, &out),
            mean_link: out.iter().map(|odds| odds.yes).sum::<f64>() / out.len().max(1) as f64,
            weight: self.weights[self.node],
            weighted_links: weighted.iter().map(|odds| odds.yes).sum(),
            weighted_reach,
            prepared_min: prepared[n - 1],
            prepared_top,
            index: reach * prepared_top,
            weighted_index: weighted_reach * prepared_top,
            betweenness,
            cohort,
            fixed_index: reach * cohort,
            blend: 0.6 * reach + 0.4 * weighted_reach,
            success,
        }
    }

    /// About how likely a node is prepared: N-2 others, each heard by way of the mean two-hop link.
    fn prepared(&self, to: usize) -> f64 {
        let n = self.links.n();
        if to == self.node {
            return 1.0;
        }
        let via: Vec<f64> = others(n, self.node)
            .filter(|&by| by != to)
            .map(|by| self.links.get(self.node, by).yes * self.links.get(by, to).yes)
            .collect();
        let mean = via.iter().sum::<f64>() / via.len().max(1) as f64;
        tail(2 * self.f, &vec![sure(mean); via.len()])
    }

    fn cohort(&self) -> f64 {
        let mut cohort: Vec<usize> = others(self.links.n(), self.node).collect();
        let link = |to: usize| self.links.get(self.node, to).yes;
        cohort.sort_by(|&a, &b| link(b).total_cmp(&link(a)).then(a.cmp(&b)));
        cohort.truncate(2 * self.f + 1);
        let hears = |to: usize| {
            let heard = cohort.iter().filter(|&&from| from != to);
            tail(2 * self.f, &heard.map(|&from| self.links.get(from, to)).collect::<Vec<_>>())
        };
        cohort.iter().map(|&to| hears(to)).product()
    }
}

/// The geometric mean of how likely a node is heard by k others, and hears k others.
fn weight(links: &Links, node: usize, k: usize) -> f64 {
    let n = links.n();
    let out: Vec<Odds> = others(n, node).map(|to| links.get(node, to)).collect();
    let towards: Vec<Odds> = others(n, node).map(|from| links.get(from, node)).collect();
    (tail(k.min(n - 1), &out) * tail(k.min(n - 1), &towards)).sqrt()
}

fn others(n: usize, node: usize) -> impl Iterator<Item = usize> {
    (0..n).filter(move |&other| other != node)
}

fn sure(yes: f64) -> Odds {
    Odds { yes, no: 1.0 - yes }
}

fn tail(k: usize, all: &[Odds]) -> f64 {
    let groups: Vec<Group<f64>> = all.iter().map(|&odds| (1, odds.into())).collect();
    at_least(k, &groups).yes
}

fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests;
