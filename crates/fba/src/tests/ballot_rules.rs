//! F-3, F-4, F-6, F-8: ballots.

use testkit::{Verdict, ensure, ms, request, scenario};

use super::World;
use super::script::{
    accepts, alone, alone_with, at_first_ballot, ballot, commits, confirms, externalizes,
    make_candidates, slot, tell, two_values, value, votes,
};
use crate::slot::Phase;
use crate::{Mutant, Pledge};

scenario!(f3_accept_by_a_blocking_set_against_the_own_vote, accept_prepared, [NoVBlocking]);
fn accept_prepared(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(5, mutant);
    let (a, b) = two_values();
    at_first_ballot(&mut cluster, &a);
    tell(&mut cluster, &[1], accepts(1, &b));
    ensure(slot(&cluster).prepared.is_none(), "one replica is no blocking set")?;
    tell(&mut cluster, &[2], accepts(1, &b));
    ensure(slot(&cluster).prepared == Some(ballot(1, &b)), "two of five are one")?;
    ensure(slot(&cluster).ballot == Some(ballot(1, &a)), "the own vote stands")
}

scenario!(f3_accept_a_commit_by_a_blocking_set, accept_commit, [NoVBlocking]);
fn accept_commit(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(5, mutant);
    let (a, b) = two_values();
    at_first_ballot(&mut cluster, &a);
    tell(&mut cluster, &[1, 2], externalizes(2, &b));
    let slot = slot(&cluster);
    ensure(slot.phase == Phase::Confirm, "EXTERNALIZE of a blocking set makes it accept")?;
    ensure(slot.commit == Some(ballot(2, &b)), "for its value, against the own vote")
}

scenario!(f4_only_a_quorum_confirms_a_commit, confirm_commit, [AcceptedIsConfirmed]);
fn confirm_commit(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(5, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1, 2], confirms(1, &x));
    ensure(slot(&cluster).phase == Phase::Confirm, "accepted by a blocking set")?;
    ensure(cluster.at(0).decisions.is_empty(), "three of five accept: not decided")?;
    tell(&mut cluster, &[3], confirms(1, &x));
    let payload = cluster.at(0).payload_at(1).cloned();
    ensure(payload.as_ref() == Some(x.payload()), "four of five accept: decided")
}

scenario!(f4_votes_to_commit_lead_through_all_phases, all_phases, [AcceptedIsConfirmed]);
fn all_phases(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1, 2], votes(1, &x));
    ensure(slot(&cluster).prepared == Some(ballot(1, &x)), "a quorum votes: accept prepared")?;
    ensure(slot(&cluster).commit.is_none(), "nothing is confirmed yet")?;
    tell(&mut cluster, &[1, 2], accepts(1, &x));
    ensure(slot(&cluster).commit == Some(ballot(1, &x)), "a quorum accepts: vote to commit")?;
    tell(&mut cluster, &[1, 2], commits(1, &x));
    ensure(slot(&cluster).phase == Phase::Confirm, "a quorum votes to commit: accept it")?;
    tell(&mut cluster, &[1], confirms(1, &x));
    ensure(slot(&cluster).phase == Phase::Confirm, "two of four accept")?;
    tell(&mut cluster, &[2], confirms(1, &x));
    ensure(cluster.at(0).decisions.len() == 1, "three of four accept: decided")
}

/// The others' leader lies to both halves; whatever is decided is decided everywhere.
#[test]
fn f4_two_values_are_never_decided() {
    for seed in 0..6 {
        let mut cluster = World::new(4, None);
        cluster.lose(200_000, types::Time::from_us(3_000_000), seed);
        cluster.submit_to(request(1, 1), &[0, 1]);
        cluster.submit_to(request(2, 1), &[2, 3]);
        cluster.run(ms(5_000));
        cluster.lives(3, ms(10_000)).unwrap();
    }
}

scenario!(f6_a_blocking_set_ahead_takes_one_along, bump, [NeverBumped]);
fn bump(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(5, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1], votes(u64::MAX, &x));
    ensure(slot(&cluster).counter() == 1, "one replica moves nobody")?;
    tell(&mut cluster, &[2], votes(3, &x));
    ensure(slot(&cluster).counter() == 3, "two do, to the lowest counter that leaves none ahead")
}

