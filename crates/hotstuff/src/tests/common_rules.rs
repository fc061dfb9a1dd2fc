//! what every Byzantine core must hold.

use std::sync::Arc;

use codec::Encode;
use crypto::{Domain, KeyRing, Scheme, Signed, Signer, Verifier};
use protocol::{Evidence, Inspect as _};
use testkit::{Fate, Verdict, domain, ensure, ms, node, request, scenario};
use types::{ChainId, Digest, NodeId, Seq, Time};

use super::forge::{Forge, v};
use super::{Cluster, PHASES, with_phases};
use crate::{Core, Message, Mutant, Phases, Qc, Testimony, Vote, forensics};

const PROPOSAL: usize = 0;
const VOTE: usize = 1;
const TIMEOUT: usize = 2;

/// Two halves, or a side with 2f+1 replicas that are no quorum: neither decides until the network is whole.
fn x1(n: usize, sides: &[&[u16]], mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(n, phases, mutant);
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
        cluster.lives(9, ms(60_000))?;
    }
    Ok(())
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

/// A liar sends the signature of one statement under another, and votes made for other chains, sets and protocols.
fn x2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let three = cluster.signer(3).clone();
    let said = Vote { view: v(1), block: Digest::new([7; 32]), ..Vote::default() };
    let proposed = three.sign(crate::Propose { view: v(1), block: said.block }).signature;
    let mut forged =
        vec![Message::Vote(Signed { statement: said, signer: node(3), signature: proposed })];
    let (chain, set) = (Digest::new([1; 32]), Digest::new([2; 32]));
    for other in [
        Domain::new(ChainId(set), set, "hotstuff"),
        Domain::new(ChainId(chain), chain, "hotstuff"),
        domain("hotstuff").in_epoch(2),
        domain("pbft"),
    ] {
        forged.push(Message::Vote(three.in_domain(other).sign(said)));
    }
    let count = forged.len();
    for message in forged {
        cluster.inject(3, 1, message);
    }
    cluster.run(ms(10));
    let refused = cluster.bad_signatures.len();
    ensure(refused == count, format!("{refused} of {count} foreign votes refused"))?;
    cluster.lives(9, ms(10_000))
}
scenario!(x2_a_signature_binds_its_domain, x2, [SignaturesUnchecked]);

/// A liar sends an honest replica's own vote as if it came from it: the connection says who it is.
fn x3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let said = Vote { view: v(1), block: Digest::new([7; 32]), ..Vote::default() };
    let vote = cluster.signer(1).sign(said);
    cluster.inject(3, 2, Message::Vote(vote));
    cluster.run(ms(10));
    let blamed = |who: NodeId| cluster.bad_signatures.iter().any(|(from, _)| *from == who);
    ensure(blamed(node(3)), "the relay is not refused")?;
    ensure(!blamed(node(1)), "the named one is blamed")?;
    cluster.lives(9, ms(10_000))
}
scenario!(x3_the_sender_is_the_signer, x3, [SenderUnchecked]);

/// One vote, sent a hundred times, and again with other signature bytes, weighs one.
fn x4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    let forge = Forge::new(&cluster);
    let genesis = Arc::new(Qc::default());
    let block = forge.block(&forge.genesis, &genesis, 1, Some(1), None);
    let vote = forge.signers[3].sign(forge.vote(&block, &forge.genesis));
    for _ in 0..100 {
        cluster.inject(3, 1, Message::Vote(vote.clone()));
    }
    let mut malleated = vote;
    malleated.signature.0[40] ^= 1;
    cluster.inject(3, 1, Message::Vote(malleated));
    cluster.run(ms(10));
    ensure(cluster.core(1).view == v(1), "one replica's votes made a certificate")?;
    cluster.lives(9, ms(10_000))
}
scenario!(x4_a_repeated_vote_weighs_one, x4, [RepeatedVotesCount]);

/// The leader forgets its proposal, and has other work at hand when it comes back.
fn x5_proposal(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(0).crash_on = Some(PROPOSAL);
    cluster.submit_to(request(1, 1), &[0]);
    ensure(cluster.run_until(ms(10), |cluster| cluster.at(0).core.is_none()), "nothing left n0")?;
    cluster.run(ms(10));
    cluster.at_mut(0).app = testkit::App::default();
    cluster.restart(0);
    cluster.submit(request(2, 1));
    cluster.run(ms(500));
    cluster.verdict()?;
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_proposal_survives_a_crash, x5_proposal, [ProposalNotPersisted]);

