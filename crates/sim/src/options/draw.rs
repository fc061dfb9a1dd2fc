//! Swarm testing: every seed draws its own mix of faults, most of them absent in any one run.

use crypto::Scheme;
use protocols::Synchrony;
use types::{FaultModel, Prng, Quorum};

use super::{Options, PartitionMode, Workload};
use crate::{Latency, byzantine};

/// The stream that configurations are drawn from.
const STREAM: u64 = 0x7377_6172_6d00;

/// The stream that the rest of a full configuration is drawn from.
const FULL_STREAM: u64 = 0x7377_6172_6d01;

/// The roles that [`Options::draw`] draws from: later ones would change what old seeds stand for.
const FIRST_ROLES: [&str; 3] = ["silent", "equivocating", "delaying"];

/// How many roles [`Options::draw_full`] draws from, for the same reason.
const FULL_ROLES: usize = 14;

/// The stream that whatever is newer is drawn from, and how many of a million liars have one of the later roles.
const WIDE_STREAM: u64 = 0x7377_6172_6d02;
const LATER_ROLE_PPM: u32 = 150_000;

/// Clocks this far apart look like latency where blocks come in periods.
const SKEW_IN_TIME_US: u64 = 10_000;
/// Votes with a stake are given slot by slot, by clocks that agree to within one (specs/pos.md).
const SKEW_OF_A_SLOT_US: u64 = 50_000;

/// Most messages lost where a protocol asks again in good time.
const LOSS_PPM_IN_TIME: u32 = 50_000;

/// Latencies well within the block interval of protocols that rely on one.
const LATENCY_IN_TIME: Latency = Latency::Uniform { low_us: 1_000, high_us: 25_000 };

/// An election timeout of several round trips around the world, which Raft needs: it never lengthens its own.
const RAFT_AWS_TIMEOUT_MS: u64 = 2_000;

impl Options {
    /// The configuration that `seed` stands for.
    #[must_use]
    pub fn draw(seed: u64) -> Self {
        let mut prng = Prng::new(seed, STREAM);
        let nodes = [1, 2, 3, 4, 4, 4, 5, 6, 7, 7, 8, 10][prng.below(12) as usize];
        let mut options = Self {
            seed,
            nodes,
            decisions: prng.between(10, 60),
            clients: prng.between(1, 8) as usize,
            latency: draw_latency(&mut prng),
            chaos_us_max: 10_000_000,
            disk_sync_us: [0, 50, 150, 2_000][prng.below(4) as usize],
            wire: prng.chance_ppm(250_000),
            ..Self::default()
        };
        if prng.chance_ppm(800_000) {
            options.workload = Workload::Tickets;
        }
        if prng.chance_ppm(20_000) {
            options.signatures = Scheme::Ed25519;
            options.decisions = options.decisions.min(15);
        }
        options.client_signatures = prng.chance_ppm(20_000);
        options.draw_network_faults(&mut prng);
        options.draw_node_faults(&mut prng);
        options
    }

    /// The configuration that `seed` stands for, within what a protocol claims to stand: no liars where it stands
    /// crashes only, messages in time where its safety needs that or its periods do, and a Raft whose timeouts fit its
    /// network.
    #[must_use]
    pub fn draw_for(protocol: &str, seed: u64) -> Self {
        let mut options = Self { protocol: protocol.to_owned(), ..Self::draw(seed) };
        if protocols::fault_model(protocol) == FaultModel::Crash {
            options.byzantine = 0;
        }
        if protocol == "raft" && options.latency == Latency::Aws {
            options.view_timeout_ms = RAFT_AWS_TIMEOUT_MS;
        }
        let synchrony = protocols::properties(protocol).map(|protocol| protocol.synchrony);
        if matches!(synchrony, Some(Synchrony::Synchronous | Synchrony::Period)) {
            options.partition_every_us = 0;
            options.clog_ppm = 0;
            if matches!(options.latency, Latency::Aws) {
                options.latency = LATENCY_IN_TIME;
            }
            options.loss_ppm = options.loss_ppm.min(LOSS_PPM_IN_TIME);
            options.byzantine = 0;
        }
        options
    }

