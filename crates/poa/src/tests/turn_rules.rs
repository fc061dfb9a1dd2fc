//! who may seal what, when, and which head wins.

use protocol::Reject;
use testkit::{Cluster, Verdict, ensure, ms, node, request, scenario};
use types::{Digest, Duration, Time};

use super::forge::{Book, after_periods, forge_on, pass_on};
use crate::message::Vote;
use crate::safety::Flaw;
use crate::tree::ROOT;
use crate::{Core, Message, Mutant, Slot, Style};

fn heads(cluster: &Cluster<Core>) -> Vec<(u64, Digest)> {
    let all = 0..u16::try_from(cluster.n()).unwrap();
    let running = all.filter(|&index| cluster.at(index).core.is_some());
    let head = |index| {
        let core = cluster.core(index);
        let best = core.tree.at(core.best);
        (best.height, best.name)
    };
    running.map(head).collect()
}
fn height(cluster: &Cluster<Core>, index: u16) -> u64 {
    let core = cluster.core(index);
    core.tree.at(core.best).height
}
fn was_rejected(cluster: &Cluster<Core>, index: u16, reason: Reject) -> Verdict {
    let rejects = &cluster.at(index).rejects;
    let what = format!("{reason:?} is not among {rejects:?}");
    ensure(rejects.iter().any(|reject| reject.1 == reason), what)
}

/// n=3, epoch 3: signer 0 seals 1 and 3, the checkpoint, and then 4 at once; the whole piece comes in one message.
fn a1(mutant: Option<Mutant>) -> Verdict {
    let mut book = Book::new(3, mutant, |config| config.epoch = 3);
    let first = book.add(ROOT, 0).map_err(|flaw| format!("{flaw:?}"))?;
    ensure(book.add(first, 0) == Err(Flaw::RecentlySigned), "two in a row are taken")?;
    let tip = book.chain(first, &[1, 0]).map_err(|flaw| format!("{flaw:?}"))?;
    let blocks = book.blocks_to(tip);
    let mut honest = Book::new(3, Some(Mutant::RecentUnchecked), |config| config.epoch = 3);
    let bad = honest.chain(ROOT, &[0, 1, 0, 0]).map_err(|flaw| format!("{flaw:?}"))?;
    let batch = honest.blocks_to(bad);
    ensure(batch[..3] == blocks[..], "the same chain up to the checkpoint")?;
    let mut cluster = Cluster::<Core>::with(3, mutant, |config| config.epoch = 3);
    cluster.corrupt(0);
    cluster.run(after_periods(4));
    cluster.inject_all(0, &pass_on(&batch));
    cluster.run(ms(20));
    ensure(height(&cluster, 1) == 3, format!("a height of {}", height(&cluster, 1)))?;
    was_rejected(&cluster, 1, Reject::NotLeader)
}
scenario!(a1_a_signer_seals_one_of_a_limit, a1, [RecentUnchecked]);

/// An out-of-turn block claims the difficulty of one in turn, and the other way round.
fn a2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.corrupt(2);
    cluster.corrupt(1);
    cluster.run(after_periods(4));
    let now = cluster.now;
    let too_much = forge_on(cluster.core(0), ROOT, cluster.signer(2), now, None, |header| {
        header.difficulty = 2;
    });
    cluster.inject(2, 0, Message::Block(too_much));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 0, "a false difficulty is believed")?;
    let too_little = forge_on(cluster.core(0), ROOT, cluster.signer(1), now, None, |header| {
        header.difficulty = 1;
    });
    cluster.inject(1, 0, Message::Block(too_little));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 0, "a false difficulty is believed")?;
    was_rejected(&cluster, 0, Reject::BadWork)
}
scenario!(a2_the_difficulty_is_verified, a2, [DifficultyUnchecked]);

fn vote(target: u16, admit: bool) -> Option<Vote> {
    Some(Vote { target: node(target), admit })
}
type Ballot = (usize, Option<Vote>);

fn signers_after(
    mutant: Option<Mutant>,
    epoch: u64,
    signers: u16,
    ballots: &[Ballot],
) -> Result<Vec<u16>, Flaw> {
    let mut book = Book::new(6, mutant, |config| {
        config.epoch = epoch;
        config.signers = (0..signers).map(node).collect();
    });
    let mut tip = ROOT;
    for &(who, vote) in ballots {
        tip = book.add_with(tip, who, |header| header.vote = vote)?;
    }
    Ok(book.tree.at(tip).signers.members().iter().map(|member| member.get()).collect())
}

