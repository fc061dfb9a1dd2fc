//! What the baselines stand, and what they do not.

use std::path::PathBuf;

use protocol::{Inspect as _, Reject};
use testkit::{
    Fate, Swarm, Verdict, check_script, ensure, ms, node, payload, request, scenario, swarm,
};
use types::Seq;

use super::world::{World, without_consensus};
use crate::{Core, Message, Mode, Mutant, Order};

#[test]
fn a_decision_costs_an_order_and_an_acknowledgement_each() {
    for n in [1, 2, 4, 7] {
        let mut world = World::new(n, None);
        for timestamp in 1..=20 {
            world.submit(request(1, timestamp));
            world.run(ms(20));
        }
        let each = 20 * (n - 1);
        assert_eq!(world.crossed, [each, each, 0, 0], "n = {n}");
        world.run(ms(1_000));
        assert!(world.is_idle(), "idling costs nothing");
        world.verdict().unwrap();
        world.lives(9, ms(100)).unwrap();
    }
}

/// The sequencer is all that stands between the replicas and chaos: it tells each something else, and they believe it.
#[test]
fn a_lying_sequencer_succeeds() {
    let mut world = World::new(4, None);
    world.at_mut(0).is_liar = true;
    let signer = world.signer(0).clone();
    world.network = Box::new(move |_, _, to, message| match Core::contradict(message, &signer) {
        Some(lie) if to == node(1) => Fate::Instead(vec![lie]),
        _ => Fate::Pass,
    });
    world.submit(request(1, 1));
    world.run(ms(1_000));
    let (one, two) = (world.at(1).digest_at(1), world.at(2).digest_at(1));
    assert!(one.is_some() && two.is_some() && one != two, "two replicas decide differently");
    let problem = world.verdict().unwrap_err();
    assert!(problem.contains("was decided differently"), "{problem}");
    assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "and nobody notices");
}

/// Without a fault, and without a lie: replicas that hear of work in another order end in different states.
#[test]
fn replicas_without_consensus_diverge() {
    let mut world = without_consensus(4);
    world.submit_to(request(1, 1), &[0, 1]);
    world.submit_to(request(2, 1), &[2, 3]);
    world.run(ms(10));
    world.submit_to(request(1, 1), &[2, 3]);
    world.submit_to(request(2, 1), &[0, 1]);
    world.run(ms(10));
    assert_eq!((0..4).map(|index| world.height(index)).collect::<Vec<_>>(), [2; 4], "all decide");
    assert_ne!(world.at(0).digest_at(1), world.at(2).digest_at(1), "and not the same");
    assert_ne!(world.at(0).app.state.digest(), world.at(2).app.state.digest());
    assert!(world.verdict().unwrap_err().contains("was decided differently"));
    assert_eq!(world.crossed.iter().sum::<usize>(), 0, "nobody asked anybody");
}

#[test]
fn replicas_without_consensus_go_on_after_a_crash() {
    let mut world = without_consensus(2);
    for timestamp in 1..=5 {
        world.submit(request(1, timestamp));
        world.run(ms(5));
        world.restart(0);
    }
    world.lives(9, ms(100)).unwrap();
}

/// One point of failure: nothing is ordered while the sequencer is down, and everything once it is back.
#[test]
fn without_its_sequencer_everything_stops() {
    let mut world = World::new(4, None);
    world.submit(request(1, 1));
    world.run(ms(20));
    world.crash(0);
    world.submit(request(1, 2));
    world.run(ms(60_000));
    assert!((1..4).all(|index| world.height(index) == 1), "nothing is ordered");
    let waiting = world.core(1).describe().waiting.expect("it says what it waits for");
    assert_eq!(waiting.phase, "sequencer");
    world.restart(0);
    world.lives(9, ms(2_000)).unwrap();
}

scenario!(x3_only_the_sequencer_orders, another_one_orders, [SenderUnchecked]);

fn another_one_orders(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(4, mutant);
    let order = Order { seq: Seq::new(1), payload: payload(&[request(7, 1)]) };
    world.inject(3, 1, Message::Order(order));
    world.run(ms(20));
    ensure(world.height(1) == 0, "an order by somebody else")?;
    ensure(world.at(1).rejects == [(node(3), Reject::NotLeader)], "counted")?;
    world.lives(9, ms(500))
}

scenario!(
    x5_no_order_is_forgotten,
    |mutant| {
        an_order_and_a_crash(mutant)?;
        an_acknowledgement_and_a_crash(mutant)
    },
    [OrderNotPersisted, AckNotPersisted]
);

fn an_order_and_a_crash(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(4, mutant);
    world.at_mut(0).crash_on = Some(0);
    world.submit_to(request(1, 1), &[0]);
    world.run(ms(20));
    ensure(world.height(1) == 1, "it left")?;
    world.restart(0);
    world.submit_to(request(2, 1), &[0]);
    world.run(ms(20));
    world.verdict()?;
    world.lives(9, ms(1_000))
}

fn an_acknowledgement_and_a_crash(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(4, mutant);
    world.submit(request(1, 1));
    world.run(ms(20));
    ensure(world.at(1).disk.len() == 1, "what is acknowledged is kept")?;
    world.restart(1);
    world.lives(9, ms(1_000))
}

/// A replica that slept through more orders than are kept takes over the sequencer's state.
#[test]
fn a_replica_far_behind_takes_over_a_state() {
    let mut world = World::with(4, None, |config| config.orders_kept = 4);
    world.crash(3);
    for timestamp in 1..=40 {
        world.submit(request(1, timestamp));
        world.run(ms(10));
    }
    assert!(world.core(0).log.len() < 12, "the log is bounded");
    world.restart(3);
    world.lives(9, ms(2_000)).unwrap();
    assert!(!world.at(3).transfers.is_empty());
}

#[test]
fn crashes_and_losses_break_nothing() {
    let options = Swarm {
        sizes: &[1, 2, 3, 4, 7],
        liars: |_| 0,
        loss_ppm: 250_000,
        delay_ms: 300,
        crashes: true,
        heal: ms(20_000),
    };
    let seeds = option_env!("CENTRAL_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok());
    for seed in 0..seeds.unwrap_or(60) {
        let verdict = swarm::<Core>(seed, &options, |prng, config| {
            config.mode = Mode::Sequencer;
            config.orders_kept = prng.between(1, 20);
            config.window = prng.between(1, 8);
        });
        verdict.unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

#[test]
fn the_normal_case() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/normal_case.txt");
    check_script::<Core>(&path, |_, _| false);
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut labels: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), Mutant::ALL.len());
}
