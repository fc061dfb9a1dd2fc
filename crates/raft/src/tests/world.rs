//! What the model world must know of Raft, and what its scenarios do again and again.

use std::collections::BTreeSet;

use protocol::Protocol as _;
use testkit::{Cluster, Fate, Subject, Verdict, WorldBug, ms};
use types::{NodeId, View};

use crate::{Config, Content, Core, Entry, Members, Message, Mutant, Read, Record, Refusal};

pub(super) type World = Cluster<Core>;

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config { election_timeout: ms(300), heartbeat_interval: ms(50), mutant, ..Config::new(n) }
    }

    fn message_name(message: &Message) -> String {
        match message {
            Message::PreVote(ask) => format!("PRE-VOTE(t{} {})", ask.term, at(ask.last)),
            Message::PreVoted(a) => format!("PRE-VOTED(t{} {})", a.term, yes(a.granted)),
            Message::Vote(ask) => format!("VOTE(t{} {})", ask.term, at(ask.last)),
            Message::Voted(a) => format!("VOTED(t{} {})", a.term, yes(a.granted)),
            Message::Append(m) => {
                let entries: Vec<String> = m.entries.iter().map(entry).collect();
                let entries = entries.join(" ");
                format!("APPEND(t{} on {} [{entries}] commit {})", m.term, at(m.prev), m.commit)
            }
            Message::Appended(m) => format!("APPENDED(t{} to {})", m.term, m.matched),
            Message::Refused(m) => {
                format!("REFUSED(t{} {} hint {})", m.term, m.prev, at(m.hint))
            }
            Message::Commit(m) => format!("COMMIT(t{} to {})", m.term, m.seq),
            Message::Heartbeat(m) => format!("HEARTBEAT(t{} commit {})", m.term, m.commit),
            Message::HeartbeatAck(m) => format!("HEARTBEAT-ACK(t{})", m.term),
            Message::Install(m) => format!("INSTALL(t{} {})", m.term, at(m.position)),
            Message::TimeoutNow(m) => format!("TIMEOUT-NOW(t{})", m.term),
        }
    }

    fn record_name(record: &Record) -> String {
        match record {
            Record::Term(term) => match term.vote {
                Some(vote) => format!("term({} vote {vote})", term.term),
                None => format!("term({})", term.term),
            },
            Record::Append(written) => {
                let entries: Vec<String> = written.entries.iter().map(entry).collect();
                format!("append({}: {})", written.first, entries.join(" "))
            }
            Record::Snapshot(snapshot) => format!("snapshot({})", at(snapshot.position)),
        }
    }

    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        (mutant == Mutant::ExecutedTwice).then_some(WorldBug::ExecutedTwice)
    }
}

fn at(position: crate::Position) -> String {
    format!("{}/{}", position.term, position.seq)
}
fn yes(granted: bool) -> &'static str {
    if granted { "yes" } else { "no" }
}
fn entry(entry: &Entry) -> String {
    let what = match &entry.content {
        Content::Null => "null".to_owned(),
        Content::Payload(payload) => format!("{payload:?}"),
        Content::Members(members) => names(members),
    };
    format!("{}:{what}", entry.term)
}
fn names(members: &Members) -> String {
    let list =
        |set: &BTreeSet<NodeId>| set.iter().map(NodeId::to_string).collect::<Vec<_>>().join(",");
    let mut text = format!("{{{}}}", list(&members.voters));
    if members.is_joint() {
        text.push_str(&format!(" from {{{}}}", list(&members.outgoing)));
    }
    if !members.learners.is_empty() {
        text.push_str(&format!(" learning {{{}}}", list(&members.learners)));
    }
    text
}

/// All replicas that believe to lead, with their terms.
pub(super) fn leaders(world: &World) -> Vec<(u16, View)> {
    let leads = |index: &u16| world.at(*index).core.as_ref().is_some_and(Core::leads);
    world
        .all()
        .map(NodeId::get)
        .filter(leads)
        .map(|index| (index, world.core(index).term))
        .collect()
}

/// The leader of the highest term.
pub(super) fn leader(world: &World) -> Option<u16> {
    leaders(world).into_iter().max_by_key(|&(_, term)| term).map(|(index, _)| index)
}

/// The highest term anybody is in.
pub(super) fn highest_term(world: &World) -> u64 {
    let cores = world.nodes.iter().filter_map(|node| node.core.as_ref());
    cores.map(|core| core.view().get()).max().unwrap_or(0)
}

/// Lets a replica campaign as if its election timer had run out and nobody had been heard.
pub(super) fn campaign(world: &mut World, index: u16) {
    world.with_core(NodeId::new(index), |core, ctx| {
        core.heard = None;
        core.arm_election(ctx);
        core.campaign(ctx);
    });
}

/// Makes everybody forget the lease, and one replica campaign until it leads.
pub(super) fn elect(world: &mut World, index: u16) -> Verdict {
    for _ in 0..4 {
        for id in world.all() {
            world.with_core(id, |core, _| core.heard = None);
        }
        campaign(world, index);
        let is_leader = |world: &World| world.core(index).leads();
        if world.run_until(ms(10), is_leader) {
            return Ok(());
        }
    }
    Err(format!("{index} is not elected"))
}

/// Lets only messages between these pairs pass, in both directions.
pub(super) fn link(world: &mut World, pairs: &[(u16, u16)]) {
    let pairs = pairs.to_vec();
    world.network = Box::new(move |_, from, to, _| {
        let (a, b) = (from.get().min(to.get()), from.get().max(to.get()));
        if pairs.contains(&(a, b)) { Fate::Pass } else { Fate::Drop }
    });
}

/// Loses the messages that `is_lost` picks.
pub(super) fn lose(world: &mut World, is_lost: impl Fn(u16, u16, &Message) -> bool + 'static) {
    world.network =
        Box::new(
            move |_, from, to, message| {
                if is_lost(from.get(), to.get(), message) { Fate::Drop } else { Fate::Pass }
            },
        );
}

pub(super) fn ids(list: &[u16]) -> BTreeSet<NodeId> {
    list.iter().map(|&index| NodeId::new(index)).collect()
}

/// A world of `n` replicas of which some vote and some learn.
pub(super) fn members(n: usize, mutant: Option<Mutant>, voters: &[u16], learners: &[u16]) -> World {
    let (voters, learners) = (ids(voters), ids(learners));
    World::with(n, mutant, |config| {
        let outgoing = BTreeSet::new();
        config.members = Members { voters: voters.clone(), outgoing, learners: learners.clone() };
    })
}

/// Asks a replica to change the members.
pub(super) fn change(
    world: &mut World,
    at: u16,
    voters: &[u16],
    learners: &[u16],
) -> Result<(), Refusal> {
    let mut result = Ok(());
    world.with_core(NodeId::new(at), |core, ctx| {
        result = core.change_members(ids(voters), ids(learners), ctx);
    });
    result
}

/// Asks a replica for a read.
pub(super) fn read(world: &mut World, at: u16, id: u64) -> Result<(), Refusal> {
    let mut result = Ok(());
    world.with_core(NodeId::new(at), |core, ctx| result = core.read(id, ctx));
    result
}

/// The reads that a replica may answer now.
pub(super) fn reads(world: &mut World, at: u16) -> Vec<Read> {
    let mut reads = Vec::new();
    world.with_core(NodeId::new(at), |core, _| reads = core.take_reads());
    reads
}

/// The last place in a replica's log.
pub(super) fn last(world: &World, index: u16) -> u64 {
    world.core(index).log.last().seq.get()
}
