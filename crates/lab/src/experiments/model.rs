//! A protocol that is nothing but numbers: a base latency, its variability, a throughput, and a share of liars that it
//! stands. It is for comparison with real ones, and says of itself that it is a model.

use sim::Asked;
use types::Prng;

use super::Params;
use super::error::Error;

/// The protocol's name in a scenario.
pub(crate) const NAME: &str = "custom";

/// Its parameters, besides `decisions`, `clients`, `nodes` and `byzantine`; all others change nothing in it, and these
/// change nothing in real protocols, so that both can stand in one scenario.
pub(crate) const PARAMETERS: &[&str] =
    &["base-latency-us", "latency-variability-us", "base-throughput-per-s", "byzantine-tolerance"];

const STREAM: u64 = 0x6d6f_6465_6c00;
/// Most requests of one run.
const REQUESTS_MAX: u64 = 1_000_000;

/// Whether a cell is of this kind.
pub(crate) fn is_model(params: &Params) -> bool {
    params.get("protocol").is_some_and(|name| name == NAME)
}

/// The numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Model {
    latency_us: u64,
    variability_us: u64,
    throughput_per_s: u64,
    tolerance_ppm: u64,
    requests: u64,
    clients: u64,
    nodes: u64,
    byzantine: u64,
}

impl Model {
    pub(crate) fn read(params: &Params) -> Result<Self, Error> {
        let number = |key: &str, usual: u64, least: u64| match params.get(key) {
            None => Ok(usual),
            Some(text) => {
                let digits = text.strip_suffix("ppm").unwrap_or(text);
                let value = digits.parse().ok().filter(|value| *value >= least);
                value.ok_or_else(|| {
                    Error::usage(format!("`{key}` cannot be `{text}`"))
                        .why(format!("it is a whole number from {least} up, or a share"))
                })
            }
        };
        let this = Self {
            latency_us: number("base-latency-us", 800_000, 0)?,
            variability_us: number("latency-variability-us", 150_000, 0)?,
            throughput_per_s: number("base-throughput-per-s", 85, 1)?,
            tolerance_ppm: number("byzantine-tolerance", 330_000, 0)?,
            requests: number("decisions", 100, 1)?,
            clients: number("clients", 4, 1)?,
            nodes: number("nodes", 4, 1)?,
            byzantine: number("byzantine", 0, 0)?,
        };
        if this.requests > REQUESTS_MAX || this.clients > REQUESTS_MAX {
            return Err(Error::usage("too many requests or clients for a custom protocol")
                .why(format!("at most {REQUESTS_MAX}")));
        }
        Ok(this)
    }

    /// Whether there are more liars than it is said to stand.
    pub(crate) fn is_corrupted(&self) -> bool {
        self.byzantine * 1_000_000 > self.tolerance_ppm * self.nodes
    }

    /// Clients that ask again when they are answered, one server that takes requests so fast and no faster, and a
    /// latency drawn evenly around its base.
    pub(crate) fn run(&self, seed: u64) -> Vec<Asked> {
        let mut prng = Prng::new(seed, STREAM);
        let spacing_us = (1_000_000 / self.throughput_per_s).max(1);
        let mut free_us = vec![0_u64; self.clients as usize];
        let mut server_us = 0_u64;
        let asked = (0..self.requests).map(|_| {
            let next = free_us.iter().enumerate().min_by_key(|(_, at)| **at);
            let client = next.map_or(0, |(client, _)| client);
            let asked_us = free_us[client];
            server_us = server_us.max(asked_us) + spacing_us;
            let spread = prng.below(2 * self.variability_us + 1);
            let latency_us = (self.latency_us + spread).saturating_sub(self.variability_us);
            let answered_us = server_us.max(asked_us + latency_us);
            free_us[client] = answered_us;
            Asked { asked_us, answered_us: Some(answered_us) }
        });
        asked.collect()
    }
}
