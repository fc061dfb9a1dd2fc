//! How often somebody may submit: a bucket of tokens for each address and each sender, that refills by the clock.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::Account;
use tokio::time::Instant;

use crate::config::RateSettings;

/// Most addresses, and most senders, that are remembered. A full bucket is as good as none and is forgotten first.
const BUCKETS_MAX: usize = 8_192;

/// The address that a connection comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ClientAddress(pub(super) IpAddr);

/// What is left to every client.
#[derive(Debug)]
pub(super) struct Rates {
    settings: RateSettings,
    addresses: Buckets<IpAddr>,
    senders: Buckets<Account>,
}

impl Rates {
    pub(super) fn new(settings: RateSettings) -> Self {
        let buckets = |per_s| Rate { per_s, burst: settings.burst };
        Self {
            settings,
            addresses: Buckets::new(buckets(settings.per_address)),
            senders: Buckets::new(buckets(settings.per_sender)),
        }
    }

    /// Takes a token of an address; the time to wait where it has none.
    pub(super) fn take_address(
        &self,
        client: Option<ClientAddress>,
        now: Instant,
    ) -> Result<(), Duration> {
        match client.filter(|&client| self.counts(client)) {
            Some(ClientAddress(address)) => self.addresses.take(network_of(address), now),
            None => Ok(()),
        }
    }

    /// Puts what a request brought besides its first transaction on the address's bill: it is let in, and the next one
    /// has to wait.
    pub(super) fn charge_address(&self, client: Option<ClientAddress>, count: u64, now: Instant) {
        if let Some(ClientAddress(address)) = client.filter(|&client| self.counts(client)) {
            self.addresses.charge(network_of(address), count, now);
        }
    }

    /// Takes a token of a sender; the time to wait where it has none.
    pub(super) fn take_sender(
        &self,
        client: Option<ClientAddress>,
        sender: Account,
        now: Instant,
    ) -> Result<(), Duration> {
        match client.filter(|&client| self.counts(client)) {
            Some(_) => self.senders.take(sender, now),
            None => Ok(()),
        }
    }

    /// Whether a client's requests are counted: this machine's own programs are trusted unless told otherwise.
    fn counts(&self, client: ClientAddress) -> bool {
        self.settings.count_local || !client.0.to_canonical().is_loopback()
    }
}

/// Whoever has one IPv6 address has 2^64 of them, so these count as one.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

/// How fast a bucket refills and how much it holds.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// Tokens per second; 0 for no limit.
    per_s: u64,
    /// A bucket holds what comes in this time.
    burst: Duration,
}

impl Rate {
    /// How long one token takes to come.
    fn one(self) -> Duration {
        Duration::from_secs(1) / u32::try_from(self.per_s).unwrap_or(u32::MAX).max(1)
    }
}

/// Buckets by key. What is kept of one is the moment at which it will be full again.
#[derive(Debug)]
struct Buckets<K> {
    rate: Rate,
    full_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    fn new(rate: Rate) -> Self {
        Self { rate, full_at: Mutex::default() }
    }

    /// Takes a token where there is one.
    fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let Rate { per_s, burst } = self.rate;
        if per_s == 0 {
            return Ok(());
        }
        let used = {
            let buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
            buckets
                .get(&key)
                .map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now))
        };
        let one = self.rate.one();
        if used + one > burst {
            return Err(used + one - burst);
        }
        self.charge(key, 1, now);
        Ok(())
    }

    /// Takes tokens whether there are any or not.
    fn charge(&self, key: K, count: u64, now: Instant) {
        if self.rate.per_s == 0 {
            return;
        }
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&key) {
            make_room(&mut buckets, now);
        }
        let cost = self.rate.one().saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let full_at = buckets.entry(key).or_insert(now);
        let from = (*full_at).max(now);
        *full_at = from.checked_add(cost).unwrap_or(from);
    }
}

/// Forgets the full buckets, and where all are in use the one that is the next to be full.
fn make_room<K: Copy + Eq + Hash>(buckets: &mut HashMap<K, Instant>, now: Instant) {
    buckets.retain(|_, full_at| *full_at > now);
    if buckets.len() >= BUCKETS_MAX
        && let Some(fullest) = buckets.iter().min_by_key(|(_, full_at)| **full_at)
    {
        let fullest = *fullest.0;
        buckets.remove(&fullest);
    }
}

#[cfg(test)]
mod tests;
