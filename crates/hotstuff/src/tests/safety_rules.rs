//! H-1 to H-6: what is signed, what is certified, what is decided.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Certificate, Domain, Signatures};
use protocol::{Input, Reject};
use testkit::{Verdict, domain, ensure, ms, request, scenario};
use types::{ChainId, Digest};

use super::forge::{Forge, Stage, v};
use super::{Cluster, PHASES, with_phases};
use crate::block::{Block, Header};
use crate::{Message, Mutant, Phases, Qc, Vote};

/// The leader proposes one block to one half and another to the other; each half then hears of the other's, too.
fn h1_equivocation(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, mutant);
        cluster.corrupt(0);
        let forge = Forge::new(&cluster);
        let genesis = Arc::new(Qc::default());
        let blocks = [1, 2].map(|client| {
            Message::Proposal(forge.block(&forge.genesis, &genesis, 1, Some(client), None))
        });
        let halves = [(1, 0), (2, 1), (3, 1)];
        for (to, first) in halves {
            cluster.inject(0, to, blocks[first].clone());
        }
        cluster.run(ms(5));
        for (to, first) in halves {
            cluster.inject(0, to, blocks[1 - first].clone());
        }
        cluster.run(ms(20));
        cluster.verdict()?;
        for index in 1..4 {
            let named = cluster.at(index).evidence.iter().any(|e| e.kind == "equivocation");
            ensure(named, format!("{index} does not accuse the leader"))?;
        }
        cluster.lives(9, ms(5_000))?;
    }
    Ok(())
}
scenario!(h1_a_replica_votes_once_in_a_view, h1_equivocation, [VotedTwice, NoAccusations]);

/// The halves hear only one block each; the votes show them the other, and all accuse the leader.
fn h1_halves(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(7, mutant);
    cluster.corrupt(0);
    let forge = Forge::new(&cluster);
    let genesis = Arc::new(Qc::default());
    for (client, side) in [(1, [1, 2, 3]), (2, [4, 5, 6])] {
        let block = forge.block(&forge.genesis, &genesis, 1, Some(client), None);
        side.iter().for_each(|&to| cluster.inject(0, to, Message::Proposal(Arc::clone(&block))));
    }
    cluster.submit(request(1, 1));
    cluster.run(ms(2_000));
    let accusers = (1..7).filter(|&index| !cluster.at(index).evidence.is_empty()).count();
    ensure(accusers > 0, "nobody accuses the leader")?;
    cluster.lives(9, ms(5_000))
}
scenario!(h1_halves_learn_of_an_equivocation, h1_halves, [NoAccusations]);

/// A replica has given up a view; the proposal of that view comes after all.
fn h1_given_up(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(0);
    cluster.submit_to(request(1, 1), &[2]);
    cluster.run(ms(300));
    let forge = Forge::new(&cluster);
    let genesis = Arc::new(Qc::default());
    let block = forge.block(&forge.genesis, &genesis, 1, Some(1), None);
    cluster.inject(0, 2, Message::Proposal(block));
    cluster.run(ms(20));
    cluster.verdict()?;
    cluster.lives(9, ms(5_000))
}
scenario!(h1_no_vote_in_a_view_given_up, h1_given_up, [VotesAfterTimeout]);

/// Only the leader's proposal is voted for.
fn h1_stranger_proposes(mutant: Option<Mutant>) -> Verdict {
    let mut stage = Stage::new(1, Phases::Two, mutant);
    let genesis = Arc::new(Qc::default());
    let root = Arc::clone(&stage.forge.genesis);
    let usurper = testkit::node(2);
    let block = stage.forge.block_by(usurper, &root, &genesis, 1, Some(1), None);
    ensure(!stage.votes_for(&block), "voted for a proposal of somebody else")?;
    let rejects = &stage.cluster.at(1).rejects;
    ensure(rejects.contains(&(usurper, Reject::NotLeader)), "not counted")
}
scenario!(h1_only_the_leader_proposes, h1_stranger_proposes, [AnybodyProposes]);

