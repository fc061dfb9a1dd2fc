//! Options as the flags of the command line: one table for reading, printing and help.

use std::fmt;

use crypto::Scheme;
use types::NodeId;

use super::{Options, PartitionMode, Selection, Workload};
use crate::network::Cut;
use crate::{Latency, Load, Scripted};

/// One flag of `unisono sim run`.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, without the dashes.
    pub name: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// Its value where the flag is given without one; `None` where a value is needed.
    pub bare: Option<&'static str>,
    read: fn(&mut Options, &str) -> Option<()>,
    show: fn(&Options) -> String,
}

/// A flag that cannot be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OptionError {
    /// Its name.
    pub flag: String,
    /// What it may be.
    pub hint: String,
}

macro_rules! flag {
    ($name:literal, $help:literal, $bare:expr, $field:ident, $read:expr, $show:expr) => {
        Flag {
            name: $name,
            help: $help,
            bare: $bare,
            read: |options, text| {
                options.$field = $read(text)?;
                Some(())
            },
            show: |options| $show(&options.$field),
        }
    };
}

/// All flags, in the order in which they are shown.
pub const FLAGS: &[Flag] = &[
    flag!("protocol", "the protocol's name", None, protocol, word, str::to_owned),
    flag!("nodes", "how many replicas", None, nodes, number, usize::to_string),
    flag!("seed", "where all randomness comes from", None, seed, number, u64::to_string),
    flag!("decisions", "how many blocks to agree on", None, decisions, number, u64::to_string),
    flag!("clients", "how many clients", None, clients, number, usize::to_string),
    flag!(
        "workload",
        "tickets, notes, messages or contracts",
        None,
        workload,
        workload,
        show_workload
    ),
    flag!(
        "load",
        "closed, steady:RATE:SPAN_US, ramp:RATE-RATE:SPAN_US or burst:RATE-RATE:EVERY_US+BURST_US:SPAN_US",
        None,
        load,
        Load::parse,
        Load::to_string
    ),
    flag!(
        "latency",
        "constant:US, uniform:US-US, exponential:US+US or aws",
        None,
        latency,
        Latency::parse,
        Latency::to_string
    ),
    flag!("loss", "messages lost, as 5% or 300ppm", None, loss_ppm, ppm, show_ppm),
    flag!("duplicate", "messages that come twice", None, duplicate_ppm, ppm, show_ppm),
    flag!("reorder", "messages held back", None, reorder_ppm, ppm, show_ppm),
    flag!("clog", "messages that clog their link", None, clog_ppm, ppm, show_ppm),
    flag!(
        "partition-every-us",
        "mean time between partitions; 0 for none",
        None,
        partition_every_us,
        number,
        u64::to_string
    ),
    flag!(
        "partition-min-us",
        "the shortest partition",
        None,
        partition_min_us,
        number,
        u64::to_string
    ),
    flag!(
        "partition-max-us",
        "the longest partition",
        None,
        partition_max_us,
        number,
        u64::to_string
    ),
    flag!("one-way", "partitions that cut one direction only", None, one_way_ppm, ppm, show_ppm),
    flag!(
        "partition-mode",
        "whom partitions cut off: halves, single, primary or flapping",
        None,
        partition_mode,
        mode,
        show_mode
    ),
    Flag {
        name: "cut",
        help: "a partition by script: FROM_US-TO_US:NODE,NODE,... (one way with > for :); may be repeated",
        bare: None,
        read: |options, text| {
            for one in text.split(';') {
                options.cuts.push(Cut::parse(one)?);
            }
            Some(())
        },
        show: |options| options.cuts.iter().map(Cut::to_string).collect::<Vec<_>>().join(";"),
    },
    Flag {
        name: "change",
        help: "a change by script: HEIGHT:PROTOCOL, HEIGHT:join=NODE, leave=NODE, rotate=NODE, weigh=NODE*WEIGHT, or by the registry enlist=NODE or delist=NODE; may be repeated",
        bare: None,
        read: |options, text| {
            for one in text.split(';') {
                options.changes.push(Scripted::parse(one)?);
            }
            Some(())
        },
        show: |options| {
            options.changes.iter().map(Scripted::to_string).collect::<Vec<_>>().join(";")
        },
    },
    flag!(
        "spares",
        "machines that are no validators at first",
        None,
        spares,
        number,
        usize::to_string
    ),
    flag!(
        "crash",
        "effects behind which a replica crashes and later comes back",
        Some("500ppm"),
        crash_ppm,
        ppm,
        show_ppm
    ),
    flag!(
        "crash-at",
        "NODE:K crashes a replica behind its K-th effect, once",
        None,
        crash_at,
        crash_at,
        show_crash_at
    ),
    flag!(
        "downtime-max-us",
        "how long a crashed replica stays down at most",
        None,
        downtime_max_us,
        number,
        u64::to_string
    ),
    flag!("reformat", "crashes that lose the whole disk", None, reformat_ppm, ppm, show_ppm),
    flag!("rot", "crashes that damage what the core keeps", None, rot_ppm, ppm, show_ppm),
    flag!(
        "sync-error",
        "syncs that fail and stop the replica",
        None,
        sync_error_ppm,
        ppm,
        show_ppm
    ),
    flag!("stall", "syncs that take far too long", None, stall_ppm, ppm, show_ppm),
    flag!(
        "skew-us-max",
        "how far apart clocks are at most",
        None,
        skew_us_max,
        number,
        u64::to_string
    ),
    flag!(
        "power-cuts",
        "how often all correct replicas lose power at once",
        None,
        power_cuts,
        number,
        u32::to_string
    ),
    flag!("byzantine", "how many replicas lie", None, byzantine, number, usize::to_string),
    flag!("role", "what liars do", None, role, word, str::to_owned),
    flag!("signatures", "cheap, ed25519 or bls", None, signatures, scheme, show_scheme),
    flag!(
        "client-signatures",
        "clients sign, and replicas check it",
        Some("true"),
        client_signatures,
        flag,
        bool::to_string
    ),
    flag!(
        "wire",
        "every message becomes bytes and back",
        Some("true"),
        wire,
        flag,
        bool::to_string
    ),
    flag!(
        "disk-sync-us",
        "how long a disk takes to sync",
        None,
        disk_sync_us,
        number,
        u64::to_string
    ),
    flag!(
        "checkpoint-interval",
        "a core takes a checkpoint at every multiple of this many blocks",
        None,
        checkpoint_interval,
        number,
        u64::to_string
    ),
    flag!(
        "view-timeout-ms",
        "how long work may wait before a view change",
        None,
        view_timeout_ms,
        number,
        u64::to_string
    ),
    flag!(
        "chaos-us-max",
        "when the safety phase ends at the latest",
        None,
        chaos_us_max,
        number,
        u64::to_string
    ),
    flag!(
        "patience-us",
        "no progress for this long after healing is a failure",
        None,
        patience_us,
        number,
        u64::to_string
    ),
    flag!(
        "mutant",
        "a deliberate bug of the core, in builds that have them",
        None,
        mutant,
        word,
        str::to_owned
    ),
    Flag {
        name: "only",
        help: "of the faults drawn by chance only these strike, by their numbers: 3,17-20; `none` for none",
        bare: None,
        read: |options, text| {
            options.only = Some(Selection::parse(text)?);
            Some(())
        },
        show: |options| options.only.as_ref().map(Selection::to_string).unwrap_or_default(),
    },
    flag!(
        "lost",
        "messages that never arrive, by their numbers: 3,17-20",
        None,
        lost,
        Selection::parse,
        Selection::to_string
    ),
];

