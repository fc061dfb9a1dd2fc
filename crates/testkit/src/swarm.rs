//! Random faults: loss, delay, crashes, restarts, and liars that contradict themselves; then a whole network, in which
//! everything must go on.

use types::{Duration, Prng, Time};

use crate::app::request;
use crate::cluster::{Cluster, ms};
use crate::events::Fate;
use crate::subject::Subject;
use crate::verdict::Verdict;

const CHAOS_US: u64 = 12_000_000;

/// What a core is drawn into.
#[derive(Clone, Copy, Debug)]
pub struct Swarm {
    /// Numbers of replicas to draw from.
    pub sizes: &'static [usize],
    /// Most liars among `n` replicas.
    pub liars: fn(usize) -> usize,
    /// Most messages lost while there is chaos, in parts per million.
    pub loss_ppm: u32,
    /// Most milliseconds that a delayed message takes.
    pub delay_ms: u64,
    /// Whether replicas crash and come back.
    pub crashes: bool,
    /// How long a fresh request may take in the healed network.
    pub heal: Duration,
}

/// One run: twelve seconds of chaos, then healing.
///
/// # Errors
/// What did not hold.
pub fn swarm<C: Subject>(
    seed: u64,
    options: &Swarm,
    tune: impl Fn(&mut Prng, &mut C::Config),
) -> Verdict {
    let mut prng = Prng::new(seed, 1);
    let n = *pick(&mut prng, options.sizes);
    let tuning = Prng::new(seed, 4);
    let mut cluster = Cluster::<C>::with(n, None, |config| tune(&mut tuning.clone(), config));
    let size = u16::try_from(n).unwrap_or(u16::MAX);
    let mut liars: Vec<u16> = (0..size).collect();
    prng.shuffle(&mut liars);
    liars.truncate(index(&mut prng, (options.liars)(n) + 1));
    for &liar in &liars {
        cluster.at_mut(liar).is_liar = true;
    }
    cluster.network = chaos(&cluster, liars, options, seed, &mut prng);
    let mut disks = Prng::new(seed, 5);
    let has_slow_disk = disks.chance_ppm(500_000);
    let mut timestamp = 0;
    while cluster.now < Time::from_us(CHAOS_US) {
        timestamp += 1;
        let client = u16::try_from(prng.below(3)).unwrap_or(0);
        cluster.submit(request(client, timestamp));
        if has_slow_disk {
            let slow = u16::try_from(index(&mut disks, n)).unwrap_or(0);
            cluster.at_mut(slow).echo_after = ms(disks.below(options.delay_ms + 1));
        }
        crash_and_restart(&mut cluster, options, &mut prng);
        if timestamp % 8 == 0 {
            cluster.verdict()?;
        }
    }
    for index in 0..size {
        cluster.at_mut(index).crash_on = None;
        cluster.at_mut(index).echo_after = Duration::ZERO;
        if cluster.at(index).core.is_none() {
            cluster.restart(index);
        }
    }
    cluster.lives(99, options.heal)
}

fn crash_and_restart<C: Subject>(cluster: &mut Cluster<C>, options: &Swarm, prng: &mut Prng) {
    let victim = u16::try_from(index(prng, cluster.n())).unwrap_or(0);
    if options.crashes && prng.chance_ppm(100_000) {
        cluster.at_mut(victim).crash_on = Some(index(prng, C::KINDS.len()));
    }
    cluster.run(ms(prng.between(1, 400)));
    let is_unlucky = options.crashes && prng.chance_ppm(50_000);
    if cluster.at(victim).core.is_none() || is_unlucky {
        cluster.restart(victim);
    }
}

fn chaos<C: Subject>(
    cluster: &Cluster<C>,
    liars: Vec<u16>,
    options: &Swarm,
    seed: u64,
    prng: &mut Prng,
) -> crate::Network<C::Message> {
    let loss = u32::try_from(prng.below(u64::from(options.loss_ppm) + 1)).unwrap_or(0);
    let lies = u32::try_from(prng.below(600_000)).unwrap_or(0);
    let delay_us = options.delay_ms * 1_000 + 1;
    let signers = cluster.signers.clone();
    let mut dice = Prng::new(seed, 2);
    Box::new(move |now, from, _, message| {
        let is_chaos = now < Time::from_us(CHAOS_US);
        if is_chaos && dice.chance_ppm(loss) {
            return Fate::Drop;
        }
        if liars.contains(&from.get()) && dice.chance_ppm(lies) {
            return match C::contradict(message, &signers[from.index()]) {
                Some(lie) => Fate::Instead(vec![lie]),
                None => Fate::Pass,
            };
        }
        if is_chaos && dice.chance_ppm(300_000) {
            return Fate::Delay(Duration::from_us(dice.below(delay_us)));
        }
        Fate::Pass
    })
}

fn index(prng: &mut Prng, below: usize) -> usize {
    usize::try_from(prng.below(below as u64)).unwrap_or(0)
}
fn pick<'a, T>(prng: &mut Prng, list: &'a [T]) -> &'a T {
    &list[index(prng, list.len())]
}
