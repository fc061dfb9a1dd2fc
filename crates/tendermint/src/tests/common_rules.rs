//! what every Byzantine core must hold.

use codec::Encode as _;
use crypto::{Domain, KeyRing, Scheme, Signed, Signer, Verifier};
use protocol::Inspect as _;
use testkit::{App, Fate, Verdict, domain, ensure, ms, node, request};
use types::{ChainId, Digest, NodeId, Seq, Time};

use super::world::{
    Cluster, S1, digest_of, one_among_scripts, precommit, prevote, prevote_again, prevoted,
    propose, tell,
};
use crate::evidence::evidence;
use crate::{
    Core, Message, Mutant, Precommit, Prevote, Record, Round, StatusReport, Testimony, forensics,
};

const PROPOSAL: usize = 0;
const PREVOTE: usize = 1;
const PRECOMMIT: usize = 2;

/// Two halves, or a side with 2f+1 replicas that are no quorum: neither decides until the network is whole.
fn x1(n: usize, sides: &[&[u16]], mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(n, mutant);
    cluster.split(sides);
    for (client, side) in sides.iter().enumerate() {
        let client = u16::try_from(client).unwrap() + 1;
        cluster.submit_to(request(client, 1), side);
    }
    cluster.run(ms(10_000));
    for index in cluster.honest() {
        ensure(cluster.height(index) == 0, format!("{index} decides without a quorum"))?;
    }
    cluster.heal();
    cluster.lives(9, ms(60_000))
}
testkit::scenario!(
    x1_the_quorum_fits_six,
    |m| x1(6, &[&[0, 1, 2], &[3, 4, 5]], m),
    [QuorumOfTwoFPlusOne]
);
testkit::scenario!(
    x1_the_quorum_fits_five,
    |m| x1(5, &[&[0, 1, 2], &[3, 4]], m),
    [QuorumOfTwoFPlusOne]
);
testkit::scenario!(
    x1_the_quorum_fits_eight,
    |m| x1(8, &[&[0, 1, 2, 3, 4], &[5, 6, 7]], m),
    [QuorumOfTwoFPlusOne]
);
testkit::scenario!(
    x1_the_quorum_fits_nine,
    |m| x1(9, &[&[0, 1, 2, 3, 4], &[5, 6, 7, 8]], m),
    [QuorumOfTwoFPlusOne]
);

/// A liar replays a PREVOTE as a PRECOMMIT, and votes made for other chains, sets and protocols.
fn x2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.submit(request(1, 1));
    cluster.run(ms(100));
    let three = cluster.signer(3).clone();
    let (seq, round, digest) = (Seq::new(2), Round::ZERO, digest_of(2));
    let vote = three.sign(Prevote { seq, round, digest, valid_round: None });
    let said = Precommit { seq, round, digest };
    let signature = vote.signature;
    let mut forged =
        vec![Message::Precommit(Signed { statement: said, signer: node(3), signature })];
    let (chain, set) = (Digest::new([1; 32]), Digest::new([2; 32]));
    for other in [
        Domain::new(ChainId(set), set, "tendermint"),
        Domain::new(ChainId(chain), chain, "tendermint"),
        domain("pbft"),
    ] {
        forged.push(Message::Precommit(three.in_domain(other).sign(said)));
    }
    let before = cluster.bad_signatures.len();
    let count = forged.len();
    for message in forged {
        cluster.inject(3, 1, message);
    }
    cluster.run(ms(10));
    let refused = cluster.bad_signatures.len() - before;
    ensure(refused == count, format!("{refused} of {count} foreign votes refused"))?;
    cluster.lives(9, ms(10_000))
}
testkit::scenario!(x2_a_signature_binds_its_domain, x2, [SignaturesUnchecked]);

/// A liar sends an honest replica's own vote as if it came from it: the connection says who it is.
fn x3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let vote = prevote(cluster.signer(1), (S1, 0), digest_of(1));
    cluster.inject(3, 2, vote);
    cluster.run(ms(10));
    let blamed = |who: NodeId| cluster.bad_signatures.iter().any(|(from, _)| *from == who);
    ensure(blamed(node(3)), "the relay is not refused")?;
    ensure(!blamed(node(1)), "the named one is blamed")?;
    cluster.lives(9, ms(10_000))
}
testkit::scenario!(x3_the_sender_is_the_signer, x3, [SenderUnchecked]);

