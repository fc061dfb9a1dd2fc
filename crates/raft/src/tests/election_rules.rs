//! Elections and leadership.

use protocol::{Inspect as _, Reject};
use testkit::{Verdict, ensure, ms, request, scenario};
use types::{NodeId, Prng, Seq, View};

use super::world::{
    World, change, elect, highest_term, last, leader, leaders, link, lose, members, read, reads,
};
use crate::{Ask, Core, Message, Mutant, Position};

scenario!(x3_a_candidate_asks_for_itself, a_false_name, [SenderUnchecked]);

fn a_false_name(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    let (candidate, last) = (NodeId::new(0), Position::default());
    let ask = Ask { term: View::new(1), candidate, last, transfer: true };
    world.inject(2, 1, Message::Vote(ask));
    world.run(ms(5));
    ensure(world.core(1).vote.is_none(), "a vote for whom somebody else names")?;
    ensure(world.at(1).rejects == [(NodeId::new(2), Reject::Stranger)], "counted")
}

scenario!(
    r6_no_endless_elections_and_no_deaf_leader,
    |mutant| {
        howard_and_abraham(mutant)?;
        a_leader_without_a_majority(mutant)
    },
    [NoPreVote, NoCheckQuorum]
);

/// 0, 1, 2 hear each other; 3 hears only 1; 4 hears only 2, the leader.
fn howard_and_abraham(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(5, mutant);
    elect(&mut world, 2)?;
    world.run(ms(100));
    let before = highest_term(&world);
    link(&mut world, &[(0, 1), (0, 2), (1, 2), (1, 3), (2, 4)]);
    for timestamp in 1..=60 {
        world.submit(request(1, timestamp));
        world.run(ms(1_000));
        let is_done =
            (0..3).all(|i| world.at(i).app.state.replies.get(&1).map(|r| r.0) == Some(timestamp));
        ensure(is_done, format!("write {timestamp} does not succeed"))?;
    }
    ensure(highest_term(&world) <= before + 2, "endless elections")?;
    world.verdict()
}

/// Everybody hears 1 alone; the leader is 0.
fn a_leader_without_a_majority(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(5, mutant);
    elect(&mut world, 0)?;
    world.run(ms(100));
    link(&mut world, &[(0, 1), (1, 2), (1, 3), (1, 4)]);
    world.run(ms(3_000));
    ensure(leaders(&world).iter().map(|l| l.0).eq([1]), "the one whom all hear leads")?;
    world.lives(9, ms(1_000))
}

scenario!(
    r9_whoever_is_out_cannot_disturb,
    |mutant| {
        a_removed_replica(mutant)?;
        a_deaf_follower(mutant)
    },
    [LeaseIgnored]
);

