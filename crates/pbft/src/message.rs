//! What replicas say to each other, and the certificates made of it.

use std::sync::Arc;

use crypto::{Authentic, Signatures, Signed, SignedBytes, Statement};
use protocol::Payload;
use types::{Digest, NodeId, Seq, View};

macro_rules! vote {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub struct $name {
            /// The view it belongs to.
            pub view: View,
            /// The place in the order.
            pub seq: Seq,
            /// The payload's digest; zero for the null request.
            pub digest: Digest,
        }
        codec::record!($name { view: View, seq: Seq, digest: Digest });
        impl Statement for $name {
            const KIND: u8 = $kind;
        }
    };
}
vote!(
    /// The signed part of a PRE-PREPARE: the primary gives a payload its place.
    Propose, 1
);
vote!(
    /// PREPARE: a backup accepted that proposal and no other.
    Prepare, 2
);
vote!(
    /// COMMIT: the sender holds a prepared certificate.
    Commit, 3
);

/// CHECKPOINT: the sender's state after `seq` has this digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Checkpoint {
    /// The last executed place.
    pub seq: Seq,
    /// The digest of the state there.
    pub digest: Digest,
}
codec::record!(Checkpoint { seq: Seq, digest: Digest });
impl Statement for Checkpoint {
    const KIND: u8 = 4;
}

/// PRE-PREPARE: a proposal with its payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrePrepare {
    /// What the primary signed.
    pub propose: Signed<Propose>,
    /// The payload; `None` for the null request.
    pub payload: Option<Payload>,
}
codec::record!(PrePrepare { propose: Signed<Propose>, payload: Option<Payload> });

/// A proposal and the PREPAREs of enough backups that no other payload can be prepared in its view and place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreparedCertificate {
    /// The proposal.
    pub propose: Signed<Propose>,
    /// The PREPAREs, by backup.
    pub prepares: Signatures,
}
codec::record!(PreparedCertificate { propose: Signed<Propose>, prepares: Signatures });

/// A prepared certificate with its payload, so that a new primary never has to look for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prepared {
    /// The certificate.
    pub certificate: PreparedCertificate,
    /// The payload; `None` for the null request.
    pub payload: Option<Payload>,
}
codec::record!(Prepared { certificate: PreparedCertificate, payload: Option<Payload> });

/// A quorum's CHECKPOINTs of one state; for place zero nothing has to be shown.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CheckpointCertificate {
    /// The last executed place.
    pub seq: Seq,
    /// The digest of the state there.
    pub digest: Digest,
    /// The signatures.
    pub checkpoints: Signatures,
}
codec::record!(CheckpointCertificate { seq: Seq, digest: Digest, checkpoints: Signatures });

/// A quorum's COMMITs: the payload is decided, whatever view the reader is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The view of the COMMITs.
    pub view: View,
    /// The place.
    pub seq: Seq,
    /// The digest they name.
    pub digest: Digest,
    /// The payload; `None` for the null request.
    pub payload: Option<Payload>,
    /// The signatures.
    pub commits: Signatures,
}
codec::record!(Committed {
    view: View, seq: Seq, digest: Digest, payload: Option<Payload>, commits: Signatures
});

/// What a VIEW-CHANGE says was prepared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Claim {
    /// The highest view in which it was prepared.
    pub view: View,
    /// The place.
    pub seq: Seq,
    /// The digest.
    pub digest: Digest,
}
codec::record!(Claim { view: View, seq: Seq, digest: Digest });

/// The signed part of a VIEW-CHANGE.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ViewChangeVote {
    /// The view asked for.
    pub view: View,
    /// The sender's last stable checkpoint.
    pub stable: Seq,
    /// Its digest.
    pub state: Digest,
    /// What the sender has prepared above it, by ascending place.
    pub prepared: Vec<Claim>,
}
codec::record!(ViewChangeVote { view: View, stable: Seq, state: Digest, prepared: Vec<Claim> });
impl Statement for ViewChangeVote {
    const KIND: u8 = 5;
}

/// VIEW-CHANGE: the vote and the certificates that prove it (the paper's C and P).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewChange {
    /// What the sender signed.
    pub vote: Signed<ViewChangeVote>,
    /// Proves the stable checkpoint.
    pub checkpoint: CheckpointCertificate,
    /// Proves the claims, one by one.
    pub prepared: Vec<Prepared>,
}
codec::record!(ViewChange {
    vote: Signed<ViewChangeVote>, checkpoint: CheckpointCertificate, prepared: Vec<Prepared>
});

/// The signed part of a NEW-VIEW.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NewViewVote {
    /// The view that begins.
    pub view: View,
    /// The digest of the VIEW-CHANGEs and the proposals it carries.
    pub content: Digest,
}
codec::record!(NewViewVote { view: View, content: Digest });
impl Statement for NewViewVote {
    const KIND: u8 = 6;
}

