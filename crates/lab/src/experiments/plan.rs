//! The cells of a scenario.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use sim::Options;

use super::error::{Error, unknown};
use super::scenario::{COOLDOWN, OWN, WARMUP};
use super::{Finished, Scenario, model};

/// Most cells of one run.
const CELLS_MAX: usize = 100_000;

/// A cell's parameters by their names.
pub type Params = BTreeMap<String, String>;

/// One run of a simulation.
#[derive(Clone, PartialEq, Debug)]
pub struct Cell {
    /// Its place in the plan.
    pub number: usize,
    /// Its parameters.
    pub params: Params,
    /// Which of the runs with these parameters it is.
    pub repeat: u32,
    /// Its seed, which follows from the scenario's, the parameters and the repeat.
    pub seed: u64,
}

impl Cell {
    /// Whether what was kept is of this cell, and adds up.
    pub(crate) fn is_kept_by(&self, kept: &Finished) -> bool {
        let is_this = (self.number, &self.params, self.repeat, self.seed)
            == (kept.cell, &kept.params, kept.repeat, kept.seed);
        is_this && kept.requests.adds_up()
    }
}

/// What is to be run.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// The resolved scenario.
    pub scenario: Scenario,
    /// The resolved scenario as it is kept.
    pub config: String,
    /// SHA-256 over the format, the program's version and the resolved scenario, in hexadecimal.
    pub fingerprint: String,
    /// The cells.
    pub cells: Vec<Cell>,
    /// The parameters that vary.
    pub axes: Vec<String>,
}

impl Plan {
    /// Lays out the cells of a scenario.
    ///
    /// # Errors
    /// Where there are none or too many of them, or one that cannot be run.
    pub fn new(scenario: Scenario) -> Result<Self, Error> {
        let config = toml::to_string(&scenario)
            .map_err(|error| Error::failed("this scenario cannot be written").why(error))?;
        let combinations = combinations(&scenario)?;
        let planned = combinations.len().saturating_mul(scenario.repeats as usize);
        if planned == 0 || planned > CELLS_MAX {
            return Err(Error::usage(format!("{planned} cells cannot be run"))
                .why(format!("a run has 1 to {CELLS_MAX}"))
                .next("shorten an axis, or lower `repeats`"));
        }
        let mut cells = Vec::with_capacity(planned);
        for params in &combinations {
            check(params)?;
            for repeat in 0..scenario.repeats {
                let seed = seed_of(scenario.seed, params, repeat);
                cells.push(Cell { number: cells.len(), params: params.clone(), repeat, seed });
            }
        }
        let axes = axes(&combinations);
        let fingerprint = fingerprint(&config);
        Ok(Self { scenario, config, fingerprint, cells, axes })
    }

    /// The fingerprint's first twelve digits: the name of the run's folder.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.fingerprint[..12]
    }

    /// How many combinations of parameters there are.
    #[must_use]
    pub fn combinations(&self) -> usize {
        self.cells.len() / self.scenario.repeats.max(1) as usize
    }
}

/// The name and version of what runs cells.
pub(crate) const TOOL: &str = concat!("unisono ", env!("CARGO_PKG_VERSION"));
/// The version of a run's folder.
pub(crate) const FORMAT: &str = "unisono-run/1";

