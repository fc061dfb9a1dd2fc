//! Routes between hubs, and how a policy chooses among them, in whole numbers.

use codec::{Decode, DecodeError, Encode, Reader, record};
use ledger::{Account, Refusal, StateTree};

use super::message::byte_enum;
use super::{Priority, keys};
use crate::argument::{entries, is_name, keep, kept};

/// Longest name of a route, in bytes.
pub const ROUTE_BYTES_MAX: usize = 64;
/// Most hubs on a route.
pub const HOPS_MAX: usize = 16;
/// Most routes.
pub const ROUTES_MAX: u32 = 4_096;
/// Most routes to one hub: as many as a choice looks at.
pub const ROUTES_TO_HUB_MAX: usize = 64;
/// Parts of a whole in reliabilities and scores.
pub const PPM: u64 = 1_000_000;

byte_enum! {
    /// How a route is doing, as its owner says.
    RouteStatus, "a route's status is 0 to 3";
    /// It works.
    Active = 0, "active";
    /// It works badly: its score is halved.
    Degraded = 1, "degraded";
    /// It is out of use for a while.
    Maintenance = 2, "maintenance";
    /// It does not work.
    Failed = 3, "failed";
}

/// A way through the federation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// Its name, 1 to [`ROUTE_BYTES_MAX`] bytes.
    pub name: String,
    /// The hubs that forward, in order; 1 to [`HOPS_MAX`], each once. The last one is its destination.
    pub hops: Vec<Account>,
    /// How long a message takes, in milliseconds.
    pub latency_ms: u32,
    /// What a KiB costs, in the unit of fees.
    pub cost_per_kib: u64,
    /// How many of a million messages arrive.
    pub reliability_ppm: u32,
    /// How it is doing.
    pub status: RouteStatus,
}
record!(Route {
    name: String, hops: Vec<Account>, latency_ms: u32, cost_per_kib: u64, reliability_ppm: u32, status: RouteStatus,
});

/// A route, and the hub that registered it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnedRoute {
    /// Who may change it.
    pub owner: Account,
    /// The route.
    pub route: Route,
}
record!(OwnedRoute { owner: Account, route: Route });

/// What a message demands of its route, and how it weighs what it may choose from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The slowest that is good enough, in milliseconds.
    pub latency_ms_max: u32,
    /// The dearest that is good enough, per KiB.
    pub cost_per_kib_max: u64,
    /// The least reliable that is good enough.
    pub reliability_ppm_min: u32,
    /// The weights of latency, cost and reliability, in percent; together 100.
    pub weights_percent: [u8; 3],
}
record!(Policy {
    latency_ms_max: u32,
    cost_per_kib_max: u64,
    reliability_ppm_min: u32,
    weights_percent: [u8; 3],
});

impl Policy {
    /// What a priority usually demands (seed 003): 95 % reliable, and 100 ms for an emergency up to a minute for bulk.
    #[must_use]
    pub const fn of(priority: Priority, cost_per_kib_max: u64) -> Self {
        let latency_ms_max = match priority {
            Priority::Emergency => 100,
            Priority::High => 500,
            Priority::Normal => 2_000,
            Priority::Low => 10_000,
            Priority::Bulk => 60_000,
        };
        let (reliability_ppm_min, weights_percent) = (950_000, [40, 30, 30]);
        Self { latency_ms_max, cost_per_kib_max, reliability_ppm_min, weights_percent }
    }

    pub(super) fn is_within_bounds(&self) -> bool {
        self.weights_percent.iter().map(|&weight| u32::from(weight)).sum::<u32>() == 100
            && u64::from(self.reliability_ppm_min) <= PPM
    }

    /// How well a route fits, at most a million; `None` where it is not good enough.
    #[must_use]
    pub fn score(&self, route: &Route) -> Option<u64> {
        let is_good = route.latency_ms <= self.latency_ms_max
            && route.cost_per_kib <= self.cost_per_kib_max
            && route.reliability_ppm >= self.reliability_ppm_min;
        let divisor = match route.status {
            RouteStatus::Active => 100,
            RouteStatus::Degraded => 200,
            RouteStatus::Maintenance | RouteStatus::Failed => return None,
        };
        // How far below its bound a number is; where the bound is zero, it is all that can be wished.
        let spared = |value: u64, bound: u64| {
            let (value, bound) = (u128::from(value), u128::from(bound));
            let part = ((bound - value) * u128::from(PPM)).checked_div(bound);
            part.map_or(PPM, |part| u64::try_from(part).unwrap_or(PPM))
        };
        is_good.then(|| {
            let parts = [
                spared(route.latency_ms.into(), self.latency_ms_max.into()),
                spared(route.cost_per_kib, self.cost_per_kib_max),
                route.reliability_ppm.into(),
            ];
            let weighed = parts.iter().zip(self.weights_percent);
            weighed.map(|(part, weight)| part * u64::from(weight)).sum::<u64>() / divisor
        })
    }
}

