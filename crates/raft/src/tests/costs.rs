//! What the protocol costs: messages for a decision, and what it sends when idle.

use testkit::{ms, request};
use types::Seq;

use super::world::{World, elect, leader};
use crate::Mutant;

/// APPEND, APPENDED and COMMIT to and from each follower.
#[test]
fn a_decision_costs_three_messages_for_each_follower() {
    for n in [1, 2, 3, 5, 7] {
        let mut world = World::with(n, None, |config| config.heartbeat_interval = ms(100_000));
        elect(&mut world, 0).unwrap();
        world.run(ms(10));
        let before = world.crossed.clone();
        for timestamp in 1..=10 {
            world.submit(request(1, timestamp));
            world.run(ms(10));
        }
        assert_eq!(world.at(0).app.state.seq, Seq::new(11), "n = {n}");
        let spent: Vec<usize> =
            world.crossed.iter().zip(&before).map(|(after, before)| after - before).collect();
        let each = 10 * (n - 1);
        assert_eq!((spent[4], spent[5], spent[7]), (each, each, each), "n = {n}");
        assert_eq!(spent.iter().sum::<usize>(), 3 * each, "n = {n}");
    }
}

/// Work that waits while the window is full goes together into the next payload.
#[test]
fn waiting_work_is_batched() {
    let mut world = World::with(3, None, |config| config.window = 1);
    (0..3).for_each(|index| world.at_mut(index).app.batch = 1_000);
    elect(&mut world, 0).unwrap();
    world.run(ms(10));
    for client in 0..100 {
        world.submit(request(client, 1));
    }
    world.run(ms(100));
    assert_eq!(world.at(2).app.state.replies.len(), 100);
    assert_eq!(world.height(2), 3, "one on its way, and one for all that came meanwhile");
}

/// An idle network sends heartbeats and their answers, and nothing else.
#[test]
fn idling_costs_heartbeats_alone() {
    let mut world = World::new(4, None);
    elect(&mut world, 0).unwrap();
    world.run(ms(100));
    let before = world.crossed.clone();
    world.run(ms(10_000));
    let spent: Vec<usize> =
        world.crossed.iter().zip(&before).map(|(after, before)| after - before).collect();
    let beats = 3 * 200;
    assert!((beats - 6..=beats).contains(&spent[8]), "{} heartbeats", spent[8]);
    assert_eq!(spent.iter().sum::<usize>(), spent[8] + spent[9]);
    assert_eq!(leader(&world), Some(0));
}

#[test]
fn mutants_have_names_of_their_own() {
    let mut labels: Vec<_> = Mutant::ALL.iter().map(|mutant| mutant.label()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), Mutant::ALL.len());
}