fn fingerprint(config: &str) -> String {
    hex(&Sha256::digest(format!("{FORMAT}\n{TOOL}\n{config}")))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn combinations(scenario: &Scenario) -> Result<Vec<Params>, Error> {
    let too_many = |count: usize| {
        Error::usage(format!("more than {count} combinations"))
            .why(format!("a run has at most {CELLS_MAX} cells"))
            .next("shorten an axis")
    };
    let mut all = vec![scenario.base.clone()];
    let single = scenario.grid.iter().map(|(key, values)| {
        values.iter().map(|value| Params::from([(key.clone(), value.clone())])).collect()
    });
    let together = scenario.zip.iter().map(|lists| {
        let length = lists.values().map(Vec::len).max().unwrap_or(0);
        let at = |place: usize| {
            let pairs = lists
                .iter()
                .filter_map(move |(key, values)| Some((key.clone(), values.get(place)?.clone())));
            pairs.collect::<Params>()
        };
        (0..length).map(at).collect::<Vec<_>>()
    });
    let axes: Vec<Vec<Params>> =
        single.chain(together).filter(|axis: &Vec<_>| !axis.is_empty()).collect();
    for axis in axes {
        if all.len().saturating_mul(axis.len()) > CELLS_MAX {
            return Err(too_many(CELLS_MAX));
        }
        all = all
            .iter()
            .flat_map(|params| {
                axis.iter().map(|more| {
                    let mut params = params.clone();
                    params.extend(more.clone());
                    params
                })
            })
            .collect();
    }
    all.retain(|params| !scenario.exclude.iter().any(|rule| matches(rule, params)));
    Ok(all)
}

fn matches(rule: &BTreeMap<String, Vec<String>>, params: &Params) -> bool {
    rule.iter().all(|(key, values)| params.get(key).is_some_and(|value| values.contains(value)))
}

fn axes(combinations: &[Params]) -> Vec<String> {
    let keys: BTreeSet<&String> = combinations.iter().flat_map(BTreeMap::keys).collect();
    let varies = |key: &&String| {
        let values: BTreeSet<_> = combinations.iter().map(|params| params.get(*key)).collect();
        values.len() > 1
    };
    keys.into_iter().filter(varies).cloned().collect()
}

/// 53 bits, which every reader of JSON keeps exactly.
fn seed_of(seed: u64, params: &Params, repeat: u32) -> u64 {
    let mut text = format!("unisono-cell\n{seed}\n{repeat}\n");
    params.iter().for_each(|(key, value)| text.push_str(&format!("{key}={value}\n")));
    let digest = Sha256::digest(text);
    digest.iter().take(8).fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte)) >> 11
}

/// The simulation that a cell stands for.
pub(crate) fn options(params: &Params, seed: u64) -> Result<Options, Error> {
    let mut options = Options::default();
    options.seed = seed;
    // An empty text leaves a flag as it is, so that lists of cases can say "none".
    let flags = params.iter().filter(|(key, value)| {
        !value.is_empty()
            && !OWN.contains(&key.as_str())
            && !model::PARAMETERS.contains(&key.as_str())
    });
    for (key, value) in flags {
        options.set(key, value).map_err(|error| {
            Error::usage(format!("`{key}` cannot be `{value}`")).why(error.to_string())
        })?;
    }
    Ok(options)
}

/// The requests that are measured: without those at the beginning and at the end that are not.
pub(crate) fn measured<'a, T>(params: &Params, requests: &'a [T]) -> Result<&'a [T], Error> {
    let count = |key: &str| match params.get(key) {
        None => Ok(0),
        Some(text) => text.parse::<usize>().map_err(|_| {
            Error::usage(format!("`{key}` cannot be `{text}`")).why("it is a number of requests")
        }),
    };
    let (first, last) = (count(WARMUP)?, count(COOLDOWN)?);
    Ok(requests.get(first..requests.len().saturating_sub(last)).unwrap_or_default())
}

/// Finds out before anything runs that a cell cannot.
fn check(params: &Params) -> Result<(), Error> {
    measured::<()>(params, &[])?;
    if model::is_model(params) {
        return model::Model::read(params).map(drop);
    }
    let options = options(params, 0)?;
    let names: Vec<&str> = protocols::PROTOCOLS.iter().map(|protocol| protocol.name).collect();
    if !names.contains(&options.protocol.as_str()) {
        return Err(unknown("protocol", &options.protocol, &names));
    }
    options.validate().map_err(|error| {
        let said: Vec<String> =
            params.iter().map(|(key, value)| format!("{key}={value}")).collect();
        Error::usage(format!("a cell cannot be simulated: {}", said.join(" ")))
            .why(error.to_string())
            .next("leave it out by `[[exclude]]`, or change its axis")
    })
}