fn a3(mutant: Option<Mutant>) -> Verdict {
    let twice: &[Ballot] =
        &[(0, vote(3, false)), (1, None), (2, None), (0, vote(3, false)), (1, vote(3, false))];
    let outcome = signers_after(mutant, 30_000, 4, twice);
    ensure(outcome == Ok(vec![0, 1, 2, 3]), format!("a vote counts twice: {outcome:?}"))?;
    let over: &[Ballot] = &[(0, vote(2, true)), (1, None), (0, None), (1, vote(2, true))];
    let outcome = signers_after(mutant, 3, 2, over);
    ensure(outcome == Ok(vec![0, 1]), format!("a vote outlives its epoch: {outcome:?}"))?;
    let cascade: &[Ballot] = &[
        (0, vote(2, false)),
        (1, None),
        (2, None),
        (0, vote(3, false)),
        (1, vote(2, false)),
        (2, None),
        (0, None),
        (1, vote(3, false)),
        (2, vote(3, false)),
    ];
    let outcome = signers_after(mutant, 30_000, 4, cascade);
    ensure(outcome == Ok(vec![0, 1, 2]), format!("a change cascades: {outcome:?}"))?;
    // On touch, it is executed.
    let touch: Vec<Ballot> =
        cascade.iter().copied().chain([(0, None), (2, vote(2, true))]).collect();
    let outcome = signers_after(mutant, 30_000, 4, &touch);
    ensure(outcome == Ok(vec![0, 1]), format!("not executed on touch: {outcome:?}"))
}
scenario!(
    a3_votes_count_once_do_not_cascade_and_end_with_the_epoch,
    a3,
    [VotesRepeated, EpochKeepsVotes, VotesCascade]
);

fn a4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.corrupt(1);
    cluster.corrupt(2);
    cluster.run(after_periods(4));
    let dated = |cluster: &Cluster<Core>, who: u16, parent: usize, time: Time| {
        forge_on(cluster.core(0), parent, cluster.signer(who), time, None, |_| {})
    };
    let far = dated(&cluster, 1, ROOT, cluster.now.after(ms(2_000)));
    cluster.inject(1, 0, Message::Block(far));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 0, "a block from the far future is taken")?;
    was_rejected(&cluster, 0, Reject::BadTime)?;
    let soon = dated(&cluster, 2, ROOT, cluster.now.after(ms(200)));
    cluster.inject(2, 0, Message::Block(soon));
    cluster.run(ms(100));
    ensure(height(&cluster, 0) == 0, "a block is taken before its time")?;
    cluster.run(ms(110));
    ensure(height(&cluster, 0) == 1, "a block is forgotten until its time")?;
    let tip = cluster.core(0).best;
    let hasty = dated(&cluster, 1, tip, cluster.now);
    cluster.inject(1, 0, Message::Block(hasty));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 1, "a block follows its parent at once")
}
scenario!(a4_a_block_has_its_time, a4, [FutureAccepted, PeriodUnchecked]);

/// Eight signers, two branches of equal weight and height; half of the replicas see the one first, half the other.
fn a5(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(8, mutant);
    cluster.run(after_periods(3));
    let mut book = Book::new(8, None, |_| {});
    let one = book.chain(ROOT, &[1, 4]).map_err(|flaw| format!("{flaw:?}"))?;
    let other = book.chain(ROOT, &[3, 2]).map_err(|flaw| format!("{flaw:?}"))?;
    ensure(book.tree.at(one).weight == book.tree.at(other).weight, "equal weights")?;
    let (one, other) = (pass_on(&book.blocks_to(one)), pass_on(&book.blocks_to(other)));
    for index in 0..8 {
        let (first, second) = if index < 4 { (&one, &other) } else { (&other, &one) };
        let from = (index + 1) % 8;
        cluster.inject(from, index, first.clone());
        cluster.run(Duration::from_us(1));
        cluster.inject(from, index, second.clone());
    }
    cluster.run(ms(100));
    let heads = heads(&cluster);
    ensure(heads.iter().all(|head| *head == heads[0]), format!("different heads: {heads:?}"))
}
scenario!(a5_equal_branches_converge_in_one_period, a5, [FirstSeenKept]);