impl Options {
    /// Sets one flag from its text.
    ///
    /// # Errors
    /// Where there is no such flag, or the text is no value of it.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), OptionError> {
        let Some(flag) = FLAGS.iter().find(|flag| flag.name == name) else {
            return Err(OptionError { flag: name.into(), hint: "there is no such flag".into() });
        };
        let refused = || OptionError { flag: name.into(), hint: flag.help.into() };
        (flag.read)(self, text.trim()).ok_or_else(refused)
    }

    /// Reads a line that [`Self::command_line`] wrote.
    ///
    /// # Errors
    /// Where it is no such line.
    pub fn from_command_line(line: &str) -> Result<Self, OptionError> {
        let mut words = line.split_whitespace();
        let refused = |flag: &str, hint: &str| OptionError { flag: flag.into(), hint: hint.into() };
        if !["unisono", "sim", "run"].iter().all(|word| words.next() == Some(word)) {
            return Err(refused("", "a replay begins with `unisono sim run`"));
        }
        let mut options = Self::default();
        while let Some(flag) = words.next() {
            let name = flag.strip_prefix("--").ok_or_else(|| refused(flag, "this is no flag"))?;
            let value = words.next().ok_or_else(|| refused(name, "its value is missing"))?;
            options.set(name, value)?;
        }
        Ok(options)
    }

    /// The command line that repeats this run: the flags that differ from their defaults.
    #[must_use]
    pub fn command_line(&self) -> String {
        let usual = Self::default();
        let mut line = "unisono sim run".to_owned();
        for (index, flag) in FLAGS.iter().enumerate() {
            let value = (flag.show)(self);
            // The first four say at a glance what ran.
            if index < 4 || value != (flag.show)(&usual) {
                line.push_str(&format!(" --{} {value}", flag.name));
            }
        }
        line
    }
}

