//! How good the hunt is: cores with one deliberate bug each, and how many of them it finds.
//!
//! A bug counts as found where a run breaks an invariant or goes nowhere, or where a scenario of twins ends badly. Bugs
//! that only cost time, room or a conviction are found by comparing a run with the same run of the sound core, against
//! bounds so wide that only a different protocol exceeds them.

use sim::{Latency, Options, PartitionMode, Report, Verdict, Workload};
use types::Prng;

use crate::twins::{self, Ending, Scenarios, Shape};

mod elsewhere;

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

/// One attempt to find a bug, by its number; how it was found.
#[must_use]
pub fn attempt(bug: Bug, number: u64) -> Option<String> {
    let (kind, seed) = (number % KINDS, number / KINDS);
    if kind == TWINS && twins::PROTOCOLS.contains(&bug.protocol) {
        return twins_of(bug, seed);
    }
    let sound = draw(bug.protocol, kind, seed);
    let mut broken = sound.clone();
    bug.label.clone_into(&mut broken.mutant);
    let report = sim::run(&broken).ok()?;
    if report.verdict != Verdict::Pass {
        return Some(format!("{}: {}", report.verdict.label(), report.replay));
    }
    if !is_measured(kind) {
        return None;
    }
    let reference = sim::run(&sound).ok()?;
    compare(&report, &reference).map(|what| format!("{what}: {}", report.replay))
}

fn twins_of(bug: Bug, seed: u64) -> Option<String> {
    let all = Scenarios::new(4, 1, 3 + (seed % 4) as usize);
    let shape = Shape {
        protocol: bug.protocol.to_owned(),
        nodes: 4,
        twins: 1,
        mutant: bug.label.to_owned(),
    };
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

/// Scenarios of twins in one attempt.
const TWINS_AT_ONCE: u32 = 16;
/// In so many of a million rounds the twins lead, besides those where they do so by chance.
const LED_BY_TWINS_PPM: u32 = 400_000;

/// Kinds of attempts.
const KINDS: u64 = 10;
const TWINS: u64 = 5;

/// Whether runs of a kind are calm enough to be compared with the sound core's.
const fn is_measured(kind: u64) -> bool {
    matches!(kind, 1 | 6 | 7 | 8 | 9)
}

/// The configuration of an attempt.
fn draw(protocol: &str, kind: u64, seed: u64) -> Options {
    let mut prng = Prng::new(seed, kind);
    if kind == 0 {
        return Options::draw_full(protocol, seed);
    }
    let mut options = Options::draw_for(protocol, u64::MAX - seed);
    let calm = Options::default();
    let can_lie = options.quorum().f() > 0
        && protocols::fault_model(protocol) == types::FaultModel::Byzantine;
    options.nodes = if can_lie { options.nodes.max(4) } else { options.nodes.max(3) };
    options.nodes = if kind == 4 { *pick(&mut prng, &[5, 6, 8, 9]) } else { options.nodes.min(7) };
    (options.workload, options.wire) = (Workload::Tickets, false);
    (options.signatures, options.client_signatures) = (calm.signatures, false);
    (options.loss_ppm, options.duplicate_ppm, options.reorder_ppm, options.clog_ppm) = (0, 0, 0, 0);
    (options.crash_ppm, options.power_cuts, options.partition_every_us) = (0, 0, 0);
    (options.latency, options.view_timeout_ms) = (calm.latency, 50);
    (options.decisions, options.clients) = (20, 4);
    (options.byzantine, options.seed) = (0, seed);
    (options.chaos_us_max, options.patience_us) = (5_000_000, 60_000_000);
    let byzantine = types::FaultModel::Byzantine == protocols::fault_model(protocol)
        && options.quorum().f() > 0;
    let liar = |options: &mut Options, roles: &[&str], prng: &mut Prng| {
        if byzantine {
            options.byzantine = 1;
            options.role = (*pick(prng, roles)).to_owned();
        }
    };
    match kind {
        1 => liar(&mut options, sim::byzantine::ROLES, &mut prng),
        2 => {
            (options.crash_ppm, options.downtime_max_us) = (5_000, 20_000);
            liar(&mut options, &["equivocating", "proposing-twice", "conflicting"], &mut prng);
        }
        3 => {
            (options.loss_ppm, options.view_timeout_ms) = (250_000, 20);
            options.crash_ppm = *pick(&mut prng, &[0, 2_000]);
            options.decisions = 30;
        }
        4 | 5 => {
            options.partition_every_us = 100_000;
            (options.partition_min_us, options.partition_max_us) = (20_000, 800_000);
            options.partition_mode = *pick(&mut prng, &PartitionMode::ALL);
            (options.one_way_ppm, options.decisions) = (300_000, 25);
            options.latency = Latency::Uniform { low_us: 300, high_us: 5_000 };
        }
        6 => {
            let away = types::NodeId::new(prng.below(options.nodes as u64) as u16);
            let cut = sim::Cut {
                from_us: 0,
                to_us: 3_000_000,
                side: vec![away],
                one_way: prng.chance_ppm(500_000),
            };
            options.cuts = vec![cut];
        }
        7 => {
            options.nodes = 4;
            liar(&mut options, &["equivocating", "silent", "delaying", "flooding"], &mut prng);
            options.decisions = 40;
        }
        8 => {
            (options.loss_ppm, options.reorder_ppm, options.duplicate_ppm) =
                (50_000, 200_000, 200_000);
        }
        _ => options.decisions = 120,
    }
    options
}

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
        .or_else(|| {
            beyond("microseconds", broken.virtual_time_us, sound.virtual_time_us, 3, 2_000_000)
        })
}

/// A reason that the sound core refuses this often is one that must be refused.
const REFUSED_MIN: u64 = 20;

fn pick<'a, T>(prng: &mut Prng, list: &'a [T]) -> &'a T {
    &list[prng.below(list.len() as u64) as usize]
}