/// One PRECOMMIT, sent a hundred times, and again with other signature bytes, weighs one.
fn x4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.network = Box::new(|_, from, to, message| {
        let is_commit = matches!(message, Message::Precommit(_) | Message::Committed(_));
        if is_commit && to == node(1) && from != node(1) { Fate::Drop } else { Fate::Pass }
    });
    let vote = precommit(cluster.signer(3), (S1, 0), digest_of(1));
    for _ in 0..100 {
        cluster.inject(3, 1, vote.clone());
    }
    if let Message::Precommit(mut malleated) = vote {
        malleated.signature.0[40] ^= 1;
        cluster.inject(3, 1, Message::Precommit(malleated));
    }
    let prevoted = prevote(cluster.signer(3), (S1, 0), digest_of(1));
    cluster.inject_all(3, &prevoted);
    cluster.submit(request(1, 1));
    cluster.run(ms(300));
    ensure(cluster.height(1) == 0, "one replica's PRECOMMITs made a quorum")?;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
testkit::scenario!(x4_a_repeated_vote_weighs_one, x4, [RepeatedVotesCount]);

/// The proposer forgets its proposal, and has other work at hand when it comes back.
fn x5_proposal(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(0).crash_on = Some(PROPOSAL);
    cluster.submit_to(request(1, 1), &[0]);
    cluster.run(ms(10));
    ensure(cluster.at(0).core.is_none(), "nothing left n0")?;
    cluster.at_mut(0).app = App::default();
    cluster.split(&[&[0], &[1, 2, 3]]);
    cluster.restart(0);
    cluster.submit_to(request(2, 1), &[0]);
    cluster.run(ms(300));
    cluster.verdict()?;
    cluster.heal();
    cluster.lives(9, ms(20_000))
}
testkit::scenario!(x5_a_proposal_survives_a_crash, x5_proposal, [ProposalNotPersisted]);

/// A PREVOTE has left, its sender forgets, and the proposer proposes something else to it.
fn x5_prevote(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.at_mut(2).crash_on = Some(PREVOTE);
    let first = propose(cluster.signer(0), (S1, 0), 1, None);
    cluster.inject(0, 2, first);
    cluster.run(ms(10));
    ensure(cluster.at(2).core.is_none(), "n2 has not voted")?;
    cluster.restart(2);
    let second = propose(cluster.signer(0), (S1, 0), 2, None);
    cluster.inject(0, 2, second);
    cluster.run(ms(50));
    cluster.verdict()?;
    cluster.lives(9, ms(20_000))
}
testkit::scenario!(x5_a_prevote_survives_a_crash, x5_prevote, [PrevoteNotPersisted]);

/// A nil PRECOMMIT has left; after the crash a polka comes, and must not make its sender precommit the value as well.
fn x5_precommit(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    cluster.at_mut(3).crash_on = Some(PRECOMMIT);
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 1, None));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 0), Digest::ZERO));
    cluster.run(ms(200));
    ensure(cluster.at(3).core.is_none(), "n3 has not precommitted")?;
    cluster.restart(3);
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 1, None));
    tell(&mut cluster, &[1, 2], |by| prevote(by, (S1, 0), digest_of(1)));
    ensure(cluster.core(3).valid.is_some(), "n3 has not seen the polka")?;
    cluster.verdict()
}
testkit::scenario!(x5_a_precommit_survives_a_crash, x5_precommit, [PrecommitNotPersisted]);

/// n3's disk is slow: it leaves a round before its own vote there comes back to it, and is asked about that round.
fn x5_in_flight(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    cluster.at_mut(3).echo_after = ms(1_000);
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 1, None));
    tell(&mut cluster, &[1, 2], |by| prevote(by, (S1, 1), Digest::ZERO));
    ensure(cluster.core(3).round == Round::new(1), "n3 follows the others")?;
    let report = StatusReport { seq: S1, round: Round::ZERO, valid_round: None };
    cluster.inject(1, 3, Message::Status(report));
    cluster.run(ms(5));
    cluster.verdict()
}
testkit::scenario!(x5_a_vote_in_flight_is_given, x5_in_flight, [VotesInFlightForgotten]);

