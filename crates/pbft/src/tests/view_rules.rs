//! P-10 to P-15: view changes.

use std::sync::Arc;

use protocol::{Protocol as _, Reject, ViewChangeCause};
use testkit::{Verdict, ensure, ms, node, payload, request, scenario};
use types::{Digest, Seq, Time, View};

use super::common_rules::{commit, digest_of, prepare, propose};
use super::subject::{Cluster, Fate};
use crate::{
    CheckpointCertificate, Message, Mutant, NewView, NewViewVote, PrePrepare, Propose, ViewChange,
    ViewChangeVote, safety,
};

const V0: View = View::ZERO;
const V1: View = View::new(1);
const S1: Seq = Seq::new(1);

pub(super) fn empty_view_change(signer: &crypto::Signer, view: View) -> ViewChange {
    let (stable, state) = (Seq::ZERO, Digest::ZERO);
    let vote = signer.sign(ViewChangeVote { view, stable, state, prepared: Vec::new() });
    ViewChange { vote, checkpoint: CheckpointCertificate::default(), prepared: Vec::new() }
}

/// A is prepared at n1, n2, n3 and committed at n1 alone, which is then cut off; the lying old primary says that it
/// has prepared nothing.
fn p10(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::Commit(_) | Message::Committed(_) if to != node(1) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.run(ms(20));
    ensure(cluster.height(1) == 1 && cluster.height(2) == 0, "A is not hidden")?;
    cluster.corrupt(0);
    cluster.split(&[&[1], &[0, 2, 3]]);
    cluster.submit_to(request(2, 1), &[2, 3]);
    let zero = cluster.signer(0).clone();
    for view in 1..=4 {
        let asked = empty_view_change(&zero, View::new(view));
        cluster.inject_all(0, &Message::ViewChange(Arc::new(asked)));
        cluster.run(ms(2_500));
    }
    // The liar helps the new view of n2 to commit.
    let view = cluster.core(2).status().view;
    for digest in [digest_of(1), digest_of(2)] {
        for seq in [1, 2] {
            cluster.inject_all(0, &prepare(&zero, view, Seq::new(seq), digest));
            cluster.inject_all(0, &commit(&zero, view, Seq::new(seq), digest));
        }
    }
    cluster.run(ms(3_000));
    cluster.verdict()?;
    cluster.heal();
    cluster.lives(9, ms(60_000))?;
    ensure(cluster.at(2).digest_at(1) == Some(digest_of(1)), "A is lost")
}
scenario!(p10_a_hidden_commit_survives, p10, [EmptyViewChange]);

/// After a replica has asked for the next view, nothing of the old one moves it.
#[test]
fn p10_the_old_view_is_over() {
    let mut cluster = Cluster::new(4, None);
    cluster.corrupt(0);
    cluster.split(&[&[0, 1], &[2, 3]]);
    cluster.submit_to(request(1, 1), &[1]);
    cluster.run(ms(1_100));
    assert_eq!(cluster.core(1).status().phase, "view-change");
    let late = propose(cluster.signer(0), V0, S1, 1);
    cluster.inject(0, 1, late);
    cluster.run(ms(50));
    assert!(!cluster.at(1).said.iter().any(|said| matches!(said, Message::Prepare(_))));
}

/// The first and the third place are prepared, the second is not.
fn p11_gap(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| config.pipeline = 4);
    let second = Seq::new(2);
    cluster.network = Box::new(move |_, _, _, message| match message {
        Message::Prepare(vote) if vote.statement.view == V0 && vote.statement.seq == second => {
            Fate::Drop
        }
        Message::Commit(vote) if vote.statement.view == V0 => Fate::Drop,
        _ => Fate::Pass,
    });
    for client in 1..=3 {
        cluster.submit(request(client, 1));
    }
    cluster.run(ms(20));
    cluster.crash(0);
    cluster.run(ms(3_000));
    for index in 1..4 {
        let node = cluster.at(index);
        ensure(node.digest_at(1) == Some(digest_of(1)), "the first is not where it was prepared")?;
        ensure(node.digest_at(2) == Some(Digest::ZERO), "no null request in the gap")?;
        ensure(node.digest_at(3) == Some(digest_of(3)), "the third is not where it was prepared")?;
        ensure(node.payload_at(2).is_none(), "a payload in the gap")?;
    }
    cluster.restart(0);
    cluster.lives(9, ms(20_000))
}
scenario!(p11_a_gap_becomes_a_null_request, p11_gap, [NoNullRequests]);

