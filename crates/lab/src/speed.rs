//! How fast the reliability engines are, in processor time.

use ::reliability::monte_carlo::Sampler;
use ::reliability::{Error, Links, Model, Protocol, Setup, Topology, theory};

/// One measurement.
#[derive(Clone, PartialEq, Debug)]
pub struct Speed {
    /// What was measured, as a key for programs: ends with its unit.
    pub what: String,
    /// The number.
    pub value: f64,
    /// What it should at least be, or for a duration at most.
    pub goal: f64,
}

/// Drawn rounds of a full mesh at p = 0.9: nodes, shards, and the goal in rounds per second.
const DRAWN: [(usize, u64, f64); 3] = [(4, 2_000, 20e6), (20, 60, 1e6), (100, 3, 0.0)];
/// Exact sums: a name, nodes, how often it is repeated, and the goal in milliseconds.
const EXACT: [(&str, usize, u32, f64); 3] = [
    ("full_200", 200, 200, 2.0),
    ("ring_14", 14, 200, 20.0),
    ("full_2000", 2_000, 3, f64::INFINITY),
];

/// Measures all of them in the calling thread. `cpu_s` says how many seconds of processor time this process has used.
///
/// # Errors
/// None but for a mistake in the table above.
pub fn measure(cpu_s: impl Fn() -> f64) -> Result<Vec<Speed>, Error> {
    let mut all = Vec::new();
    for (nodes, shards, goal) in DRAWN {
        let model = Model::new(&Setup::new(Protocol::Pbft, nodes))?;
        let sampler = Sampler::new(&model, &Links::new(nodes, 0.9, &Topology::Full)?)?;
        let rounds = ::reliability::monte_carlo::SHARD_ROUNDS;
        std::hint::black_box(sampler.shard(1, u64::MAX, rounds));
        let start = cpu_s();
        let hits: u64 = (0..shards).map(|shard| sampler.shard(1, shard, rounds)).sum();
        let spent = cpu_s() - start;
        std::hint::black_box(hits);
        let value = (shards * rounds) as f64 / spent;
        all.push(Speed { what: format!("full_{nodes}_rounds_per_cpu_s"), value, goal });
    }
    for (name, nodes, times, goal) in EXACT {
        let topology = if name.starts_with("ring") { Topology::Ring } else { Topology::Full };
        let model = Model::new(&Setup::new(Protocol::Pbft, nodes))?;
        let links = Links::new(nodes, 0.9, &topology)?;
        let start = cpu_s();
        for _ in 0..times {
            std::hint::black_box(theory::solve(&model, &links)?);
        }
        let value = (cpu_s() - start) * 1e3 / f64::from(times);
        all.push(Speed { what: format!("theory_{name}_cpu_ms"), value, goal });
    }
    Ok(all)
}
