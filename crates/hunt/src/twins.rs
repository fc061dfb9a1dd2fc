//! Twins (Bano et al., OPODIS 2021): two correct copies of a node share one identity, and so do everything that a liar
//! could; leaders and partitions are chosen for the first rounds, then all hear each other and must decide.

use protocol::Waiting;
use protocols::{ConfigError, Params};
use types::{Duration, NodeId, Seq};

use crate::arena::Arena;
pub use crate::scenarios::{Round, Scenarios};

/// The protocols whose leaders can be chosen.
pub const PROTOCOLS: [&str; 4] = ["pbft", "hotstuff", "hotstuff-3", "tendermint"];

/// The works that must be decided.
const WORKS: u64 = 3;
/// The chosen rounds end at this time at the latest.
const SCRIPT_US_MAX: u64 = 2_000_000;
/// Most events of one scenario.
const EVENTS_MAX: u64 = 200_000;
/// A state that comes back this often without a decision in between comes back for ever.
const LASSO: usize = 3;

/// How one scenario ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// All honest nodes decided all works alike.
    Decided,
    /// Something happened that must not.
    Violated(String),
    /// With all hearing each other the same state came back and back, and nothing was decided.
    Lasso {
        /// The round in which it came back.
        round: u64,
    },
    /// Nothing was left to happen.
    Silent,
    /// Too much happened, and nothing came back.
    Endless,
}

/// What every scenario of a hunt has in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// The protocol's name.
    pub protocol: String,
    /// How many identities.
    pub nodes: usize,
    /// How many of them have a twin.
    pub twins: usize,
    /// A deliberate bug of the core, by its label; empty for none.
    pub mutant: String,
}

/// Runs one scenario.
///
/// # Errors
/// Where there is no such protocol, or its leaders cannot be chosen.
pub fn run(shape: &Shape, rounds: &[Round]) -> Result<Ending, ConfigError> {
    let mut arena = arena(shape, rounds)?;
    let mut watch = Watch::default();
    for _ in 0..EVENTS_MAX {
        if !arena.masks.is_empty() && is_over(&arena) {
            arena.masks.clear();
        }
        if let Some(violation) = arena.violation.take() {
            return Ok(Ending::Violated(violation));
        }
        if arena.is_done() {
            return Ok(Ending::Decided);
        }
        if !arena.advance() {
            return Ok(Ending::Silent);
        }
        if arena.masks.is_empty()
            && let Some(round) = watch.look(&arena)
        {
            return Ok(Ending::Lasso { round });
        }
    }
    Ok(Ending::Endless)
}

/// Whether the chosen rounds are over: the first honest node has left them, or nobody can.
fn is_over(arena: &Arena) -> bool {
    let scripted = arena.masks.len() as u64;
    let honest = (0..arena.seats.len()).filter(|&seat| arena.is_honest(seat));
    let furthest = honest.map(|seat| arena.round(seat)).max();
    arena.now_us > SCRIPT_US_MAX || furthest.is_none_or(|round| round >= scripted)
}

/// The cores of a scenario, before anything has happened.
fn arena(shape: &Shape, rounds: &[Round]) -> Result<Arena, ConfigError> {
    let params = Params {
        view_timeout: Duration::from_ms(20),
        view_timeout_max: Duration::from_ms(160),
        retry_interval: Duration::from_ms(5),
        ..Params::default()
    };
    let Shape { protocol, nodes, twins, mutant } = shape;
    let mut config = protocols::config(protocol, *nodes, &params)?;
    if !mutant.is_empty() {
        protocols::break_core(&mut config, mutant)?;
    }
    let leaders: Vec<NodeId> = rounds.iter().map(|round| round.leader).collect();
    if !protocols::schedule(&mut config, &leaders) {
        return Err(ConfigError::Unknown { name: protocol.clone() });
    }
    let seats = nodes + twins;
    let masks = rounds.iter().map(|round| {
        let all = (1_u32 << seats) - 1;
        let side = |seat: usize| {
            if round.side & (1 << seat) != 0 { round.side } else { all & !round.side }
        };
        (0..seats).map(side).collect()
    });
    let mut arena = Arena::new(config, protocol, *nodes, *twins, WORKS);
    arena.masks = masks.collect();
    Ok(arena)
}

/// Sees a lasso: in the free rounds, states that differ in nothing but how far the views are.
#[derive(Default)]
struct Watch {
    round: u64,
    decided: usize,
    seen: Vec<Vec<Shown>>,
}

/// What one honest node shows, relative to the lowest view.
#[derive(Clone, PartialEq, Eq)]
struct Shown {
    ahead: u64,
    phase: &'static str,
    pending: usize,
    waiting: Option<(Seq, &'static str, Vec<NodeId>, usize)>,
}

impl Watch {
    /// Looks once in every rotation of the leaders; the round in which a state has come back too often.
    fn look(&mut self, arena: &Arena) -> Option<u64> {
        let seats = (0..arena.seats.len()).filter(|&seat| arena.is_honest(seat));
        let lowest = seats.clone().map(|seat| arena.round(seat)).min()?;
        let rotation = arena.seats.len() as u64;
        if lowest < self.round + rotation {
            return None;
        }
        self.round = lowest;
        let decided = arena.honest().map(|seat| seat.decided.len()).sum();
        if decided != self.decided {
            self.decided = decided;
            self.seen.clear();
        }
        let shown = seats.filter_map(|seat| {
            let status = arena.status(seat)?;
            let waiting = status
                .waiting
                .map(|Waiting { seq, phase, have, need, .. }| (seq, phase, have, need));
            let ahead = arena.round(seat) - lowest;
            Some(Shown { ahead, phase: status.phase, pending: status.pending, waiting })
        });
        let shown: Vec<Shown> = shown.collect();
        let before = self.seen.iter().filter(|earlier| **earlier == shown).count();
        self.seen.push(shown);
        (before + 1 >= LASSO).then_some(lowest)
    }
}

#[cfg(test)]
mod tests;
