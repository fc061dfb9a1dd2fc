//! P-1 to P-5, P-8, P-9, P-16, P-17: ordering, watermarks, checkpoints, state transfer.

use std::sync::Arc;

use protocol::{Protocol as _, Reject};
use testkit::{State, Verdict, ensure, ms, node, payload, request, scenario};
use types::{Digest, Seq, View};

use super::common_rules::{commit, digest_of, prepare, propose};
use super::subject::{Cluster, Fate};
use crate::{Checkpoint, Message, Mutant, PrePrepare, Propose};

const V0: View = View::ZERO;
const S1: Seq = Seq::new(1);

/// The primary proposes A to n1 and B to n2 and n3.
fn p1(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    let zero = cluster.signer(0).clone();
    cluster.inject(0, 1, propose(&zero, V0, S1, 1));
    cluster.inject(0, 2, propose(&zero, V0, S1, 2));
    cluster.inject(0, 3, propose(&zero, V0, S1, 2));
    cluster.inject(0, 1, propose(&zero, V0, S1, 2));
    cluster.submit_to(request(1, 1), &[1, 2, 3]);
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(4_000));
    for index in cluster.honest() {
        let evidence = &cluster.at(index).evidence;
        let is_caught = evidence.iter().any(|e| e.kind == "equivocation" && e.offender == node(0));
        ensure(is_caught, format!("{index} has no evidence"))?;
        let replies = &cluster.at(index).app.state.replies;
        ensure(replies.len() == 2, format!("{index} executed {}", replies.len()))?;
    }
    cluster.lives(9, ms(10_000))
}
scenario!(p1_a_place_takes_one_proposal, p1, [ProposalOverwritten, NoAccusations]);

/// Somebody who is not the primary proposes; the primary proposes in a wrong view and with a wrong digest.
fn p1_strangers(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.corrupt(0);
    let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
    cluster.inject_all(3, &propose(&three, V0, S1, 1));
    let wrong = zero.sign(Propose { view: V0, seq: Seq::new(2), digest: digest_of(2) });
    let proposal = PrePrepare { propose: wrong, payload: Some(payload(&[request(1, 1)])) };
    cluster.inject_all(0, &Message::PrePrepare(proposal));
    let null = zero.sign(Propose { view: V0, seq: Seq::new(3), digest: Digest::ZERO });
    let proposal = PrePrepare { propose: null, payload: None };
    cluster.inject_all(0, &Message::PrePrepare(proposal));
    cluster.run(ms(50));
    for index in cluster.honest() {
        let rejects = &cluster.at(index).rejects;
        ensure(rejects.contains(&(node(3), Reject::NotLeader)), "a stranger proposed")?;
        let bad = rejects.iter().filter(|reject| **reject == (node(0), Reject::BadPayload));
        ensure(bad.count() == 2, "a wrong payload was accepted")?;
        let voted = cluster.at(index).said.iter().any(|said| matches!(said, Message::Prepare(_)));
        ensure(!voted, "somebody voted")?;
    }
    Ok(())
}
scenario!(p1_only_the_primary_proposes, p1_strangers, [AnybodyProposes]);