/// Three phases. Locked on b1; a fork from below it needs a later certificate than b1's.
fn h2(mutant: Option<Mutant>) -> Verdict {
    let mut stage = Stage::new(3, Phases::Three, mutant);
    let genesis = Arc::new(Qc::default());
    let root = Arc::clone(&stage.forge.genesis);
    let b1 = stage.forge.block(&root, &genesis, 1, Some(1), None);
    let q1 = stage.qc(&b1, &root);
    let b2 = stage.forge.block(&b1, &q1, 2, None, None);
    let q2 = stage.qc(&b2, &b1);
    let b3 = stage.forge.block(&b2, &q2, 3, None, None);
    for block in [&b1, &b2, &b3] {
        ensure(stage.votes_for(block), "no vote on a straight chain")?;
    }
    let t4 = stage.tc(4, &genesis);
    let below = stage.forge.block(&root, &genesis, 5, Some(2), Some(&t4));
    ensure(!stage.votes_for(&below), "voted for a fork from below the lock")?;
    let later = stage.qc(&below, &root);
    let above = stage.forge.block(&below, &later, 6, None, None);
    ensure(stage.votes_for(&above), "no vote for a fork with a later certificate")
}
scenario!(h2_a_fork_needs_a_later_certificate, h2, [LockIgnored]);

/// Three phases. The locked block itself may be built on in any later view.
fn h2_extends(mutant: Option<Mutant>) -> Verdict {
    let mut stage = Stage::new(3, Phases::Three, mutant);
    let genesis = Arc::new(Qc::default());
    let root = Arc::clone(&stage.forge.genesis);
    let b1 = stage.forge.block(&root, &genesis, 1, Some(1), None);
    let q1 = stage.qc(&b1, &root);
    let b2 = stage.forge.block(&b1, &q1, 2, None, None);
    let q2 = stage.qc(&b2, &b1);
    let b3 = stage.forge.block(&b2, &q2, 3, None, None);
    for block in [&b1, &b2, &b3] {
        ensure(stage.votes_for(block), "no vote on a straight chain")?;
    }
    let t4 = stage.tc(4, &q1);
    let on_lock = stage.forge.block(&b1, &q1, 5, Some(2), Some(&t4));
    ensure(stage.votes_for(&on_lock), "no vote for a block on top of the locked one")?;
    // H-3: that block's own parent certifies less; the lock stays where it was.
    let t5 = stage.tc(5, &genesis);
    let below = stage.forge.block(&root, &genesis, 6, Some(3), Some(&t5));
    ensure(!stage.votes_for(&below), "the lock fell")
}
scenario!(h2_the_locked_block_may_be_extended, h2_extends, [LockedBlockRefused]);
scenario!(h3_the_lock_never_falls, h2_extends, [LockFalls]);

/// g - a1 - (gap) - a3 - a4 ...: a1 is not decided by the certificate of a3, but with a3.
fn h4(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut stage = Stage::new(1, phases, mutant);
        let genesis = Arc::new(Qc::default());
        let root = Arc::clone(&stage.forge.genesis);
        let a1 = stage.forge.block(&root, &genesis, 1, Some(1), None);
        let q1 = stage.qc(&a1, &root);
        let t2 = stage.tc(2, &q1);
        let a3 = stage.forge.block(&a1, &q1, 3, Some(2), Some(&t2));
        ensure(stage.votes_for(&a1) && stage.votes_for(&a3), "no votes")?;
        let (mut parent, mut tip) = (a1, a3);
        let needed = match phases {
            Phases::Two => 2,
            Phases::Three => 3,
        };
        for link in 1..=needed {
            let qc = stage.qc(&tip, &parent);
            stage.hear(0, Message::Certified(Arc::clone(&qc)));
            let expected = if link == needed { 2 } else { 0 };
            ensure(
                stage.decided() == expected,
                format!("{} decided by certificate {link}", stage.decided()),
            )?;
            let view = tip.block.view.get() + 1;
            let next = stage.forge.block(&tip, &qc, view, None, None);
            let from = next.block.proposer.get();
            stage.hear(from, Message::Proposal(Arc::clone(&next)));
            (parent, tip) = (tip, next);
        }
    }
    Ok(())
}
scenario!(h4_only_consecutive_views_decide, h4, [GapsDecide]);

