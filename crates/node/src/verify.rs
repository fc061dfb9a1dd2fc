//! Turns bytes of peers into inputs of the replica: decoded, signatures checked, off the replica's and the
//! network's threads. Votes and batches have a thread each, so that a batch's thousand signatures delay no vote.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use codec::Decode;
use crypto::{PublicKey, Verifier, VerifyError};
use ledger::{Account, Batch, check_client_signatures};
use protocol::{Protocol, Reject};
use replica::{Incoming, Input, Message, MessageKind};
use tokio::sync::mpsc;
use types::{Height, NodeId};

use crate::handle::Shared;
use crate::metrics::{MessageLabels, VoteLabels};
use crate::net::{Arrived, Target};
use crate::serve::ServeRequest;

/// Most frames taken up at once.
const TAKEN_MAX: usize = 256;

/// One checking thread.
pub(crate) struct Checker<P: Protocol> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) core: Verifier,
    pub(crate) ledger: Verifier,
    pub(crate) checks_clients: bool,
    pub(crate) inputs: mpsc::Sender<Input<P>>,
    pub(crate) serve: mpsc::Sender<ServeRequest>,
    pub(crate) keys: BTreeMap<Account, PublicKey>,
}

impl<P> Checker<P>
where
    P: Protocol + 'static,
    P::Message: Send + Sync,
    P::Timer: Send,
{
    /// Starts the thread; it ends when the network does.
    pub(crate) fn start(
        mut self,
        name: &str,
        mut arrivals: mpsc::Receiver<Arrived>,
    ) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut taken = Vec::with_capacity(TAKEN_MAX);
            while arrivals.blocking_recv_many(&mut taken, TAKEN_MAX) > 0 {
                for arrived in taken.drain(..) {
                    if let Some(input) = self.check(&arrived)
                        && self.inputs.blocking_send(input).is_err()
                    {
                        return;
                    }
                }
            }
        })
    }

    fn check(&mut self, arrived: &Arrived) -> Option<Input<P>> {
        let now = crate::clock::now();
        if arrived.lanes.hear(now) {
            self.shared.board.hear(&arrived.from.to_base58(), now);
        }
        let Ok(message) = Message::<P>::from_bytes(&arrived.bytes) else {
            arrived.lanes.strike();
            self.shared.metrics.drop_for(Reject::Malformed.label());
            return None;
        };
        let labels = MessageLabels { direction: "in", kind: message.kind().label() };
        self.shared.metrics.messages.get_or_create(&labels).inc();
        match self.shared.network.node_of(&arrived.from) {
            Some(from) => self.check_validator(from, message),
            None => {
                self.answer_observer(arrived, &message);
                None
            }
        }
    }

    fn check_validator(&mut self, from: NodeId, message: Message<P>) -> Option<Input<P>> {
        let kind = message.kind();
        let message = match message {
            Message::Core(message) => {
                let message = Arc::try_unwrap(message).unwrap_or_else(|shared| (*shared).clone());
                let verified = self.core.verify(from, message);
                Incoming::Core(self.vote(from, kind, None, verified)?)
            }
            Message::Attestation(signed) => {
                let height = signed.statement.height;
                let verified = self.ledger.verify(from, signed);
                Incoming::Attestation(self.vote(from, kind, Some(height), verified)?)
            }
            Message::Batch(batch) => return self.check_batch(from, batch),
            Message::BatchRequest(digests) => Incoming::BatchRequest(digests),
            Message::BlockRequest(height) => Incoming::BlockRequest(height),
            Message::Blocks(blocks) => {
                Incoming::Blocks(Arc::try_unwrap(blocks).unwrap_or_else(|shared| (*shared).clone()))
            }
            Message::Tip(certificate) => {
                Incoming::Tip(Arc::try_unwrap(certificate).unwrap_or_else(|kept| (*kept).clone()))
            }
        };
        Some(Input::Receive { from, message })
    }

    /// Counts a vote, and lets only a verified one pass.
    fn vote<M>(
        &self,
        from: NodeId,
        kind: MessageKind,
        height: Option<Height>,
        verified: Result<M, VerifyError>,
    ) -> Option<M> {
        let verdict = match &verified {
            Ok(_) => "accepted",
            Err(VerifyError::BadSignature) => "bad_signature",
            Err(VerifyError::NotFromAuthor { .. }) => "not_from_author",
        };
        let labels = VoteLabels { kind: kind.label(), verdict };
        self.shared.metrics.votes.get_or_create(&labels).inc();
        match verified {
            Ok(vote) => {
                self.shared.board.voted(from, height, crate::clock::now());
                Some(vote)
            }
            Err(error) => {
                self.shared.metrics.drop_for(verdict);
                self.shared.rejected(from, verdict, &error);
                None
            }
        }
    }

    fn check_batch(&mut self, from: NodeId, batch: Arc<Batch>) -> Option<Input<P>> {
        if self.checks_clients
            && let Err(error) = check_client_signatures(&batch, &mut self.keys)
        {
            self.shared.rejected(from, "bad_client_signature", &error);
            return Some(Input::BadBatch { from, digest: batch.digest() });
        }
        Some(Input::Receive { from, message: Incoming::Batch(batch) })
    }

    /// An observer may ask for certified blocks, and say nothing else.
    fn answer_observer(&self, arrived: &Arrived, message: &Message<P>) {
        match message {
            Message::BlockRequest(from) => {
                let request = ServeRequest::Blocks { to: Target::Peer(arrived.from), from: *from };
                if self.serve.try_send(request).is_err() {
                    self.shared.metrics.drop_for("serving_busy");
                }
            }
            Message::Tip(_) => {}
            Message::Core(_)
            | Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::Attestation(_)
            | Message::Blocks(_) => self.shared.metrics.drop_for(Reject::Stranger.label()),
        }
    }
}
