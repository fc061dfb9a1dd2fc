//! T-12, T-15, T-17 and repairs: floods, evidence, early messages, losses, laggards.

use protocol::{Protocol as _, Reject, ViewChangeCause};
use testkit::{Fate, Subject as _, Verdict, ensure, ms, node, request};
use types::{Digest, Seq};

use protocol::Inspect as _;

use super::world::{Cluster, S1, digest_of, one_among_scripts, precommit, prevote, propose, tell};
use crate::early::EARLY_MAX;
use crate::{Core, Message, Mutant};

/// A liar votes in thousands of rounds and heights, twice in one: bounded memory, and evidence for the one.
fn t12(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let three = cluster.signer(3).clone();
    for number in 1..5_000 {
        cluster.inject(3, 1, prevote(&three, (S1, number * 800_000), Digest::ZERO));
        let seq = Seq::new(u64::from(number) + 1);
        cluster.inject(3, 1, precommit(&three, (seq, number), digest_of(1)));
    }
    for client in [1, 2] {
        cluster.inject(3, 1, prevote(&three, (S1, 0), digest_of(client)));
        cluster.inject(3, 1, precommit(&three, (S1, 0), digest_of(client)));
    }
    cluster.run(ms(10));
    let entries = cluster.core(1).status().log_entries;
    ensure(entries <= EARLY_MAX + 2, format!("{entries} entries"))?;
    let kinds: Vec<_> = cluster.at(1).evidence.iter().map(|e| e.kind).collect();
    ensure(kinds == ["double-prevote", "double-precommit"], format!("{kinds:?}"))?;
    ensure(cluster.at(1).rejects.contains(&(node(3), Reject::OutsideWatermarks)), "far heights")?;
    cluster.lives(9, ms(10_000))
}
testkit::scenario!(t12_a_flood_is_bounded, t12, [NoAccusations]);

/// T-15: every contradiction that a liar makes is named, and holds; honest replicas' pairs do not.
#[test]
fn t15_double_signing_is_proved() {
    let mut cluster = Cluster::new(4, None);
    cluster.corrupt(0);
    let zero = cluster.signer(0).clone();
    for client in [1, 2] {
        cluster.inject_all(0, &propose(&zero, (S1, 0), client, None));
        cluster.inject_all(0, &prevote(&zero, (S1, 0), digest_of(client)));
        cluster.inject_all(0, &precommit(&zero, (S1, 0), digest_of(client)));
    }
    cluster.run(ms(4));
    for index in cluster.honest() {
        let kinds: Vec<_> = cluster.at(index).evidence.iter().map(|e| e.kind).collect();
        assert_eq!(kinds, ["equivocation", "double-prevote", "double-precommit"]);
        let holds = |e| Core::verify_evidence(e, &cluster.verifier);
        assert!(cluster.at(index).evidence.iter().all(holds));
    }
    cluster.lives(9, ms(10_000)).unwrap();
}

/// n0 precommits one value and later prevotes another, without the excuse of a polka; n1, which precommitted nil, may.
fn t15_amnesia(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = one_among_scripts(mutant);
    tell(&mut cluster, &[0], |by| precommit(by, (S1, 0), digest_of(1)));
    tell(&mut cluster, &[1, 2], |by| precommit(by, (S1, 0), Digest::ZERO));
    cluster.run(ms(150));
    tell(&mut cluster, &[1], |by| prevote(by, (S1, 1), digest_of(2)));
    ensure(cluster.at(3).evidence.is_empty(), "n1 had precommitted nothing")?;
    tell(&mut cluster, &[0], |by| prevote(by, (S1, 1), digest_of(2)));
    let kinds: Vec<_> = cluster.at(3).evidence.iter().map(|e| (e.offender, e.kind)).collect();
    ensure(kinds == [(node(0), "amnesia")], format!("{kinds:?}"))?;
    cluster.verdict()
}
testkit::scenario!(t15_amnesia_is_proved, t15_amnesia, [NoAccusations]);

/// The proposer tells two halves two things: whoever votes for the other one shows its proposal.
#[test]
fn t15_a_split_proposer_is_caught() {
    let mut cluster = Cluster::new(4, None);
    cluster.corrupt(0);
    let zero = cluster.signer(0).clone();
    cluster.inject(0, 1, propose(&zero, (S1, 0), 1, None));
    cluster.inject(0, 2, propose(&zero, (S1, 0), 2, None));
    cluster.run(ms(10));
    for index in [1, 2] {
        assert_eq!(cluster.at(index).evidence[0].kind, "equivocation");
    }
    cluster.lives(9, ms(10_000)).unwrap();
}