/// NEW-VIEW: the VIEW-CHANGEs that allow the view (V), what must be proposed again in it (O), and the proofs of
/// exactly those claims that decide O.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewView {
    /// What the new primary signed.
    pub vote: Signed<NewViewVote>,
    /// A quorum's votes for the view, by ascending signer.
    pub view_changes: Vec<Signed<ViewChangeVote>>,
    /// Proves the highest stable checkpoint among them.
    pub checkpoint: CheckpointCertificate,
    /// Proves the claims that are proposed again, in the order of the proposals that are not null.
    pub prepared: Vec<PreparedCertificate>,
    /// The proposals of the new view, without gaps from the checkpoint on.
    pub proposals: Vec<PrePrepare>,
}
codec::record!(NewView {
    vote: Signed<NewViewVote>, view_changes: Vec<Signed<ViewChangeVote>>,
    checkpoint: CheckpointCertificate, prepared: Vec<PreparedCertificate>,
    proposals: Vec<PrePrepare>
});

/// STATUS: how far the sender is; the others answer with what it lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusReport {
    /// The sender's view.
    pub view: View,
    /// Whether it has entered that view.
    pub normal: bool,
    /// Its last stable checkpoint.
    pub stable: Seq,
    /// The last place decided.
    pub decided: Seq,
}
codec::record!(StatusReport { view: View, normal: bool, stable: Seq, decided: Seq });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`PrePrepare`].
    PrePrepare(PrePrepare),
    /// See [`Prepare`].
    Prepare(Signed<Prepare>),
    /// See [`Commit`].
    Commit(Signed<Commit>),
    /// See [`Checkpoint`].
    Checkpoint(Signed<Checkpoint>),
    /// See [`ViewChange`].
    ViewChange(Arc<ViewChange>),
    /// See [`NewView`]; anybody may pass it on.
    NewView(Arc<NewView>),
    /// See [`StatusReport`]; unsigned, for it is believed only as far as answering goes.
    Status(StatusReport),
    /// A stable checkpoint; anybody may pass it on.
    Stable(Arc<CheckpointCertificate>),
    /// See [`Committed`]; anybody may pass it on.
    Committed(Arc<Committed>),
    /// A primary's signed proposal, shown to those who may hold another one for the same view and place.
    Exhibit(Signed<Propose>),
}
codec::tagged!(Message {
    1 => PrePrepare, 2 => Prepare, 3 => Commit, 4 => Checkpoint, 5 => ViewChange, 6 => NewView,
    7 => Status, 8 => Stable, 9 => Committed, 10 => Exhibit
});

type Check<'a> = &'a mut dyn FnMut(&SignedBytes<'_>) -> bool;

fn check_all<S: Statement + Copy>(statement: S, signatures: &Signatures, check: Check<'_>) -> bool {
    signatures
        .iter()
        .all(|(&signer, &signature)| Signed { statement, signer, signature }.check(check))
}

impl PreparedCertificate {
    /// What it proves.
    #[must_use]
    pub const fn claim(&self) -> Claim {
        let Propose { view, seq, digest } = self.propose.statement;
        Claim { view, seq, digest }
    }
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        let Propose { view, seq, digest } = self.propose.statement;
        self.propose.check(check) && check_all(Prepare { view, seq, digest }, &self.prepares, check)
    }
}

impl CheckpointCertificate {
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        let Self { seq, digest, ref checkpoints } = *self;
        check_all(Checkpoint { seq, digest }, checkpoints, check)
    }
}

impl Committed {
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        let Self { view, seq, digest, ref commits, .. } = *self;
        check_all(Commit { view, seq, digest }, commits, check)
    }
}

impl NewView {
    /// The view that begins.
    #[must_use]
    pub const fn view(&self) -> View {
        self.vote.statement.view
    }
    fn check(&self, check: Check<'_>) -> bool {
        self.vote.check(check)
            && self.view_changes.iter().all(|vote| vote.check(check))
            && self.checkpoint.check(check)
            && self.prepared.iter().all(|certificate| certificate.check(check))
            && self.proposals.iter().all(|proposal| proposal.propose.check(check))
    }
}

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        match self {
            Self::PrePrepare(message) => Some(message.propose.signer),
            Self::Prepare(message) => Some(message.signer),
            Self::Commit(message) => Some(message.signer),
            Self::Checkpoint(message) => Some(message.signer),
            Self::ViewChange(message) => Some(message.vote.signer),
            Self::NewView(_)
            | Self::Status(_)
            | Self::Stable(_)
            | Self::Committed(_)
            | Self::Exhibit(_) => None,
        }
    }

    fn check_signatures(&self, check: Check<'_>) -> bool {
        match self {
            Self::PrePrepare(message) => message.propose.check(check),
            Self::Prepare(message) => message.check(check),
            Self::Commit(message) => message.check(check),
            Self::Checkpoint(message) => message.check(check),
            Self::ViewChange(message) => {
                message.vote.check(check)
                    && message.checkpoint.check(check)
                    && message.prepared.iter().all(|prepared| prepared.certificate.check(check))
            }
            Self::NewView(message) => message.check(check),
            Self::Status(_) => true,
            Self::Stable(message) => message.check(check),
            Self::Committed(message) => message.check(check),
            Self::Exhibit(message) => message.check(check),
        }
    }
}
