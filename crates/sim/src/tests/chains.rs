//! Chains side by side: what is sent to another arrives there or is returned (S15), whoever crashes when, whatever
//! relayers do, and however long a chain is cut in two.

use app::Purpose;
use app::crossings::Mutant;
use types::NodeId;

use super::*;
use crate::chains::{Chains, Conduct, CoresOf, Crossed, Federation, Victims};

/// Chains for these purposes, of so many validators each.
fn federation(seed: u64, nodes: usize, purposes: &[Purpose]) -> Federation {
    let options = |at: usize| Options {
        seed: seed * 100 + at as u64,
        nodes,
        downtime_max_us: 50_000,
        chaos_us_max: 2_000_000,
        ..Options::default()
    };
    Federation {
        chains: purposes.iter().enumerate().map(|(at, one)| (*one, options(at))).collect(),
        crossings: 2,
        life_us: 400_000,
        relayers: vec![(Conduct::Honest, 0)],
        crash_before: None,
        end_us: 60_000_000,
    }
}

const TWO: [Purpose; 2] = [Purpose::Registry, Purpose::Messaging];
const FOUR: [Purpose; 4] =
    [Purpose::Governance, Purpose::Messaging, Purpose::Registry, Purpose::Monitoring];

#[track_caller]
fn pass(federation: &Federation) -> Crossed {
    let crossed = run_chains(federation).unwrap();
    assert_eq!(crossed.verdict, Verdict::Pass, "{crossed:?}");
    crossed
}

#[test]
fn four_chains_for_four_purposes_exchange_data() {
    let four = federation(1, 4, &FOUR);
    let crossed = pass(&four);
    assert_eq!((crossed.delivered, crossed.returned), (6, 0), "{crossed:?}");
    assert_eq!(run_chains(&four).unwrap(), crossed, "the same options give the same run");
}

/// Relayers, one chain, the other, or all of them go down between any two steps of the relayers, from the first
/// connection to the last end; how many crossings were delivered and returned.
fn crash_everywhere(calm: &Federation) -> [usize; 2] {
    let steps = pass(calm).steps;
    assert!(steps > 20, "only {steps} steps");
    let mut ended = [0, 0];
    for step in 1..=steps {
        let victims = [Victims::Relayers, Victims::Chain(0), Victims::Chain(1), Victims::Everybody];
        for victims in victims {
            let crash_before = Some((step, victims));
            let crossed = pass(&Federation { crash_before, ..calm.clone() });
            ended[0] += crossed.delivered;
            ended[1] += crossed.returned;
        }
    }
    ended
}

#[test]
fn a_crash_between_any_two_steps_leaves_both_sides_or_neither() {
    let [delivered, returned] = crash_everywhere(&federation(2, 1, &TWO));
    assert!(delivered > 0 && returned == 0, "the deadline is far: {delivered}, {returned}");
    // Many crashes last beyond this deadline.
    let hurried = Federation { life_us: 45_000, ..federation(2, 1, &TWO) };
    let [delivered, returned] = crash_everywhere(&hurried);
    assert!(delivered > 0 && returned > 0, "{delivered} delivered, {returned} returned");
}

/// A validator of either chain goes down behind its k-th effect, and what was not yet durable is lost. With `SLOW` set,
/// every effect of every validator.
#[test]
fn a_crash_between_any_two_effects_of_a_validator_too() {
    let slow = std::env::var_os("SLOW").is_some();
    let (nodes, step, last) = if slow { (4, 1, 400) } else { (1, 23, 400) };
    for chain in 0..2 {
        for node in NodeId::all(nodes) {
            for effect in (1..last).step_by(step) {
                let mut one = federation(3, 4, &TWO);
                one.chains[chain].1.crash_at = Some((node, effect));
                pass(&one);
            }
        }
    }
}

/// The second chain cannot decide until the deadline is over: what was sent there is returned, and what comes from there
/// arrives, if it began in time.
#[test]
fn a_partition_beyond_the_deadline_returns_what_was_sent() {
    let mut returned = 0;
    for seed in 0..3 {
        let mut cut = federation(seed, 4, &TWO);
        let side = [0, 1].map(NodeId::new).to_vec();
        cut.chains[1].1.cuts = vec![Cut { from_us: 45_000, to_us: 900_000, side, one_way: false }];
        returned += pass(&cut).returned;
    }
    assert!(returned > 0);
}

/// Relayers that lie or are silent harm nothing; the first honest one ends everything.
#[test]
fn relayers_need_not_be_trusted() {
    for seed in 0..3 {
        let mut bad = federation(seed, 1, &TWO);
        bad.crossings = 6;
        bad.relayers = vec![(Conduct::Lying, 0), (Conduct::Silent, 0), (Conduct::Lying, 7_000)];
        bad.relayers.push((Conduct::Honest, 700_000));
        pass(&bad);
    }
    // With nobody to carry proofs nothing is wrong, and nothing ends.
    let mut alone = federation(9, 1, &TWO);
    alone.relayers = vec![(Conduct::Silent, 0)];
    alone.end_us = 2_000_000;
    let crossed = run_chains(&alone).unwrap();
    assert_eq!(crossed.verdict, Verdict::NoProgress, "{crossed:?}");
}

#[test]
fn liars_losses_and_crashes_within_the_chains_change_nothing() {
    for seed in 0..2 {
        let mut rough = federation(seed, 4, &TWO);
        for (_, options) in &mut rough.chains {
            options.byzantine = 1;
            options.loss_ppm = 20_000;
            options.duplicate_ppm = 20_000;
            options.crash_ppm = 1_000;
            options.wire = true;
        }
        rough.crossings = 4;
        pass(&rough);
    }
}

/// Chains whose crossings have this bug.
fn broken(options: &Options, mutant: Mutant) -> world::Cores<protocols::Any> {
    let mut cores = cores(options);
    cores.crossings = Some(mutant);
    cores
}

#[test]
fn rules_that_are_broken_are_found() {
    let bugs: [(Mutant, CoresOf); 3] = [
        (Mutant::LateArrival, |options| broken(options, Mutant::LateArrival)),
        (Mutant::EarlyReturn, |options| broken(options, Mutant::EarlyReturn)),
        (Mutant::ReturnOfArrived, |options| broken(options, Mutant::ReturnOfArrived)),
    ];
    for (mutant, cores) in bugs {
        let found = (0..20).any(|seed| {
            let mut lied_to = federation(seed, 1, &TWO);
            lied_to.crossings = 6;
            lied_to.life_us = 120_000;
            lied_to.relayers = vec![(Conduct::Lying, 0), (Conduct::Lying, 3_000)];
            lied_to.end_us = 3_000_000;
            let options = lied_to.options();
            let crossed = Chains::new(&lied_to, &options, cores).run();
            crossed.verdict == Verdict::Diverged && crossed.why.starts_with("S15")
        });
        assert!(found, "{mutant:?} survives");
    }
}
