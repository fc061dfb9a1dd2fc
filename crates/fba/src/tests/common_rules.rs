//! F-13 and evidence.

use crypto::Domain;
use protocol::Inspect as _;
use testkit::{Verdict, ensure, ms, node, request, scenario};
use types::{ChainId, Digest, Seq};

use super::World;
use super::script::{
    accepts, alone, at_first_ballot, confirms, externalizes, kind_index, make_candidates, nominate,
    pledge_of, slot, tell, two_values, value, votes,
};
use crate::{Balloting, Core, Message, Mutant, Nomination, Pledge, QuorumSet};

scenario!(x2_signatures_cover_their_domain, domain, [SignaturesUnchecked]);
fn domain(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    let said =
        |pledge| Balloting { seq: Seq::new(1), quorum_set: QuorumSet::flat(4).digest(), pledge };
    let (chain, set) = (ChainId(Digest::new([1; 32])), Digest::new([2; 32]));
    let elsewhere = [
        Domain::new(ChainId(Digest::new([9; 32])), set, "fba"),
        Domain::new(chain, Digest::new([9; 32]), "fba"),
        Domain::new(chain, set, "pbft"),
    ];
    for (from, domain) in [1, 2, 3].into_iter().zip(elsewhere) {
        let signer = cluster.signer(from).in_domain(domain);
        let message = Message::Ballot(signer.sign(said(confirms(1, &x))));
        cluster.inject(from, 0, message);
    }
    // A vote to prepare, called a CONFIRM; and a nomination's signature under a ballot.
    for from in [1, 2, 3] {
        let mut vote = cluster.signer(from).sign(said(votes(1, &x)));
        vote.statement = said(confirms(1, &x));
        cluster.inject(from, 0, Message::Ballot(vote));
        let nomination = Nomination {
            seq: Seq::new(1),
            quorum_set: QuorumSet::flat(4).digest(),
            votes: vec![x.digest()],
            accepted: Vec::new(),
        };
        let signature = cluster.signer(from).sign(nomination).signature;
        let mut stolen = cluster.signer(from).sign(said(externalizes(1, &x)));
        stolen.signature = signature;
        cluster.inject(from, 0, Message::Ballot(stolen));
    }
    cluster.run(ms(20));
    ensure(cluster.at(0).decisions.is_empty(), "none of this counts")?;
    ensure(cluster.bad_signatures.len() == 9, format!("{:?}", cluster.bad_signatures))
}

scenario!(x3_sender_is_signer_is_connection, sender, [SenderUnchecked]);
fn sender(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = alone(4, mutant);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    for author in [1, 2] {
        let message = pledge_of(&cluster, author, externalizes(1, &x));
        cluster.inject(3, 0, message);
    }
    cluster.run(ms(20));
    ensure(slot(&cluster).pledge(node(1)).is_none(), "n3 cannot speak for n1")?;
    let blamed: Vec<_> = cluster.bad_signatures.iter().map(|(from, _)| *from).collect();
    ensure(blamed == [node(3), node(3)], format!("{blamed:?}"))
}

#[test]
fn x4_repeated_statements_add_nothing() {
    let mut cluster = alone(4, None);
    let x = value(1);
    at_first_ballot(&mut cluster, &x);
    for _ in 0..100 {
        tell(&mut cluster, &[1], confirms(1, &x));
    }
    assert_eq!(slot(&cluster).commit, None);
}

/// What n0 says before it stops behind a message of a kind; what it is told afterwards makes an amnesiac contradict it.
fn amnesia(mutant: Option<Mutant>, kind: &str) -> Verdict {
    let mut cluster = alone(4, mutant);
    let (x, y) = two_values();
    cluster.at_mut(0).crash_on = Some(kind_index(kind));
    match kind {
        "nominate" => nominate(&mut cluster, 2, &[&x], &[]),
        "prepare" => make_candidates_until_down(&mut cluster, &x),
        _ => {
            cluster.at_mut(0).crash_on = None;
            at_first_ballot(&mut cluster, &x);
            cluster.at_mut(0).crash_on = Some(kind_index(kind));
            for from in [1, 2, 3] {
                let message = pledge_of(&cluster, from, confirms(1, &x));
                cluster.inject(from, 0, message);
            }
        }
    }
    cluster.run(ms(20));
    ensure(cluster.at(0).core.is_none(), format!("it has stopped behind {kind}"))?;
    cluster.restart(0);
    cluster.run(ms(150));
    match kind {
        "nominate" => nominate(&mut cluster, 2, &[&y], &[]),
        "prepare" => make_candidates(&mut cluster, &[&y]),
        _ => tell(&mut cluster, &[1, 2, 3], confirms(1, &y)),
    }
    cluster.run(ms(500));
    cluster.promises_kept(0)
}

