//! One line for an effect.

use protocol::{Call, Effect};
use types::NodeId;

use super::app::requests_of;
use crate::{Core, Message, Record};

pub(super) fn describe(me: NodeId, effect: &Effect<Core>) -> String {
    match effect {
        Effect::Persist(record) => format!("{me} persist {}", record_name(record)),
        Effect::Compact(records) => format!("{me} compact to {} records", records.len()),
        Effect::Send { to, message } => format!("{me} -> {to} {}", message_name(message)),
        Effect::Broadcast(message) => format!("{me} -> * {}", message_name(message)),
        Effect::SetTimer { timer, after } => format!("{me} set {timer:?} {}ms", after.ms()),
        Effect::CancelTimer(timer) => format!("{me} cancel {timer:?}"),
        Effect::Call(call) => format!("{me} call {}", call_name(call)),
        Effect::Decide(decision) => {
            let requests = requests_of(decision.payload.as_ref());
            let names: Vec<String> =
                requests.iter().map(|r| format!("c{}:{}", r.client, r.timestamp)).collect();
            let what = if names.is_empty() { "null".to_owned() } else { names.join("+") };
            format!("{me} decide {} in view {}: {what}", decision.seq, decision.view)
        }
        Effect::Accuse(evidence) => {
            format!("{me} accuse {} of {} at {}", evidence.offender, evidence.kind, evidence.seq)
        }
        Effect::Reject { peer, reason } => format!("{me} reject {peer} {}", reason.label()),
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
            format!("VIEW-CHANGE(v{} stable s{} [{}])", said.view, said.stable, claims.join(", "))
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
            format!("NEW-VIEW(v{} from {} [{}])", begun.view(), from.join(","), places.join(", "))
        }
        Message::Status(report) => format!("STATUS(v{} decided s{})", report.view, report.decided),
        Message::Stable(certificate) => format!("STABLE(s{})", certificate.seq),
        Message::Committed(proof) => format!("COMMITTED(v{} s{})", proof.view, proof.seq),
        Message::Exhibit(propose) => {
            let said = propose.statement;
            format!("EXHIBIT(v{} s{} {:?})", said.view, said.seq, said.digest)
        }
    }
}

fn call_name(call: &Call) -> String {
    match call {
        Call::Build { view, seq } => format!("build(v{view} s{seq})"),
        Call::Check { view, seq, proposer, .. } => format!("check(v{view} s{seq} by {proposer})"),
        Call::Mine { .. } => "mine".to_owned(),
        Call::Transfer { seq, .. } => format!("transfer(s{seq})"),
    }
}
