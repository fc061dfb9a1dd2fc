//! PBFT in the model world.

use testkit::{Subject, WorldBug, ms};

use crate::evidence::hides;
use crate::{Config, Core, Message, Mutant, Record};

pub(super) type Cluster = testkit::Cluster<Core>;
pub(super) type Fate = testkit::Fate<Message>;

impl Subject for Core {
    type Mutant = Mutant;

    /// Short intervals: K = 4, L = 8, a view timeout of a second.
    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config {
            view_timeout: ms(1_000),
            view_timeout_max: ms(16_000),
            retry_interval: ms(100),
            checkpoint_interval: 4,
            window: 8,
            pipeline: 2,
            mutant,
            ..Config::new(n)
        }
    }

    fn message_name(message: &Message) -> String {
        match message {
            Message::PrePrepare(proposal) => {
                let said = proposal.propose.statement;
                format!("PRE-PREPARE(v{} s{} {:?})", said.view, said.seq, said.digest)
            }
            Message::Prepare(vote) => {
                let said = vote.statement;
                format!("PREPARE(v{} s{} {:?})", said.view, said.seq, said.digest)
            }
            Message::Commit(vote) => {
                let said = vote.statement;
                format!("COMMIT(v{} s{} {:?})", said.view, said.seq, said.digest)
            }
            Message::Checkpoint(signed) => format!("CHECKPOINT(s{})", signed.statement.seq),
            Message::ViewChange(asked) => {
                let said = &asked.vote.statement;
                let claims: Vec<String> = said
                    .prepared
                    .iter()
                    .map(|claim| format!("v{} s{}", claim.view, claim.seq))
                    .collect();
                format!(
                    "VIEW-CHANGE(v{} stable s{} [{}])",
                    said.view,
                    said.stable,
                    claims.join(", ")
                )
            }
            Message::NewView(begun) => {
                let places: Vec<String> = begun
                    .proposals
                    .iter()
                    .map(|proposal| {
                        let said = proposal.propose.statement;
                        let null = if proposal.payload.is_none() { " null" } else { "" };
                        format!("s{}{null}", said.seq)
                    })
                    .collect();
                let from: Vec<String> =
                    begun.view_changes.iter().map(|v| v.signer.to_string()).collect();
                format!(
                    "NEW-VIEW(v{} from {} [{}])",
                    begun.view(),
                    from.join(","),
                    places.join(", ")
                )
            }
            Message::Status(report) => {
                format!("STATUS(v{} decided s{})", report.view, report.decided)
            }
            Message::Stable(certificate) => format!("STABLE(s{})", certificate.seq),
            Message::Committed(proof) => format!("COMMITTED(v{} s{})", proof.view, proof.seq),
            Message::Exhibit(propose) => {
                let said = propose.statement;
                format!("EXHIBIT(v{} s{} {:?})", said.view, said.seq, said.digest)
            }
        }
    }

    fn record_name(record: &Record) -> String {
        match record {
            Record::Accepted(proposal) => {
                let said = proposal.propose.statement;
                format!("accepted(v{} s{})", said.view, said.seq)
            }
            Record::Prepared(certificate) => {
                let said = certificate.propose.statement;
                format!("prepared(v{} s{})", said.view, said.seq)
            }
            Record::Checkpoint(signed) => format!("checkpoint(s{})", signed.statement.seq),
            Record::Stable(certificate) => format!("stable(s{})", certificate.seq),
            Record::ViewChange(asked) => format!("view-change(v{})", asked.vote.statement.view),
            Record::NewView(begun) => format!("new-view(v{})", begun.view()),
        }
    }

    fn world_bug(mutant: Mutant) -> Option<WorldBug> {
        match mutant {
            Mutant::SignaturesUnchecked => Some(WorldBug::SignaturesUnchecked),
            Mutant::SenderUnchecked => Some(WorldBug::SenderUnchecked),
            Mutant::ExecutedTwice => Some(WorldBug::ExecutedTwice),
            _ => None,
        }
    }

    /// A VIEW-CHANGE claims whatever its maker had committed.
    fn contradiction(said: &[Message]) -> Option<String> {
        let commits = said.iter().filter_map(|message| match message {
            Message::Commit(vote) => Some(vote.statement),
            _ => None,
        });
        let asked = || {
            said.iter().filter_map(|message| match message {
                Message::ViewChange(message) => Some(&message.vote.statement),
                _ => None,
            })
        };
        let mut pairs = commits.flat_map(|commit| asked().map(move |ask| (commit, ask)));
        pairs
            .find(|(commit, ask)| hides(commit, ask))
            .map(|hidden| format!("hides a commit: {hidden:?}"))
    }
}
