//! What to simulate, readable from and printable as the flags of `unisono sim run`.

use crypto::Scheme;
use types::{FaultModel, NodeId, Quorum};

use crate::network::Cut;
use crate::{Changed, Latency, Load, Scripted};

mod draw;
mod flags;
mod selection;

pub use flags::{FLAGS, Flag, OptionError};
pub use selection::Selection;
pub(crate) use selection::Strike;

/// What clients ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Lives of tickets: issued, validated, consumed or disputed, some consumed twice at two replicas at once.
    Tickets,
    /// Notes, which change no state.
    Notes,
    /// Messages of one topic: put (some twice at two replicas at once), taken, and acknowledged or given back by whoever
    /// may or may not hold them.
    Messages,
    /// Calls of one contract: some count, some loop, recurse, grow or trap until they are stopped.
    Contracts,
}

/// Whom drawn partitions cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartitionMode {
    /// A random half.
    Halves,
    /// One random replica.
    Single,
    /// The leader of the highest view.
    Primary,
    /// A random half, again and again: each partition is cut into short ones.
    Flapping,
}

impl PartitionMode {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Halves, Self::Single, Self::Primary, Self::Flapping];

    /// Its name on the command line.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Halves => "halves",
            Self::Single => "single",
            Self::Primary => "primary",
            Self::Flapping => "flapping",
        }
    }
}

/// One simulation. The same options give the same run, event for event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The protocol's name.
    pub protocol: String,
    /// Changes of the chain, in this order.
    pub changes: Vec<Scripted>,
    /// Machines that are no validators at first.
    pub spares: usize,
    /// How many replicas.
    pub nodes: usize,
    /// Where all randomness comes from.
    pub seed: u64,
    /// How many blocks to agree on.
    pub decisions: u64,
    /// How many clients, each with one request (or one doubled request) under way.
    pub clients: usize,
    /// What they ask for.
    pub workload: Workload,
    /// When they ask.
    pub load: Load,
    /// How long messages take.
    pub latency: Latency,
    /// How many of a million messages are lost.
    pub loss_ppm: u32,
    /// How many of a million messages come twice.
    pub duplicate_ppm: u32,
    /// How many of a million messages are held back for up to ten times their latency.
    pub reorder_ppm: u32,
    /// How many of a million messages clog their link: nothing gets through it for up to a view timeout.
    pub clog_ppm: u32,
    /// The mean time between drawn partitions; zero for none.
    pub partition_every_us: u64,
    /// The shortest drawn partition.
    pub partition_min_us: u64,
    /// The longest drawn partition.
    pub partition_max_us: u64,
    /// How many of a million drawn partitions cut one direction only.
    pub one_way_ppm: u32,
    /// Whom drawn partitions cut off.
    pub partition_mode: PartitionMode,
    /// Partitions by script.
    pub cuts: Vec<Cut>,
    /// A correct replica crashes behind this many of a million effects.
    pub crash_ppm: u32,
    /// A replica crashes behind its effect with this number, once.
    pub crash_at: Option<(NodeId, u64)>,
    /// How long a crashed replica stays down at most.
    pub downtime_max_us: u64,
    /// How many of a million crashes lose the whole disk. At most f replicas lose it or lie.
    pub reformat_ppm: u32,
    /// How many of a million crashes damage what the core keeps: the replica finds that out, and votes no more. At most f
    /// replicas do so or lie.
    pub rot_ppm: u32,
    /// How many of a million syncs fail, upon which the replica stops.
    pub sync_error_ppm: u32,
    /// How many of a million syncs take up to a hundred times as long.
    pub stall_ppm: u32,
    /// How far apart replicas' clocks are at most.
    pub skew_us_max: u64,
    /// How often all correct replicas lose power at once.
    pub power_cuts: u32,
    /// How many replicas lie or fail on purpose.
    pub byzantine: usize,
    /// What they do: a name of [`crate::byzantine::ROLES`].
    pub role: String,
    /// How replicas sign.
    pub signatures: Scheme,
    /// Whether clients sign, with Ed25519, and replicas check that.
    pub client_signatures: bool,
    /// Whether every message is turned into bytes and back.
    pub wire: bool,
    /// How long a disk takes to sync.
    pub disk_sync_us: u64,
    /// How long work may wait before a view change.
    pub view_timeout_ms: u64,
    /// A core takes a checkpoint at every multiple of this many blocks.
    pub checkpoint_interval: u64,
    /// The safety phase ends at this time at the latest.
    pub chaos_us_max: u64,
    /// No progress for this long after healing is a failure.
    pub patience_us: u64,
    /// A deliberate bug of the core, by its label; empty for none. Only builds with the feature `mutants` have them.
    pub mutant: String,
    /// Of the faults that chance draws, only these strike; `None` for all.
    pub only: Option<Selection>,
    /// Messages that never arrive, by their numbers among all that leave.
    pub lost: Selection,
    /// What the chain is for, where it is one of several that other chains take proofs from.
    pub(crate) purpose: Option<app::Purpose>,
    /// A deliberate fault of the simulated world, for tests of the checkers.
    pub(crate) sabotage: Sabotage,
}

