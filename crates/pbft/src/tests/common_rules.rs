//! what every Byzantine core must hold.

use codec::Encode;
use crypto::{Domain, KeyRing, Scheme, Signed, Signer, Verifier};
use testkit::{Verdict, domain, ensure, ms, node, payload, request, scenario};
use types::{ChainId, Digest, NodeId, Seq, View};

use super::subject::{Cluster, Fate};
use crate::evidence::verify_evidence;
use crate::{
    Commit, Message, Mutant, PrePrepare, Prepare, Propose, Record, Testimony, ViewChange,
    ViewChangeVote, forensics,
};

const PRE_PREPARE: usize = 0;
const PREPARE: usize = 1;
const COMMIT: usize = 2;
const CHECKPOINT: usize = 3;
const VIEW_CHANGE: usize = 4;
const NEW_VIEW: usize = 5;

const V0: View = View::ZERO;
const S1: Seq = Seq::new(1);

pub(super) fn propose(signer: &Signer, view: View, seq: Seq, client: u16) -> Message {
    let payload = payload(&[request(client, 1)]);
    let propose = signer.sign(Propose { view, seq, digest: payload.digest() });
    Message::PrePrepare(PrePrepare { propose, payload: Some(payload) })
}
pub(super) fn digest_of(client: u16) -> Digest {
    payload(&[request(client, 1)]).digest()
}
pub(super) fn prepare(signer: &Signer, view: View, seq: Seq, digest: Digest) -> Message {
    Message::Prepare(signer.sign(Prepare { view, seq, digest }))
}
pub(super) fn commit(signer: &Signer, view: View, seq: Seq, digest: Digest) -> Message {
    Message::Commit(signer.sign(Commit { view, seq, digest }))
}

/// Two halves, or a side with 2f+1 replicas that are no quorum: neither decides until the network is whole.
fn x1(n: usize, sides: &[&[u16]], mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(n, mutant);
    cluster.split(sides);
    for (client, side) in sides.iter().enumerate() {
        let client = u16::try_from(client).unwrap() + 1;
        cluster.submit_to(request(client, 1), side);
    }
    cluster.run(ms(20_000));
    for index in cluster.honest() {
        ensure(cluster.height(index) == 0, format!("{index} decides without a quorum"))?;
    }
    cluster.heal();
    cluster.lives(9, ms(60_000))
}

scenario!(x1_the_quorum_fits_six, |m| x1(6, &[&[0, 1, 2], &[3, 4, 5]], m), [QuorumOfTwoFPlusOne]);
scenario!(x1_the_quorum_fits_five, |m| x1(5, &[&[0, 1, 2], &[3, 4]], m), [QuorumOfTwoFPlusOne]);
scenario!(
    x1_the_quorum_fits_eight,
    |m| x1(8, &[&[0, 1, 2, 3, 4], &[5, 6, 7]], m),
    [QuorumOfTwoFPlusOne]
);
scenario!(
    x1_the_quorum_fits_nine,
    |m| x1(9, &[&[0, 1, 2, 3, 4], &[5, 6, 7, 8]], m),
    [QuorumOfTwoFPlusOne]
);

/// A liar replays an honest PREPARE as a COMMIT, and votes made for other chains, sets and protocols.
fn x2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.submit(request(1, 1));
    cluster.run(ms(100));
    let vote = cluster.at(2).said.iter().find_map(|message| match message {
        Message::Prepare(vote) => Some(vote.clone()),
        _ => None,
    });
    let signature = vote.ok_or("n2 has not voted")?.signature;
    let three = cluster.signer(3).clone();
    let said = Commit { view: V0, seq: Seq::new(2), digest: digest_of(2) };
    let mut forged = vec![Message::Commit(Signed { statement: said, signer: node(3), signature })];
    let (chain, set) = (Digest::new([1; 32]), Digest::new([2; 32]));
    for other in [
        Domain::new(ChainId(set), set, "pbft"),
        Domain::new(ChainId(chain), chain, "pbft"),
        domain("hotstuff"),
    ] {
        let foreign = three.in_domain(other).sign(said);
        forged.push(Message::Commit(foreign));
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
scenario!(x2_a_signature_binds_its_domain, x2, [SignaturesUnchecked]);

/// A liar sends an honest replica's own vote as if it came from it: the connection says who it is.
fn x3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let vote = prepare(cluster.signer(1), V0, S1, digest_of(1));
    cluster.inject(3, 2, vote);
    cluster.run(ms(10));
    let blamed = |who: NodeId| cluster.bad_signatures.iter().any(|(from, _)| *from == who);
    ensure(blamed(node(3)), "the relay is not refused")?;
    ensure(!blamed(node(1)), "the named one is blamed")?;
    cluster.lives(9, ms(10_000))
}
scenario!(x3_the_sender_is_the_signer, x3, [SenderUnchecked]);

