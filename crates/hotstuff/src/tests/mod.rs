//! The core's tests: the scenarios of the reliability rules, each shown to fail on a deliberately broken core,
//! scenario files, exact costs, random faults and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

mod bytes;
mod common_rules;
mod counts;
mod forge;
mod hostile;
mod liveness_rules;
mod safety_rules;
mod scenarios;
mod speed;
mod swarm;

use testkit::{Subject, WorldBug, ms};

use crate::{Config, Core, Message, Mutant, Phases, Record};

type Cluster = testkit::Cluster<Core>;

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config {
            view_timeout: ms(200),
            view_timeout_max: ms(3_200),
            retry_interval: ms(50),
            mutant,
            ..Config::new(n)
        }
    }

    fn message_name(message: &Message) -> String {
        match message {
            Message::Proposal(proposal) => {
                let block = &proposal.block;
                let what = if block.payload.is_some() { "" } else { " empty" };
                let opened = proposal.tc.as_ref().map_or("", |_| " tc");
                let (view, seq, on) = (block.view, block.seq, block.justify.view());
                format!("PROPOSAL(v{view} s{seq} on v{on}{what}{opened})")
            }
            Message::Vote(vote) => format!("VOTE(v{})", vote.statement.view),
            Message::Timeout(timeout) => {
                let said = timeout.expire.statement;
                format!("TIMEOUT(v{} high v{})", said.view, said.high)
            }
            Message::Certified(qc) => format!("CERTIFIED(v{})", qc.view()),
            Message::Expired(tc) => format!("EXPIRED(v{})", tc.view),
            Message::Fetch(fetch) => format!("FETCH(v{} above s{})", fetch.block.view, fetch.above),
            Message::Blocks(blocks) => {
                let views: Vec<String> =
                    blocks.iter().map(|p| format!("v{}", p.block.view)).collect();
                format!("BLOCKS({})", views.join(" "))
            }
        }
    }

    fn record_name(record: &Record) -> String {
        match record {
            Record::Proposed(voted) => format!("proposed(v{})", voted.vote.view),
            Record::Voted(voted) => format!("voted(v{})", voted.vote.view),
            Record::TimedOut(timeout) => format!("timed-out(v{})", timeout.expire.statement.view),
            Record::Certified(qc) => format!("certified(v{})", qc.view()),
            Record::Expired(tc) => format!("expired(v{})", tc.view),
            Record::Kept(proposal) => format!("kept(v{})", proposal.block.view),
        }
    }

    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        match mutant {
            Mutant::SignaturesUnchecked => Some(WorldBug::SignaturesUnchecked),
            Mutant::SenderUnchecked => Some(WorldBug::SenderUnchecked),
            _ => None,
        }
    }
}

/// Both sets of rules.
const PHASES: [Phases; 2] = [Phases::Two, Phases::Three];

fn with_phases(n: usize, phases: Phases, mutant: Option<Mutant>) -> Cluster {
    Cluster::with(n, mutant, |config| config.phases = phases)
}
