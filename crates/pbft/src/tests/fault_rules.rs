//! P-6, P-7, P-18 to P-20: clients, refused payloads, loss, slow primaries.

use std::collections::BTreeMap;

use protocol::{Protocol as _, Reject, ViewChangeCause};
use testkit::{Request, Verdict, ensure, ms, node, request, scenario};
use types::{NodeId, Seq, View};

use super::common_rules::{commit, digest_of, prepare};
use super::subject::{Cluster, Fate};
use crate::promises::kind;
use crate::{Message, Mutant};

/// A model client: believes a reply that f+1 replicas give.
#[derive(Default)]
struct Client {
    replies: BTreeMap<u64, Vec<NodeId>>,
    believed: Option<u64>,
}
impl Client {
    fn take(&mut self, from: NodeId, reply: u64, needed: usize) {
        let votes = self.replies.entry(reply).or_default();
        if !votes.contains(&from) {
            votes.push(from);
        }
        if votes.len() >= needed && self.believed.is_none() {
            self.believed = Some(reply);
        }
    }
}

/// A liar replies first, and wrongly.
fn p6(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.corrupt(3);
    cluster.submit(request(1, 1));
    let needed = if mutant == Some(Mutant::FirstReplyBelieved) { 1 } else { 2 };
    let mut client = Client::default();
    client.take(node(3), 666, needed);
    client.take(node(3), 666, needed);
    cluster.run(ms(100));
    for index in cluster.honest() {
        if let Some(reply) = cluster.at(index).app.state.replies.get(&1) {
            client.take(node(index), reply.1, needed);
        }
    }
    ensure(client.believed == Some(request(1, 1).amount), format!("{:?}", client.believed))
}
scenario!(p6_a_client_waits_for_f_plus_one, p6, [FirstReplyBelieved]);

/// The primary sends its proposals to n1 and n2 alone: n3 learns the decisions from them.
fn p7(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, from, to, message| match message {
        Message::PrePrepare(_) | Message::Committed(_) if from == node(0) && to == node(3) => {
            Fate::Drop
        }
        _ => Fate::Pass,
    });
    for timestamp in 1..=3 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(300));
        ensure(
            cluster.height(3) == timestamp,
            format!("n3 stands at {} of {timestamp}", cluster.height(3)),
        )?;
    }
    let status = cluster.core(1).status();
    ensure(status.view == View::ZERO, "a view change for one excluded replica")?;
    cluster.lives(9, ms(10_000))
}
scenario!(p7_an_excluded_replica_learns_decisions, p7, [NoHelpForLaggards]);

/// The primary orders a request that its client never signed.
fn p18(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.at_mut(0).is_liar = true;
    let forged = Request { forged: true, ..request(1, 1) };
    cluster.submit_to(forged, &[0]);
    cluster.run(ms(500));
    for index in cluster.honest() {
        let voted = cluster.at(index).said.iter().any(|said| matches!(said, Message::Prepare(_)));
        ensure(!voted, "a backup voted for a forged request")?;
        let is_blamed = cluster.at(index).rejects.contains(&(node(0), Reject::BadPayload));
        ensure(is_blamed, "the primary is not blamed")?;
        let status = cluster.core(index).status();
        ensure(status.view == View::new(1), "the view was not left")?;
        let cause = ViewChangeCause::BadProposal { leader: node(0), seq: Seq::new(1) };
        let joined = matches!(status.view_change_cause, Some(ViewChangeCause::Joined { .. }));
        ensure(joined || status.view_change_cause == Some(cause), "another cause")?;
    }
    cluster.lives(9, ms(10_000))
}
scenario!(p18_backups_check_the_payload, p18, [PayloadUnchecked]);

/// The first messages of one kind are lost on every path.
fn p19(lost: usize, times: usize, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    let mut seen = BTreeMap::new();
    cluster.network = Box::new(move |_, from, to, message| {
        let seen = seen.entry((from, to)).or_insert(0);
        *seen += usize::from(kind(message) == lost);
        if kind(message) == lost && *seen <= times { Fate::Drop } else { Fate::Pass }
    });
    for timestamp in 1..=9 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(350));
        for index in cluster.honest() {
            ensure(cluster.height(index) == timestamp, format!("{index} is stuck at {timestamp}"))?;
        }
    }
    for index in cluster.honest() {
        let status = cluster.core(index).status();
        ensure(status.view == View::ZERO, "a loss cost a view")?;
        ensure(status.stable == Seq::new(8), format!("checkpoint {:?}", status.stable))?;
    }
    cluster.lives(9, ms(5_000))
}
scenario!(p19_a_lost_proposal_is_repeated, |m| p19(0, 1, m), [NoRetransmission]);
scenario!(p19_a_lost_prepare_is_repeated, |m| p19(1, 1, m), [NoRetransmission]);
scenario!(p19_a_lost_commit_is_repeated, |m| p19(2, 1, m), [NoRetransmission]);
// Both checkpoints are lost, so that the second does not stand in for the first.
scenario!(p19_a_lost_checkpoint_is_repeated, |m| p19(3, 2, m), [CheckpointSaidOnce]);