/// One COMMIT, sent a hundred times, and again with other signature bytes, weighs one.
fn x4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.network = Box::new(|_, from, to, message| {
        let is_commit = matches!(message, Message::Commit(_) | Message::Committed(_));
        if is_commit && to == node(1) && from != node(1) { Fate::Drop } else { Fate::Pass }
    });
    let vote = commit(cluster.signer(3), V0, S1, digest_of(1));
    for _ in 0..100 {
        cluster.inject(3, 1, vote.clone());
    }
    if let Message::Commit(mut malleated) = vote {
        malleated.signature.0[40] ^= 1;
        cluster.inject(3, 1, Message::Commit(malleated));
    }
    let prepared = prepare(cluster.signer(3), V0, S1, digest_of(1));
    cluster.inject_all(3, &prepared);
    cluster.submit(request(1, 1));
    cluster.run(ms(300));
    ensure(cluster.height(1) == 0, "one replica's commits made a quorum")?;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(x4_a_repeated_vote_weighs_one, x4, [RepeatedVotesCount]);

/// The primary forgets its proposal, and has other work at hand when it comes back.
fn x5_pre_prepare(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(0).crash_on = Some(PRE_PREPARE);
    cluster.submit_to(request(1, 1), &[0]);
    cluster.run(ms(10));
    ensure(cluster.at(0).core.is_none(), "nothing left n0")?;
    cluster.at_mut(0).app = testkit::App::default();
    cluster.restart(0);
    cluster.submit(request(2, 1));
    cluster.run(ms(500));
    cluster.verdict()?;
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_proposal_survives_a_crash, x5_pre_prepare, [ProposalNotPersisted]);

/// A backup's vote has left, the backup forgets, and the primary proposes something else to it.
fn x5_prepare(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.at_mut(2).crash_on = Some(PREPARE);
    let first = propose(cluster.signer(0), V0, S1, 1);
    cluster.inject(0, 2, first);
    cluster.run(ms(10));
    ensure(cluster.at(2).core.is_none(), "n2 has not voted")?;
    cluster.restart(2);
    let second = propose(cluster.signer(0), V0, S1, 2);
    cluster.inject(0, 2, second);
    cluster.run(ms(50));
    cluster.verdict()?;
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_prepare_survives_a_crash, x5_prepare, [PrepareNotPersisted]);

/// A replica's COMMIT has left; after the crash its VIEW-CHANGE must still show the certificate.
fn x5_commit(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(2).crash_on = Some(COMMIT);
    cluster.submit(request(1, 1));
    cluster.run(ms(4));
    ensure(cluster.at(2).core.is_none(), "n2 has not committed")?;
    cluster.split(&[&[2], &[0, 1, 3]]);
    cluster.restart(2);
    cluster.submit_to(request(2, 1), &[2]);
    cluster.run(ms(5_000));
    let asked = cluster.at(2).said.iter().any(|said| matches!(said, Message::ViewChange(_)));
    ensure(asked, "n2 has not asked for a view change")?;
    cluster.verdict()?;
    cluster.heal();
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_commit_survives_a_crash, x5_commit, [CommitNotPersisted]);