/// What a test breaks, to see it found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sabotage {
    None,
    /// Disks report a sync and forget everything in a crash.
    ForgetfulDisks,
    /// Liars count as correct.
    TrustedLiars,
}

/// Clocks further apart than this refuse each other's blocks.
const SKEW_US_MAX: u64 = 400_000;

impl Default for Options {
    fn default() -> Self {
        Self {
            protocol: "pbft".to_owned(),
            changes: Vec::new(),
            spares: 0,
            nodes: 4,
            seed: 1,
            decisions: 100,
            clients: 4,
            workload: Workload::Notes,
            load: Load::Closed,
            latency: Latency::Uniform { low_us: 300, high_us: 700 },
            loss_ppm: 0,
            duplicate_ppm: 0,
            reorder_ppm: 0,
            clog_ppm: 0,
            partition_every_us: 0,
            partition_min_us: 50_000,
            partition_max_us: 500_000,
            one_way_ppm: 300_000,
            partition_mode: PartitionMode::Halves,
            cuts: Vec::new(),
            crash_ppm: 0,
            crash_at: None,
            downtime_max_us: 500_000,
            reformat_ppm: 0,
            rot_ppm: 0,
            sync_error_ppm: 0,
            stall_ppm: 0,
            skew_us_max: 0,
            power_cuts: 0,
            byzantine: 0,
            role: "equivocating".to_owned(),
            signatures: Scheme::Cheap,
            client_signatures: false,
            wire: false,
            disk_sync_us: 150,
            view_timeout_ms: 200,
            checkpoint_interval: protocols::Params::default().checkpoint_interval,
            chaos_us_max: 20_000_000,
            patience_us: 300_000_000,
            mutant: String::new(),
            only: None,
            lost: Selection::default(),
            purpose: None,
            sabotage: Sabotage::None,
        }
    }
}

impl Options {
    /// Whether anything is to go wrong on the network, on a disk or with power.
    #[must_use]
    pub fn has_chaos(&self) -> bool {
        self.loss_ppm > 0
            || self.duplicate_ppm > 0
            || self.reorder_ppm > 0
            || self.clog_ppm > 0
            || self.partition_every_us > 0
            || !self.cuts.is_empty()
            || self.crash_ppm > 0
            || self.crash_at.is_some()
            || self.sync_error_ppm > 0
            || self.stall_ppm > 0
            || self.power_cuts > 0
    }

    /// How many machines there are, spare ones too.
    #[must_use]
    pub const fn machines(&self) -> usize {
        self.nodes.saturating_add(self.spares)
    }

    /// The thresholds of the simulated set.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        Quorum::under(protocols::fault_model(&self.protocol), self.nodes)
    }

    /// Finds out before a run that the options contradict themselves.
    ///
    /// # Errors
    /// Which one, and what it may be.
    pub fn validate(&self) -> Result<(), OptionError> {
        let bad = |flag: &'static str, hint: String| Err(OptionError { flag: flag.into(), hint });
        if self.nodes == 0 || self.machines() > types::limits::NODES_MAX {
            return bad("nodes", format!("1 to {} replicas", types::limits::NODES_MAX));
        }
        if self.byzantine > self.nodes {
            return bad("byzantine", "no more liars than replicas".to_owned());
        }
        if self.byzantine > 0 && protocols::fault_model(&self.protocol) == FaultModel::Crash {
            let protocol = &self.protocol;
            return bad(
                "byzantine",
                format!("none with {protocol}, which stands crashes and no lies"),
            );
        }
        if self.decisions == 0 || self.clients == 0 {
            return bad("decisions", "at least one decision, and one client to ask for it".into());
        }
        if self.load != Load::Closed && self.workload == Workload::Tickets {
            let hint = "closed with tickets: each step of a ticket waits for the one before it";
            return bad("load", hint.to_owned());
        }
        if self.view_timeout_ms == 0 {
            return bad("view-timeout-ms", "a view needs some time".to_owned());
        }
        if self.checkpoint_interval == 0 {
            return bad("checkpoint-interval", "at least one block".to_owned());
        }
        let fit = protocols::fault_model(&self.protocol);
        for Scripted { change, .. } in &self.changes {
            let Changed::Protocol(protocol) = change else { continue };
            if protocols::properties(protocol).is_none_or(|other| other.fault_model != fit) {
                return bad(
                    "change",
                    format!("`{protocol}` does not stand what `{}` does", self.protocol),
                );
            }
        }
        if self.skew_us_max > SKEW_US_MAX {
            return bad("skew-us-max", format!("at most {SKEW_US_MAX}: blocks' times are checked"));
        }
        if !crate::byzantine::ROLES.contains(&self.role.as_str()) {
            return bad("role", format!("one of {}", crate::byzantine::ROLES.join(", ")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
