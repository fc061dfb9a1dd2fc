//! Who leads when: for systematic tests, which enumerate the leaders of the first rounds.

use types::{NodeId, View};

use crate::Config;

/// Lets these replicas lead the first rounds; false where the core has no leaders that take turns.
pub fn schedule(config: &mut Config, leaders: &[NodeId]) -> bool {
    match config {
        Config::Pbft(config) => config.leaders = leaders.to_vec(),
        Config::HotStuff(config) => {
            // Views count from one there.
            config.leaders = leaders.first().into_iter().chain(leaders).copied().collect();
        }
        Config::Tendermint(config) => config.leaders = leaders.to_vec(),
        Config::Raft(_)
        | Config::Poa(_)
        | Config::Pos(_)
        | Config::Pow(_)
        | Config::Fba(_)
        | Config::Central(_) => return false,
    }
    true
}

/// The round, from zero, that a view is in the count of [`schedule`].
#[must_use]
pub fn round_of(config: &Config, view: View) -> u64 {
    match config {
        Config::HotStuff(_) => view.get().saturating_sub(1),
        Config::Tendermint(_) => {
            let (height, round) = tendermint::height_and_round(view);
            height.saturating_sub(1).saturating_add(round)
        }
        Config::Pbft(_)
        | Config::Raft(_)
        | Config::Poa(_)
        | Config::Pos(_)
        | Config::Pow(_)
        | Config::Fba(_)
        | Config::Central(_) => view.get(),
    }
}