/// One place, prepared as A in view 0 at n0 alone, then as B in view 1: B it is.
fn p11_views(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    // Only n0 sees PREPAREs for A; nobody sees COMMITs.
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::Prepare(_) if to != node(0) => Fate::Drop,
        Message::Commit(_) | Message::Committed(_) | Message::Status(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit_to(request(1, 1), &[0]);
    cluster.run(ms(20));
    // Without n0, view 1 orders B in the same place; it commits at n1 alone.
    cluster.network = Box::new(|_, from, to, message| match message {
        _ if from == node(0) || to == node(0) => Fate::Drop,
        Message::Prepare(vote) if vote.statement.view == V0 => Fate::Drop,
        Message::Commit(_) | Message::Committed(_) if to != node(1) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(1_200));
    ensure(cluster.at(1).digest_at(1) == Some(digest_of(2)), "B is not committed at n1")?;
    // Without n1, the others choose between A and B.
    cluster.split(&[&[1], &[0, 2, 3]]);
    cluster.submit_to(request(3, 1), &[0, 2, 3]);
    cluster.run(ms(20_000));
    cluster.verdict()?;
    cluster.heal();
    cluster.lives(9, ms(30_000))?;
    ensure(cluster.at(0).digest_at(1) == Some(digest_of(2)), "B is lost")
}
scenario!(p11_the_highest_view_wins, p11_views, [LowestViewInPlan]);

/// A replica that has not seen the last checkpoint takes part in the view change: the new view starts from the
/// highest one all the same.
fn p11_checkpoint(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::Checkpoint(_) | Message::Stable(_) if to == node(3) => Fate::Drop,
        _ => Fate::Pass,
    });
    for timestamp in 1..=6 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
    }
    ensure(cluster.core(3).status().stable == Seq::ZERO, "n3 knows the checkpoint")?;
    cluster.crash(0);
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(1_080));
    let begun = cluster.at(1).said.iter().find_map(|said| match said {
        Message::NewView(begun) => Some(Arc::clone(begun)),
        _ => None,
    });
    let begun = begun.ok_or("no new view")?;
    ensure(begun.checkpoint.seq == Seq::new(4), "the new view starts too low")?;
    ensure(begun.proposals.len() == 2, "places below the checkpoint are proposed again")?;
    cluster.heal();
    cluster.restart(0);
    cluster.lives(9, ms(20_000))
}
scenario!(p11_a_view_starts_at_the_highest_checkpoint, p11_checkpoint, [LowestCheckpointInPlan]);

/// What a lying new primary may try.
#[derive(Clone, Copy, Debug)]
enum Trick {
    Drops,
    Twice,
    Forged,
    OtherView,
    OtherCheckpoint,
}