fn make_candidates_until_down(cluster: &mut World, value: &crate::Value) {
    let digests = vec![value.digest()];
    for from in [3, 2, 1] {
        let said = Nomination {
            seq: Seq::new(1),
            quorum_set: QuorumSet::flat(4).digest(),
            votes: digests.clone(),
            accepted: digests.clone(),
        };
        let said = cluster.signer(from).sign(said);
        let value = Some(value.clone()).filter(|value| value.proposer() == node(from));
        cluster.inject(from, 0, Message::Nominate(crate::Nominate { said, value }));
    }
}

scenario!(x5_amnesia_nominate, |m| amnesia(m, "nominate"), [NominationNotPersisted]);
scenario!(x5_amnesia_prepare, |m| amnesia(m, "prepare"), [BallotNotPersisted]);
scenario!(x5_amnesia_confirm, |m| amnesia(m, "confirm"), [BallotNotPersisted]);
scenario!(x5_amnesia_externalize, |m| amnesia(m, "externalize"), [BallotNotPersisted]);

/// Everybody loses power behind any kind of message, at once, and goes on.
#[test]
fn a_power_cut_of_all_loses_nothing() {
    for kind in ["nominate", "prepare", "confirm", "externalize"] {
        let mut cluster = World::new(4, None);
        for index in 0..4 {
            cluster.at_mut(index).crash_on = Some(kind_index(kind));
        }
        cluster.submit(request(1, 1));
        cluster.run(ms(2_000));
        for index in 0..4 {
            cluster.restart(index);
        }
        cluster.lives(2, ms(5_000)).unwrap_or_else(|problem| panic!("{kind}: {problem}"));
        assert!(cluster.at(0).app.state.replies.contains_key(&1), "{kind}");
    }
}

scenario!(f13_a_late_replica_catches_up, late, [NoHelpForLaggards]);
fn late(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = World::new(4, mutant);
    cluster.crash(3);
    for timestamp in 1..=100 {
        cluster.submit(request(1, timestamp));
        let is_done = |cluster: &World| cluster.height(0) == timestamp;
        ensure(cluster.run_until(ms(5_000), is_done), "the others decide")?;
    }
    cluster.restart(3);
    cluster.submit(request(2, 1));
    let has_caught_up = cluster.run_until(ms(5_000), |cluster| cluster.height(3) >= 101);
    ensure(has_caught_up, format!("it has got to {}", cluster.height(3)))?;
    cluster.verdict()
}

/// What is beyond the history is the replica's business; the core goes on from there.
#[test]
fn a_transferred_state_is_gone_on_from() {
    let mut cluster = World::with(4, None, |config| config.history = 4);
    cluster.crash(3);
    for timestamp in 1..=50 {
        cluster.submit(request(1, timestamp));
        assert!(cluster.run_until(ms(5_000), |cluster| cluster.height(0) == timestamp));
    }
    let records = cluster.at(0).disk.len();
    assert!(records < 24 * 10, "{records} records for a history of four slots");
    let state = cluster.at(0).app.state.clone();
    cluster.at_mut(3).app.adopt(state);
    cluster.at_mut(3).transfers.push(Seq::new(50));
    cluster.restart(3);
    cluster.lives(2, ms(2_000)).unwrap();
}

