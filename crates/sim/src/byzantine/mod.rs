//! What liars do. A liar runs an honest replica, and a role decides about everything that leaves it, and what it hears.
//!
//! A new role is one file here and one line in the list below.

use std::fmt::Debug;
use std::sync::Arc;

use crypto::{InEpoch, Signer};
use ledger::Attestation;
use protocol::Inspect;
use replica::{Incoming, Message};
use types::{Duration, NodeId, Prng};

use crate::flight::Signers;

mod bad_state;
mod censor;
mod conflicting;
mod delaying;
mod equivocating;
mod flooding;
mod forging;
mod framing;
mod proposing_twice;
mod replaying;
mod revising;
mod rewriting;
mod silent;
mod tampering;
mod withholding;
mod wrong_value;

/// What a liar has at hand.
#[derive(Debug)]
pub struct Liar {
    /// Signs the core's statements in its name.
    pub core: Signer,
    /// Signs attestations in its name.
    pub ledger: Signer,
    /// For each replica, signers that name it, but have the liar's key: the core's and the ledger's.
    pub forged: Vec<(Signer, Signer)>,
    /// The same in later epochs, from the second on; `None` where it is no member.
    pub(crate) later: Vec<Option<Signers>>,
    /// Its own randomness.
    pub prng: Prng,
    /// How long honest replicas wait before they change the view.
    pub view_timeout: Duration,
    /// Whether clients sign: where they do not, nobody can tell a changed batch from another client's.
    pub clients_sign: bool,
    /// How often it has lied.
    pub attacks: u64,
}

impl Liar {
    /// What signs in an epoch; `None` where the liar has no part in it.
    pub(crate) fn signers(&self, epoch: u64) -> Option<Signers> {
        match usize::try_from(epoch).ok()?.checked_sub(1) {
            None => Some(Signers { core: self.core.clone(), ledger: self.ledger.clone() }),
            Some(later) => self.later.get(later)?.clone(),
        }
    }

    /// A signed twin of the liar's own message that contradicts it.
    fn contradict<P: Inspect>(&self, said: &InEpoch<P::Message>) -> Option<Message<P>> {
        let epoch = said.epoch;
        let twin = P::contradict(&said.message, &self.signers(epoch)?.core)?;
        Some(Message::Core(Arc::new(InEpoch { epoch, message: Arc::new(twin) })))
    }

    /// A signed twin of anything that the liar signs.
    fn twin<P: Inspect>(&self, message: &Message<P>) -> Option<Message<P>> {
        match message {
            Message::Core(said) => self.contradict(said),
            Message::Attestation { since, signed } => {
                self.attest_another(*since, &signed.statement)
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        }
    }

    /// The liar's attestation of a block that nobody has.
    fn attest_another<P: Inspect>(&self, since: u64, said: &Attestation) -> Option<Message<P>> {
        Some(attest_another(since, said, &self.signers(since)?.ledger))
    }
}

/// What becomes of a message that an honest replica would send.
#[derive(Debug)]
pub enum Treatment<P: Inspect> {
    /// It leaves as it is.
    Honest,
    /// It never leaves.
    Withheld,
    /// It leaves later.
    Delayed(Duration),
    /// Some peers get this instead, and a careless few get both.
    Split(Message<P>),
    /// Everybody gets this instead.
    Instead(Message<P>),
    /// It leaves as it is, and these with it.
    Besides(Vec<Message<P>>),
    /// Only this peer gets it.
    Only(NodeId),
}

/// One way to lie.
pub trait Role<P: Inspect>: Debug {
    /// Decides about one message that leaves; a broadcast is asked about once.
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P>;
    /// Whether the replica inside is to take what has come from a peer.
    fn hear(&mut self, from: NodeId, message: &Incoming<P>, liar: &mut Liar) -> bool {
        let _ = (from, message, liar);
        true
    }
}

macro_rules! roles {
    ($($name:literal => $role:ty),+ $(,)?) => {
        /// The names of all roles.
        pub const ROLES: &[&str] = &[$($name),+];

        pub(crate) fn role<P: Inspect>(name: &str) -> Option<Box<dyn Role<P>>> {
            match name {
                $($name => Some(Box::new(<$role>::default())),)+
                _ => None,
            }
        }
    };
}

roles! {
    "silent" => silent::Silent,
    "equivocating" => equivocating::Equivocating,
    "delaying" => delaying::Delaying,
    "proposing-twice" => proposing_twice::ProposingTwice,
    "conflicting" => conflicting::Conflicting,
    "wrong-value" => wrong_value::WrongValue,
    "tampering" => tampering::Tampering,
    "forging" => forging::Forging<P>,
    "replaying" => replaying::Replaying<P>,
    "withholding" => withholding::Withholding,
    "framing" => framing::Framing<P>,
    "censor" => censor::Censor,
    "bad-state" => bad_state::BadState,
    "flooding" => flooding::Flooding,
    "rewriting" => rewriting::Rewriting,
    "revising" => revising::Revising<P>,
}

/// Whether a core's message proposes something.
fn proposes<P: Inspect>(message: &P::Message) -> bool {
    matches!(
        P::KINDS.get(P::kind(message)).copied(),
        Some("pre-prepare" | "proposal" | "block" | "nominate" | "order")
    )
}

/// Whether a core's message is a vote.
fn votes<P: Inspect>(message: &P::Message) -> bool {
    matches!(
        P::KINDS.get(P::kind(message)).copied(),
        Some(
            "prepare"
                | "commit"
                | "vote"
                | "prevote"
                | "precommit"
                | "attestation"
                | "confirm"
                | "externalize"
        )
    )
}

/// A signed twin of one's own message, or of another's where the signer only names it, that contradicts it.
fn contradict<P: Inspect>(said: &InEpoch<P::Message>, signer: &Signer) -> Option<Message<P>> {
    let epoch = said.epoch;
    let twin = P::contradict(&said.message, &signer.in_epoch(epoch))?;
    Some(Message::Core(Arc::new(InEpoch { epoch, message: Arc::new(twin) })))
}

/// An attestation of a block that nobody has.
fn attest_another<P: Inspect>(since: u64, said: &Attestation, signer: &Signer) -> Message<P> {
    let block = crypto::hash("unisono-lie", said.block.as_bytes());
    let signed = signer.sign(Attestation { height: said.height, block });
    Message::Attestation { since, signed }
}
