//! Random faults: loss, delay, crashes, restarts, sealers that contradict themselves; then a whole network.

use testkit::{Swarm, ms, swarm};
use types::Quorum;

use crate::{Core, Style};

const CHAOS: Swarm = Swarm {
    sizes: &[4, 4, 5, 6, 7, 10],
    liars: |n| Quorum::of(n).f(),
    loss_ppm: 250_000,
    delay_ms: 300,
    crashes: true,
    heal: ms(60_000),
};

fn random_faults(style: Style) {
    let from = option_env!("POA_SWARM_FROM").and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let seeds = option_env!("POA_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(12);
    for seed in from..from + seeds {
        let run = swarm::<Core>(seed, &CHAOS, |prng, config| {
            config.style = style;
            config.history = prng.between(4, 40);
            config.finality_depth = prng.between(0, 6);
            config.wiggle = ms(prng.between(10, 200));
        });
        run.unwrap_or_else(|problem| panic!("{style:?}, seed {seed}: {problem}"));
    }
}

#[test]
fn random_faults_break_nothing_in_clique() {
    random_faults(Style::Clique);
}
#[test]
fn random_faults_break_nothing_in_aura() {
    random_faults(Style::Aura);
}
