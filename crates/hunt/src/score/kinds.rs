//! The kinds of attempts, each a family of configurations in which bugs of some sort come to light.

use sim::{Cut, Latency, Options, PartitionMode, Workload};
use types::{FaultModel, NodeId, Prng};

/// A kind of attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Whatever `sim explore` draws.
    Swarm,
    /// A liar of any role, and nothing else that goes wrong.
    Liar,
    /// Crashes, under a liar that says two things.
    Crashes,
    /// Crashes one upon the other, under a liar that says the contrary later.
    Amnesia,
    /// Much is lost, and timeouts are short.
    Loss,
    /// Most of what is said is lost for seconds: views fail one after the other.
    Storm,
    /// Partitions, in sets whose size is not three times something and one.
    Sizes,
    /// Partitions.
    Partitions,
    /// Scenarios of twins.
    Twins,
    /// Walks of cores alone.
    Walk,
    /// One replica is away for a while.
    Away,
    /// Liars that cost views, and nothing else.
    Views,
    /// Messages that come late, twice, or in another order.
    Disorder,
    /// A liar that rewrites what it says, with one replica away at times.
    Rewriting,
    /// Much to do, and nothing that goes wrong.
    Long,
}

impl Kind {
    /// The kinds that make sense for a protocol.
    pub(super) const fn of(protocol: &str) -> &'static [Self] {
        match protocol.as_bytes() {
            b"pbft" | b"hotstuff" | b"tendermint" => &[
                Self::Walk,
                Self::Liar,
                Self::Twins,
                Self::Amnesia,
                Self::Rewriting,
                Self::Walk,
                Self::Away,
                Self::Crashes,
                Self::Sizes,
                Self::Walk,
                Self::Views,
                Self::Partitions,
                Self::Loss,
                Self::Storm,
                Self::Disorder,
                Self::Long,
                Self::Swarm,
            ],
            b"raft" | b"fba" => &[
                Self::Walk,
                Self::Liar,
                Self::Amnesia,
                Self::Walk,
                Self::Away,
                Self::Partitions,
                Self::Crashes,
                Self::Rewriting,
                Self::Sizes,
                Self::Views,
                Self::Loss,
                Self::Storm,
                Self::Disorder,
                Self::Long,
                Self::Swarm,
            ],
            _ => &[
                Self::Swarm,
                Self::Crashes,
                Self::Liar,
                Self::Away,
                Self::Amnesia,
                Self::Rewriting,
                Self::Partitions,
                Self::Sizes,
                Self::Loss,
                Self::Storm,
                Self::Disorder,
                Self::Long,
            ],
        }
    }

    /// Whether runs of the kind are calm enough to be compared with the sound core's.
    pub(super) const fn is_measured(self) -> bool {
        matches!(
            self,
            Self::Liar
                | Self::Away
                | Self::Views
                | Self::Storm
                | Self::Disorder
                | Self::Rewriting
                | Self::Long
        )
    }
}