/// A liar's PREPARE for X must not help A.
fn p2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let three = cluster.signer(3).clone();
    cluster.network = Box::new(|_, from, _, message| match message {
        Message::Prepare(_) if from == node(1) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.inject_all(3, &prepare(&three, V0, S1, Digest::new([9; 32])));
    let own_vote = prepare(cluster.signer(0), V0, S1, digest_of(1));
    cluster.inject(0, 2, own_vote);
    cluster.run(ms(50));
    // Only n1 has its own PREPARE and n2's.
    for index in [0, 2] {
        let committed = cluster.at(index).said.iter().any(|s| matches!(s, Message::Commit(_)));
        ensure(!committed, format!("{index} pooled digests"))?;
    }
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(p2_prepares_of_one_digest_count, p2, [DigestsPooled]);

/// Everything comes to n2 in the wrong order: COMMITs, then PREPAREs, then the proposal.
fn p3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::Status(_) | Message::Committed(_) => Fate::Drop,
        Message::PrePrepare(_) if to == node(2) => Fate::Delay(ms(200)),
        Message::Prepare(_) if to == node(2) => Fate::Delay(ms(100)),
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.run(ms(150));
    ensure(cluster.height(2) == 0, "n2 decided without a proposal")?;
    cluster.run(ms(300));
    ensure(cluster.height(2) == 1, "early votes were lost")?;
    ensure(cluster.at(2).decisions.len() == 1, "decided more than once")?;
    cluster.lives(9, ms(10_000))
}
scenario!(p3_early_votes_are_kept, p3, [EarlyVotesLost]);

/// The second place commits everywhere before the first.
fn p4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    let first = Seq::new(1);
    cluster.network = Box::new(move |_, _, _, message| match message {
        Message::Commit(vote) if vote.statement.seq == first => Fate::Delay(ms(60)),
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    cluster.submit(request(2, 1));
    cluster.run(ms(30));
    for index in cluster.honest() {
        ensure(cluster.at(index).decisions.is_empty(), "the second was executed first")?;
    }
    cluster.run(ms(100));
    for index in cluster.honest() {
        ensure(cluster.height(index) == 2, "the order was not completed")?;
    }
    cluster.lives(9, ms(10_000))
}
scenario!(p4_places_are_executed_in_order, p4, [ExecutedOutOfOrder]);

/// One request: to all, again after a view change, again after everybody's restart, and proposed twice more by a
/// lying primary.
fn p5(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    let once = request(1, 1);
    cluster.submit(once);
    cluster.run(ms(50));
    let reply = cluster.at(1).app.state.replies.get(&1).copied();
    cluster.crash(0);
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(5_000));
    cluster.submit(once);
    for index in 0..4 {
        cluster.restart(index);
    }
    cluster.submit(once);
    cluster.run(ms(2_000));
    // The primary of view 1 takes to lying: it orders the old request twice more.
    cluster.corrupt(1);
    let one = cluster.signer(1).clone();
    let view = cluster.core(2).status().view;
    ensure(view == View::new(1), format!("view 1 expected, not {view:?}"))?;
    let next = Seq::new(cluster.height(2)).next();
    for seq in [next, next.next()] {
        let message = propose(&one, view, seq, 1);
        cluster.inject_all(1, &message);
        cluster.inject_all(1, &commit(&one, view, seq, digest_of(1)));
        cluster.run(ms(50));
    }
    ensure(cluster.height(2) == next.next().get(), "the repeated proposals were not ordered")?;
    for index in cluster.honest() {
        let now = cluster.at(index).app.state.replies.get(&1).copied();
        ensure(now == reply, "the cached reply changed")?;
    }
    cluster.lives(9, ms(20_000))
}
scenario!(p5_a_request_is_executed_once, p5, [ExecutedTwice]);

/// Places without end, by the primary and by a backup.
fn p8(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.corrupt(3);
    let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
    cluster.inject(0, 1, propose(&zero, V0, Seq::new(1_000_000_000_000), 1));
    for seq in 1..=3_000 {
        cluster.inject(3, 1, prepare(&three, V0, Seq::new(seq), digest_of(1)));
        cluster.inject(3, 1, commit(&three, V0, Seq::new(seq), digest_of(1)));
        cluster.inject(3, 1, prepare(&three, View::new(seq), S1, digest_of(1)));
        let far = Checkpoint { seq: Seq::new(seq * 4), digest: digest_of(1) };
        cluster.inject(3, 1, Message::Checkpoint(three.sign(far)));
    }
    cluster.run(ms(100));
    let kept = cluster.core(1).status().log_entries;
    ensure(kept <= 8 + 64 + 4, format!("{kept} entries kept"))?;
    let rejects = &cluster.at(1).rejects;
    ensure(rejects.contains(&(node(0), Reject::OutsideWatermarks)), "the far proposal stayed")
}
scenario!(p8_the_log_is_bounded, p8, [NoHighWatermark]);

/// A primary without checkpoints stops at the high watermark, and goes on when the checkpoint is stable.
fn p8_primary(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| config.pipeline = 100);
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Checkpoint(_) | Message::Stable(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    for timestamp in 1..=20 {
        cluster.submit(request(1, timestamp));
    }
    cluster.run(ms(50));
    let far = cluster.at(0).said.iter().any(
        |said| matches!(said, Message::PrePrepare(p) if p.propose.statement.seq > Seq::new(8)),
    );
    ensure(!far, "the primary proposed beyond its watermark")?;
    ensure(cluster.height(0) == 8, "the window was not used")?;
    cluster.heal();
    cluster.lives(9, ms(20_000))
}
scenario!(p8_the_primary_keeps_the_watermarks, p8_primary, [NoHighWatermark]);

/// One replica's checkpoint moves nothing.
fn p9(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let three = cluster.signer(3).clone();
    for seq in [4, 8, 1_000] {
        let said = Checkpoint { seq: Seq::new(seq), digest: digest_of(1) };
        cluster.inject_all(3, &Message::Checkpoint(three.sign(said)));
    }
    cluster.run(ms(500));
    for index in cluster.honest() {
        let status = cluster.core(index).status();
        ensure(status.stable == Seq::ZERO && status.phase == "normal", "one checkpoint moved h")?;
        ensure(cluster.at(index).transfers.is_empty(), "one checkpoint started a transfer")?;
    }
    cluster.lives(9, ms(10_000))
}
scenario!(p9_a_stable_checkpoint_takes_a_quorum, p9, [CheckpointOfOne, TransferUncertified]);

/// A byte of n2's state flips: the next checkpoint shows it, n2 stops, repairs its state, and goes on.
fn p9_divergence(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    for timestamp in 1..=2 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    cluster.at_mut(2).app.state.sum ^= 1;
    for timestamp in 3..=4 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    cluster.run(ms(100));
    ensure(cluster.at(2).transfers == [Seq::new(4)], "the divergence was not repaired")?;
    let status = cluster.core(2).status();
    ensure(status.voting, "n2 does not come back")?;
    cluster.lives(9, ms(10_000))
}
scenario!(p9_a_diverged_state_is_seen_and_repaired, p9_divergence, [DivergenceUnseen]);

/// The application itself reports the divergence: nothing is signed any more.
#[test]
fn p9_a_diverged_replica_stops_voting() {
    let mut cluster = Cluster::new(4, None);
    let diverged = protocol::Reply::Diverged { seq: S1 };
    cluster.step(node(2), protocol::Input::Reply(diverged));
    let status = cluster.core(2).status();
    assert_eq!((status.phase, status.voting), ("halted", false));
    cluster.submit(request(1, 1));
    cluster.run(ms(5_000));
    assert!(cluster.at(2).said.iter().all(|said| matches!(said, Message::Status(_))));
    assert_eq!(cluster.height(1), 1);
}

/// A replica misses five checkpoints; the liar's snapshot is refused by its digest.
fn p16_snapshot(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    let mut lies = State { seq: Seq::new(20), sum: 666, ..State::default() };
    lies.replies.insert(1, (20, 666));
    cluster.false_state = Some(lies.clone());
    let liar = Checkpoint { seq: Seq::new(20), digest: lies.digest() };
    let forged = cluster.signer(0).sign(liar);
    cluster.split(&[&[0, 1, 2], &[3]]);
    for timestamp in 1..=20 {
        cluster.submit_to(request(1, timestamp), &[0, 1, 2]);
        cluster.run(ms(20));
    }
    ensure(cluster.height(1) == 20, "the others stand still")?;
    cluster.at_mut(0).is_liar = true;
    cluster.inject(0, 3, Message::Checkpoint(forged));
    cluster.run(ms(50));
    cluster.heal();
    cluster.submit(request(2, 1));
    cluster.run(ms(5_000));
    ensure(cluster.height(3) == 21, format!("n3 stands at {}", cluster.height(3)))?;
    ensure(!cluster.at(3).transfers.is_empty(), "n3 caught up without a transfer")?;
    cluster.lives(9, ms(10_000))
}
scenario!(p16_a_transferred_state_has_a_quorums_digest, p16_snapshot, [TransferUncertified]);

/// Checkpoints around the high watermark: no panic, no needless transfer.
fn p17(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    for timestamp in 1..=2 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    let (zero, three) = (cluster.signer(0).clone(), cluster.signer(3).clone());
    cluster.at_mut(0).is_liar = true;
    cluster.at_mut(3).is_liar = true;
    let ahead = Checkpoint { seq: Seq::new(12), digest: digest_of(1) };
    cluster.inject(0, 1, Message::Checkpoint(zero.sign(ahead)));
    for timestamp in 3..=5 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(30));
    }
    ensure(cluster.core(1).status().stable == Seq::new(4), "the watermark did not move")?;
    let beyond = Checkpoint { seq: Seq::new(16), digest: digest_of(1) };
    cluster.inject(3, 1, Message::Checkpoint(three.sign(beyond)));
    cluster.run(ms(100));
    ensure(cluster.at(1).transfers.is_empty(), "a needless transfer")?;
    cluster.verdict()
}
scenario!(p17_checkpoints_around_the_watermark, p17, [TransferUncertified]);

