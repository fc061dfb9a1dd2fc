//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, random faults, and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

mod bytes;
mod common_rules;
mod counts;
mod fork_rules;
mod hostile;
mod kit;
mod recovery_rules;
mod scenarios;
mod slashing_rules;
mod speed;
mod stake_rules;
mod swarm;

use testkit::{Subject, WorldBug};
use types::Duration;

use crate::{Config, Core, Message, Mutant, Record};

type Cluster = testkit::Cluster<Core>;

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config { slot: Duration::from_ms(20), mutant, ..Config::new(n) }
    }
    fn message_name(message: &Message) -> String {
        match message {
            Message::Proposal(block) => {
                let header = block.header.statement;
                format!("PROPOSAL(slot {} s{} {:?})", header.slot, header.seq, header.digest())
            }
            Message::Attestation(vote) => {
                let said = vote.statement;
                let (from, to) = (said.source, said.target);
                format!(
                    "ATTESTATION(e{} s{} -> e{} s{}, head {:?})",
                    from.epoch, from.seq, to.epoch, to.seq, said.head
                )
            }
            Message::Block(block) => format!("BLOCK(s{})", block.header.statement.seq),
            Message::Link(link) => {
                format!(
                    "LINK(e{} -> e{}, {} votes)",
                    link.source.epoch,
                    link.target.epoch,
                    link.votes.len()
                )
            }
            Message::Ask(ask) => format!("ASK({:?} above s{})", ask.block, ask.above),
            Message::Status(report) => format!(
                "STATUS(final e{}, justified e{}, decided {})",
                report.finalized, report.justified, report.decided
            ),
            Message::Evidence(offence) => format!("EVIDENCE({})", offence.kind().unwrap_or("none")),
            Message::Votes(votes) => format!("VOTES({})", votes.0.len()),
        }
    }
    fn record_name(record: &Record) -> String {
        match record {
            Record::Proposed(block) => format!("proposed(s{})", block.header.statement.seq),
            Record::Attested(vote) => format!("attested(e{})", vote.statement.target.epoch),
            Record::Block(block) => format!("block(s{})", block.header.statement.seq),
            Record::Link(link) => format!("link(e{} -> e{})", link.source.epoch, link.target.epoch),
            Record::Root(root) => format!("root(e{})", root.checkpoint.epoch),
            Record::Slashed(offence) => format!("slashed({})", offence.offender()),
            Record::Protection(_) => "protection".to_owned(),
        }
    }
    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        match mutant {
            Mutant::SignaturesUnchecked => Some(WorldBug::SignaturesUnchecked),
            Mutant::SenderUnchecked => Some(WorldBug::SenderUnchecked),
            _ => None,
        }
    }
    /// No honest validator votes twice for one target epoch, nor around one of its own votes.
    fn contradiction(said: &[Message]) -> Option<String> {
        let votes: Vec<_> = said
            .iter()
            .filter_map(|message| match message {
                Message::Attestation(vote) => Some(vote.statement),
                _ => None,
            })
            .collect();
        let pairs = votes
            .iter()
            .enumerate()
            .flat_map(|(at, a)| votes[at + 1..].iter().map(move |b| (a, b)));
        let kind = pairs.filter_map(|(a, b)| crate::book::offence_kind(a, b)).next()?;
        Some(format!("casts a {kind}"))
    }
}