#[test]
fn a5_the_tie_break_is_an_order() {
    let mut book = Book::new(8, None, |_| {});
    let tips: Vec<usize> = [[1, 4], [3, 2], [5, 2], [6, 7]]
        .iter()
        .map(|branch| book.chain(ROOT, branch).unwrap())
        .collect();
    let mut ranks: Vec<_> = tips.iter().map(|&tip| book.tree.rank(tip, true)).collect();
    ranks.sort_unstable();
    ranks.dedup();
    assert_eq!(ranks.len(), tips.len(), "no two heads are equal");
}

/// Three of four drop the fourth; on another branch it is still a signer.
fn a10(mutant: Option<Mutant>) -> Verdict {
    let mut book = Book::new(4, mutant, |_| {});
    let text = |flaw: Flaw| format!("{flaw:?}");
    let kept = book.chain(ROOT, &[0, 1, 2]).map_err(text)?;
    let its = book.add(kept, 3).map_err(text)?;
    let mut tip = ROOT;
    for who in [1, 2, 0] {
        tip = book.add_with(tip, who, |header| header.vote = vote(3, false)).map_err(text)?;
    }
    ensure(book.tree.at(tip).signers.len() == 3, "the fourth is dropped")?;
    let after = book.add(tip, 3);
    ensure(after == Err(Flaw::Unauthorized), "a dropped signer seals in the block after")?;
    let goes_on = book.chain(tip, &[1, 2, 0, 1]).map_err(text)?;
    // A replica that sits on the branch where it is a signer moves across the removal.
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.corrupt(3);
    cluster.run(after_periods(8));
    cluster.inject(3, 0, pass_on(&book.blocks_to(its)));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 4, "the branch with the fourth's block")?;
    cluster.inject(3, 0, pass_on(&book.blocks_to(goes_on)));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 7, "the heavier branch without it")?;
    let core = cluster.core(0);
    let signer = cluster.signer(3);
    let late = forge_on(core, core.best, signer, cluster.now, None, |_| {});
    cluster.inject(3, 0, Message::Block(late));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 7, "a dropped signer's block is taken")?;
    was_rejected(&cluster, 0, Reject::NotLeader)
}
scenario!(a10_a_removed_signer_seals_nothing_from_the_block_after, a10, [RemovedStillSeals]);

/// Votes of the agenda travel in blocks that are sealed anyway; a voted-in follower seals, a voted-out one does not.
#[test]
fn an_agenda_changes_the_signers() {
    let mut cluster = Cluster::<Core>::with(5, None, |config| {
        config.signers = (0..4).map(node).collect();
        config.agenda =
            [(4, true), (0, false)].map(|(who, admit)| vote(who, admit).unwrap()).to_vec();
    });
    for timestamp in 1..=30 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(100));
    }
    cluster.run(ms(5_000));
    cluster.verdict().unwrap();
    let core = cluster.core(2);
    let members = core.tree.at(core.best).signers.members().to_vec();
    assert_eq!(members, (1..5).map(node).collect::<Vec<_>>());
    assert!(core.tree.sealers(core.best).take(4).any(|sealer| sealer == node(4)));
}

/// Aura takes one block of a step, from its primary; a silent primary's steps are skipped.
fn a8(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::with(4, mutant, |config| config.style = Style::Aura);
    cluster.corrupt(3);
    cluster.run(ms(330));
    let now = cluster.now;
    let core = cluster.core(0);
    let step = match core.header(ROOT, node(0), now, types::View::ZERO, None).slot {
        Slot::Step(step) => step,
        Slot::Era(_) => 0,
    };
    ensure(step == 3, "the liar's step")?;
    let one = forge_on(core, ROOT, cluster.signer(3), now, None, |_| {});
    let two = forge_on(core, ROOT, cluster.signer(3), now.after(ms(1)), None, |_| {});
    cluster.inject(3, 0, Message::Block(one));
    cluster.inject(3, 1, Message::Block(two));
    cluster.run(ms(120));
    // In the next step, which is not its own:
    let core = cluster.core(0);
    let foreign = forge_on(core, core.best, cluster.signer(3), cluster.now, None, |_| {});
    cluster.inject(3, 0, Message::Block(foreign));
    cluster.run(ms(10));
    ensure(height(&cluster, 0) == 1, "a block outside its step is taken")?;
    was_rejected(&cluster, 0, Reject::NotLeader)?;
    cluster.lives(1, ms(10_000))?;
    for index in 0..3 {
        let accused = cluster.at(index).evidence.iter().any(|e| e.offender == node(3));
        ensure(accused, format!("{index} does not know of two blocks in one step"))?;
    }
    Ok(())
}
scenario!(a8_aura_takes_one_block_of_a_step, a8, [StepUnchecked, NoAccusations]);
