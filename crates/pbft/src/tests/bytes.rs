//! The pinned bytes of everything that reaches a wire or a disk.

use conformance::check;
use crypto::{Signature, Signatures, Signed};
use protocol::Payload;
use types::{Digest, NodeId, Prng, Seq, View};

use crate::{
    Checkpoint, CheckpointCertificate, Claim, Commit, Committed, Message, NewView, NewViewVote,
    PrePrepare, Prepare, Prepared, PreparedCertificate, Propose, Record, StatusReport, ViewChange,
    ViewChangeVote,
};

fn bytes<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn view(prng: &mut Prng) -> View {
    View::new(prng.next_u64())
}
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(prng.next_u64())
}
fn digest(prng: &mut Prng) -> Digest {
    Digest::new(bytes(prng))
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::from_le_bytes(bytes(prng)))
}
fn signed<S>(prng: &mut Prng, statement: S) -> Signed<S> {
    Signed { statement, signer: node(prng), signature: Signature(bytes(prng)) }
}
fn list<T>(prng: &mut Prng, mut item: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..prng.below(3)).map(|_| item(prng)).collect()
}
fn signatures(prng: &mut Prng) -> Signatures {
    list(prng, |prng| (node(prng), Signature(bytes(prng)))).into_iter().collect()
}
fn payload(prng: &mut Prng) -> Option<Payload> {
    let length = usize::try_from(prng.below(40)).unwrap();
    let bytes: [u8; 40] = bytes(prng);
    prng.chance_ppm(700_000).then(|| Payload::new(&bytes[..length]))
}
fn propose(prng: &mut Prng) -> Signed<Propose> {
    let said = Propose { view: view(prng), seq: seq(prng), digest: digest(prng) };
    signed(prng, said)
}
fn prepare(prng: &mut Prng) -> Signed<Prepare> {
    let said = Prepare { view: view(prng), seq: seq(prng), digest: digest(prng) };
    signed(prng, said)
}
fn commit(prng: &mut Prng) -> Signed<Commit> {
    let said = Commit { view: view(prng), seq: seq(prng), digest: digest(prng) };
    signed(prng, said)
}
fn checkpoint(prng: &mut Prng) -> Signed<Checkpoint> {
    let said = Checkpoint { seq: seq(prng), digest: digest(prng) };
    signed(prng, said)
}
fn pre_prepare(prng: &mut Prng) -> PrePrepare {
    PrePrepare { propose: propose(prng), payload: payload(prng) }
}
fn certificate(prng: &mut Prng) -> PreparedCertificate {
    PreparedCertificate { propose: propose(prng), prepares: signatures(prng) }
}
fn stable(prng: &mut Prng) -> CheckpointCertificate {
    CheckpointCertificate { seq: seq(prng), digest: digest(prng), checkpoints: signatures(prng) }
}
fn claim(prng: &mut Prng) -> Claim {
    Claim { view: view(prng), seq: seq(prng), digest: digest(prng) }
}
fn asked(prng: &mut Prng) -> Signed<ViewChangeVote> {
    let said = ViewChangeVote {
        view: view(prng),
        stable: seq(prng),
        state: digest(prng),
        prepared: list(prng, claim),
    };
    signed(prng, said)
}
fn view_change(prng: &mut Prng) -> ViewChange {
    let prepared =
        |prng: &mut Prng| Prepared { certificate: certificate(prng), payload: payload(prng) };
    ViewChange { vote: asked(prng), checkpoint: stable(prng), prepared: list(prng, prepared) }
}
fn new_view(prng: &mut Prng) -> NewView {
    let said = NewViewVote { view: view(prng), content: digest(prng) };
    NewView {
        vote: signed(prng, said),
        view_changes: list(prng, asked),
        checkpoint: stable(prng),
        prepared: list(prng, certificate),
        proposals: list(prng, pre_prepare),
    }
}
fn committed(prng: &mut Prng) -> Committed {
    Committed {
        view: view(prng),
        seq: seq(prng),
        digest: digest(prng),
        payload: payload(prng),
        commits: signatures(prng),
    }
}
fn status(prng: &mut Prng) -> StatusReport {
    StatusReport {
        view: view(prng),
        normal: prng.chance_ppm(500_000),
        stable: seq(prng),
        decided: seq(prng),
    }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(10) {
        0 => Message::PrePrepare(pre_prepare(prng)),
        1 => Message::Prepare(prepare(prng)),
        2 => Message::Commit(commit(prng)),
        3 => Message::Checkpoint(checkpoint(prng)),
        4 => Message::ViewChange(view_change(prng).into()),
        5 => Message::NewView(new_view(prng).into()),
        6 => Message::Status(status(prng)),
        7 => Message::Stable(stable(prng).into()),
        8 => Message::Committed(committed(prng).into()),
        _ => Message::Exhibit(propose(prng)),
    }
}

fn record(prng: &mut Prng) -> Record {
    match prng.below(6) {
        0 => Record::Accepted(pre_prepare(prng)),
        1 => Record::Prepared(certificate(prng)),
        2 => Record::Checkpoint(checkpoint(prng)),
        3 => Record::Stable(stable(prng)),
        4 => Record::ViewChange(view_change(prng).into()),
        _ => Record::NewView(new_view(prng).into()),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("pbft::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("pbft::Record", record);
}