scenario!(f6_the_timer_needs_a_quorum, timer, [TimerWithoutQuorum]);
fn timer(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1], votes(1, &x));
    cluster.run(ms(3_000));
    ensure(slot(&cluster).counter() == 1, "two of four are at the ballot: no timer")?;
    tell(&mut cluster, &[2], votes(1, &x));
    cluster.run(ms(250));
    ensure(slot(&cluster).counter() == 2, "three of four are: the timer has run out")
}

scenario!(f6_what_is_confirmed_prepared_stays, locked, [LockForgotten]);
fn locked(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let (x, y) = two_values();
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1, 2], accepts(1, &x));
    ensure(slot(&cluster).high == Some(ballot(1, &x)), "h is set")?;
    make_candidates(&mut cluster, &[&x, &y]);
    ensure(cluster.core(0).composite() == Some(y.digest()), "the candidates come to y")?;
    cluster.run(ms(250));
    ensure(slot(&cluster).ballot == Some(ballot(2, &x)), "the next ballot is for x all the same")?;
    cluster.promises_kept(0)
}

/// The first ballots differ, and the second one is for what all candidates come to.
#[test]
fn f6_timeouts_of_several_replicas_bring_them_together() {
    let mut cluster = alone(4, None);
    let (x, y) = two_values();
    at_first_ballot(&mut cluster, &x);
    make_candidates(&mut cluster, &[&x, &y]);
    tell(&mut cluster, &[1, 2, 3], votes(1, &y));
    assert_eq!(slot(&cluster).prepared, Some(ballot(1, &y)), "a quorum without n0 votes for y");
    cluster.run(ms(250));
    assert_eq!(slot(&cluster).ballot, Some(ballot(2, &y)));
}

scenario!(f8_older_statements_change_nothing, replay, [OlderStatementsCount]);
fn replay(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1], accepts(1, &x));
    tell(&mut cluster, &[1], confirms(2, &x));
    for old in [votes(1, &x), accepts(1, &x), commits(1, &x), confirms(1, &x)] {
        tell(&mut cluster, &[1], old);
        let known = slot(&cluster).pledge(testkit::node(1)).copied();
        ensure(known == Some(confirms(2, &x)), format!("{old:?} replaced {known:?}"))?;
    }
    ensure(cluster.at(0).evidence.is_empty(), "a replay is no lie")
}

/// Statements are ordered as their maker makes them.
#[test]
fn f8_newer_statements_are_newer() {
    let x = value(1);
    let order: [Pledge; 7] = [
        votes(1, &x),
        accepts(1, &x),
        commits(1, &x),
        votes(2, &x),
        confirms(2, &x),
        confirms(3, &x),
        externalizes(1, &x),
    ];
    for (at, newer) in order.iter().enumerate() {
        assert!(newer.is_sane(), "{newer:?}");
        for older in &order[..at] {
            assert!(newer.is_newer_than(older), "{newer:?} after {older:?}");
        }
        for other in &order[at..] {
            assert!(!newer.is_newer_than(other), "{newer:?} after {other:?}");
        }
    }
}

/// A replica without a candidate of its own follows what others have accepted.
#[test]
fn a_replica_that_missed_nomination_joins() {
    let mut cluster = alone_with(4, None, |config| config.nomination_timeout = ms(60_000));
    let x = value(1);
    super::script::nominate(&mut cluster, 2, &[&x], &[]);
    tell(&mut cluster, &[1, 2], accepts(1, &x));
    assert_eq!(slot(&cluster).prepared, Some(ballot(1, &x)));
    tell(&mut cluster, &[3], accepts(1, &x));
    assert_eq!(slot(&cluster).ballot, Some(ballot(1, &x)));
    tell(&mut cluster, &[1, 2, 3], confirms(1, &x));
    assert_eq!(cluster.at(0).decisions.len(), 1);
}

/// A liar's vote made n0 accept a ballot that nobody else accepts; it follows the candidates all the same.
#[test]
fn f6_a_replica_that_alone_accepts_a_ballot_comes_back() {
    let mut cluster = alone(4, None);
    let (x, y) = two_values();
    at_first_ballot(&mut cluster, &x);
    tell(&mut cluster, &[1, 2], votes(1, &x));
    make_candidates(&mut cluster, &[&x, &y]);
    assert_eq!(slot(&cluster).prepared, Some(ballot(1, &x)));
    cluster.run(ms(250));
    assert_eq!(slot(&cluster).ballot, Some(ballot(2, &y)));
}