/// The configuration of an attempt.
pub(super) fn draw(protocol: &str, kind: Kind, seed: u64) -> Options {
    let mut prng = Prng::new(seed, kind as u64);
    if kind == Kind::Swarm {
        return Options::draw_wide(protocol, seed);
    }
    let mut options = plain(protocol, kind, seed, &mut prng);
    let stands_liars = protocols::fault_model(protocol) == FaultModel::Byzantine;
    let has_liar = stands_liars && options.quorum().f() > 0;
    let liar = |options: &mut Options, roles: &[&str], prng: &mut Prng| {
        if has_liar {
            options.byzantine = 1;
            options.role = (*pick(prng, roles)).to_owned();
        }
    };
    match kind {
        Kind::Liar => liar(&mut options, sim::byzantine::ROLES, &mut prng),
        Kind::Crashes => {
            (options.crash_ppm, options.downtime_max_us) = (5_000, 20_000);
            liar(&mut options, &["equivocating", "proposing-twice", "conflicting"], &mut prng);
        }
        Kind::Amnesia => {
            (options.crash_ppm, options.downtime_max_us) = (20_000, 10_000);
            options.decisions = 12;
            liar(&mut options, &["revising", "revising", "equivocating"], &mut prng);
        }
        Kind::Loss => {
            (options.loss_ppm, options.view_timeout_ms) = (250_000, 20);
            options.crash_ppm = *pick(&mut prng, &[0, 2_000]);
            options.decisions = 30;
        }
        Kind::Storm => {
            (options.loss_ppm, options.view_timeout_ms) = (700_000, 20);
            options.chaos_us_max = 4_000_000;
        }
        Kind::Sizes | Kind::Partitions => {
            options.partition_every_us = 100_000;
            (options.partition_min_us, options.partition_max_us) = (20_000, 800_000);
            options.partition_mode = *pick(&mut prng, &PartitionMode::ALL);
            (options.one_way_ppm, options.decisions) = (300_000, 25);
            options.latency = Latency::Uniform { low_us: 300, high_us: 5_000 };
            liar(&mut options, &["silent", "equivocating", "withholding"], &mut prng);
        }
        Kind::Away => away(&mut options, &mut prng),
        Kind::Views => {
            options.nodes = 4;
            let roles = ["equivocating", "silent", "delaying", "flooding", "censor", "withholding"];
            liar(&mut options, &roles, &mut prng);
            (options.decisions, options.view_timeout_ms) = *pick(&mut prng, &[(40, 50), (80, 250)]);
        }
        Kind::Disorder => {
            (options.loss_ppm, options.reorder_ppm, options.duplicate_ppm) =
                (50_000, 200_000, 200_000);
        }
        Kind::Rewriting => {
            liar(&mut options, &["rewriting", "rewriting", "replaying", "tampering"], &mut prng);
            options.decisions = 30;
            if prng.chance_ppm(500_000) {
                away(&mut options, &mut prng);
            }
        }
        Kind::Long => {
            let is_slow = matches!(protocol, "poa" | "pos" | "pow");
            options.decisions = if is_slow { 40 } else { 120 };
        }
        // Neither is a run of whole replicas, or it has been drawn already.
        Kind::Twins | Kind::Walk | Kind::Swarm => {}
    }
    options
}

/// A calm configuration.
fn plain(protocol: &str, kind: Kind, seed: u64, prng: &mut Prng) -> Options {
    let mut options = Options::draw_for(protocol, u64::MAX - seed);
    let calm = Options::default();
    let can_lie =
        options.quorum().f() > 0 && protocols::fault_model(protocol) == FaultModel::Byzantine;
    options.nodes = if can_lie { options.nodes.max(4) } else { options.nodes.max(3) };
    options.nodes =
        if kind == Kind::Sizes { *pick(prng, &[5, 6, 8, 9]) } else { options.nodes.min(7) };
    (options.workload, options.wire) = (Workload::Tickets, false);
    (options.signatures, options.client_signatures) = (calm.signatures, false);
    (options.loss_ppm, options.duplicate_ppm, options.reorder_ppm, options.clog_ppm) = (0, 0, 0, 0);
    (options.crash_ppm, options.power_cuts, options.partition_every_us) = (0, 0, 0);
    (options.latency, options.view_timeout_ms) = (calm.latency, 50);
    (options.decisions, options.clients) = (20, 4);
    (options.byzantine, options.seed) = (0, seed);
    (options.chaos_us_max, options.patience_us) = (5_000_000, 60_000_000);
    options.checkpoint_interval = *pick(prng, &[2, 4, calm.checkpoint_interval]);
    options
}

/// One replica is cut off at first.
fn away(options: &mut Options, prng: &mut Prng) {
    let away = NodeId::new(prng.below(options.nodes as u64) as u16);
    let one_way = prng.chance_ppm(500_000);
    let from_us = prng.below(2) * 200_000;
    options.cuts = vec![Cut { from_us, to_us: 2_000_000, side: vec![away], one_way }];
    // Slow enough that the others are still at work when it comes back.
    options.latency = Latency::Uniform { low_us: 10_000, high_us: 30_000 };
    (options.decisions, options.view_timeout_ms) = (40, 200);
}

fn pick<'a, T>(prng: &mut Prng, list: &'a [T]) -> &'a T {
    &list[prng.below(list.len() as u64) as usize]
}
