//! Changes of members.

use testkit::{Fate, Verdict, ensure, ms, request, scenario};
use types::Seq;

use super::world::{World, campaign, change, elect, ids, leaders, lose, members};
use crate::{Append, Content, Message, Mutant, Refusal};

scenario!(
    r7_both_majorities_count_from_the_entry_on,
    |mutant| {
        a_leader_that_dies_in_joint(mutant)?;
        commits_that_the_old_do_not_hear(mutant)?;
        a_truncated_change(mutant)?;
        a_whole_change(mutant)
    },
    [NewMajorityOnly, MembersActiveOnCommit, MembersNotRolledBack]
);

fn carries_members(message: &Message) -> bool {
    let is_members = |entry: &crate::Entry| matches!(entry.content, Content::Members(_));
    matches!(message, Message::Append(append) if append.entries.iter().any(is_members))
}

fn two_camps(world: &mut World, old: &[u16], new: &[u16]) -> Verdict {
    for timestamp in 1..=20 {
        world.submit_to(request(1, timestamp), old);
        world.submit_to(request(2, timestamp), new);
        world.run(ms(200));
    }
    let count = leaders(world).len();
    ensure(count <= 1, format!("{count} leaders"))?;
    world.verdict()
}

/// {0,1,2} to {2,3,4}: only the new ones have the joint configuration when its leader 2 dies.
fn a_leader_that_dies_in_joint(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(5, mutant, &[0, 1, 2], &[]);
    elect(&mut world, 2)?;
    world.run(ms(20));
    lose(&mut world, |_, to, message| to < 2 && carries_members(message));
    change(&mut world, 2, &[2, 3, 4], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(100));
    world.crash(2);
    world.split(&[&[0, 1], &[3, 4]]);
    two_camps(&mut world, &[0, 1], &[3, 4])?;
    world.heal();
    world.restart(2);
    world.run(ms(5_000));
    world.verdict()
}

/// The change is committed with the help of 0, which does not hear so and is then cut off with 1.
fn commits_that_the_old_do_not_hear(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(5, mutant, &[0, 1, 2], &[]);
    elect(&mut world, 2)?;
    world.run(ms(20));
    world.network = Box::new(|_, from, to, message| match message {
        _ if to.get() == 1 && from.get() == 2 => Fate::Drop,
        Message::Commit(_) | Message::Heartbeat(_) if to.get() == 0 => Fate::Drop,
        Message::Append(append) if to.get() == 0 => {
            let commit = Seq::new(1);
            Fate::Instead(vec![Message::Append(Append { commit, ..append.clone() })])
        }
        _ => Fate::Pass,
    });
    change(&mut world, 2, &[2, 3, 4], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(150));
    world.split(&[&[0, 1], &[2, 3, 4]]);
    two_camps(&mut world, &[0, 1], &[2, 3, 4])
}

fn a_truncated_change(mutant: Option<Mutant>) -> Verdict {
    let mut world = World::new(3, mutant);
    elect(&mut world, 0)?;
    world.run(ms(20));
    world.split(&[&[0], &[1, 2]]);
    change(&mut world, 0, &[0, 1], &[]).map_err(|refusal| refusal.to_string())?;
    ensure(
        world.core(0).configuration().voters.len() == 2 || mutant.is_some(),
        "active on append",
    )?;
    elect(&mut world, 1)?;
    world.run(ms(20));
    world.heal();
    world.run(ms(200));
    ensure(world.core(0).configuration().voters.len() == 3, "rolled back with its entry")?;
    world.lives(9, ms(1_000))
}

/// All goes well: the joint configuration is left by itself, and a leader that is out steps down.
fn a_whole_change(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(5, mutant, &[0, 1, 2], &[]);
    elect(&mut world, 0)?;
    world.submit(request(1, 1));
    world.run(ms(20));
    change(&mut world, 0, &[2, 3, 4], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(5_000));
    for index in 2..5 {
        let members = world.core(index).configuration();
        let is_new = members.voters == ids(&[2, 3, 4]) && !members.is_joint();
        ensure(is_new, format!("{index} is in the new configuration"))?;
    }
    ensure(leaders(&world).iter().all(|&(index, _)| index >= 2), "a new one leads")?;
    world.submit(request(2, 1));
    world.run(ms(500));
    let is_done = (2..5).all(|i| world.at(i).app.executions.len() == 2);
    ensure(is_done, "the new ones have everything and go on")?;
    world.verdict()
}

