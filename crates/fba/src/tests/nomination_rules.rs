//! F-5: nomination.

use testkit::{Request, Verdict, ensure, ms, node, payload, request, scenario};

use super::World;
use super::script::{alone, make_candidates, nominate, said, slot, two_values, value, value_by};
use crate::{Message, Mutant, Value};

fn has_voted(cluster: &World, value: &Value) -> bool {
    said(cluster, |message| match message {
        Message::Nominate(nominate) => nominate.said.statement.votes.contains(&value.digest()),
        _ => false,
    }) > 0
}

#[test]
fn f5_all_follow_the_first_leader() {
    let mut cluster = World::new(4, None);
    cluster.submit(request(1, 1));
    cluster.run(ms(1));
    for index in 0..4 {
        assert_eq!(cluster.core(index).leaders(), [node(2)], "with equal sets all agree");
    }
    assert!(cluster.run_until(ms(20), |cluster| cluster.height(0) == 1));
    cluster.verdict().unwrap();
}

scenario!(f5_a_dead_leader_is_joined_by_others, dead_leader, [LeadersNeverGrow]);
fn dead_leader(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = World::new(4, mutant);
    cluster.crash(2);
    cluster.submit(request(1, 1));
    let has_decided = cluster
        .run_until(ms(3_000), |cluster| [0, 1, 3].iter().all(|&index| cluster.height(index) == 1));
    ensure(has_decided, "the others decide without the first leader")
}

scenario!(f5_no_new_votes_once_there_is_a_candidate, candidate, [VotesAfterCandidate]);
fn candidate(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let (x, y) = (value_by(1, 1), value(2));
    nominate(&mut cluster, 1, &[&x], &[&x]);
    nominate(&mut cluster, 3, &[&x], &[&x]);
    ensure(slot(&cluster).candidates == [x.digest()], "x is a candidate")?;
    nominate(&mut cluster, 2, &[&y], &[]);
    cluster.run(ms(50));
    ensure(!has_voted(&cluster, &y), "the leader's y comes too late")
}

scenario!(f5_only_leaders_are_followed, followed, [VotesAfterCandidate]);
fn followed(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let (x, y) = (value_by(1, 1), value(2));
    nominate(&mut cluster, 1, &[&x], &[]);
    ensure(!has_voted(&cluster, &x), "n1 does not lead")?;
    nominate(&mut cluster, 2, &[&y], &[]);
    ensure(has_voted(&cluster, &y), "n2 does")?;
    candidate(mutant)
}

scenario!(f5_each_round_follows_to_one_more_value, one_more, [FollowsOnce]);
fn one_more(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let (x, y) = (value(1), value(2));
    nominate(&mut cluster, 2, &[&x], &[]);
    nominate(&mut cluster, 2, &[&x, &y], &[]);
    ensure(has_voted(&cluster, &x), "the leader's x is voted for")?;
    ensure(!has_voted(&cluster, &y), "one value is enough for a round")?;
    let has_followed = cluster.run_until(ms(5_000), |cluster| has_voted(cluster, &y));
    ensure(has_followed, "a later round takes the leader's y too")
}

scenario!(f5_candidates_come_to_the_same_in_any_order, combine, [FirstCandidateTaken]);
fn combine(mutant: Option<Mutant>) -> Verdict {
    let (x, y) = two_values();
    for values in [[&x, &y], [&y, &x]] {
        let mut cluster = alone(4, mutant);
        make_candidates(&mut cluster, &values);
        ensure(slot(&cluster).candidates.len() == 2, "both are candidates")?;
        ensure(cluster.core(0).composite() == Some(y.digest()), "they come to the higher one")?;
    }
    Ok(())
}

scenario!(f5_values_are_checked_before_they_are_voted_for, checked, [PayloadUnchecked]);
fn checked(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let forged = Request { forged: true, ..request(1, 1) };
    let bad = Value::new(node(2), payload(&[forged]));
    nominate(&mut cluster, 2, &[&bad], &[]);
    cluster.run(ms(50));
    ensure(!has_voted(&cluster, &bad), "the application refuses it")?;
    let rejects = &cluster.at(0).rejects;
    ensure(rejects.contains(&(node(2), protocol::Reject::BadPayload)), "its proposer is blamed")
}

/// A payload that did not come along is fetched from who named it.
#[test]
fn f5_missing_values_are_fetched() {
    let mut cluster = World::new(4, None);
    cluster.network = Box::new(|_, from, to, message| match message {
        Message::Nominate(nominate) if from == node(2) && to == node(0) => {
            let mut stripped = nominate.clone();
            stripped.value = None;
            testkit::Fate::Instead(vec![Message::Nominate(stripped)])
        }
        _ => testkit::Fate::Pass,
    });
    cluster.submit_to(request(1, 1), &[1, 2, 3]);
    assert!(cluster.run_until(ms(100), |cluster| cluster.height(0) == 1));
    cluster.verdict().unwrap();
}

#[test]
fn idle_replicas_are_silent() {
    let mut cluster = World::new(4, None);
    cluster.run(ms(10_000));
    assert_eq!(cluster.crossed.iter().sum::<usize>(), 0);
    cluster.submit(request(1, 1));
    cluster.run(ms(10_000));
    assert!(cluster.is_idle());
    let crossed = cluster.crossed.iter().sum::<usize>();
    cluster.run(ms(60_000));
    assert_eq!(cluster.crossed.iter().sum::<usize>(), crossed);
}

/// Without faults a decision costs two NOMINATE, three PREPARE, one CONFIRM and one EXTERNALIZE of every replica.
#[test]
fn message_counts_are_the_formula() {
    for n in [1, 2, 3, 4, 7, 10] {
        let mut cluster = World::new(n, None);
        for timestamp in 1..=3 {
            let before = cluster.crossed.clone();
            cluster.submit(request(1, timestamp));
            cluster.run(ms(1_000));
            let spent: Vec<usize> =
                cluster.crossed.iter().zip(&before).map(|(now, then)| now - then).collect();
            let each = n * (n - 1);
            assert_eq!(spent, [2 * each, 3 * each, each, each, 0, 0, 0, 0, 0], "n = {n}");
            assert_eq!(cluster.height(0), timestamp);
        }
    }
}

/// The value of a decided slot comes with a nomination that is known already.
#[test]
fn a_value_that_comes_late_with_a_known_nomination_is_decided() {
    let mut cluster = alone(4, None);
    let x = value(1);
    let mut said = None;
    for from in [2, 1, 3] {
        let nomination = crate::Nomination {
            seq: types::Seq::new(1),
            quorum_set: crate::QuorumSet::flat(4).digest(),
            votes: vec![x.digest()],
            accepted: vec![x.digest()],
        };
        let signed = cluster.signer(from).sign(nomination);
        said = said.or(Some(signed.clone()));
        cluster.inject(from, 0, Message::Nominate(crate::Nominate { said: signed, value: None }));
    }
    super::script::tell(&mut cluster, &[1, 2, 3], super::script::externalizes(1, &x));
    assert!(cluster.at(0).decisions.is_empty());
    let late = crate::Nominate { said: said.unwrap(), value: Some(x.clone()) };
    cluster.inject(2, 0, Message::Nominate(late));
    cluster.run(ms(5));
    assert_eq!(cluster.at(0).payload_at(1), Some(x.payload()));
}
