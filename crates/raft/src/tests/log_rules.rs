//! The log.

use std::sync::Arc;

use testkit::{Fate, Verdict, ensure, ms, payload, request, scenario};
use types::{NodeId, Seq, View};

use super::world::{World, campaign, change, elect, last, leader, lose};
use crate::{Append, Ask, Content, Message, Mutant, Position};

#[test]
fn requests_are_executed() {
    for n in [1, 2, 3, 4, 5, 7] {
        let mut world = World::new(n, None);
        for timestamp in 1..=20 {
            world.submit(request(1, timestamp));
            world.run(ms(100));
        }
        world.run(ms(1_000));
        assert!(leader(&world).is_some());
        world.lives(9, ms(2_000)).unwrap();
    }
}

scenario!(r1_a_vote_survives_a_crash, a_vote_and_a_crash, [VoteNotPersisted]);

fn a_vote_and_a_crash(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    let ask = |candidate: u16| {
        let (term, last) = (View::new(1), Position::default());
        Message::Vote(Ask { term, candidate: NodeId::new(candidate), last, transfer: true })
    };
    world.inject(1, 0, ask(1));
    world.run(ms(5));
    ensure(world.core(0).vote == Some(NodeId::new(1)), "it votes")?;
    world.restart(0);
    world.inject(2, 0, ask(2));
    world.run(ms(5));
    ensure(world.core(0).vote != Some(NodeId::new(2)), "it votes twice in one term")?;
    world.verdict()
}

scenario!(r2_a_stale_log_never_wins, a_stale_candidate, [LogNotCompared]);

fn a_stale_candidate(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.split(&[[0, 1].as_slice(), &[2]]);
    world.submit(request(1, 1));
    world.run(ms(20));
    ensure(world.height(1) == 2, "committed without the third")?;
    world.crash(0);
    world.heal();
    // Even with a far higher term.
    world.with_core(NodeId::new(2), |core, _| core.term = View::new(50));
    ensure(elect(&mut world, 2).is_err(), "a candidate without a committed entry wins")?;
    world.restart(0);
    world.lives(9, ms(5_000))
}

scenario!(r3_only_entries_of_the_own_term_are_counted, figure_8, [OldTermCommitted]);

fn figure_8(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(5, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    // (a) An entry of term 1 reaches one follower.
    lose(&mut world, |_, to, message| matches!(message, Message::Append(_)) && to != 1);
    world.submit_to(request(1, 1), &[0]);
    world.run(ms(20));
    ensure((last(&world, 1), last(&world, 2)) == (2, 1), "only one follower has it")?;
    // (b) Another leader of a later term has something else in that place.
    world.crash(0);
    lose(&mut world, |_, _, message| matches!(message, Message::Append(_)));
    elect(&mut world, 4)?;
    world.crash(4);
    // (c) The first one leads again, and brings the old entry, but nothing of its term, to a majority.
    world.restart(0);
    world.network = Box::new(|_, _, to, message| match message {
        Message::Append(_) if to == NodeId::new(3) => Fate::Drop,
        Message::Append(append) => Fate::Instead(vec![Message::Append(of_term_1(append))]),
        _ => Fate::Pass,
    });
    elect(&mut world, 0)?;
    world.run(ms(20));
    ensure(last(&world, 2) == 2, "a majority has the old entry")?;
    ensure(world.height(0) == 1, "the old entry is committed")?;
    // (d) The other one may still replace it.
    world.crash(0);
    world.heal();
    world.restart(4);
    elect(&mut world, 4)?;
    world.run(ms(100));
    world.restart(0);
    world.lives(9, ms(5_000))
}

fn of_term_1(append: &Append) -> Append {
    let entries = append.entries.iter().filter(|entry| entry.term == View::new(1));
    Append { entries: Arc::new(entries.cloned().collect()), ..append.clone() }
}

scenario!(r4_a_new_leader_appends_an_entry_of_its_own, an_idle_term, [NoNoop]);

fn an_idle_term(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, None);
    (0..3).for_each(|index| world.at_mut(index).config.mutant = mutant);
    elect(&mut world, 0)?;
    world.submit(request(1, 1));
    world.run(ms(20));
    world.crash(0);
    (1..3).for_each(|index| world.restart(index));
    elect(&mut world, 1)?;
    world.run(ms(20));
    super::world::read(&mut world, 1, 7).map_err(|refusal| refusal.to_string())?;
    world.run(ms(20));
    ensure(super::world::reads(&mut world, 1).len() == 1, "an idle leader answers no read")?;
    change(&mut world, 1, &[1, 2], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(20));
    ensure(world.core(2).configuration().voters.len() == 2, "an idle leader changes no members")
}

scenario!(r5_a_late_prefix_cuts_nothing_off, a_late_prefix, [AlwaysTruncates]);

