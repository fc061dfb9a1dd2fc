//! What the model world must know of Raft, and what its scenarios do again and again.

use protocol::Protocol as _;
use testkit::{Cluster, Subject, Verdict, WorldBug, ensure, ms};
use types::{Duration, NodeId, View};

use crate::replica::Role;
use crate::{Config, Content, Core, Entry, Members, Message, Mutant, Record};

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
    let list = |set: &std::collections::BTreeSet<NodeId>| {
        set.iter().map(NodeId::to_string).collect::<Vec<_>>().join(",")
    };
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

/// Makes everybody forget the lease, and one replica campaign.
pub(super) fn elect(world: &mut World, index: u16) -> Verdict {
    for id in world.all() {
        world.with_core(id, |core, ctx| {
            core.heard = None;
            if core.leads() && id.get() != index {
                let term = core.term;
                core.become_follower(term, None, ctx);
                core.heard = None;
            }
        });
    }
    campaign(world, index);
    let is_leader = |world: &World| world.core(index).role == Role::Leader;
    ensure(world.run_until(ms(30), is_leader), format!("{index} is not elected"))
}

/// Runs until somebody leads.
pub(super) fn settle(world: &mut World, span: Duration) -> Verdict {
    ensure(world.run_until(span, |world| leader(world).is_some()), "nobody leads")
}