/// A replica's vote has left, the replica forgets, and the leader proposes something else to it.
fn x5_vote(mutant: Option<Mutant>) -> Verdict {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, mutant);
        cluster.corrupt(0);
        cluster.at_mut(2).crash_on = Some(VOTE);
        let forge = Forge::new(&cluster);
        let genesis = Arc::new(Qc::default());
        let [first, second] = [1, 2].map(|client| {
            Message::Proposal(forge.block(&forge.genesis, &genesis, 1, Some(client), None))
        });
        cluster.inject(0, 2, first.clone());
        cluster.run(ms(10));
        ensure(cluster.at(2).core.is_none(), "n2 has not voted")?;
        cluster.restart(2);
        cluster.inject(0, 2, second);
        cluster.inject(0, 2, first);
        cluster.run(ms(50));
        cluster.verdict()?;
        cluster.lives(9, ms(20_000))?;
    }
    Ok(())
}
scenario!(x5_a_vote_survives_a_crash, x5_vote, [VoteNotPersisted]);

/// A replica has given up its view; after the crash it must not vote in it.
fn x5_timeout(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.split(&[&[2], &[0, 1, 3]]);
    cluster.at_mut(2).crash_on = Some(TIMEOUT);
    cluster.submit_to(request(1, 1), &[2]);
    cluster.run(ms(500));
    ensure(cluster.at(2).core.is_none(), "n2 has not given up")?;
    cluster.heal();
    cluster.restart(2);
    cluster.submit_to(request(2, 1), &[0, 1, 3]);
    cluster.run(ms(500));
    cluster.verdict()?;
    cluster.lives(9, ms(20_000))
}
scenario!(x5_a_timeout_survives_a_crash, x5_timeout, [TimeoutNotPersisted]);