fn a_removed_replica(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(4, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    change(&mut world, 0, &[0, 1, 2], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(20));
    let before = highest_term(&world);
    world.run(ms(20_000));
    ensure(world.at(3).said.len() > 20, "the removed replica campaigns for ever")?;
    ensure(highest_term(&world) == before && leader(&world) == Some(0), "the term changed")
}

/// Follower 2 hears everybody but the leader, and its log is as good as any.
fn a_deaf_follower(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(4, mutant);
    elect(&mut world, 0)?;
    world.run(ms(100));
    let before = highest_term(&world);
    lose(&mut world, |from, to, _| (from, to) == (0, 2));
    world.run(ms(20_000));
    ensure(highest_term(&world) == before && leader(&world) == Some(0), "the term changed")
}

scenario!(
    r10_no_read_is_stale,
    |mutant| {
        a_paused_leader(mutant, false)?;
        a_paused_leader(mutant, true)?;
        a_leader_that_does_not_know(mutant)?;
        a_lease_handed_over(mutant)
    },
    [ReadUnconfirmed, ReadBeforeOwnCommit, LeaseOutlivesTransfer]
);

fn leasing(mutant: Option<Mutant>) -> World {
    World::with(3, mutant, |config| config.lease_reads = true)
}

/// Its process stands still for ten seconds; the others elect a leader, which writes.
fn a_paused_leader(mutant: Option<Mutant>, is_leasing: bool) -> Verdict {
    let mut world = World::with(3, mutant, |config| config.lease_reads = is_leasing);
    elect(&mut world, 0)?;
    world.run(ms(300));
    read(&mut world, 0, 1).map_err(|refusal| refusal.to_string())?;
    ensure(reads(&mut world, 0).len() == 1 || !is_leasing, "a lease answers at once")?;
    world.run(ms(10));
    let paused = world.at_mut(0).core.take();
    world.run(ms(10_000));
    world.submit_to(request(1, 1), &[1, 2]);
    world.run(ms(100));
    let written = world.height(1);
    world.at_mut(0).core = paused;
    let _ = reads(&mut world, 0);
    read(&mut world, 0, 2).map_err(|refusal| refusal.to_string())?;
    let mut answered = reads(&mut world, 0);
    world.run(ms(500));
    answered.extend(reads(&mut world, 0));
    ensure(answered.iter().all(|read| read.seq.get() >= written), "a stale read")?;
    ensure(leader(&world) != Some(0), "it has heard that it leads no more")
}

/// A new leader has an entry, and has not heard that it is committed.
fn a_leader_that_does_not_know(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    lose(&mut world, |_, _, message| matches!(message, Message::Commit(_) | Message::Heartbeat(_)));
    world.submit(request(1, 1));
    world.run(ms(10));
    ensure((world.height(0), world.height(1)) == (2, 1), "committed, and only the leader knows")?;
    world.crash(0);
    world.heal();
    elect(&mut world, 1)?;
    read(&mut world, 1, 1).map_err(|refusal| refusal.to_string())?;
    world.run(ms(100));
    let answered = reads(&mut world, 1);
    ensure(answered.len() == 1 && answered[0].seq >= Seq::new(2), "a stale read")
}

/// The successor need not wait for the lease to run out, so the lease ends with the hand-over.
fn a_lease_handed_over(mutant: Option<Mutant>) -> Verdict {
    let mut world = leasing(mutant);
    elect(&mut world, 0)?;
    world.run(ms(300));
    lose(&mut world, |_, to, message| to == 0 && !matches!(message, Message::HeartbeatAck(_)));
    transfer(&mut world, 0, 1);
    world.run(ms(10));
    ensure(leader(&world) == Some(1), "handed over")?;
    world.submit_to(request(1, 1), &[1, 2]);
    world.run(ms(10));
    let written = world.height(1);
    read(&mut world, 0, 1).map_err(|refusal| refusal.to_string())?;
    let answered = reads(&mut world, 0);
    ensure(answered.iter().all(|read| read.seq.get() >= written), "a stale read")
}

fn transfer(world: &mut World, from: u16, to: u16) {
    world.with_core(NodeId::new(from), |core, ctx| {
        core.transfer_leadership(NodeId::new(to), ctx).unwrap();
    });
}

scenario!(
    r11_leadership_is_handed_over_or_kept,
    |mutant| {
        a_ready_successor(mutant)?;
        a_lagging_successor(mutant)?;
        a_dead_successor(mutant)
    },
    [TransferNeverAborts, ProposesInTransfer]
);

fn a_ready_successor(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    let before = highest_term(&world);
    transfer(&mut world, 0, 1);
    world.run(ms(6));
    ensure(leader(&world) == Some(1) && highest_term(&world) == before + 1, "handed over at once")?;
    world.lives(9, ms(500))
}

fn a_lagging_successor(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    lose(&mut world, |_, to, message| to == 1 && matches!(message, Message::Append(_)));
    world.submit(request(1, 1));
    world.run(ms(10));
    transfer(&mut world, 0, 1);
    let before = last(&world, 0);
    world.submit(request(1, 2));
    world.run(ms(50));
    ensure(last(&world, 0) == before, "no proposal while leadership is handed over")?;
    world.heal();
    world.run(ms(200));
    ensure(leader(&world) == Some(1), "handed over once it has the log")?;
    world.lives(9, ms(1_000))
}

fn a_dead_successor(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    world.crash(1);
    transfer(&mut world, 0, 1);
    world.submit(request(1, 1));
    world.run(ms(1_000));
    let is_done = [0, 2].iter().all(|&i| world.at(i).app.executions.len() == 1);
    ensure(is_done && leader(&world) == Some(0), "the old leader goes on")?;
    world.restart(1);
    world.lives(9, ms(1_000))
}

/// the crate says what it does not stand, and no drill makes a liar of it.
#[test]
fn r16_lies_are_out_of_the_model() {
    let first = include_str!("../lib.rs").lines().next().unwrap_or_default();
    assert!(first.ends_with("Raft stands crashes, not lies."), "{first}");
    let world = members(3, None, &[0, 1, 2], &[]);
    let mut prng = Prng::new(1, 1);
    for _ in 0..1_000 {
        let message = super::bytes::message(&mut prng);
        assert!(Core::contradict(&message, world.signer(0)).is_none());
    }
}