/// Certificates that prove nothing, alone, in proposals and in timeouts.
fn h5(mutant: Option<Mutant>) -> Verdict {
    let mut stage = Stage::new(1, Phases::Two, mutant);
    let genesis = Arc::new(Qc::default());
    let root = Arc::clone(&stage.forge.genesis);
    let b1 = stage.forge.block(&root, &genesis, 1, Some(1), None);
    let vote = stage.forge.vote(&b1, &root);
    let sign = |stage: &Stage, index: u16, vote: Vote| {
        let signed = stage.forge.signers[usize::from(index)].sign(vote);
        (signed.signer, signed.signature)
    };
    let list = |votes: Signatures, vote: Vote| {
        Arc::new(Qc { vote, votes: Some(Certificate::List(votes)) })
    };
    let far = Vote { view: v(1 << 63), justify: v(3), ..vote };
    let other_set = Domain::new(ChainId(Digest::new([1; 32])), Digest::new([3; 32]), "hotstuff");
    let foreign = |index: u16, domain: Domain| {
        let signed = stage.forge.signers[usize::from(index)].in_domain(domain).sign(vote);
        (signed.signer, signed.signature)
    };
    let old = [0, 2, 3].map(|index| foreign(index, other_set.in_epoch(1))).into_iter().collect();
    let pbft = [0, 2, 3].map(|index| foreign(index, domain("pbft"))).into_iter().collect();
    let mixed = [(0, vote), (2, vote), (3, Vote { view: v(2), ..vote })];
    let mixed = mixed.map(|(index, vote)| sign(&stage, index, vote)).into_iter().collect();
    let bad = [
        list([0, 2].map(|index| sign(&stage, index, vote)).into_iter().collect(), vote),
        list(old, vote),
        list(pbft, vote),
        list(mixed, vote),
        list([sign(&stage, 0, far)].into_iter().collect(), far),
        Arc::new(Qc { vote, votes: None }),
        Arc::new(Qc { vote: far, votes: None }),
    ];
    for (case, qc) in bad.iter().enumerate() {
        stage.hear(0, Message::Certified(Arc::clone(qc)));
        let proposer = testkit::node(2);
        let view = qc.view().next().get();
        let b2 = stage.forge.block_by(proposer, &b1, qc, view, None, None);
        stage.hear(2, Message::Proposal(b2));
        let timeout = stage.forge.timeout(2, qc.view().next().get(), qc, None);
        stage.hear(2, timeout);
        ensure(stage.view() == v(1), format!("case {case} opened {:?}", stage.view()))?;
    }
    // One signer three times over cannot even be written down.
    let twice = stage.forge.qc(&b1, &root, &[0, 2, 3]).to_bytes();
    let mut thrice = twice.clone();
    let entry = 2 + 64;
    let at = twice.len() - 3 * entry;
    for copy in 1..3 {
        let (head, tail) = thrice.split_at_mut(at + copy * entry);
        tail[..entry].copy_from_slice(&head[at..at + entry]);
    }
    ensure(Qc::from_bytes(&twice).is_ok() && Qc::from_bytes(&thrice).is_err(), "repeats decode")?;
    let good = stage.forge.qc(&b1, &root, &[0, 2, 3]);
    stage.hear(0, Message::Certified(good));
    ensure(stage.view() == v(2), "a good certificate is refused")
}
scenario!(h5_a_certificate_is_a_quorum, h5, [CertificateUncounted, SignaturesUnchecked]);

