//! Words the ledger's types as the API's.

use std::collections::BTreeMap;

use api::{TicketAction, TicketState, rfc3339};
use app::tickets;
use codec::Encode;
use crypto::Signature;
use ledger::{
    BlockCertificate, Epoch, Genesis, Header, Outcome, Receipt, Refusal, StoredBlock, VectorClock,
};
use protocol::ViewChangeCause;
use types::{Digest, NodeId, Time, View};

use super::body::to_base64;
use crate::board::{SeenEvidence, SeenViewChange};

/// Most transactions shown of one block.
const BLOCK_TRANSACTIONS_MAX: usize = 1_000;

/// A validator's name; its number where the genesis does not have it.
pub(super) fn name(genesis: &Genesis, node: NodeId) -> String {
    let known = genesis.validators.get(node.index());
    known.map_or_else(|| node.to_string(), |validator| validator.name.clone())
}

/// Several validators' names.
pub(super) fn names(genesis: &Genesis, nodes: impl IntoIterator<Item = NodeId>) -> Vec<String> {
    nodes.into_iter().map(|node| name(genesis, node)).collect()
}

/// The validator that somebody names by its name or number.
pub(super) fn node_called(genesis: &Genesis, text: &str) -> Option<NodeId> {
    let ids = || (0..genesis.validators.len()).filter_map(|index| u16::try_from(index).ok());
    let by_name = ids().find(|&id| genesis.validators[usize::from(id)].name == text);
    let by_number = || ids().find(|&id| NodeId::new(id).to_string() == text);
    by_name.or_else(by_number).map(NodeId::new)
}

