//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, vectors, and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

use std::collections::BTreeMap;

use testkit::{Cluster, Subject, WorldBug, ms};
use types::Seq;

use crate::evidence::contradiction;
use crate::nomination::includes;
use crate::{Ballot, Config, Core, Message, Mutant, Nomination, Pledge, Record};

mod ballot_rules;
mod bytes;
mod common_rules;
mod hostile;
mod nomination_rules;
mod quorum_rules;
mod scenarios;
mod script;
mod swarm;
mod vectors;

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config {
            nomination_timeout: ms(200),
            ballot_timeout: ms(200),
            timeout_max: ms(2_000),
            retry_interval: ms(100),
            mutant,
            ..Config::new(n)
        }
    }

    fn message_name(message: &Message) -> String {
        match message {
            Message::Nominate(nominate) => {
                let said = &nominate.said.statement;
                let carried = if nominate.value.is_some() { " with its value" } else { "" };
                format!(
                    "NOMINATE(s{} votes {:?} accepted {:?}{carried})",
                    said.seq, said.votes, said.accepted
                )
            }
            Message::Ballot(said) => pledge_name(said.statement.seq.get(), &said.statement.pledge),
            Message::Want(want) => format!("WANT(s{} {:?})", want.seq, want.values),
            Message::Values(values) => format!("VALUES(s{} {})", values.seq, values.values.len()),
            Message::WantQuorumSet(digest) => format!("WANT-QUORUM-SET({digest:?})"),
            Message::QuorumSet(set) => format!("QUORUM-SET({:?})", set.digest()),
            Message::Status(status) => format!("STATUS(s{})", status.decided),
        }
    }

    fn record_name(record: &Record) -> String {
        match record {
            Record::Value(kept) => format!("value(s{} {:?})", kept.seq, kept.value.digest()),
            Record::Nominated(said) => format!("nominated(s{})", said.statement.seq),
            Record::Pledged(pledged) => {
                let said = &pledged.said.statement;
                pledge_name(said.seq.get(), &said.pledge).to_lowercase()
            }
            Record::Base(seq) => format!("base(s{seq})"),
        }
    }

    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        match mutant {
            Mutant::SignaturesUnchecked => Some(WorldBug::SignaturesUnchecked),
            Mutant::SenderUnchecked => Some(WorldBug::SenderUnchecked),
            _ => None,
        }
    }

    /// What nobody may take back, and promises do not show: nominations grow, and pledges do not contradict each other.
    fn contradiction(said: &[Message]) -> Option<String> {
        let mut nominations: BTreeMap<Seq, &Nomination> = BTreeMap::new();
        let mut pledges: BTreeMap<Seq, Vec<&Pledge>> = BTreeMap::new();
        for message in said {
            match message {
                Message::Nominate(nominate) => {
                    let new = &nominate.said.statement;
                    let old = nominations.insert(new.seq, new);
                    if let Some(old) = old.filter(|old| !includes(new, old)) {
                        return Some(format!("nominates {new:?} after {old:?}"));
                    }
                }
                Message::Ballot(ballot) => {
                    let new = &ballot.statement.pledge;
                    let earlier = pledges.entry(ballot.statement.seq).or_default();
                    if earlier.last() == Some(&new) {
                        continue;
                    }
                    let is_lie = |old: &&&Pledge| {
                        contradiction(old, new).is_some() || !new.is_newer_than(old)
                    };
                    if let Some(old) = earlier.iter().find(is_lie) {
                        return Some(format!("pledges {new:?} after {old:?}"));
                    }
                    earlier.push(new);
                }
                _ => {}
            }
        }
        None
    }
}

fn ballot_name(ballot: Option<Ballot>) -> String {
    ballot.map_or_else(|| "-".to_owned(), |at| format!("{}:{:?}", at.counter, at.value))
}

fn pledge_name(seq: u64, pledge: &Pledge) -> String {
    match pledge {
        Pledge::Prepare(said) => format!(
            "PREPARE(s{seq} {} p {} p' {} c {} h {})",
            ballot_name(Some(said.ballot)),
            ballot_name(said.prepared),
            ballot_name(said.prepared_prime),
            said.commit,
            said.high
        ),
        Pledge::Confirm(said) => format!(
            "CONFIRM(s{seq} {} p {} c {} h {})",
            ballot_name(Some(said.ballot)),
            said.prepared,
            said.commit,
            said.high
        ),
        Pledge::Externalize(said) => {
            format!("EXTERNALIZE(s{seq} c {} h {})", ballot_name(Some(said.commit)), said.high)
        }
    }
}

type World = Cluster<Core>;