fn a_late_prefix(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    // Follower 1 acknowledges two entries and does not hear that they are committed; follower 2 hears nothing.
    lose(&mut world, |_, to, message| {
        to == 2 || matches!(message, Message::Commit(_) | Message::Heartbeat(_))
    });
    world.submit_to(request(1, 1), &[0]);
    world.submit_to(request(1, 2), &[0]);
    world.run(ms(10));
    ensure((last(&world, 1), world.height(0)) == (3, 3), "two entries are committed")?;
    let prev = Position { seq: Seq::new(1), term: View::new(1) };
    let entries = Arc::new(world.core(0).log.slice(Seq::new(2), Seq::new(2), 1));
    let late = Append { term: View::new(1), prev, commit: Seq::new(1), entries };
    world.inject(0, 1, Message::Append(late));
    world.run(ms(2));
    ensure(last(&world, 1) == 3, "the suffix is cut off")?;
    world.crash(0);
    world.heal();
    elect(&mut world, 1)?;
    world.restart(0);
    world.lives(9, ms(3_000))
}

scenario!(
    r12_a_state_is_taken_over_whole,
    |mutant| {
        a_state_taken_over(mutant)?;
        a_crash_between_state_and_log(mutant)?;
        an_old_snapshot(mutant)?;
        a_compacted_log_and_a_crash(mutant)
    },
    [SnapshotWithoutMembers, SnapshotMovesBack, SnapshotNotPersisted]
);

fn compacting(n: usize, mutant: Option<Mutant>) -> World {
    World::with(n, mutant, |config| (config.snapshot_interval, config.entries_kept) = (4, 1))
}

