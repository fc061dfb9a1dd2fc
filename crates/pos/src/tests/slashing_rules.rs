//! S-2, S-3, S-4, S-12: contradictions, proofs of them, and signers that never make one.

use std::sync::Arc;

use protocol::Reject;
use testkit::{Fate, Verdict, ensure, ms, request, scenario};
use types::{Digest, Seq};

use super::Cluster;
use super::kit::{Lone, vote};
use crate::{Checkpoint, Message, Mutant, Offence, Protection, Record};

fn checkpoint(epoch: u64, tag: u8) -> Checkpoint {
    Checkpoint { epoch, seq: Seq::new(epoch), block: Digest::new([tag; 32]) }
}

/// Two votes of n3 come, in either order: it is accused once, with a proof that holds, and nobody else is.
fn s2_votes(
    first: (Checkpoint, Checkpoint),
    second: (Checkpoint, Checkpoint),
    mutant: Option<Mutant>,
) -> Verdict {
    for (a, b) in [(first, second), (second, first)] {
        let mut lone = Lone::new(4, mutant, |_| {});
        lone.go(60);
        for (source, target) in [a, b, b, a, b] {
            lone.give_vote(3, target.block, source, target);
        }
        lone.cluster.restart(1);
        for (source, target) in [a, b] {
            lone.give_vote(3, target.block, source, target);
        }
        ensure(lone.offenders() == [3], format!("accused: {:?}", lone.offenders()))?;
        lone.cluster.verdict()?;
    }
    Ok(())
}
fn s2_double(mutant: Option<Mutant>) -> Verdict {
    s2_votes((checkpoint(1, 1), checkpoint(5, 2)), (checkpoint(1, 1), checkpoint(5, 3)), mutant)
}
fn s2_surround(mutant: Option<Mutant>) -> Verdict {
    s2_votes((checkpoint(2, 1), checkpoint(5, 2)), (checkpoint(3, 3), checkpoint(4, 4)), mutant)
}
scenario!(s2_double_votes_are_slashed_once, s2_double, [DoubleVoteUnseen, SlashedTwice]);
scenario!(s2_surround_votes_are_slashed_once, s2_surround, [SurroundUnseen, SlashedTwice]);

/// Two blocks for one slot: the proposer is accused once, and all who hear of it accuse it too.
fn s2_proposals(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    let is_others = |slot: &u64| lone.core().leader_of(*slot).get() != 1;
    let slot = (5..).find(is_others).unwrap();
    lone.go(slot);
    let leader = lone.core().leader_of(slot).get();
    for client in [1, 2, 1, 2, 3] {
        let block = lone.make(slot, lone.genesis.block, 1, client);
        lone.give(leader, Message::Proposal(block));
    }
    ensure(lone.offenders() == [leader], format!("accused: {:?}", lone.offenders()))?;
    let told = lone.cluster.at(1).said.iter().any(|said| matches!(said, Message::Evidence(_)));
    ensure(told, "nobody else is told")?;
    lone.cluster.verdict()
}
scenario!(s2_double_proposals_are_slashed_once, s2_proposals, [DoubleProposalUnseen, SlashedTwice]);

/// The commandments, pair by pair: what a signer refuses is what would convict it.
#[test]
fn s2_protection_refuses_what_convicts() {
    let votes: Vec<(u64, u64)> =
        (0..6).flat_map(|source| (source + 1..7).map(move |target| (source, target))).collect();
    for &(s1, t1) in &votes {
        for &(s2, t2) in &votes {
            let mut protection = Protection::default();
            protection.attested(s1, t1);
            let say = |source, target, tag| crate::Attestation {
                head: Digest::new([tag; 32]),
                source: checkpoint(source, 0),
                target: checkpoint(target, 0),
            };
            let convicts = crate::book::offence_kind(&say(s1, t1, 1), &say(s2, t2, 2)).is_some();
            if convicts {
                assert!(!protection.may_attest(s2, t2), "{s1}->{t1}, then {s2}->{t2}");
            }
            if s2 >= s1 && t2 > t1 {
                assert!(!convicts && protection.may_attest(s2, t2), "{s1}->{t1}, then {s2}->{t2}");
            }
        }
    }
    let mut protection = Protection::default();
    protection.proposed(7);
    assert!(!protection.may_propose(6) && !protection.may_propose(7) && protection.may_propose(8));
}