/// After a timeout certificate that names a certificate for a1, the leader builds on the genesis.
fn h6(mutant: Option<Mutant>) -> Verdict {
    let mut stage = Stage::new(1, Phases::Two, mutant);
    let genesis = Arc::new(Qc::default());
    let root = Arc::clone(&stage.forge.genesis);
    let a1 = stage.forge.block(&root, &genesis, 1, Some(1), None);
    ensure(stage.votes_for(&a1), "no vote")?;
    let q1 = stage.qc(&a1, &root);
    let t2 = stage.tc(2, &q1);
    let stale = stage.forge.block(&root, &genesis, 3, Some(2), Some(&t2));
    ensure(!stage.votes_for(&stale), "voted for a block on a stale certificate")?;
    // A timeout certificate cannot name one and carry another.
    let mut lying = (*stage.tc(3, &q1)).clone();
    lying.high_qc = Arc::clone(&genesis);
    let lying = Arc::new(lying);
    let hidden = stage.forge.block(&root, &genesis, 4, Some(2), Some(&lying));
    ensure(!stage.votes_for(&hidden), "voted on a certificate that hides the highest")?;
    ensure(stage.view() == v(3), "followed a certificate that hides the highest")?;
    let t3 = stage.tc(3, &q1);
    let right = stage.forge.block(&a1, &q1, 4, Some(2), Some(&t3));
    ensure(stage.votes_for(&right), "no vote for a block on the highest certificate")
}
scenario!(h6_a_leader_builds_on_the_highest_certificate, h6, [StaleJustify]);

/// A block that says another place, regime or list of failed leaders than follows from its parent.
fn h12_headers(mutant: Option<Mutant>) -> Verdict {
    let root = Arc::clone(&Stage::new(1, Phases::Two, None).forge.genesis);
    let genesis = Arc::new(Qc::default());
    let honest = |stage: &Stage| {
        let block = &stage.forge.block(&root, &genesis, 1, Some(1), None).block;
        let suspended = block.suspended.clone();
        let Block { view, regime, seq, proposer, .. } = *block;
        (Header { view, regime, seq, proposer, suspended }, block.payload.clone())
    };
    let lies: [fn(&mut Header); 4] = [
        |header| header.seq = header.seq.plus(1),
        |header| header.seq = types::Seq::ZERO,
        |header| header.regime = v(u64::MAX),
        |header| header.suspended.push(testkit::node(1)),
    ];
    for lie in lies {
        let mut stage = Stage::new(1, Phases::Two, mutant);
        let (mut header, payload) = honest(&stage);
        lie(&mut header);
        let block = stage.forge.sign(Block::new(header, Arc::clone(&genesis), payload), None);
        ensure(!stage.votes_for(&block), "voted for a block that lies about its place")?;
    }
    Ok(())
}
scenario!(h12_a_block_tells_its_place_truly, h12_headers, [HeaderUnchecked]);

/// A view has two possible leaders, one by its timeout certificate and one by the certificate of the view before. The
/// first, while its own proposal is on its way back to it, hears the other's: it is bound to its own already, and
/// stays so after a crash.
#[test]
fn h1_a_leader_votes_for_its_own_block() {
    for phases in PHASES {
        let mut stage = Stage::new(3, phases, None);
        let genesis = Arc::new(Qc::default());
        let root = Arc::clone(&stage.forge.genesis);
        let b1 = stage.forge.block(&root, &genesis, 1, Some(1), None);
        let q1 = stage.qc(&b1, &root);
        let b2 = stage.forge.block(&b1, &q1, 2, None, None);
        let q2 = stage.qc(&b2, &b1);
        let b3 = stage.forge.block(&b2, &q2, 3, None, None);
        assert!(stage.votes_for(&b1) && stage.votes_for(&b2));
        let t2 = stage.tc(2, &q1);
        let signers = stage.forge.signers.clone();
        let three = testkit::node(3);
        let cluster = &mut stage.cluster;
        cluster.submit_to(request(5, 1), &[3]);
        let receive = |from: usize, message: Message| Input::Receive {
            from: signers[from].me(),
            message: signers[from].own(message),
        };
        cluster.step(three, receive(0, Message::Expired(t2)));
        let has_proposed = |cluster: &Cluster| {
            cluster.at(3).said.iter().any(|m| matches!(m, Message::Proposal(_)))
        };
        assert!(cluster.run_until(ms(1), has_proposed));
        cluster.step(three, receive(2, Message::Proposal(b3)));
        cluster.run(ms(5));
        cluster.restart(3);
        cluster.run(ms(5));
        cluster.promises_kept(3).unwrap();
        let vote = cluster.core(3).signing.vote.as_ref().unwrap();
        let mine = cluster.core(3).signing.proposed.as_ref().unwrap();
        assert_eq!(vote.statement.link(), mine.link());
    }
}
