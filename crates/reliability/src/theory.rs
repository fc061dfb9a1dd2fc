//! The exact probability that a round succeeds.
//!
//! A round is a Markov chain over the set of its members: given the set, every member stays or falls out on its own,
//! because different receivers listen to different links. Members that no link tells apart are counted instead of
//! named, so that the full mesh and the star are polynomial; where all differ, sets are enumerated, and since a
//! successful round loses at most f members, few of them. Where only leaders count (Raft, HotStuff) no set matters, and
//! numbers are added up node by node. All sums are of positive terms, for success and for failure
//! apart, so that neither is what is left of one.

pub(crate) mod chance;
mod classes;
mod number;
mod outlook;
mod relay;
mod states;
mod sum;

use crate::{Error, Links, Model};

pub(crate) use chance::Chance;
pub(crate) use classes::Classes;
pub(crate) use outlook::{Outlook, Tails};

use number::{Number, Wide};

/// Most terms that an exact sum may have.
pub const TERMS_MAX: f64 = 3e8;
/// Up to so many nodes, plain floating-point numbers have room for every binomial coefficient.
const PLAIN_NODES_MAX: usize = 256;
/// Below this, plain floating-point numbers may have lost terms.
const PLAIN_LEAST: f64 = 1e-150;

/// What is known exactly about a round.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Theory {
    /// How likely it succeeds.
    pub success: f64,
    /// How likely it fails: added up by itself, so that a rare failure is as exact as a rare success.
    pub failure: f64,
    /// The decimal logarithm of the success, for what is too small for a floating-point number.
    pub log10_success: f64,
    /// The same of the failure.
    pub log10_failure: f64,
    /// No value above is off by a larger share of itself through rounding.
    pub relative_error_max: f64,
    /// How many kinds of nodes the links tell apart.
    pub kinds: usize,
}

/// The exact probability that a round succeeds.
///
/// # Errors
/// Where links and model are for different numbers of nodes, or too many fates would have to be added up.
pub fn solve(model: &Model, links: &Links) -> Result<Theory, Error> {
    let classes = Classes::new(model, links)?;
    let by_sets = sum::terms(model, &classes);
    let by_nodes = relay::terms(model).filter(|&terms| terms < by_sets);
    let terms = by_nodes.unwrap_or(by_sets);
    if terms > TERMS_MAX {
        return Err(Error::Intractable { terms, max: TERMS_MAX });
    }
    if model.n <= PLAIN_NODES_MAX {
        let (success, failure) = total::<f64>(model, links, &classes, by_nodes.is_some());
        let is_safe = |value: f64| value.is_finite() && value > PLAIN_LEAST;
        if is_safe(success) && is_safe(failure) {
            return Ok(theory(model, &classes, success, failure));
        }
    }
    let (success, failure) = total::<Wide>(model, links, &classes, by_nodes.is_some());
    Ok(theory(model, &classes, success, failure))
}

/// The sum over sets, or over nodes where that has fewer terms.
fn total<W: Number>(model: &Model, links: &Links, classes: &Classes, by_nodes: bool) -> (W, W) {
    let by_nodes = by_nodes.then(|| relay::total(model, links)).flatten();
    by_nodes.unwrap_or_else(|| sum::total(model, classes))
}

fn theory<W: Number>(model: &Model, classes: &Classes, success: W, failure: W) -> Theory {
    // A tail is a sum of at most n terms of at most 4n roundings; a phase raises it to the n-th power at most.
    let n = model.n as f64;
    let roundings = (model.phases.len() as f64 + 1.0) * (5.0 * n * n + 20.0 * n);
    Theory {
        success: success.value().min(1.0),
        failure: failure.value().min(1.0),
        log10_success: success.log10().min(0.0),
        log10_failure: failure.log10().min(0.0),
        relative_error_max: roundings * f64::EPSILON / 2.0,
        kinds: classes.count(),
    }
}

#[cfg(test)]
mod tests;
