//! Turns bytes of peers into inputs of the replica: decoded, signatures checked, off the replica's and the
//! network's threads. Votes and batches have a thread each, so that a batch's thousand signatures delay no vote.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use codec::Decode;
use crypto::{InEpoch, PreparedKey, Signed, VerifyError};
use ledger::{Account, Attestation, Batch, check_client_signatures};
use protocol::{Protocol, Reject};
use replica::{Incoming, Input, Message, MessageKind};
use tokio::sync::mpsc;
use types::{Height, NodeId};

use crate::handle::Shared;
use crate::metrics::{MessageLabels, VoteLabels};
use crate::net::{Arrived, Target};
use crate::roster::Office;
use crate::serve::ServeRequest;

/// Most frames taken up at once.
const TAKEN_MAX: usize = 256;

/// A vote to be checked: its slot, whose connection it came over, and itself.
type Open<M> = (usize, (NodeId, Arc<M>));

/// What frames held: inputs in their order, and votes whose slots are still open.
struct Found<P: Protocol> {
    inputs: Vec<Option<Input<P>>>,
    core: Vec<Open<InEpoch<P::Message>>>,
    attestations: Vec<(u64, Open<Signed<Attestation>>)>,
}

impl<P: Protocol> Default for Found<P> {
    fn default() -> Self {
        Self { inputs: Vec::new(), core: Vec::new(), attestations: Vec::new() }
    }
}

/// A vote of a member: its slot, whose connection it came over, and itself.
type Vote<M> = (usize, NodeId, Arc<M>);

/// Votes with their makers' places in an epoch.
type Placed<M> = Vec<(NodeId, Arc<M>)>;

/// Votes by epoch, in their order.
fn by_epoch<T>(votes: Vec<T>, epoch_of: impl Fn(&T) -> u64) -> BTreeMap<u64, Vec<T>> {
    let mut by_epoch: BTreeMap<u64, Vec<T>> = BTreeMap::new();
    for vote in votes {
        by_epoch.entry(epoch_of(&vote)).or_default().push(vote);
    }
    by_epoch
}

/// The votes of an epoch's members, and the same by their places; those of others are left out.
fn places<M>(office: &Office, votes: Vec<Open<M>>) -> (Vec<Vote<M>>, Placed<M>) {
    let placed = votes.into_iter().filter_map(|(slot, (from, message))| {
        let place = office.epoch.place_of(from)?;
        Some(((slot, from, Arc::clone(&message)), (place, message)))
    });
    placed.unzip()
}