/// A is prepared everywhere and committed nowhere; the primary of view 1 lies in its NEW-VIEW.
fn p12(trick: Trick, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Commit(_) | Message::Committed(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.run(ms(20));
    cluster.corrupt(1);
    cluster.crash(0);
    // n2 and n3 ask for view 1; nobody is left to begin it but the liar.
    cluster.run(ms(1_050));
    let asked = |index: u16| {
        cluster.at(index).said.iter().find_map(|said| match said {
            Message::ViewChange(asked) => Some((**asked).clone()),
            _ => None,
        })
    };
    let (two, three) = (asked(2).ok_or("n2 is content")?, asked(3).ok_or("n3 is content")?);
    let lie = lying_new_view(&cluster, trick, &two, &three);
    cluster.heal();
    cluster.inject_all(1, &Message::NewView(Arc::new(lie)));
    cluster.run(ms(50));
    for index in [2, 3] {
        let status = cluster.core(index).status();
        let is_refused = cluster.at(index).rejects.contains(&(node(1), Reject::BadCertificate))
            || !cluster.bad_signatures.is_empty();
        ensure(is_refused, format!("{trick:?} is not refused"))?;
        ensure(status.phase == "view-change", format!("{trick:?}: view {:?} began", status.view))?;
    }
    cluster.restart(0);
    cluster.lives(9, ms(60_000))?;
    ensure(cluster.core(2).status().view >= View::new(2), "view 1 began after all")?;
    ensure(cluster.at(2).digest_at(1) == Some(digest_of(1)), "A is lost")
}

fn lying_new_view(
    cluster: &Cluster,
    trick: Trick,
    two: &ViewChange,
    three: &ViewChange,
) -> NewView {
    let one = cluster.signer(1);
    let own = empty_view_change(one, V1);
    let mut view_changes = vec![own.vote, two.vote.clone(), three.vote.clone()];
    let mut checkpoint = CheckpointCertificate::default();
    let certificate = two.prepared[0].certificate.clone();
    let payload = two.prepared[0].payload.clone();
    let propose = one.sign(Propose { view: V1, seq: S1, digest: digest_of(1) });
    let mut proposals = vec![PrePrepare { propose, payload }];
    let mut prepared = vec![certificate];
    match trick {
        Trick::Drops => {
            proposals.clear();
            prepared.clear();
        }
        Trick::Twice => view_changes[2] = view_changes[1].clone(),
        Trick::Forged => {
            view_changes[2].statement.prepared.clear();
        }
        Trick::OtherView => view_changes[0] = empty_view_change(one, View::new(2)).vote,
        Trick::OtherCheckpoint => checkpoint.digest = Digest::new([6; 32]),
    }
    let content = safety::content(&view_changes, &proposals);
    let vote = one.sign(NewViewVote { view: V1, content });
    NewView { vote, view_changes, checkpoint, prepared, proposals }
}

scenario!(p12_a_new_view_drops_nothing, |m| p12(Trick::Drops, m), [NewViewUnchecked]);
scenario!(p12_a_view_change_counts_once, |m| p12(Trick::Twice, m), [NewViewUnchecked]);
scenario!(p12_a_view_change_is_signed, |m| p12(Trick::Forged, m), [SignaturesUnchecked]);
scenario!(p12_a_view_change_is_for_its_view, |m| p12(Trick::OtherView, m), [NewViewUnchecked]);
scenario!(
    p12_a_checkpoint_is_the_proved_one,
    |m| p12(Trick::OtherCheckpoint, m),
    [NewViewUnchecked]
);

/// One liar asks for a thousand views.
fn p13_flood(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let three = cluster.signer(3).clone();
    for view in 1..=1_000 {
        let asked = Arc::new(empty_view_change(&three, View::new(view)));
        cluster.inject_all(3, &Message::ViewChange(asked));
    }
    cluster.run(ms(100));
    for index in cluster.honest() {
        let status = cluster.core(index).status();
        ensure(status.view == V0, "one replica moved the view")?;
        ensure(status.log_entries < 64, "votes for far views are kept")?;
    }
    cluster.lives(9, ms(5_000))
}
scenario!(p13_one_replica_moves_no_view, p13_flood, [JoinedByOne]);

/// f+1 replicas ask for later views: the rest joins the smallest of these without waiting for its own timer.
fn p13_join(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(2);
    cluster.corrupt(3);
    for (index, view) in [(2, 3), (3, 5)] {
        let asked = empty_view_change(cluster.signer(index), View::new(view));
        cluster.inject_all(index, &Message::ViewChange(Arc::new(asked)));
    }
    cluster.run(ms(20));
    for index in [0, 1] {
        let status = cluster.core(index).status();
        ensure(status.view == View::new(3), format!("joined {:?}", status.view))?;
        let cause = status.view_change_cause;
        let others = vec![node(2), node(3)];
        ensure(cause == Some(ViewChangeCause::Joined { others }), format!("{cause:?}"))?;
    }
    Ok(())
}
scenario!(p13_f_plus_one_are_joined, p13_join, [NeverJoined]);

/// Seven replicas, the first two primaries silent.
fn p13_silent(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(7, mutant);
    cluster.corrupt(0);
    cluster.corrupt(1);
    cluster.submit(request(1, 1));
    let is_done = |c: &Cluster| c.honest().iter().all(|&index| c.height(index) == 1);
    ensure(cluster.run_until(ms(4_000), is_done), "no commit within T + 2T + 1 s")?;
    ensure(cluster.core(3).status().view == View::new(2), "not in view 2")?;
    cluster.lives(9, ms(10_000))
}
scenario!(p13_two_silent_primaries_are_passed, p13_silent, [LateNewViewBorne]);

/// A network slower than the timer at first: the timer must grow to fit it, and shrink again.
fn p13_slow(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| {
        config.view_timeout = ms(40);
        config.view_timeout_max = ms(10_000);
        config.retry_interval = ms(500);
    });
    cluster.latency = ms(50);
    cluster.submit(request(1, 1));
    let is_done = |c: &Cluster| c.honest().iter().all(|&index| c.height(index) == 1);
    ensure(cluster.run_until(ms(6_000), is_done), "the timer never fits")?;
    cluster.latency = ms(1);
    cluster.lives(9, ms(3_000))
}
scenario!(p13_the_timer_doubles, p13_slow, [TimerConstant]);