/// A replica has signed its state; after the crash its state is another (a disk lied), and it must not sign that.
fn x5_checkpoint(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(2).crash_on = Some(CHECKPOINT);
    for timestamp in 1..=4 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
    }
    ensure(cluster.at(2).core.is_none(), "n2 has not signed a checkpoint")?;
    cluster.split(&[&[2], &[0, 1, 3]]);
    cluster.at_mut(2).app.state.sum ^= 1;
    cluster.restart(2);
    cluster.run(ms(100));
    cluster.promises_kept(2)
}
scenario!(x5_a_checkpoint_survives_a_crash, x5_checkpoint, [CheckpointNotPersisted]);

/// A replica has left its view; after the crash it must not vote in it.
fn x5_view_change(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.split(&[&[2], &[0, 1, 3]]);
    cluster.at_mut(2).crash_on = Some(VIEW_CHANGE);
    cluster.submit_to(request(1, 1), &[2]);
    cluster.run(ms(1_500));
    ensure(cluster.at(2).core.is_none(), "n2 has not left its view")?;
    cluster.heal();
    cluster.restart(2);
    cluster.submit(request(2, 1));
    cluster.run(ms(500));
    cluster.verdict()?;
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_view_change_survives_a_crash, x5_view_change, [ViewChangeNotPersisted]);

/// A new primary has begun its view; after the crash it must not begin it with other votes.
fn x5_new_view(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.at_mut(1).crash_on = Some(NEW_VIEW);
    // n2 does not hear of the new view, and goes on asking for it.
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::NewView(_) if to == node(2) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.run(ms(1_100));
    ensure(cluster.at(1).core.is_none(), "n1 has not begun its view")?;
    let vote = cluster.signer(0).sign(ViewChangeVote {
        view: View::new(1),
        stable: Seq::ZERO,
        state: Digest::ZERO,
        prepared: Vec::new(),
    });
    let asked = ViewChange { vote, checkpoint: Default::default(), prepared: Vec::new() };
    cluster.split(&[&[1, 0, 2], &[3]]);
    cluster.restart(1);
    cluster.inject(0, 1, Message::ViewChange(asked.into()));
    cluster.run(ms(300));
    cluster.verdict()?;
    cluster.heal();
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_new_view_survives_a_crash, x5_new_view, [NewViewNotPersisted]);