/// Work that only the primary and one backup know is proposed into a partition; after it nobody else is asked.
fn p19_quiet(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.split(&[&[0, 1], &[2, 3]]);
    cluster.submit_to(request(1, 1), &[0, 1]);
    cluster.run(ms(5_000));
    ensure(cluster.height(0) == 0, "two of four decided")?;
    cluster.heal();
    cluster.run(ms(5_000));
    for index in [0, 2, 3] {
        ensure(cluster.height(index) == 1, format!("{index} never heard of the proposal"))?;
    }
    cluster.lives(9, ms(20_000))
}
scenario!(p19_a_proposal_into_a_partition_is_repeated, p19_quiet, [NoRetransmission]);

/// The same for the messages of a view change.
fn p19_views(lost: usize, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    let mut seen = std::collections::BTreeSet::new();
    cluster.network = Box::new(move |_, from, to, message| {
        if kind(message) == lost && seen.insert((from, to)) { Fate::Drop } else { Fate::Pass }
    });
    cluster.crash(0);
    cluster.submit_to(request(1, 1), &[1, 2, 3]);
    cluster.run(ms(1_900));
    for index in 1..4 {
        ensure(cluster.height(index) == 1, format!("{index} is stuck"))?;
        ensure(cluster.core(index).status().view == View::new(1), "more than one view change")?;
    }
    cluster.restart(0);
    cluster.lives(9, ms(10_000))
}
scenario!(p19_a_lost_view_change_is_repeated, |m| p19_views(4, m), [NoRetransmission]);
scenario!(p19_a_lost_new_view_is_repeated, |m| p19_views(5, m), [NoRetransmission]);

/// The primary holds every proposal back for nine tenths of the timeout.
fn p20(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::new(4, mutant);
    cluster.network = Box::new(|_, from, _, message| match message {
        Message::PrePrepare(_) if from == node(0) => Fate::Delay(ms(900)),
        _ => Fate::Pass,
    });
    let start = cluster.now;
    let mut timestamp = 0;
    while cluster.now.since(start) < ms(10_000) {
        timestamp += 1;
        cluster.submit(request(1, timestamp));
        let is_done =
            |c: &Cluster| c.at(2).app.state.replies.get(&1).is_some_and(|r| r.0 == timestamp);
        cluster.run_until(ms(2_000), is_done);
    }
    for index in 1..4 {
        let status = cluster.core(index).status();
        ensure(status.leader != Some(node(0)), "the slow primary still leads")?;
    }
    cluster.lives(9, ms(10_000))
}
scenario!(p20_a_slow_primary_is_rotated, p20, [SlowPrimaryBorne]);

/// A primary that is merely busy is not taken for a slow one.
#[test]
fn p20_a_loaded_primary_stays() {
    let mut cluster = Cluster::new(4, None);
    for timestamp in 1..=200 {
        cluster.submit(request(u16::try_from(timestamp % 7).unwrap(), timestamp));
        if timestamp % 10 == 0 {
            cluster.run(ms(400));
        }
    }
    cluster.run(ms(1_000));
    assert_eq!(cluster.core(1).status().view, View::ZERO);
    cluster.lives(9, ms(1_000)).unwrap();
}

/// A replica that has lost its sign-state follows and says nothing that others could count.
#[test]
fn a_replica_without_sign_state_follows_in_silence() {
    let mut cluster = Cluster::new(4, None);
    cluster.at_mut(3).config.voting = false;
    cluster.restart(3);
    for timestamp in 1..=6 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(50));
    }
    assert_eq!(cluster.height(3), 6);
    let is_quiet = |said: &Message| matches!(said, Message::Status(_) | Message::Exhibit(_));
    assert!(cluster.at(3).said.iter().all(is_quiet));
    cluster.crash(0);
    cluster.submit_to(request(2, 1), &[1, 2, 3]);
    cluster.run(ms(5_000));
    assert_eq!(cluster.height(3), 6, "two voters are no quorum");
    cluster.restart(0);
    cluster.lives(9, ms(30_000)).unwrap();
}

/// Two votes of one replica for different payloads in one place are reported, by kind.
#[test]
fn double_votes_are_reported() {
    let mut cluster = Cluster::new(4, None);
    cluster.corrupt(3);
    let three = cluster.signer(3).clone();
    let seq = Seq::new(2);
    for client in [1, 2] {
        let digest = digest_of(client);
        cluster.inject_all(3, &prepare(&three, View::ZERO, seq, digest));
        cluster.inject_all(3, &commit(&three, View::ZERO, seq, digest));
        let said = crate::Checkpoint { seq: Seq::new(4), digest };
        cluster.inject_all(3, &Message::Checkpoint(three.sign(said)));
        let said = crate::Checkpoint { seq: Seq::new(400), digest };
        cluster.inject_all(3, &Message::Checkpoint(three.sign(said)));
    }
    cluster.run(ms(10));
    for index in cluster.honest() {
        let kinds: Vec<_> =
            cluster.at(index).evidence.iter().map(|e| (e.kind, e.seq.get())).collect();
        let expected = [
            ("double-prepare", 2),
            ("double-commit", 2),
            ("double-checkpoint", 4),
            ("double-checkpoint", 400),
        ];
        assert_eq!(kinds, expected);
    }
    cluster.lives(9, ms(5_000)).unwrap();
}