/// A signer whose disk is put back to an earlier day says nothing in the epoch that it comes back in.
fn s3_backup(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    // Nobody reminds it of what it has signed.
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Votes(_) | Message::Link(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.run(ms(100));
    for timestamp in 1..=40 {
        cluster.at_mut(2).crash_on = Some(1);
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
        if cluster.at(2).core.is_none() {
            let is_vote = |record: &Record| matches!(record, Record::Attested(_));
            let disk = &mut cluster.at_mut(2).disk;
            let last = disk.iter().rposition(is_vote).ok_or("nothing was signed")?;
            disk.truncate(last);
            cluster.restart(2);
        }
        cluster.promises_kept(2)?;
    }
    cluster.at_mut(2).crash_on = None;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(s3_an_old_backup_contradicts_nothing, s3_backup, [SignsAtOnce]);

/// What was signed on another machine binds here.
fn s3_import(mutant: Option<Mutant>) -> Verdict {
    let imported = Protection { slot: 40, source_epoch: 0, target_epoch: 10 };
    let mut cluster = Cluster::with_each(4, mutant, |id, config| {
        if id.get() == 2 {
            config.protection = imported;
        }
    });
    cluster.run(ms(100));
    for timestamp in 1..=60 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
    }
    for message in &cluster.at(2).said {
        let is_bound = match message {
            Message::Proposal(block) => imported.may_propose(block.header.statement.slot),
            Message::Attestation(vote) => vote.statement.target.epoch > imported.target_epoch,
            _ => true,
        };
        ensure(is_bound, format!("{message:?} contradicts what was imported"))?;
    }
    ensure(cluster.core(2).protection().target_epoch > 10, "it never signs again")?;
    cluster.lives(9, ms(10_000))
}
scenario!(s3_imported_protection_binds, s3_import, [ImportIgnored]);

/// A liar shows two honest votes as a contradiction: it is refused, and so is its maker, not the named one.
fn s4_forged(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.cluster.at_mut(0).is_liar = false;
    lone.go(60);
    let zero = lone.cluster.signer(0).clone();
    let first = vote(&zero, Digest::ZERO, checkpoint(1, 1), checkpoint(2, 2));
    let second = vote(&zero, Digest::ZERO, checkpoint(2, 2), checkpoint(3, 3));
    lone.give(3, Message::Evidence(Arc::new(Offence::Attestations((first, second)))));
    let refused =
        lone.cluster.at(1).rejects.contains(&(types::NodeId::new(3), Reject::BadCertificate));
    ensure(lone.offenders().is_empty(), "an honest validator is accused")?;
    ensure(refused, "the submitter is not blamed")
}
scenario!(s4_forged_evidence_is_refused, s4_forged, [EvidenceUnchecked]);

/// Evidence counts as long as the stake is at risk, and then no more.
fn s4_age(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |config| config.unbonding_epochs = 20);
    let three = lone.cluster.signer(3).clone();
    let first = vote(&three, Digest::ZERO, checkpoint(1, 1), checkpoint(2, 2));
    let second = vote(&three, Digest::ZERO, checkpoint(1, 1), checkpoint(2, 3));
    let offence = Message::Evidence(Arc::new(Offence::Attestations((first, second))));
    let mut early = Lone::new(4, mutant, |config| config.unbonding_epochs = 20);
    early.go(4 * 20);
    early.give(0, offence.clone());
    ensure(early.offenders() == [3], "fresh evidence is refused")?;
    lone.go(4 * 40);
    lone.give(0, offence);
    ensure(lone.offenders().is_empty() && lone.rejected(Reject::OldView), "old evidence counts")
}
scenario!(s4_evidence_has_an_age, s4_age, [EvidenceAgeless]);

/// With two branches before it, a validator votes for one of them.
fn s12(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.run(ms(100));
    // Proposals from one half do not reach the other, votes and what is asked for do.
    cluster.network = Box::new(|_, from, to, message| match message {
        Message::Proposal(_) if from.get() / 2 != to.get() / 2 => Fate::Delay(ms(15)),
        _ => Fate::Pass,
    });
    for timestamp in 1..=30 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
    }
    cluster.verdict()?;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(s12_nobody_votes_for_two_branches, s12, [AttestsAllBranches]);

/// Whoever votes for both branches is slashed, and weighs for neither.
fn s12_slashed(mutant: Option<Mutant>) -> Verdict {
    let mut lone = Lone::new(4, mutant, |_| {});
    lone.go(9);
    let (genesis, left) = (lone.genesis, lone.make(5, lone.genesis.block, 1, 1));
    let right = lone.make(6, genesis.block, 1, 2);
    lone.show(&left);
    lone.show(&right);
    let (left, right) = (super::kit::name(&left), super::kit::name(&right));
    let (low, high) = (left.min(right), left.max(right));
    let target = Checkpoint { epoch: 2, ..genesis };
    lone.give_vote(3, high, genesis, target);
    ensure(lone.core().head() == high, "a vote weighs nothing")?;
    lone.give_vote(3, low, genesis, target);
    ensure(lone.offenders() == [3], "it is not slashed")?;
    ensure(lone.core().head() == low, "a proven liar's vote still weighs")
}
scenario!(s12_whoever_votes_for_both_is_slashed, s12_slashed, [LiarsWeigh, DoubleVoteUnseen]);
