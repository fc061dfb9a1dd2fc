//! Random faults without liars: loss, delay, crashes; then everything must go on.

use testkit::{Swarm, Verdict, ms, request, swarm};
use types::{NodeId, Prng};

use super::world::{World, change, leader};
use crate::{Core, Members};

const OPTIONS: Swarm = Swarm {
    sizes: &[1, 2, 3, 3, 4, 5, 5, 7],
    liars: |_| 0,
    loss_ppm: 250_000,
    delay_ms: 300,
    crashes: true,
    heal: ms(20_000),
};

#[test]
fn random_faults_break_nothing() {
    let seeds = option_env!("RAFT_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(60);
    for seed in 0..seeds {
        let verdict = swarm::<Core>(seed, &OPTIONS, |prng, config| {
            config.snapshot_interval = prng.between(1, 40);
            config.entries_kept = prng.below(8);
            config.window = prng.between(1, 16);
            config.seed = prng.next_u64();
        });
        verdict.unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// Members come and go, leadership is handed over, leaders are cut off, replicas crash: at the end all are members again
/// and go on.
fn restless(seed: u64) -> Verdict {
    let mut prng = Prng::new(seed, 9);
    let mut world = World::with(5, None, |config| {
        config.members = Members::of(3);
        config.snapshot_interval = 6;
        config.entries_kept = 2;
        config.lease_reads = true;
        config.seed = seed;
    });
    for timestamp in 1..=60 {
        world.submit(request(1, timestamp));
        let some = |prng: &mut Prng| {
            let mask = prng.below(32);
            (0..5_u16).filter(|index| mask & (1 << index) != 0).collect::<Vec<_>>()
        };
        let (voters, learners) = (some(&mut prng), some(&mut prng));
        let learners: Vec<u16> = learners.into_iter().filter(|id| !voters.contains(id)).collect();
        let who = u16::try_from(prng.below(5)).unwrap();
        match (prng.below(9), leader(&world)) {
            (0 | 1, Some(at)) => {
                let _ = change(&mut world, at, &voters, &learners);
            }
            (2, Some(at)) => world.with_core(NodeId::new(at), |core, ctx| {
                let _ = core.transfer_leadership(NodeId::new(who), ctx);
            }),
            (3, _) => world.lose(200_000, world.now.after(ms(400)), seed + timestamp),
            (4, _) => world.split(&[&voters, &learners]),
            (5, _) => world.at_mut(who).crash_on = Some(usize::try_from(prng.below(12)).unwrap()),
            (6, _) => world.restart(who),
            _ => world.heal(),
        }
        world.run(ms(prng.between(1, 500)));
        world.verdict()?;
    }
    world.heal();
    for index in 0..5 {
        world.at_mut(index).crash_on = None;
        world.restart(index);
    }
    for _ in 0..40 {
        world.run(ms(500));
        if let Some(at) = leader(&world) {
            let _ = change(&mut world, at, &[0, 1, 2, 3, 4], &[]);
        }
    }
    world.lives(99, ms(10_000))
}

#[test]
fn restless_members_break_nothing() {
    let seeds = option_env!("RAFT_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    for seed in 0..seeds {
        restless(seed).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}