/// One checking thread.
pub(crate) struct Checker<P: Protocol> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) checks_clients: bool,
    pub(crate) inputs: mpsc::Sender<Input<P>>,
    pub(crate) serve: mpsc::Sender<ServeRequest>,
    pub(crate) keys: BTreeMap<Account, PreparedKey>,
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
                for input in self.check_all(&taken) {
                    if self.inputs.blocking_send(input).is_err() {
                        return;
                    }
                }
                taken.clear();
            }
        })
    }

    /// Checks what has come, votes together, and keeps its order.
    fn check_all(&mut self, taken: &[Arrived]) -> Vec<Input<P>> {
        let mut found = Found { inputs: Vec::with_capacity(taken.len()), ..Found::default() };
        for arrived in taken {
            self.read(arrived, &mut found);
        }
        let Found { mut inputs, core, attestations } = found;
        for (epoch, votes) in by_epoch(core, |(_, (_, said))| said.epoch) {
            let Some(office) = self.office(epoch) else { continue };
            let (votes, messages) = places(&office, votes);
            let verdicts = office.core.verify_all(messages);
            for ((slot, from, _), verdict) in votes.into_iter().zip(verdicts) {
                let vote = self.vote(from, MessageKind::Core, None, verdict);
                inputs[slot] =
                    vote.map(|vote| Input::Receive { from, message: Incoming::Core(vote) });
            }
        }
        for (since, votes) in by_epoch(attestations, |(since, _)| *since) {
            let Some(office) = self.office(since) else { continue };
            let votes = votes.into_iter().map(|(_, open)| open).collect();
            let (votes, messages) = places(&office, votes);
            let verdicts = office.ledger.verify_all(messages);
            for ((slot, from, signed), verdict) in votes.into_iter().zip(verdicts) {
                let height = Some(signed.statement.height);
                let signed = self.vote(from, MessageKind::Attestation, height, verdict);
                inputs[slot] = signed.map(|signed| {
                    let message = Incoming::Attestation { since, signed };
                    Input::Receive { from, message }
                });
            }
        }
        inputs.into_iter().flatten().collect()
    }

    /// An epoch whose members this node knows.
    fn office(&self, epoch: u64) -> Option<Arc<Office>> {
        let office = self.shared.roster.of(epoch);
        if office.is_none() {
            self.shared.metrics.drop_for(Reject::FarView.label());
        }
        office
    }

    /// Reads one frame; a vote leaves a slot open until its signature is checked.
    fn read(&mut self, arrived: &Arrived, found: &mut Found<P>) {
        let now = crate::clock::now();
        if arrived.lanes.hear(now) {
            self.shared.board.hear(&arrived.from.to_base58(), now);
        }
        let Ok(message) = Message::<P>::from_bytes(&arrived.bytes) else {
            arrived.lanes.strike();
            self.shared.metrics.drop_for(Reject::Malformed.label());
            return;
        };
        let labels = MessageLabels { direction: "in", kind: message.kind().label() };
        self.shared.metrics.messages.get_or_create(&labels).inc();
        let Some(from) = self.shared.network.node_of(&arrived.from) else {
            return self.answer_observer(arrived, &message);
        };
        if let Some(recorder) = &self.shared.recorder {
            recorder.receives(from, message.kind().label(), &arrived.bytes);
        }
        let slot = found.inputs.len();
        let message = match message {
            Message::Core(message) => {
                found.core.push((slot, (from, message)));
                found.inputs.push(None);
                return;
            }
            Message::Attestation { signed, .. } if self.shared.settled.has(&signed.statement) => {
                let labels = VoteLabels { kind: MessageKind::Attestation.label(), verdict: "late" };
                self.shared.metrics.votes.get_or_create(&labels).inc();
                return;
            }
            Message::Attestation { since, signed } => {
                found.attestations.push((since, (slot, (from, Arc::new(signed)))));
                found.inputs.push(None);
                return;
            }
            Message::Batch(batch) => {
                found.inputs.push(Some(self.check_batch(from, batch)));
                return;
            }
            Message::BatchRequest(digests) => Incoming::BatchRequest(digests),
            Message::BlockRequest(height) => Incoming::BlockRequest(height),
            Message::Blocks(blocks) => {
                Incoming::Blocks(Arc::try_unwrap(blocks).unwrap_or_else(|shared| (*shared).clone()))
            }
            Message::Tip(certificate) => {
                Incoming::Tip(Arc::try_unwrap(certificate).unwrap_or_else(|kept| (*kept).clone()))
            }
        };
        found.inputs.push(Some(Input::Receive { from, message }));
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
                if let Some(recorder) = &self.shared.recorder {
                    recorder.refuses(from, kind.label());
                }
                None
            }
        }
    }

    fn check_batch(&mut self, from: NodeId, batch: Arc<Batch>) -> Input<P> {
        if self.checks_clients
            && let Err(error) = check_client_signatures(&batch, &mut self.keys)
        {
            self.shared.rejected(from, "bad_client_signature", &error);
            return Input::BadBatch { from, digest: batch.digest() };
        }
        Input::Receive { from, message: Incoming::Batch(batch) }
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
            | Message::Attestation { .. }
            | Message::Blocks(_) => self.shared.metrics.drop_for(Reject::Stranger.label()),
        }
    }
}