fn behind(mutant: Option<Mutant>) -> Result<World, String> {
    let mut world = compacting(4, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    world.split(&[&[0, 1, 3]]);
    change(&mut world, 0, &[0, 1, 2], &[3]).map_err(|refusal| refusal.to_string())?;
    for timestamp in 1..=30 {
        world.submit_to(request(1, timestamp), &[0, 1, 3]);
        world.run(ms(10));
    }
    ensure(world.core(0).log.len() < 8, "the log is compacted")?;
    Ok(world)
}

fn a_state_taken_over(mutant: Option<Mutant>) -> Verdict {
    let mut world = behind(mutant)?;
    world.heal();
    world.run(ms(1_000));
    ensure(world.at(2).transfers.len() == 1, "one transfer")?;
    let learners = world.core(2).configuration().learners.len();
    ensure(learners == 1, "the members come with the state")?;
    world.lives(9, ms(3_000))
}

fn a_crash_between_state_and_log(mutant: Option<Mutant>) -> Verdict {
    let mut world = behind(mutant)?;
    world.heal();
    let is_asked = |world: &World| !world.at(2).transfers.is_empty();
    ensure(world.run_until(ms(1_000), is_asked), "a state is asked for")?;
    // The application has the state, the log knows nothing of it.
    world.restart(2);
    world.lives(9, ms(3_000))?;
    let learners = world.core(2).configuration().learners.len();
    ensure(learners == 1, "the members come with the state")
}

fn an_old_snapshot(mutant: Option<Mutant>) -> Verdict {
    let mut world = behind(mutant)?;
    // Two snapshots in quick succession, the second overtaken by the first.
    let mut early = None;
    world.with_core(NodeId::new(0), |core, _| {
        let (term, snapshot) = (core.term, core.snapshot.clone());
        let crate::Snapshot { position, digest, members, .. } = snapshot;
        early =
            Some(Message::Install(Arc::new(crate::Install { term, position, digest, members })));
    });
    for timestamp in 31..=40 {
        world.submit_to(request(1, timestamp), &[0, 1, 3]);
        world.run(ms(10));
    }
    world.heal();
    world.run(ms(1_000));
    let commit = world.core(2).commit;
    world.inject(0, 2, early.ok_or("a snapshot")?);
    world.run(ms(1));
    ensure(world.core(2).commit >= commit, "the commit index moves back")?;
    world.lives(9, ms(3_000))
}

fn a_compacted_log_and_a_crash(mutant: Option<Mutant>) -> Verdict {
    let mut world = compacting(3, mutant);
    elect(&mut world, 0)?;
    for timestamp in 1..=18 {
        world.submit(request(1, timestamp));
        world.run(ms(10));
    }
    for index in 0..3 {
        let (before, members) = (world.core(index).log.last(), world.core(index).members().clone());
        world.restart(index);
        let after = world.core(index);
        ensure(after.log.last() == before, "the log is the same after a crash")?;
        ensure(*after.members() == members, "the members are the same after a crash")?;
    }
    world.lives(9, ms(3_000))
}

scenario!(
    r13_nothing_counts_before_it_is_durable,
    |mutant| {
        an_acknowledgement_and_a_crash(mutant)?;
        an_order_of_effects(mutant)
    },
    [AckBeforePersist, SendBeforePersist]
);

/// n0's entry reaches n1 alone, and its payload nobody; n0 is gone for good. Neither of the others may insist on it.
fn an_entry_without_its_payload(restarts: bool, mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    (1..3).for_each(|index| world.at_mut(index).app.lacks = Some(7));
    world.split(&[[0, 1].as_slice(), &[2]]);
    world.submit_to(request(7, 1), &[0]);
    world.run(ms(10));
    world.crash(0);
    if restarts {
        world.restart(1);
    }
    world.heal();
    world.submit_to(request(8, 1), &[1, 2]);
    let executes = |world: &World, index: u16| {
        world.at(index).app.executions.iter().any(|(_, request)| request.client == 8)
    };
    let is_done = |world: &World| (1..3).all(|index| executes(world, index));
    ensure(
        world.run_until(ms(10_000), is_done),
        "an entry that nobody can check stops two of three",
    )
}
scenario!(
    r13_what_is_not_at_hand_is_not_kept,
    |mutant| {
        an_entry_without_its_payload(false, mutant)?;
        an_entry_without_its_payload(true, mutant)
    },
    [PersistUnseen]
);

fn an_acknowledgement_and_a_crash(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    world.split(&[[0, 1].as_slice(), &[2]]);
    world.at_mut(1).crash_on = Some(5);
    world.submit_to(request(1, 1), &[0]);
    world.run(ms(10));
    ensure(world.height(0) == 2, "acknowledged, so committed")?;
    world.crash(0);
    world.heal();
    world.restart(1);
    elect(&mut world, 1)?;
    world.run(ms(50));
    world.restart(0);
    world.lives(9, ms(3_000))
}

/// What is sent as new, and what is acknowledged, was given to the disk before: also where a replica is alone.
fn an_order_of_effects(mutant: Option<Mutant>) -> Verdict {
    for n in [1, 3] {
        let mut world = World::new(n, mutant);
        world.log = Some(String::new());
        elect(&mut world, 0)?;
        world.submit(request(1, 1));
        world.run(ms(20));
        let mut written: Vec<(String, String)> = Vec::new();
        for line in world.log.take().unwrap_or_default().lines() {
            let (who, what) = line.split_once(' ').unwrap_or_default();
            let inside = |open: &str, close: char| {
                let rest = what.split_once(open)?.1;
                Some(rest.split(close).next().unwrap_or_default().to_owned())
            };
            if let Some(entries) = inside("persist append(", ')') {
                written.push((who.to_owned(), entries));
            } else if let Some(entries) = inside("APPEND(", ']').filter(|_| what.contains("->")) {
                let entries = entries.split('[').nth(1).unwrap_or_default().to_owned();
                let is_durable =
                    written.iter().any(|(by, what)| by == who && what.ends_with(&entries));
                ensure(is_durable, format!("sent before it is durable: {line}"))?;
            } else if what.starts_with("decide") {
                let is_durable = written.iter().any(|(by, _)| by == who);
                ensure(is_durable, format!("decided before it is durable: {line}"))?;
            }
        }
    }
    Ok(())
}

scenario!(r15_a_retry_is_applied_once, a_retry, [ExecutedTwice]);

fn a_retry(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.submit_to(request(1, 1), &[0]);
    world.run(ms(10));
    world.crash(0);
    elect(&mut world, 1)?;
    // The client did not hear the answer, and the new leader orders its request again.
    let again = Content::Payload(payload(&[request(1, 1)]));
    world.with_core(NodeId::new(1), |core, ctx| core.propose(again, ctx));
    world.run(ms(100));
    world.restart(0);
    world.run(ms(1_000));
    let counts = (0..3).map(|index| world.at(index).app.executions.len());
    ensure(counts.max() == Some(1), "executed twice")?;
    world.lives(9, ms(2_000))
}

/// A follower that was left with other entries gets the leader's, a whole term at a time.
#[test]
fn conflicting_suffixes_are_replaced() {
    let mut world = World::new(3, None);
    elect(&mut world, 0).unwrap();
    world.run(ms(20));
    world.split(&[&[0], &[1, 2]]);
    for timestamp in 1..=6 {
        world.submit_to(request(1, timestamp), &[0]);
        world.run(ms(2));
    }
    elect(&mut world, 1).unwrap();
    for timestamp in 1..=6 {
        world.submit_to(request(2, timestamp), &[1, 2]);
        world.run(ms(2));
    }
    assert_ne!(world.core(0).log.last(), world.core(1).log.last());
    world.heal();
    let refusals = |world: &World| world.crossed[6];
    let before = refusals(&world);
    world.run(ms(300));
    assert_eq!(world.core(0).log.last(), world.core(1).log.last());
    assert!(refusals(&world) <= before + 4, "one refusal for each term, not for each entry");
    campaign(&mut world, 0);
    world.lives(9, ms(3_000)).unwrap();
}
