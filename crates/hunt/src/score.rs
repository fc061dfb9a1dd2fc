//! How good the hunt is: cores with one deliberate bug each, and how many of them it finds.
//!
//! A bug counts as found where a run breaks an invariant or goes nowhere, or where a scenario of twins ends badly. Bugs
//! that only cost time, room or a conviction are found by comparing a run with the same run of the sound core, against
//! bounds so wide that only a different protocol exceeds them.

use std::cell::OnceCell;

use sim::{Report, Verdict};
use types::Prng;

use crate::model::{self, Scope};
use crate::twins::{self, Ending, Scenarios, Shape};
use kinds::{Kind, draw};

mod elsewhere;
mod kinds;

pub use elsewhere::ELSEWHERE;

/// A deliberate bug.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Bug {
    /// The protocol.
    pub protocol: &'static str,
    /// The bug's label.
    pub label: &'static str,
}

/// The protocols whose cores have bugs, one name for each core.
const CORES: [&str; 8] = ["pbft", "hotstuff", "tendermint", "raft", "poa", "pos", "pow", "fba"];

/// All bugs that the simulated world can show; none in a build without them.
#[must_use]
pub fn catalogue() -> Vec<Bug> {
    let of = |protocol: &'static str| {
        let config = protocols::config(protocol, 4, &protocols::Params::default());
        let labels = config.map(|config| protocols::mutants(&config)).unwrap_or_default();
        labels.into_iter().map(move |label| Bug { protocol, label })
    };
    let is_here = |bug: &Bug| {
        !ELSEWHERE.iter().any(|(protocol, label, _)| {
            (*protocol == bug.protocol || *protocol == "*") && *label == bug.label
        })
    };
    CORES.into_iter().flat_map(of).filter(is_here).collect()
}

/// One attempt at all bugs of a protocol, by its number.
#[derive(Debug)]
pub struct Trial {
    protocol: &'static str,
    kind: Kind,
    seed: u64,
    /// What the sound core makes of the same configuration, once somebody has asked.
    reference: OnceCell<Option<Report>>,
}

impl Trial {
    /// The attempt with this number.
    #[must_use]
    pub fn new(protocol: &'static str, number: u64) -> Self {
        let kinds = Kind::of(protocol);
        let (kind, seed) = (number % kinds.len() as u64, number / kinds.len() as u64);
        Self { protocol, kind: kinds[kind as usize], seed, reference: OnceCell::new() }
    }

    /// Whether the attempt finds a bug of its protocol, and how.
    #[must_use]
    pub fn attempt(&self, bug: Bug) -> Option<String> {
        if self.kind == Kind::Twins {
            return twins_of(bug, self.seed);
        }
        if self.kind == Kind::Walk {
            return walks_of(bug, self.seed);
        }
        let sound = draw(self.protocol, self.kind, self.seed);
        let mut broken = sound.clone();
        bug.label.clone_into(&mut broken.mutant);
        let report = sim::run(&broken).ok()?;
        if report.verdict != Verdict::Pass {
            return Some(format!("{}: {}", report.verdict.label(), report.replay));
        }
        if !self.kind.is_measured() {
            return None;
        }
        let reference = self.reference.get_or_init(|| sim::run(&sound).ok()).as_ref()?;
        compare(&report, reference).map(|what| format!("{what}: {}", report.replay))
    }
}

fn twins_of(bug: Bug, seed: u64) -> Option<String> {
    let nodes = TWINS_SIZES[(seed % TWINS_SIZES.len() as u64) as usize];
    let all = Scenarios::new(nodes, 1, 3 + (seed / 3 % 4) as usize);
    let shape =
        Shape { protocol: bug.protocol.to_owned(), nodes, twins: 1, mutant: bug.label.to_owned() };
    let mut prng = Prng::new(seed, 0x7477_696e);
    for _ in 0..TWINS_AT_ONCE {
        let mut rounds = all.draw(&mut prng);
        for round in &mut rounds {
            // What a liar leads is what most lies are made of.
            if prng.chance_ppm(LED_BY_TWINS_PPM) {
                round.leader = types::NodeId::new(0);
            }
        }
        match twins::run(&shape, &rounds).ok()? {
            Ending::Decided => {}
            ending @ (Ending::Violated(_)
            | Ending::Lasso { .. }
            | Ending::Silent
            | Ending::Endless) => {
                return Some(format!("twins: {ending:?} in {rounds:?}"));
            }
        }
    }
    None
}

/// How many identities there are among twins: four most often.
const TWINS_SIZES: [usize; 5] = [4, 4, 6, 4, 5];
/// Scenarios of twins in one attempt.
const TWINS_AT_ONCE: u32 = 16;
/// In so many of a million rounds the twins lead, besides those where they do so by chance.
const LED_BY_TWINS_PPM: u32 = 400_000;

fn walks_of(bug: Bug, seed: u64) -> Option<String> {
    let mut prng = Prng::new(seed, 0x7761_6c6b);
    for number in 0..WALKS_AT_ONCE {
        let scope = Scope {
            protocol: bug.protocol.to_owned(),
            nodes: SIZES[prng.below(SIZES.len() as u64) as usize],
            twins: prng.below(2) as usize,
            deviations: prng.between(1, 12) as usize,
            depth: prng.between(20, 400) as usize,
            mutant: bug.label.to_owned(),
        };
        if let Some(problem) = model::walk(&scope, &mut prng).ok()? {
            return Some(format!("walk: {problem}, in walk {number} of seed {seed}, {scope:?}"));
        }
    }
    None
}

/// Walks in one attempt.
const WALKS_AT_ONCE: u32 = 16;
/// How many identities a walk has: four most often.
const SIZES: [usize; 8] = [4, 4, 4, 4, 5, 6, 7, 8];

/// What is so different from the sound core's run that it must be another protocol.
fn compare(broken: &Report, sound: &Report) -> Option<String> {
    let beyond = |what: &str, broken: u64, sound: u64, factor: u64, slack: u64| {
        (broken > sound * factor + slack)
            .then(|| format!("{what}: {broken}, the sound core {sound}"))
    };
    let unsaid = sound
        .accusations
        .iter()
        .find(|(_, kind)| !broken.accusations.iter().any(|(_, other)| other == kind));
    let unrefused = sound.rejected.iter().find(|(reason, count)| {
        *count >= REFUSED_MIN && !broken.rejected.iter().any(|(other, _)| other == reason)
    });
    unsaid
        .map(|(_, kind)| format!("nobody is accused of {kind}"))
        .or_else(|| {
            unrefused.map(|(reason, count)| format!("{reason} refused {count} times, now never"))
        })
        .or_else(|| beyond("messages", broken.messages, sound.messages, 2, 1_000))
        .or_else(|| beyond("views", broken.view_changes, sound.view_changes, 3, 10))
        .or_else(|| beyond("entries kept", broken.log_entries, sound.log_entries, 3, 100))
        .or_else(|| beyond("slowest answer", slowest_us(broken), slowest_us(sound), 3, 1_000_000))
        .or_else(|| {
            beyond("microseconds", broken.virtual_time_us, sound.virtual_time_us, 3, 2_000_000)
        })
}

/// A reason that the sound core refuses this often is one that must be refused.
const REFUSED_MIN: u64 = 8;

/// How long the slowest answer took, in microseconds.
fn slowest_us(report: &Report) -> u64 {
    let spans = report.requests.iter().map(|asked| {
        let answered_us = asked.answered_us.unwrap_or(report.virtual_time_us);
        answered_us.saturating_sub(asked.asked_us)
    });
    spans.max().unwrap_or_default()
}
