//! what every Byzantine core must hold.

use crypto::{Domain, Signed};
use testkit::{App, Fate, Verdict, domain, ensure, ms, node, request, scenario};
use types::{ChainId, Digest, NodeId, Time};

use super::Cluster;
use super::kit::SLOT_US;
use crate::{Attestation, Message, Mutant, Record};

const PROPOSAL: usize = 0;
const ATTESTATION: usize = 1;

/// Two sides, neither with two thirds of the stake: nothing is decided until the network is whole.
fn x1(n: usize, sides: &[&[u16]], mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(n, mutant);
    cluster.split(sides);
    for (client, side) in sides.iter().enumerate() {
        let client = u16::try_from(client).unwrap() + 1;
        cluster.submit_to(request(client, 1), side);
    }
    cluster.run(ms(3_000));
    for index in cluster.honest() {
        ensure(cluster.height(index) == 0, format!("{index} decides without a quorum"))?;
    }
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(x1_the_quorum_fits_six, |m| x1(6, &[&[0, 1, 2], &[3, 4, 5]], m), [ThresholdOfHalf]);
scenario!(x1_the_quorum_fits_five, |m| x1(5, &[&[0, 1, 2], &[3, 4]], m), [ThresholdOfHalf]);
scenario!(
    x1_the_quorum_fits_eight,
    |m| x1(8, &[&[0, 1, 2, 3, 4], &[5, 6, 7]], m),
    [ThresholdOfHalf]
);
scenario!(
    x1_the_quorum_fits_nine,
    |m| x1(9, &[&[0, 1, 2, 3, 4], &[5, 6, 7, 8]], m),
    [ThresholdOfHalf]
);

fn first_vote(cluster: &Cluster, index: u16) -> Option<Signed<Attestation>> {
    cluster.at(index).said.iter().find_map(|message| match message {
        Message::Attestation(vote) => Some(vote.clone()),
        _ => None,
    })
}

/// A liar replays an honest signature under another kind, and votes made for other chains, sets and protocols.
fn x2(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.run(ms(100));
    cluster.submit(request(1, 1));
    cluster.run(ms(300));
    let honest = first_vote(&cluster, 2).ok_or("n2 has not voted")?;
    let three = cluster.signer(3).clone();
    let mut forged = Vec::new();
    let (chain, set) = (Digest::new([1; 32]), Digest::new([2; 32]));
    for other in [
        Domain::new(ChainId(set), set, "pos"),
        Domain::new(ChainId(chain), chain, "pos"),
        domain("pbft"),
    ] {
        forged.push(Message::Attestation(three.in_domain(other).sign(honest.statement)));
    }
    let mut block = super::kit::block(&three, 5, Digest::ZERO, 1, 1).as_ref().clone();
    block.header.signature = three.sign(honest.statement).signature;
    forged.push(Message::Proposal(block.into()));
    let before = cluster.bad_signatures.len();
    let count = forged.len();
    for message in forged {
        cluster.inject(3, 1, message);
    }
    cluster.run(ms(10));
    let refused = cluster.bad_signatures.len() - before;
    ensure(refused == count, format!("{refused} of {count} foreign statements refused"))?;
    cluster.lives(9, ms(10_000))
}
scenario!(x2_a_signature_binds_its_domain, x2, [SignaturesUnchecked]);

/// A liar sends an honest replica's own vote as if it came from it: the connection says who it is.
fn x3(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.run(ms(100));
    cluster.submit(request(1, 1));
    cluster.run(ms(300));
    let vote = first_vote(&cluster, 1).ok_or("n1 has not voted")?;
    cluster.inject(3, 2, Message::Attestation(vote));
    cluster.run(ms(10));
    let blamed = |who: NodeId| cluster.bad_signatures.iter().any(|(from, _)| *from == who);
    ensure(blamed(node(3)), "the relay is not refused")?;
    ensure(!blamed(node(1)), "the named one is blamed")?;
    cluster.lives(9, ms(10_000))
}
scenario!(x3_the_sender_is_the_signer, x3, [SenderUnchecked]);

/// One attestation, sent a hundred times, and again with other signature bytes, weighs one.
fn x4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.run(ms(100));
    cluster.network = Box::new(|_, _, to, message| match message {
        Message::Proposal(_) | Message::Block(_) => Fate::Pass,
        _ if to == node(1) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.submit(request(1, 1));
    let has_voted = |cluster: &Cluster| first_vote(cluster, 1).is_some();
    ensure(cluster.run_until(ms(500), has_voted), "n1 has not voted")?;
    let said = first_vote(&cluster, 1).ok_or("n1 has not voted")?.statement;
    let vote = cluster.signer(3).sign(said);
    cluster.run(ms(61));
    for _ in 0..100 {
        cluster.inject(3, 1, Message::Attestation(vote.clone()));
    }
    let mut malleated = vote;
    malleated.signature.0[40] ^= 1;
    cluster.inject(3, 1, Message::Attestation(malleated));
    cluster.run(ms(10));
    ensure(cluster.core(1).justified().epoch == 0, "one replica's vote made a supermajority")?;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(x4_a_repeated_vote_weighs_one, x4, [RepeatedVotesCount]);

/// Runs to the next slot that a replica proposes in, a millisecond in, not closer than two slots.
pub(super) fn go_to_turn(cluster: &mut Cluster, index: u16) {
    let now = cluster.now.us() / SLOT_US;
    let slot = (now + 2..).find(|&slot| cluster.core(index).leader_of(slot) == node(index));
    let at = Time::from_us(slot.unwrap() * SLOT_US + 1_000);
    let span = at.since(cluster.now);
    cluster.run(span);
}

/// A proposer forgets its block, and has other work at hand when it comes back in the same slot.
fn x5_proposal(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| config.quiet_epochs = 0);
    cluster.run(ms(100));
    go_to_turn(&mut cluster, 2);
    cluster.at_mut(2).crash_on = Some(PROPOSAL);
    cluster.submit_to(request(1, 1), &[2]);
    cluster.run(ms(1));
    ensure(cluster.at(2).core.is_none(), "nothing left n2")?;
    cluster.at_mut(2).app = App::default();
    cluster.restart(2);
    cluster.submit(request(2, 1));
    cluster.run(ms(500));
    cluster.verdict()?;
    cluster.lives(9, ms(10_000))
}
scenario!(x5_a_proposal_survives_a_crash, x5_proposal, [ProposalNotPersisted]);

/// A validator's vote has left, it stops and forgets, and the head is another when it comes back.
fn x5_attestation(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::with(4, mutant, |config| config.quiet_epochs = 0);
    // Nobody reminds it of what it has signed.
    cluster.network = Box::new(|_, _, _, message| match message {
        Message::Votes(_) | Message::Link(_) => Fate::Drop,
        _ => Fate::Pass,
    });
    cluster.run(ms(100));
    for timestamp in 1..=40 {
        cluster.at_mut(2).crash_on = Some(ATTESTATION);
        cluster.submit(request(1, timestamp));
        cluster.run(ms(20));
        if cluster.at(2).core.is_none() {
            cluster.restart(2);
        }
        cluster.verdict()?;
    }
    cluster.at_mut(2).crash_on = None;
    cluster.heal();
    cluster.lives(9, ms(10_000))
}
scenario!(x5_an_attestation_survives_a_crash, x5_attestation, [AttestationNotPersisted]);

/// What a restarted replica sends again has the same bytes.
#[test]
fn x5_the_old_vote_is_said_again() {
    let mut cluster = Cluster::new(4, None);
    cluster.run(ms(100));
    cluster.at_mut(2).crash_on = Some(ATTESTATION);
    cluster.submit(request(1, 1));
    assert!(cluster.run_until(ms(500), |cluster| cluster.at(2).core.is_none()));
    cluster.restart(2);
    let votes: Vec<_> =
        cluster.at(2).said.iter().filter(|said| matches!(said, Message::Attestation(_))).collect();
    assert_eq!(votes.len(), 2);
    assert_eq!(votes[0], votes[1]);
    assert!(matches!(cluster.at(2).disk.last(), Some(Record::Attested(_))));
}

/// Crash at every message that leaves, of every kind, at every replica, with restarts: nothing is contradicted.
#[test]
fn x5_crashes_behind_any_message_contradict_nothing() {
    for kind in 0..8 {
        for victim in [0, 3] {
            let mut cluster = Cluster::with(4, None, |config| config.quiet_epochs = 0);
            cluster.lose(50_000, Time::from_us(3_000_000), u64::from(victim));
            for timestamp in 1..=6 {
                cluster.at_mut(victim).crash_on = Some(kind);
                cluster.submit(request(1, timestamp));
                cluster.run(ms(130));
                cluster.restart(victim);
                cluster.run(ms(70));
            }
            if let Err(problem) = cluster.lives(9, ms(10_000)) {
                panic!("crashing {victim} behind {kind}: {problem}");
            }
        }
    }
}