    /// The configuration that `seed` stands for with every fault that the simulator knows: those of [`Self::draw_for`],
    /// and damaged, failing and stalling disks, clocks apart, partitions of every mode, and liars of every role.
    #[must_use]
    pub fn draw_full(protocol: &str, seed: u64) -> Self {
        let mut options = Self::draw_for(protocol, seed);
        let prng = &mut Prng::new(seed, FULL_STREAM);
        options.partition_mode = *pick(prng, &PartitionMode::ALL);
        options.role = (*pick(prng, &byzantine::ROLES[..FULL_ROLES])).to_owned();
        let mut maybe = |chance_ppm, most| {
            if prng.chance_ppm(chance_ppm) { 1 + prng.below(most) as u32 } else { 0 }
        };
        options.reformat_ppm = maybe(150_000, 300_000);
        options.rot_ppm = maybe(150_000, 300_000);
        options.sync_error_ppm = maybe(150_000, 5_000);
        options.stall_ppm = maybe(250_000, 50_000);
        options.skew_us_max = maybe(300_000, 300_000).into();
        options.keep_within(protocol);
        options
    }

    /// The configuration that `seed` stands for with whatever the simulator knows: that of [`Self::draw_full`], and later
    /// roles, and checkpoints every few blocks. What is added to the simulator is drawn here, behind what was there.
    #[must_use]
    pub fn draw_wide(protocol: &str, seed: u64) -> Self {
        let mut options = Self::draw_full(protocol, seed);
        let prng = &mut Prng::new(seed, WIDE_STREAM);
        if prng.chance_ppm(LATER_ROLE_PPM) {
            options.role = (*pick(prng, &byzantine::ROLES[FULL_ROLES..])).to_owned();
        }
        if prng.chance_ppm(500_000) {
            options.checkpoint_interval = prng.between(1, 16);
        }
        options
    }

    /// Takes back what a protocol does not claim to stand.
    fn keep_within(&mut self, protocol: &str) {
        let synchrony = protocols::properties(protocol).map(|protocol| protocol.synchrony);
        if matches!(synchrony, Some(Synchrony::Synchronous | Synchrony::Period)) {
            self.skew_us_max = self.skew_us_max.min(SKEW_IN_TIME_US);
            self.stall_ppm = 0;
        }
        if protocol == "pos" {
            self.skew_us_max = self.skew_us_max.min(SKEW_OF_A_SLOT_US);
        }
        // The one sequencer is lost with its disk.
        if synchrony == Some(Synchrony::None) {
            (self.reformat_ppm, self.rot_ppm) = (0, 0);
        }
    }

    fn draw_network_faults(&mut self, prng: &mut Prng) {
        let mut maybe = |chance_ppm, most| {
            if prng.chance_ppm(chance_ppm) { prng.below(most) as u32 } else { 0 }
        };
        self.loss_ppm = maybe(400_000, 200_000);
        self.duplicate_ppm = maybe(300_000, 300_000);
        self.reorder_ppm = maybe(300_000, 300_000);
        self.clog_ppm = maybe(200_000, 2_000);
        if prng.chance_ppm(350_000) {
            self.partition_every_us = prng.between(100_000, 2_000_000);
            self.partition_min_us = prng.between(1_000, 200_000);
            self.partition_max_us = self.partition_min_us + prng.below(2_000_000);
            self.one_way_ppm = prng.below(1_000_000) as u32;
        }
    }

    fn draw_node_faults(&mut self, prng: &mut Prng) {
        if prng.chance_ppm(500_000) {
            self.crash_ppm = prng.between(100, 5_000) as u32;
            self.downtime_max_us = prng.between(10_000, 2_000_000);
        }
        if prng.chance_ppm(200_000) {
            self.power_cuts = prng.between(1, 3) as u32;
        }
        let liars_max = Quorum::of(self.nodes).f() as u64;
        if liars_max > 0 && prng.chance_ppm(500_000) {
            self.byzantine = prng.between(1, liars_max) as usize;
            self.role = (*pick(prng, &FIRST_ROLES)).to_owned();
        }
    }
}

fn pick<'a, T>(prng: &mut Prng, list: &'a [T]) -> &'a T {
    &list[prng.below(list.len() as u64) as usize]
}

fn draw_latency(prng: &mut Prng) -> Latency {
    match prng.below(5) {
        0 => Latency::Constant(prng.between(1, 5_000)),
        1 | 2 => {
            let low_us = prng.between(1, 2_000);
            Latency::Uniform { low_us, high_us: low_us + prng.below(20_000) }
        }
        3 => Latency::Exponential {
            least_us: prng.between(1, 1_000),
            mean_us: prng.between(1, 20_000),
        },
        _ => Latency::Aws,
    }
}