scenario!(
    r8_no_change_before_the_own_term_has_committed,
    a_change_too_early,
    [ChangeBeforeOwnCommit]
);

/// C = {0,1,2,3}. 0 appends +4 at itself and 4; 1 is elected by 2 and 3, and removes 0 by itself and 2 alone; 0 is
/// elected by 3 and 4.
fn a_change_too_early(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(5, mutant, &[0, 1, 2, 3], &[]);
    elect(&mut world, 0)?;
    world.run(ms(20));
    lose(&mut world, |from, to, _| from == 0 && (1..=3).contains(&to));
    change(&mut world, 0, &[0, 1, 2, 3, 4], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(60));
    lose(&mut world, |from, to, message| {
        let is_across = (1..=3).contains(&from) != (1..=3).contains(&to);
        is_across || (from == 1 && to == 3 && matches!(message, Message::Append(_)))
    });
    elect(&mut world, 1)?;
    let early = change(&mut world, 1, &[1, 2, 3], &[]);
    ensure(early == Err(Refusal::TooEarly) || mutant.is_some(), "refused")?;
    world.submit_to(request(1, 1), &[1]);
    world.run(ms(50));
    world.crash(1);
    world.split(&[&[0, 3, 4], &[2]]);
    elect(&mut world, 0)?;
    world.submit_to(request(2, 1), &[0, 3, 4]);
    world.submit_to(request(2, 2), &[0, 3, 4]);
    world.run(ms(50));
    world.verdict()?;
    world.heal();
    world.restart(1);
    world.run(ms(1_000));
    world.lives(9, ms(3_000))
}

scenario!(
    r14_a_learner_follows_and_a_promoted_one_votes,
    |mutant| {
        a_learner_without_a_leader(mutant)?;
        learners_do_not_count(mutant)?;
        a_promoted_learner_that_does_not_know(mutant)
    },
    [LearnerCampaigns, LearnerCounts, PromotedAbstains]
);

fn a_learner_without_a_leader(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(4, mutant, &[0, 1, 2], &[3]);
    elect(&mut world, 0)?;
    world.submit(request(1, 1));
    world.run(ms(100));
    ensure(world.at(3).app.executions.len() == 1, "it follows")?;
    world.split(&[&[0, 1, 2], &[3]]);
    world.run(ms(5_000));
    let is_asking = |message: &Message| matches!(message, Message::PreVote(_) | Message::Vote(_));
    ensure(!world.at(3).said.iter().any(is_asking), "a learner campaigns")
}

fn learners_do_not_count(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(5, mutant, &[0, 1, 2], &[3, 4]);
    elect(&mut world, 0)?;
    world.run(ms(20));
    world.split(&[&[0, 3, 4], &[1, 2]]);
    world.submit_to(request(1, 1), &[0]);
    world.run(ms(100));
    ensure(world.height(0) == 1, "learners make no majority")?;
    world.heal();
    world.lives(9, ms(3_000))
}

fn a_promoted_learner_that_does_not_know(mutant: Option<Mutant>) -> Verdict {
    let mut world = members(3, mutant, &[0, 1], &[2]);
    elect(&mut world, 0)?;
    world.run(ms(20));
    lose(&mut world, |_, to, message| to == 2 && carries_members(message));
    change(&mut world, 0, &[0, 1, 2], &[]).map_err(|refusal| refusal.to_string())?;
    world.run(ms(20));
    ensure(world.core(0).commit == Seq::new(2), "committed by the two others")?;
    ensure(
        !world.core(2).configuration().voters.contains(&ids(&[2]).pop_first().unwrap()),
        "it does not know",
    )?;
    world.crash(0);
    world.heal();
    for _ in 0..3 {
        campaign(&mut world, 1);
        world.with_core(types::NodeId::new(2), |core, _| core.heard = None);
        world.run(ms(20));
    }
    ensure(world.core(1).leads(), "the promoted one must vote, or nobody is elected")?;
    world.restart(0);
    world.lives(9, ms(2_000))
}