/// What was said before a crash is said again in the same bytes.
#[test]
fn x5_the_same_bytes_are_sent_again() {
    for kind in [PROPOSAL, PREVOTE, PRECOMMIT] {
        let mut cluster = Cluster::new(4, None);
        cluster.at_mut(0).crash_on = Some(kind);
        cluster.submit(request(1, 1));
        cluster.run(ms(10));
        assert!(cluster.at(0).core.is_none(), "n0 has not stopped behind {kind}");
        let before = cluster.at(0).said.last().map(codec::Encode::to_bytes).unwrap();
        let count = cluster.at(0).said.len();
        cluster.restart(0);
        let after = cluster.at(0).said[count..].iter().filter(|said| Core::kind(said) == kind);
        assert_eq!(after.map(codec::Encode::to_bytes).collect::<Vec<_>>(), [before]);
        cluster.lives(9, ms(10_000)).unwrap();
    }
}

/// Crash at every message that leaves, of every kind, at every replica, with restarts: nothing is contradicted.
#[test]
fn x5_crashes_behind_any_message_contradict_nothing() {
    for kind in [PROPOSAL, PREVOTE, PRECOMMIT] {
        for victim in 0..4 {
            let mut cluster = Cluster::new(4, None);
            cluster.lose(50_000, Time::from_us(4_000_000), u64::from(victim));
            for timestamp in 1..=8 {
                cluster.at_mut(victim).crash_on = Some(kind);
                cluster.submit(request(1, timestamp));
                cluster.run(ms(300));
                cluster.restart(victim);
                cluster.run(ms(300));
            }
            if let Err(problem) = cluster.lives(9, ms(60_000)) {
                panic!("crashing {victim} behind {kind}: {problem}");
            }
        }
    }
}

fn names_exactly(cluster: &Cluster, a: u16, b: u16, culprits: &[u16]) -> Verdict {
    let testimony = |index: u16| Testimony {
        decisions: cluster.at(index).decisions.clone(),
        records: cluster.at(index).written.clone(),
    };
    let found = forensics(&testimony(a), &testimony(b));
    let is_proved = found.iter().all(|evidence| Core::verify_evidence(evidence, &cluster.verifier));
    ensure(is_proved, "evidence does not hold")?;
    let mut named: Vec<u16> = found.iter().map(|evidence| evidence.offender.get()).collect();
    named.sort_unstable();
    named.dedup();
    ensure(named == culprits, format!("{named:?} named instead of {culprits:?}"))
}

/// The liars n0 and n3 help one victim to decide a client's value in a round.
fn carry(cluster: &mut Cluster, victim: u16, round: u32, client: u16, valid: Option<u32>) {
    let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
    let digest = digest_of(client);
    for liar in [&zero, &three] {
        let by = liar.me().get();
        cluster.inject(by, victim, prevote_again(liar, (S1, round), digest, valid));
        cluster.inject(by, victim, precommit(liar, (S1, round), digest));
    }
    cluster.run(ms(20));
}

/// Two of four lie and fork one round; the papers of the two honest ones name exactly the two.
#[test]
fn x7_a_fork_in_one_round_names_the_liars() {
    let mut cluster = Cluster::new(4, None);
    cluster.corrupt(0);
    cluster.corrupt(3);
    cluster.split(&[&[1], &[2]]);
    for (victim, client) in [(1, 1), (2, 2)] {
        let zero: Signer = cluster.signer(0).clone();
        cluster.inject(0, victim, propose(&zero, (S1, 0), client, None));
        carry(&mut cluster, victim, 0, client, None);
    }
    assert_eq!(cluster.at(1).digest_at(1), Some(digest_of(1)));
    assert_eq!(cluster.at(2).digest_at(1), Some(digest_of(2)));
    names_exactly(&cluster, 1, 2, &[0, 3]).unwrap();
}