/// Crash at every message that leaves, of every kind, at every replica, with restarts: nothing is contradicted.
#[test]
fn x5_crashes_behind_any_message_contradict_nothing() {
    for phases in PHASES {
        for kind in 0..Core::KINDS.len() {
            for victim in 0..4 {
                let mut cluster = with_phases(4, phases, None);
                cluster.lose(50_000, Time::from_us(8_000_000), u64::from(victim));
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
}

/// All stop at once, between any two events, and come back: what was decided stays, and work goes on.
#[test]
fn x5_all_stop_and_come_back() {
    for phases in PHASES {
        for stop_us in (0..12_000).step_by(500) {
            let mut cluster = with_phases(4, phases, None);
            cluster.submit(request(1, 1));
            cluster.submit(request(2, 1));
            cluster.run(types::Duration::from_us(stop_us));
            (0..4).for_each(|index| cluster.crash(index));
            (0..4).for_each(|index| cluster.restart(index));
            if let Err(problem) = cluster.lives(9, ms(5_000)) {
                panic!("{phases:?}, stopped after {stop_us}us: {problem}");
            }
        }
    }
}

fn testimony(cluster: &Cluster, index: u16) -> Testimony {
    Testimony {
        decisions: cluster.at(index).decisions.clone(),
        records: cluster.at(index).written.clone(),
    }
}

/// Two of four live in two worlds with one honest replica each, and `skip` views apart: the papers of the two honest
/// ones name exactly them.
fn x7(phases: Phases, skip: u64, kind: &str) -> Verdict {
    let mut worlds = [3, 1].map(|absent| {
        let mut world = with_phases(4, phases, None);
        world.corrupt(absent);
        world
    });
    worlds[0].submit(request(1, 1));
    worlds[0].run(ms(5_000));
    if skip > 0 {
        worlds[1].network = Box::new(move |_, _, _, message| match message {
            Message::Proposal(proposal) if proposal.block.view <= v(skip) => Fate::Drop,
            _ => Fate::Pass,
        });
    }
    worlds[1].submit(request(2, 1));
    worlds[1].run(ms(120_000));
    let decided = |world: &Cluster, index: u16| world.at(index).digest_at(1);
    let (one, three) = (decided(&worlds[0], 1), decided(&worlds[1], 3));
    ensure(one.is_some() && three.is_some() && one != three, format!("{one:?} and {three:?}"))?;
    let found = forensics(&[testimony(&worlds[0], 1), testimony(&worlds[1], 3)]);
    let verifier = &worlds[0].verifier;
    ensure(found.iter().all(|e| Core::verify_evidence(e, verifier)), "evidence does not hold")?;
    ensure(found.iter().any(|e| e.kind == kind), format!("no {kind} in {found:?}"))?;
    let mut named: Vec<u16> = found.iter().map(|evidence| evidence.offender.get()).collect();
    named.sort_unstable();
    named.dedup();
    ensure(named == [0, 2], format!("{named:?} named"))
}

#[test]
fn x7_a_fork_in_one_view_names_the_liars() {
    PHASES.iter().for_each(|&phases| x7(phases, 0, "forked-vote").unwrap());
}
#[test]
fn x7_a_fork_over_views_names_the_liars() {
    x7(Phases::Two, 12, "hidden-lock").unwrap();
    x7(Phases::Three, 12, "broken-lock").unwrap();
}

/// Without a fork nobody is named, whatever was lost and crashed.
#[test]
fn x7_agreement_names_nobody() {
    for phases in PHASES {
        let mut cluster = with_phases(4, phases, None);
        cluster.lose(200_000, Time::from_us(5_000_000), 3);
        for timestamp in 1..=20 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(250));
        }
        cluster.restart(2);
        cluster.lives(9, ms(20_000)).unwrap();
        assert!(forensics(&[testimony(&cluster, 1), testimony(&cluster, 2)]).is_empty());
        // Nor by the rules themselves, over all certificates that there were.
        let mut other = testimony(&cluster, 2);
        other.decisions[0].payload = None;
        assert_eq!(forensics(&[testimony(&cluster, 1), other]), Vec::new());
    }
}

/// A liar tries to frame an honest replica with edited evidence.
#[test]
fn x7_edited_evidence_frames_nobody() {
    let (ring, keys) = KeyRing::simulated(Scheme::Ed25519, 4, 1);
    let verifier = Verifier::new(domain("hotstuff"), ring);
    let mut signers = keys
        .into_iter()
        .zip(NodeId::all(4))
        .map(|(key, id)| Signer::simulated(id, domain("hotstuff"), key));
    let (honest, liar) = (signers.next().unwrap(), signers.next().unwrap());
    let pair = |first: &Signed<Vote>, second: &Signed<Vote>| Evidence {
        offender: honest.me(),
        kind: "double-vote",
        view: v(1),
        seq: Seq::ZERO,
        first: first.to_bytes(),
        second: second.to_bytes(),
    };
    let said = honest.sign(Vote { view: v(1), ..Vote::default() });
    let mut edited = said.clone();
    edited.statement.block = Digest::new([1; 32]);
    let holds = |evidence: &Evidence| Core::verify_evidence(evidence, &verifier);
    assert!(!holds(&pair(&said, &edited)), "an edited statement");
    assert!(!holds(&pair(&said, &said)), "the same statement twice");
    let mut renamed = pair(&said, &liar.sign(edited.statement));
    assert!(!holds(&renamed), "two signers");
    renamed.offender = liar.me();
    assert!(!holds(&renamed), "half of it is somebody else's");
    let real = pair(&said, &honest.sign(edited.statement));
    assert!(holds(&real), "a real contradiction");
    for kind in ["rudeness", "equivocation", "forked-vote", "hidden-lock", "broken-lock"] {
        assert!(!holds(&Evidence { kind, ..real.clone() }), "{kind}");
    }
}

/// The log of a replica stays what it was when its records are compacted and read back.
#[test]
fn records_survive_compaction() {
    for phases in PHASES {
        let mut cluster = Cluster::with(4, None, |config| {
            config.phases = phases;
            config.window = 8;
        });
        for timestamp in 1..=200 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(20));
        }
        for index in 0..4 {
            assert!(cluster.at(index).disk.len() < 250, "{}", cluster.at(index).disk.len());
            cluster.restart(index);
        }
        cluster.lives(9, ms(10_000)).unwrap();
        assert_eq!(cluster.height(2), 201);
    }
}