/// Crash at every message that leaves, of every kind, at every replica, with restarts: nothing is contradicted.
#[test]
fn x5_crashes_behind_any_message_contradict_nothing() {
    for kind in [PRE_PREPARE, PREPARE, COMMIT, CHECKPOINT, VIEW_CHANGE, NEW_VIEW] {
        for victim in 0..4 {
            let mut cluster = Cluster::new(4, None);
            cluster.lose(50_000, types::Time::from_us(8_000_000), u64::from(victim));
            for timestamp in 1..=12 {
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
    let is_proved = found.iter().all(|evidence| verify_evidence(evidence, &cluster.verifier));
    ensure(is_proved, "evidence does not hold")?;
    let mut named: Vec<u16> = found.iter().map(|evidence| evidence.offender.get()).collect();
    named.sort_unstable();
    named.dedup();
    ensure(named == culprits, format!("{named:?} named instead of {culprits:?}"))
}

/// Two of four lie and fork one view; the papers of the two honest ones name exactly the two.
fn x7_same_view(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.corrupt(3);
    cluster.split(&[&[1], &[2]]);
    for (victim, client) in [(1, 1), (2, 2)] {
        let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
        let digest = digest_of(client);
        cluster.inject(0, victim, propose(&zero, V0, S1, client));
        cluster.inject(3, victim, prepare(&three, V0, S1, digest));
        cluster.inject(0, victim, commit(&zero, V0, S1, digest));
        cluster.inject(3, victim, commit(&three, V0, S1, digest));
    }
    cluster.run(ms(100));
    ensure(cluster.at(1).digest_at(1) == Some(digest_of(1)), "n1 has not decided")?;
    ensure(cluster.at(2).digest_at(1) == Some(digest_of(2)), "n2 has not decided")?;
    names_exactly(&cluster, 1, 2, &[0, 3])?;
    let papers = |index: u16| Testimony {
        decisions: cluster.at(index).decisions.clone(),
        records: Vec::new(),
    };
    let proved = forensics(&papers(1), &papers(2));
    ensure(proved.len() == 2, "the decisions alone do not prove who committed twice")
}
scenario!(x7_a_fork_in_one_view_names_the_liars, x7_same_view, [CommitsNotShown]);

/// Two of four lie about what they committed when the view changes.
fn x7_views(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.corrupt(3);
    cluster.split(&[&[1], &[2]]);
    let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
    let digest = digest_of(1);
    cluster.inject(0, 1, propose(&zero, V0, S1, 1));
    cluster.inject(3, 1, prepare(&three, V0, S1, digest));
    cluster.inject(0, 1, commit(&zero, V0, S1, digest));
    cluster.inject(3, 1, commit(&three, V0, S1, digest));
    let view = View::new(2);
    for (index, liar) in [(0, &zero), (3, &three)] {
        let vote = liar.sign(ViewChangeVote {
            view,
            stable: Seq::ZERO,
            state: Digest::ZERO,
            prepared: Vec::new(),
        });
        let asked = ViewChange { vote, checkpoint: Default::default(), prepared: Vec::new() };
        cluster.inject(index, 2, Message::ViewChange(asked.into()));
    }
    cluster.submit_to(request(2, 1), &[2]);
    cluster.run(ms(100));
    let digest = digest_of(2);
    for (index, liar) in [(0, &zero), (3, &three)] {
        cluster.inject(index, 2, prepare(liar, view, S1, digest));
        cluster.inject(index, 2, commit(liar, view, S1, digest));
    }
    cluster.run(ms(100));
    ensure(cluster.at(1).digest_at(1) == Some(digest_of(1)), "n1 has not decided")?;
    ensure(cluster.at(2).digest_at(1) == Some(digest_of(2)), "n2 has not decided")?;
    names_exactly(&cluster, 1, 2, &[0, 3])
}
scenario!(x7_a_fork_over_views_names_the_liars, x7_views, [NewViewNotPersisted]);

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
    let verifier = Verifier::new(domain("pbft"), ring);
    let mut signers = keys
        .into_iter()
        .enumerate()
        .map(|(i, key)| Signer::simulated(node(u16::try_from(i).unwrap()), domain("pbft"), key));
    let (honest, liar) = (signers.next().unwrap(), signers.next().unwrap());
    let said = honest.sign(Prepare { view: V0, seq: S1, digest: digest_of(1) });
    let mut edited = said.clone();
    edited.statement.digest = digest_of(2);
    let pair = crate::evidence::evidence("double-prepare", V0, S1, &said, &edited);
    assert!(!verify_evidence(&pair, &verifier), "an edited statement");
    let same = crate::evidence::evidence("double-prepare", V0, S1, &said, &said);
    assert!(!verify_evidence(&same, &verifier), "the same statement twice");
    let mut renamed = crate::evidence::evidence("double-prepare", V0, S1, &said, &edited);
    renamed.second = liar.sign(edited.statement).to_bytes();
    assert!(!verify_evidence(&renamed, &verifier), "two signers");
    renamed.offender = liar.me();
    assert!(!verify_evidence(&renamed, &verifier), "half of it is somebody else's");
    let other = honest.sign(edited.statement);
    let real = crate::evidence::evidence("double-prepare", V0, S1, &said, &other);
    assert!(verify_evidence(&real, &verifier), "a real contradiction");
    let mut unknown = real;
    unknown.kind = "rudeness";
    assert!(!verify_evidence(&unknown, &verifier), "an unknown kind");
}

/// The log of a replica stays what it was when its records are compacted and read back.
#[test]
fn records_survive_compaction() {
    let mut cluster = Cluster::new(4, None);
    for timestamp in 1..=11 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    let stable = cluster.at(2).disk.iter().filter(|record| matches!(record, Record::Stable(_)));
    assert_eq!(stable.count(), 1, "{:?}", cluster.at(2).disk);
    assert!(cluster.at(2).disk.len() < 20);
    for index in 0..4 {
        cluster.restart(index);
    }
    cluster.lives(9, ms(10_000)).unwrap();
    assert_eq!(cluster.height(2), 12);
}