scenario!(equivocation_is_evidence, equivocation, [NoAccusations]);
fn equivocation(mutant: Option<Mutant>) -> Verdict {
    let (x, y) = two_values();
    type Lie = (fn(&mut World, &crate::Value), &'static str);
    let lies: [Lie; 5] = [
        (|cluster, value| nominate(cluster, 2, &[value], &[]), "double-nomination"),
        (|cluster, value| tell(cluster, &[2], votes(1, value)), "double-prepare"),
        (|cluster, value| tell(cluster, &[2], confirms(1, value)), "double-commit"),
        (|cluster, value| tell(cluster, &[2], externalizes(1, value)), "double-commit"),
        (|cluster, value| tell(cluster, &[2], accepts(1, value)), "double-prepare"),
    ];
    for (lie, kind) in lies {
        let mut cluster = alone(4, mutant);
        lie(&mut cluster, &x);
        lie(&mut cluster, &y);
        lie(&mut cluster, &x);
        let evidence = &cluster.at(0).evidence;
        ensure(evidence.len() == 1, format!("{kind}: {evidence:?}"))?;
        ensure(evidence[0].kind == kind, format!("{evidence:?}"))?;
        ensure(evidence[0].offender == node(2), format!("{evidence:?}"))?;
        let holds = Core::verify_evidence(&evidence[0], &cluster.verifier);
        ensure(holds, "others can check it")?;
        let mut framed = evidence[0].clone();
        framed.offender = node(1);
        ensure(!Core::verify_evidence(&framed, &cluster.verifier), "nobody else is named by it")?;
    }
    Ok(())
}

#[test]
fn abandoned_commits_and_taken_back_ballots_are_evidence() {
    let (x, y) = two_values();
    let committed = super::script::commits(1, &x);
    let abandoned = votes(2, &y);
    let later = Pledge::Prepare(crate::Prepare {
        ballot: crate::Ballot::new(2, y.digest()),
        prepared: Some(crate::Ballot::new(2, y.digest())),
        prepared_prime: Some(crate::Ballot::new(1, x.digest())),
        commit: 0,
        high: 2,
    });
    let contradiction = crate::evidence::contradiction;
    assert_eq!(contradiction(&committed, &abandoned), Some("prepared-taken-back"));
    assert_eq!(contradiction(&abandoned, &committed), Some("prepared-taken-back"));
    assert_eq!(contradiction(&committed, &later), None, "the abort is accepted");
    let mut hidden = later;
    if let Pledge::Prepare(pledge) = &mut hidden {
        pledge.prepared = Some(crate::Ballot::new(2, x.digest()));
        pledge.prepared_prime = None;
        pledge.high = 0;
    }
    assert_eq!(contradiction(&committed, &hidden), Some("commit-abandoned"));
}

/// A lie to each half: evidence at everybody who heard both, and no harm.
#[test]
fn a_lying_leader_is_named_and_harmless() {
    let mut cluster = World::new(4, None);
    cluster.at_mut(2).is_liar = true;
    let signer = cluster.signer(2).clone();
    cluster.network = Box::new(move |_, from, to, message| {
        if from == node(2) && to.get() % 2 == 1 {
            return match Core::contradict(message, &signer) {
                Some(lie) => testkit::Fate::Instead(vec![message.clone(), lie]),
                None => testkit::Fate::Pass,
            };
        }
        testkit::Fate::Pass
    });
    cluster.submit(request(1, 1));
    cluster.run(ms(1_000));
    assert!(!cluster.at(1).evidence.is_empty());
    cluster.heal();
    cluster.lives(2, ms(5_000)).unwrap();
}

/// With the default quorum sets neither half of a network decides alone, and both go on together.
#[test]
fn x1_halves_decide_nothing() {
    for n in [5_u16, 6, 8, 9] {
        let mut cluster = World::new(usize::from(n), None);
        let all: Vec<u16> = (0..n).collect();
        let (low, high) = all.split_at(usize::from(n) / 2);
        cluster.split(&[low, high]);
        cluster.submit_to(request(1, 1), low);
        cluster.submit_to(request(2, 1), high);
        cluster.run(ms(2_000));
        assert!(all.iter().all(|&index| cluster.height(index) == 0), "n = {n}");
        cluster.heal();
        cluster.lives(3, ms(10_000)).unwrap();
    }
}