fn word(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
fn flag(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// Reads `5%`, `0.5%`, `300ppm` or a bare number of parts per million.
fn ppm(text: &str) -> Option<u32> {
    let value = match text.strip_suffix('%') {
        Some(percent) => {
            let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
            let digits: String = fraction.chars().chain("0000".chars()).take(4).collect();
            whole.parse::<u32>().ok()?.checked_mul(10_000)?.checked_add(digits.parse().ok()?)?
        }
        None => text.strip_suffix("ppm").unwrap_or(text).parse().ok()?,
    };
    (value <= 1_000_000).then_some(value)
}
fn show_ppm(ppm: &u32) -> String {
    format!("{ppm}ppm")
}

fn workload(text: &str) -> Option<Workload> {
    match text {
        "tickets" => Some(Workload::Tickets),
        "notes" => Some(Workload::Notes),
        "messages" => Some(Workload::Messages),
        "contracts" => Some(Workload::Contracts),
        _ => None,
    }
}
fn show_workload(workload: &Workload) -> String {
    match workload {
        Workload::Tickets => "tickets".to_owned(),
        Workload::Notes => "notes".to_owned(),
        Workload::Messages => "messages".to_owned(),
        Workload::Contracts => "contracts".to_owned(),
    }
}

fn mode(text: &str) -> Option<PartitionMode> {
    PartitionMode::ALL.into_iter().find(|mode| mode.label() == text)
}
fn show_mode(mode: &PartitionMode) -> String {
    mode.label().to_owned()
}

fn scheme(text: &str) -> Option<Scheme> {
    match text {
        "cheap" => Some(Scheme::Cheap),
        "ed25519" => Some(Scheme::Ed25519),
        "bls" => Some(Scheme::Bls).filter(|scheme| scheme.is_available()),
        _ => None,
    }
}
fn show_scheme(scheme: &Scheme) -> String {
    match scheme {
        Scheme::Cheap => "cheap".to_owned(),
        Scheme::Ed25519 => "ed25519".to_owned(),
        Scheme::Bls => "bls".to_owned(),
    }
}

fn crash_at(text: &str) -> Option<Option<(NodeId, u64)>> {
    let (node, effect) = text.split_once(':')?;
    Some(Some((NodeId::new(node.parse().ok()?), effect.parse().ok()?)))
}
fn show_crash_at(crash: &Option<(NodeId, u64)>) -> String {
    crash.map(|(node, effect)| format!("{}:{effect}", node.get())).unwrap_or_default()
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}: {}", self.flag, self.hint)
    }
}
impl std::error::Error for OptionError {}