impl Route {
    pub(super) fn is_within_bounds(&self) -> bool {
        let is_once = |(at, hub)| !self.hops[..at].contains(hub);
        is_name(&self.name, ROUTE_BYTES_MAX)
            && (1..=HOPS_MAX).contains(&self.hops.len())
            && self.hops.iter().enumerate().all(is_once)
            && u64::from(self.reliability_ppm) <= PPM
    }
    fn destination(&self) -> Account {
        self.hops.last().copied().unwrap_or_default()
    }
    fn destination_key(&self) -> Vec<u8> {
        [keys::routes_to(&self.destination()), self.name.as_bytes().to_vec()].concat()
    }
}

/// A route by its name.
#[must_use]
pub fn route(state: &StateTree, name: &str) -> Option<OwnedRoute> {
    kept(state, &keys::route(name))
}

/// The routes, by name.
pub fn routes(state: &StateTree) -> impl Iterator<Item = OwnedRoute> + '_ {
    routes_from(state, &[])
}

/// The routes from a name on, by name.
pub fn routes_from<'a>(
    state: &'a StateTree,
    from: &[u8],
) -> impl Iterator<Item = OwnedRoute> + use<'a> {
    entries(state, keys::ROUTE, from).filter_map(|(_, route)| OwnedRoute::from_bytes(route).ok())
}

/// The best route to a hub under a policy; of equals, the first by name.
#[must_use]
pub fn choose(state: &StateTree, destination: &Account, policy: &Policy) -> Option<Route> {
    let prefix = keys::routes_to(destination);
    let mut best: Option<(u64, Route)> = None;
    for (name, _) in entries(state, &prefix, &[]).take(ROUTES_TO_HUB_MAX) {
        let found: Option<OwnedRoute> = kept(state, &[keys::ROUTE, name].concat());
        let Some(OwnedRoute { route, .. }) = found else { continue };
        if let Some(score) = policy.score(&route)
            && best.as_ref().is_none_or(|(best, _)| score > *best)
        {
            best = Some((score, route));
        }
    }
    best.map(|(_, route)| route)
}

/// Registers a route, or changes one's own.
pub(super) fn set_route(
    sender: Account,
    route: Route,
    state: &mut StateTree,
) -> Result<String, Refusal> {
    let old = self::route(state, &route.name);
    if old.as_ref().is_some_and(|old| old.owner != sender) {
        return Err(Refusal::HubRouteExists);
    }
    let others = entries(state, &keys::routes_to(&route.destination()), &[])
        .filter(|(name, _)| *name != route.name.as_bytes());
    let mut totals = super::totals(state);
    if others.count() >= ROUTES_TO_HUB_MAX || (old.is_none() && totals.routes >= ROUTES_MAX) {
        return Err(Refusal::TooManyRoutes);
    }
    match old {
        Some(old) => state.remove(&old.route.destination_key()),
        None => {
            totals.routes = totals.routes.saturating_add(1);
            keep(state, keys::TOTALS.to_vec(), &totals);
        }
    }
    let name = route.name.clone();
    state.set(route.destination_key(), Vec::new());
    keep(state, keys::route(&name), &OwnedRoute { owner: sender, route });
    Ok(name)
}

/// Takes one's own route away. Messages that are on it keep their way.
pub(super) fn remove_route(
    sender: Account,
    name: &str,
    state: &mut StateTree,
) -> Result<(), Refusal> {
    let old = route(state, name).ok_or(Refusal::HubRouteUnknown)?;
    if old.owner != sender {
        return Err(Refusal::NotRouteOwner);
    }
    state.remove(&old.route.destination_key());
    state.remove(&keys::route(name));
    let mut totals = super::totals(state);
    totals.routes = totals.routes.saturating_sub(1);
    keep(state, keys::TOTALS.to_vec(), &totals);
    Ok(())
}