pub(super) fn time(time: Time) -> String {
    rfc3339(time.us())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn clock(genesis: &Genesis, clock: &VectorClock) -> BTreeMap<String, u64> {
    clock.iter().map(|(node, count)| (name(genesis, node), count)).collect()
}

pub(super) fn header(genesis: &Genesis, header: &Header, hash: Digest) -> api::BlockHeader {
    let roots = header.state_roots.iter();
    api::BlockHeader {
        hash: hash.to_string(),
        chain: header.chain.0.to_string(),
        height: header.height.get(),
        parent: header.parent.to_string(),
        view: header.view.get(),
        proposer: header.proposer.map(|node| name(genesis, node)),
        time: time(header.time),
        payload: header.payload.to_string(),
        tx_count: header.tx_count,
        tx_root: header.tx_root.to_string(),
        state_roots: roots
            .map(|&(app, root)| (app::app_label(app).to_owned(), root.to_string()))
            .collect(),
        vector_clock: clock(genesis, &header.clock),
    }
}

pub(super) fn block(
    genesis: &Genesis,
    epoch: &Epoch,
    block: &StoredBlock,
    certificate: Option<&BlockCertificate>,
) -> api::Block {
    let records = block.records.iter().zip(0..).take(BLOCK_TRANSACTIONS_MAX);
    api::Block {
        header: header(genesis, &block.header, block.header.hash()),
        certificate: certificate.map(|found| self::certificate(genesis, epoch, found)),
        batches: block.executed.iter().map(Digest::to_string).collect(),
        transactions: records
            .map(|(record, index)| api::BlockTransaction {
                id: record.id.to_string(),
                index,
                outcome: record.outcome.label().to_owned(),
            })
            .collect(),
    }
}

/// A certificate of a block of `epoch`.
pub(super) fn certificate(
    genesis: &Genesis,
    epoch: &Epoch,
    found: &BlockCertificate,
) -> api::Certificate {
    let signature = |(&place, signature): (&NodeId, &Signature)| {
        let member = epoch.members.get(place.index());
        api::CertificateSignature {
            node: member.map_or(place, |member| member.id).get(),
            name: member.map_or_else(String::new, |member| member.validator.name.clone()),
            key: member.map_or_else(String::new, |member| hex(&member.validator.key.to_bytes())),
            signature: hex(&signature.0),
        }
    };
    api::Certificate {
        height: found.height.get(),
        block: found.block.to_string(),
        quorum: epoch.quorum(genesis.fault_model).size(),
        signatures: found.signatures.iter().map(signature).collect(),
    }
}

/// The public key that a validator's votes are signed with.
pub(super) fn key(genesis: &Genesis, node: NodeId) -> String {
    let known = genesis.validators.get(node.index());
    known.map_or_else(String::new, |validator| hex(&validator.key.to_bytes()))
}

pub(super) fn receipt(genesis: &Genesis, receipt: &Receipt) -> api::Receipt {
    let first = Epoch::first_of(genesis);
    let epoch = receipt.lineage.epochs.last().unwrap_or(&first);
    api::Receipt {
        transaction: receipt.record.id.to_string(),
        outcome: receipt.record.outcome.label().to_owned(),
        outcome_code: receipt.record.outcome.code(),
        index: receipt.index,
        path: receipt.path.iter().map(Digest::to_string).collect(),
        header: header(genesis, &receipt.header, receipt.certificate.block),
        certificate: certificate(genesis, epoch, &receipt.certificate),
        canonical: to_base64(&receipt.to_bytes()),
    }
}

/// An epoch that has not begun.
pub(super) fn scheduled(epoch: &Epoch) -> api::ScheduledEpoch {
    api::ScheduledEpoch {
        number: epoch.number,
        first: epoch.first.get(),
        protocol: epoch.protocol.clone(),
        validators: epoch.members.iter().map(|one| one.validator.name.clone()).collect(),
    }
}

/// The protocol that orders blocks at present.
pub(super) fn protocol(status: &replica::ReplicaStatus) -> String {
    status.epoch.protocol.clone()
}

pub(super) fn genesis(genesis: &Genesis) -> api::Genesis {
    let validators = genesis.validators.iter();
    api::Genesis {
        network: genesis.network.clone(),
        chain: genesis.chain_id().0.to_string(),
        protocol: genesis.protocol.clone(),
        client_signatures: genesis.client_signatures,
        validators: validators
            .map(|validator| api::GenesisValidator {
                name: validator.name.clone(),
                key: hex(&validator.key.to_bytes()),
                network_key: hex(&validator.network_key.to_bytes()),
            })
            .collect(),
        canonical: to_base64(&genesis.to_bytes()),
    }
}

pub(super) const fn status_of(outcome: Outcome) -> api::TransactionStatus {
    match outcome {
        Outcome::Applied => api::TransactionStatus::Applied,
        Outcome::Refused(_) => api::TransactionStatus::Refused,
    }
}

pub(super) const fn state(state: tickets::TicketState) -> TicketState {
    match state {
        tickets::TicketState::Issued => TicketState::Issued,
        tickets::TicketState::Validated => TicketState::Validated,
        tickets::TicketState::Consumed => TicketState::Consumed,
        tickets::TicketState::Disputed => TicketState::Disputed,
    }
}

pub(super) const fn action(verb: tickets::Verb) -> TicketAction {
    match verb {
        tickets::Verb::Issue => TicketAction::Issue,
        tickets::Verb::Validate => TicketAction::Validate,
        tickets::Verb::Consume => TicketAction::Consume,
        tickets::Verb::Dispute => TicketAction::Dispute,
    }
}

pub(super) const fn verb(action: TicketAction) -> tickets::Verb {
    match action {
        TicketAction::Issue => tickets::Verb::Issue,
        TicketAction::Validate => tickets::Verb::Validate,
        TicketAction::Consume => tickets::Verb::Consume,
        TicketAction::Dispute => tickets::Verb::Dispute,
    }
}

pub(super) fn ticket(genesis: &Genesis, ticket: &tickets::Ticket) -> api::Ticket {
    let last = ticket.history.last();
    let at = last.map_or(Time::ZERO, |step| step.time);
    let next = [TicketAction::Validate, TicketAction::Consume, TicketAction::Dispute];
    api::Ticket {
        id: ticket.id.clone(),
        state: state(ticket.state),
        data: to_base64(&ticket.data.0),
        validator_id: last.map_or_else(String::new, |step| step.actor.clone()),
        timestamp: at.us() / 1_000_000,
        vector_clock: clock(genesis, &ticket.clock),
        metadata: metadata(&ticket.data.0),
        height: last.map_or(0, |step| step.height.get()),
        updated_at: time(at),
        allowed: next
            .into_iter()
            .filter(|&action| ticket.state.may_become(verb(action)).is_ok())
            .collect(),
        history: ticket.history.iter().map(step).collect(),
    }
}

fn step(step: &tickets::Step) -> api::TicketStep {
    api::TicketStep {
        action: action(step.verb),
        state: state(step.verb.leads_to()),
        height: step.height.get(),
        index: step.index,
        time: time(step.time),
        sender: step.sender.to_string(),
        actor: step.actor.clone(),
        transaction: None,
        receipt: None,
    }
}

/// The top-level fields of a JSON object, as text; nested values are left out.
fn metadata(data: &[u8]) -> BTreeMap<String, String> {
    use serde_json::Value;
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(data) else {
        return BTreeMap::new();
    };
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Bool(_) | Value::Number(_) => Some((name, value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    fields.into_iter().filter_map(text).collect()
}

pub(super) fn evidence(genesis: &Genesis, seen: &SeenEvidence) -> api::Evidence {
    let found = &seen.evidence;
    api::Evidence {
        offender: name(genesis, seen.offender),
        node: seen.offender.get(),
        kind: found.kind.to_owned(),
        epoch: seen.epoch,
        view: found.view.get(),
        seq: found.seq.get(),
        time: time(seen.time),
        first: hex(&found.first),
        second: hex(&found.second),
        key: key(genesis, seen.offender),
    }
}

pub(super) fn view_change(genesis: &Genesis, seen: &SeenViewChange) -> api::ViewChange {
    let (cause, detail) = cause(genesis, &seen.cause);
    api::ViewChange {
        view: seen.view.get(),
        leader: leader(genesis, seen.view),
        time: time(seen.time),
        cause: cause.to_owned(),
        detail,
    }
}

/// The primary of a view: in PBFT, view modulo n.
fn leader(genesis: &Genesis, view: View) -> Option<String> {
    let n = u64::try_from(genesis.validators.len()).ok().filter(|_| genesis.protocol == "pbft")?;
    let index = u16::try_from(view.get().checked_rem(n)?).ok()?;
    Some(name(genesis, NodeId::new(index)))
}

/// A cause as a word and as a sentence.
pub(super) fn cause(genesis: &Genesis, cause: &ViewChangeCause) -> (&'static str, String) {
    let name = |node: &NodeId| name(genesis, *node);
    match cause {
        ViewChangeCause::Silent { leader, after } => {
            ("silent", format!("the primary {} let work wait for {} ms", name(leader), after.ms()))
        }
        ViewChangeCause::BadProposal { leader, seq } => (
            "bad-proposal",
            format!("the primary {} proposed something invalid at {seq}", name(leader)),
        ),
        ViewChangeCause::Equivocation { leader } => {
            ("equivocation", format!("the primary {} provably lied", name(leader)))
        }
        ViewChangeCause::Joined { others } => {
            let others: Vec<String> = others.iter().map(name).collect();
            ("joined", format!("{} asked for a later view", others.join(", ")))
        }
        ViewChangeCause::NewViewLate { leader } => (
            "new-view-late",
            format!("the next primary {} did not begin its view in time", name(leader)),
        ),
    }
}

/// Counts a refusal under its public name.
pub(super) fn count(refused: &mut BTreeMap<String, u64>, refusal: Refusal) {
    let counter = refused.entry(refusal.label().to_owned()).or_insert(0);
    *counter = counter.saturating_add(1);
}