/// A third of all messages is lost for twenty seconds.
fn p13_loss(seed: u64, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.lose(300_000, Time::from_us(20_000_000), seed);
    for timestamp in 1..=10 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(2_000));
    }
    cluster.verdict()?;
    cluster.lives(9, ms(8_000))
}
/// The same for many seeds: no single one need show a bug.
fn p13_losses(mutant: Option<Mutant>) -> Verdict {
    (0..20).try_for_each(|seed| {
        p13_loss(seed, mutant).map_err(|problem| format!("seed {seed}: {problem}"))
    })
}
scenario!(p13_loss_ends_and_commits_follow, p13_losses, [NoRetransmission]);

/// The primary orders everything except one client's requests.
fn p14(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(0).app.ignored = Some(7);
    cluster.submit(request(7, 1));
    for timestamp in 1..=30 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(100));
    }
    for index in cluster.honest() {
        let is_served = cluster.at(index).app.state.replies.contains_key(&7);
        ensure(is_served, "the client is not served within three timeouts")?;
    }
    cluster.lives(9, ms(10_000))
}
scenario!(p14_every_request_is_timed, p14, [AnyProgressCounts]);

/// Ten places, a view change, one request: it runs as the eleventh.
fn p15(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    for timestamp in 1..=10 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
    }
    cluster.crash(0);
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(1_500));
    for index in 1..4 {
        let expected = payload(&[request(2, 1)]).digest();
        let found = cluster.at(index).digest_at(11);
        ensure(found == Some(expected), format!("{index} has {found:?} in the eleventh place"))?;
    }
    cluster.restart(0);
    cluster.lives(9, ms(20_000))
}
scenario!(p15_places_go_on_after_a_view_change, p15, [SequenceRestarts]);

/// The causes that `why` shows.
#[test]
fn the_cause_of_a_view_change_is_known() {
    let mut cluster = Cluster::new(4, None);
    cluster.crash(0);
    cluster.submit_to(request(1, 1), &[1, 2, 3]);
    cluster.run(ms(500));
    let waiting = cluster.core(1).status().waiting.unwrap();
    assert_eq!((waiting.phase, waiting.timer), ("pre-prepare", Some(("request", ms(1_000)))));
    cluster.run(ms(1_000));
    let cause = cluster.core(2).status().view_change_cause;
    assert_eq!(cause, Some(ViewChangeCause::Silent { leader: node(0), after: ms(1_000) }));
    cluster.crash(1);
    cluster.submit_to(request(2, 1), &[2, 3]);
    cluster.run(ms(1_200));
    let waiting = cluster.core(2).status().waiting.unwrap();
    assert_eq!((waiting.phase, waiting.need), ("view-change", 3));
    assert_eq!(waiting.have, [node(2), node(3)]);
    assert_eq!(waiting.timer, None, "two replicas of four wait for a third, not for a timer");
}