/// Two of four forget what they precommitted, and fork two rounds.
fn x7_rounds(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.corrupt(3);
    cluster.split(&[&[1], &[2]]);
    let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
    cluster.inject(0, 1, propose(&zero, (S1, 0), 1, None));
    carry(&mut cluster, 1, 0, 1, None);
    ensure(cluster.at(1).digest_at(1) == Some(digest_of(1)), "n1 has not decided")?;
    // n3 has the turn of round 3.
    for liar in [&zero, &three] {
        cluster.inject(liar.me().get(), 2, prevote(liar, (S1, 3), digest_of(2)));
    }
    cluster.inject(3, 2, propose(&three, (S1, 3), 2, None));
    cluster.run(ms(10));
    ensure(prevoted(&cluster, 2, 3) == Some(digest_of(2)), "n2 has not followed")?;
    carry(&mut cluster, 2, 3, 2, None);
    ensure(cluster.at(2).digest_at(1) == Some(digest_of(2)), "n2 has not decided")?;
    names_exactly(&cluster, 1, 2, &[0, 3])
}
testkit::scenario!(x7_a_fork_over_rounds_names_the_liars, x7_rounds, [ValidNotPersisted]);

/// Without a fork nobody is named, whatever crashed.
#[test]
fn x7_agreement_names_nobody() {
    let mut cluster = Cluster::new(4, None);
    cluster.lives(1, ms(1_000)).unwrap();
    cluster.crash(0);
    cluster.lives(2, ms(10_000)).unwrap_err();
    names_exactly(&cluster, 1, 2, &[]).unwrap();
}

/// A liar tries to frame an honest replica with edited evidence.
#[test]
fn x7_edited_evidence_frames_nobody() {
    let (ring, keys) = KeyRing::simulated(Scheme::Ed25519, 4, 1);
    let verifier = Verifier::new(domain("tendermint"), ring);
    let mut signers = keys.into_iter().zip(NodeId::all(4));
    let mut signer = || {
        let (key, id) = signers.next().unwrap();
        Signer::simulated(id, domain("tendermint"), key)
    };
    let (honest, liar) = (signer(), signer());
    let (seq, round) = (S1, Round::ZERO);
    let said = honest.sign(Prevote { seq, round, digest: digest_of(1), valid_round: None });
    let mut edited = said.clone();
    edited.statement.digest = digest_of(2);
    let holds = |evidence| Core::verify_evidence(&evidence, &verifier);
    let pair = |first, second| evidence("double-prevote", seq, round, first, second);
    assert!(!holds(pair(&said, &edited)), "an edited statement");
    assert!(!holds(pair(&said, &said)), "the same statement twice");
    let mut renamed = pair(&said, &edited);
    renamed.second = liar.sign(edited.statement).to_bytes();
    assert!(!holds(renamed.clone()), "two signers");
    renamed.offender = liar.me();
    assert!(!holds(renamed), "half of it is somebody else's");
    let other = honest.sign(edited.statement);
    let mut real = pair(&said, &other);
    assert!(holds(real.clone()), "a real contradiction");
    real.kind = "rudeness";
    assert!(!holds(real), "an unknown kind");
    let locked = honest.sign(Precommit { seq, round, digest: digest_of(1) });
    let later = |valid_round| {
        honest.sign(Prevote { seq, round: Round::new(4), digest: digest_of(2), valid_round })
    };
    let amnesia = |vote: &Signed<Prevote>| evidence("amnesia", seq, round, &locked, vote);
    assert!(holds(amnesia(&later(None))), "forgotten");
    assert!(!holds(amnesia(&later(Some(Round::ZERO)))), "excused by a polka");
    assert!(!holds(amnesia(&said)), "before, not after");
}

/// The log of a replica stays what it was when its records are compacted and read back.
#[test]
fn records_survive_compaction() {
    let mut cluster = Cluster::with(4, None, |config| config.history = 4);
    for timestamp in 1..=30 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    assert!(cluster.at(2).disk.len() < 4 + 8 * 5, "{}", cluster.at(2).disk.len());
    let kept = |record: &&Record| matches!(record, Record::Decided(_));
    assert!(cluster.at(2).disk.iter().filter(kept).count() >= 4);
    for index in 0..4 {
        cluster.restart(index);
    }
    cluster.lives(9, ms(10_000)).unwrap();
    assert_eq!(cluster.height(2), 31);
}
