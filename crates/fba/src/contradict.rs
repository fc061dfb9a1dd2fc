//! What a lying replica says besides the truth.

use crypto::{Signed, Signer};
use protocol::Payload;
use types::{Digest, Seq};

use crate::message::{Message, Nominate, Value};
use crate::pledge::{Ballot, Balloting, Nomination, Pledge};

/// A signed twin of one's own message that contradicts it; `None` for messages that cannot be contradicted.
pub(crate) fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    match message {
        Message::Nominate(honest) if honest.said.signer == signer.me() => {
            let said = &honest.said.statement;
            let value = honest.value.as_ref().and_then(|value| other_value(value, signer));
            let lie = match &value {
                Some(value) => value.digest(),
                None => other(said.votes.first().or(said.accepted.first())?),
            };
            let nomination = Nomination { votes: vec![lie], accepted: Vec::new(), ..said.clone() };
            Some(Message::Nominate(Nominate { said: signer.sign(nomination), value }))
        }
        Message::Ballot(honest) if honest.signer == signer.me() => {
            Some(Message::Ballot(other_pledge(honest, signer)))
        }
        Message::Nominate(_)
        | Message::Ballot(_)
        | Message::Want(_)
        | Message::Values(_)
        | Message::WantQuorumSet(_)
        | Message::QuorumSet(_)
        | Message::Status(_) => None,
    }
}

/// A signed twin of one's own statement, `by` slots further on.
pub(crate) fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
    let seq_of = |seq: Seq| Seq::new(seq.get().saturating_add(by));
    match message {
        Message::Nominate(honest) => {
            let said = honest.said.statement.clone();
            let said = signer.sign(Nomination { seq: seq_of(said.seq), ..said });
            Some(Message::Nominate(Nominate { said, value: honest.value.clone() }))
        }
        Message::Ballot(honest) => {
            let said = honest.statement;
            Some(Message::Ballot(signer.sign(Balloting { seq: seq_of(said.seq), ..said })))
        }
        Message::Want(_)
        | Message::Values(_)
        | Message::WantQuorumSet(_)
        | Message::QuorumSet(_)
        | Message::Status(_) => None,
    }
}

/// The same pledge for another value.
fn other_pledge(honest: &Signed<Balloting>, signer: &Signer) -> Signed<Balloting> {
    let mut said = honest.statement;
    let lie = |ballot: &Ballot| Ballot::new(ballot.counter, other(&ballot.value));
    match &mut said.pledge {
        Pledge::Prepare(pledge) => {
            pledge.ballot = lie(&pledge.ballot);
            pledge.prepared = pledge.prepared.as_ref().map(lie);
            pledge.prepared_prime = None;
        }
        Pledge::Confirm(pledge) => pledge.ballot = lie(&pledge.ballot),
        Pledge::Externalize(pledge) => pledge.commit = lie(&pledge.commit),
    }
    signer.sign(said)
}

/// A proposal's canonical bytes hold its time behind its view and proposer.
const PROPOSAL_TIME_AT: usize = 8 + 2;

/// Another value, which the others check and accept as they would the first: the same batches, a microsecond off.
fn other_value(value: &Value, signer: &Signer) -> Option<Value> {
    let mut bytes = value.payload().bytes().to_vec();
    *bytes.get_mut(PROPOSAL_TIME_AT)? ^= 1;
    Some(Value::new(signer.me(), Payload::new(&bytes)))
}

/// Another digest.
fn other(digest: &Digest) -> Digest {
    crypto::hash("unisono-lie", digest.as_bytes())
}