/// PRECOMMITs reach n3 late: the next height's messages are there before, and are used.
fn t17(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::Precommit(vote) if to == node(3) && vote.statement.seq == S1 => {
            Fate::Delay(ms(30))
        }
        Message::Committed(_) if to == node(3) => Fate::Drop,
        _ => Fate::Pass,
    });
    for timestamp in 1..=3 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(9));
    }
    ensure(cluster.height(3) == 0 && cluster.height(0) == 3, "n3 is not behind")?;
    cluster.run(ms(20));
    ensure(cluster.height(3) == 3, format!("n3 stands at {}", cluster.height(3)))?;
    cluster.lives(9, ms(10_000))
}
testkit::scenario!(t17_early_messages_are_used, t17, [EarlyMessagesLost]);

/// Every message of one kind is lost once on every path; no round is lost for it.
fn lost(kind: usize, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| config.view_timeout = ms(4_000));
    let mut seen = std::collections::BTreeSet::new();
    cluster.network = Box::new(move |_, from, to, message| {
        if Core::kind(message) == kind && seen.insert((from, to)) { Fate::Drop } else { Fate::Pass }
    });
    for timestamp in 1..=6 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(700));
        for index in cluster.honest() {
            ensure(cluster.height(index) == timestamp, format!("{index} is stuck at {timestamp}"))?;
            ensure(cluster.core(index).status().phase == "normal", "a loss cost a round")?;
        }
    }
    cluster.lives(9, ms(5_000))
}
testkit::scenario!(a_lost_proposal_is_repeated, |m| lost(0, m), [NoRetransmission]);
testkit::scenario!(a_lost_prevote_is_repeated, |m| lost(1, m), [NoRetransmission]);
testkit::scenario!(a_lost_precommit_is_repeated, |m| lost(2, m), [NoRetransmission]);

/// n3 was away for twenty heights, and gets certificates and payloads.
fn laggard(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.split(&[&[0, 1, 2], &[3]]);
    for timestamp in 1..=20 {
        cluster.submit_to(request(1, timestamp), &[0, 1, 2]);
        cluster.run(ms(2_000));
    }
    ensure(cluster.height(0) == 20, format!("n0 stands at {}", cluster.height(0)))?;
    cluster.heal();
    cluster.submit(request(2, 1));
    cluster.run(ms(700));
    ensure(cluster.height(3) >= 21, format!("n3 stands at {}", cluster.height(3)))?;
    cluster.lives(9, ms(10_000))
}
testkit::scenario!(a_laggard_is_brought_along, laggard, [NoHelpForLaggards]);

/// A silent proposer costs a round, and the cause is told; its height is decided by the next.
#[test]
fn a_silent_proposer_is_passed_over() {
    let mut cluster = Cluster::new(4, None);
    cluster.crash(0);
    cluster.submit_to(request(1, 1), &[1, 2, 3]);
    cluster.run(ms(503));
    let status = cluster.core(2).status();
    let cause = ViewChangeCause::Silent { leader: node(0), after: ms(400) };
    assert_eq!(status.view.get(), 1_001);
    assert_eq!(status.view_change_cause, Some(cause));
    cluster.run(ms(100));
    assert_eq!(cluster.height(2), 1);
    assert_eq!(cluster.core(2).status().view_change_cause, None, "turns change by themselves");
    cluster.restart(0);
    cluster.lives(9, ms(10_000)).unwrap();
}

/// A replica that has lost its sign-state follows and says nothing that others could count.
#[test]
fn a_replica_without_sign_state_follows_in_silence() {
    let mut cluster = Cluster::new(4, None);
    cluster.at_mut(3).config.voting = false;
    cluster.restart(3);
    for timestamp in 1..=6 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(2_000));
    }
    assert_eq!(cluster.height(3), 6);
    let is_quiet = |said: &Message| matches!(said, Message::Status(_) | Message::Exhibit(_));
    assert!(cluster.at(3).said.iter().all(is_quiet), "{:?}", cluster.at(3).said);
    cluster.crash(0);
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(5_000));
    assert_eq!(cluster.height(3), 6, "two voters are no quorum");
    cluster.restart(0);
    cluster.lives(9, ms(30_000)).unwrap();
}

/// What a replica waits for is told by phase, votes and timer.
#[test]
fn waiting_is_explained() {
    let mut cluster = one_among_scripts(None);
    assert_eq!(cluster.core(3).status().waiting, None);
    cluster.submit_to(request(1, 1), &[3]);
    let phase = |cluster: &Cluster| {
        cluster.core(3).status().waiting.map(|w| (w.phase, w.have.len(), w.need))
    };
    assert_eq!(phase(&cluster), Some(("proposal", 0, 1)));
    tell(&mut cluster, &[0], |by| propose(by, (S1, 0), 1, None));
    assert_eq!(phase(&cluster), Some(("prevote", 1, 3)));
    tell(&mut cluster, &[0, 1], |by| prevote(by, (S1, 0), digest_of(1)));
    assert_eq!(phase(&cluster), Some(("precommit", 1, 3)));
    assert_eq!(
        Core::message_name(&Message::Status(cluster.core(3).report())),
        "STATUS(1 r0 valid r0)"
    );
}