/// f+1 replicas are beyond our high watermark: the certificate is asked for, and the state follows, though nobody
/// sends anything else.
fn p17_left_behind(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.split(&[&[0, 1, 2], &[3]]);
    for timestamp in 1..=11 {
        cluster.submit_to(request(1, timestamp), &[0, 1, 2]);
        cluster.run(ms(20));
    }
    cluster.network = Box::new(|_, from, to, message| match message {
        Message::Checkpoint(_) | Message::Stable(_) | Message::Status(_) if from != node(2) => {
            Fate::Pass
        }
        _ if from != node(3) && to != node(3) => Fate::Pass,
        _ => Fate::Drop,
    });
    cluster.submit_to(request(1, 12), &[0, 1, 2]);
    cluster.run(ms(1_000));
    ensure(cluster.height(3) == 12, format!("n3 stands at {}", cluster.height(3)))?;
    ensure(cluster.at(3).transfers == [Seq::new(12)], "no transfer")?;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(p17_far_checkpoints_start_a_transfer, p17_left_behind, [FarCheckpointsIgnored]);

/// A stable checkpoint of too few signers, or of strangers, is no certificate.
#[test]
fn a_poor_certificate_is_refused() {
    let mut cluster = Cluster::new(4, None);
    let (seq, digest) = (Seq::new(4), digest_of(1));
    let said = Checkpoint { seq, digest };
    let checkpoints = [0, 1].map(|index| (node(index), cluster.signer(index).sign(said).signature));
    let certificate = crate::CheckpointCertificate {
        seq,
        digest,
        checkpoints: checkpoints.into_iter().collect(),
    };
    cluster.inject(3, 2, Message::Stable(Arc::new(certificate)));
    cluster.run(ms(10));
    assert_eq!(cluster.at(2).rejects, [(node(3), Reject::BadCertificate)]);
}
