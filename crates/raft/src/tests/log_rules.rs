//! The log.

use testkit::{Verdict, ensure, ms, request, scenario};

use super::world::{World, elect, leader};
use crate::Mutant;

fn a_request_is_executed(mutant: Option<Mutant>) -> Verdict {
    for n in [1, 2, 3, 4, 5, 7] {
        let mut world = World::new(n, mutant);
        for timestamp in 1..=20 {
            world.submit(request(1, timestamp));
            world.run(ms(100));
        }
        world.run(ms(1_000));
        ensure(leader(&world).is_some(), "nobody leads")?;
        world.lives(9, ms(2_000))?;
    }
    let mut world = World::new(3, mutant);
    elect(&mut world, 2)?;
    world.lives(1, ms(100))
}

#[test]
fn requests_are_executed() {
    a_request_is_executed(None).unwrap();
}
scenario!(r15_a_retry_is_applied_once, a_retry, [ExecutedTwice]);

fn a_retry(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.submit_to(request(1, 1), &[0]);
    world.run(ms(3));
    world.crash(0);
    // The client hears nothing, and asks the others.
    world.submit_to(request(1, 1), &[1, 2]);
    world.run(ms(1_500));
    world.restart(0);
    world.run(ms(1_000));
    ensure((0..3).all(|i| world.at(i).app.executions.len() == 1), "executed once at each")?;
    world.lives(9, ms(2_000))
}
