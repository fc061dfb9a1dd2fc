//! Everything that is checked while a run goes on, and what it counts.

use std::collections::BTreeSet;

use invariants::{
    Accusations, Amnesia, Certificates, Chain, Epochs, MESSAGES, Operation, TicketModel, Tickets,
    Transactions, Violation,
};
use ledger::{
    Attesters, BlockCertificate, Epoch, Header, Outcome, Refusal, SealedTransaction, TxRecord,
};
use protocol::{Evidence, Promise, Reject};
use replica::Message;
use types::{Digest, Height, NodeId, View};

use crate::Options;
use crate::clients::Clients;
use protocol::Inspect;

/// The kind of an attestation's promise; cores number theirs from 1 up.
const ATTESTATION: u8 = u8::MAX;

#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) chain: Chain,
    transactions: Transactions,
    certificates: Certificates,
    pub(crate) accusations: Accusations,
    /// What correct replicas have promised in each epoch: a promise binds in its own alone.
    amnesia: Vec<Amnesia>,
    nodes: usize,
    epochs: Epochs,
    pub(crate) tickets: Tickets,
    /// Whether each executed request took effect, by its number; `None` where it was not executed.
    outcomes: Vec<Option<bool>>,
    /// What may take effect once, and has.
    done: BTreeSet<u64>,
    /// The numbers of all executed requests, and where each block's begin among them.
    executed: Vec<u32>,
    starts: Vec<usize>,
    pub(crate) rejected: [u64; Reject::ALL.len()],
    pub(crate) view: View,
    /// The first violation: the run ends with it.
    pub(crate) violation: Option<Violation>,
}

impl Watch {
    pub(crate) fn new(options: &Options, attesters: Attesters, liars: Vec<NodeId>) -> Self {
        let n = options.machines();
        Self {
            chain: Chain::new(n),
            transactions: Transactions::default(),
            certificates: Certificates::new(n, attesters),
            accusations: Accusations::new(liars),
            amnesia: Vec::new(),
            nodes: n,
            epochs: Epochs::default(),
            tickets: Tickets::default(),
            outcomes: Vec::new(),
            done: BTreeSet::new(),
            executed: Vec::new(),
            starts: vec![0],
            rejected: [0; Reject::ALL.len()],
            view: View::ZERO,
            violation: None,
        }
    }

    pub(crate) fn note(&mut self, result: Result<(), Violation>) {
        if let Err(violation) = result {
            self.violation.get_or_insert(violation);
        }
    }

    pub(crate) fn submitted(&mut self, transaction: &SealedTransaction) -> usize {
        self.transactions.submitted(&transaction.id())
    }
    /// The block that executed a request.
    pub(crate) fn height_of(&self, request: usize) -> Option<Height> {
        self.transactions.height_of(request)
    }
    /// The requests that the block at a height executed.
    pub(crate) fn requests_at(&self, height: Height) -> &[u32] {
        let end = usize::try_from(height.get()).unwrap_or(usize::MAX);
        match (end.checked_sub(1).and_then(|start| self.starts.get(start)), self.starts.get(end)) {
            (Some(&start), Some(&end)) => &self.executed[start..end],
            (Some(_), None) | (None, _) => &[],
        }
    }

    fn amnesia_of(&mut self, epoch: u64) -> &mut Amnesia {
        let index = usize::try_from(epoch).unwrap_or(0);
        while self.amnesia.len() <= index {
            self.amnesia.push(Amnesia::new(self.nodes));
        }
        &mut self.amnesia[index]
    }

    /// A correct replica lets a message out.
    pub(crate) fn let_out<P: Inspect>(&mut self, by: NodeId, message: &Message<P>) {
        match message {
            Message::Core(message) => {
                let (amnesia, mut result) = (self.amnesia_of(message.epoch), Ok(()));
                P::promises(&message.message, &mut |promise| {
                    if result.is_ok() {
                        result = amnesia.let_out(by, promise);
                    }
                });
                self.note(result);
            }
            Message::Attestation { signed, .. } => {
                let ledger::Attestation { height, block } = signed.statement;
                let promise = Promise::Says {
                    kind: ATTESTATION,
                    view: View::ZERO,
                    place: height.get(),
                    value: block.short(),
                    vote: false,
                };
                self.certificates.attested(signed);
                let result = self.amnesia_of(0).let_out(by, promise);
                self.note(result);
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => {}
        }
    }

    /// A correct replica executes a block, or finds it on its disk; true where it is the first.
    pub(crate) fn executed(
        &mut self,
        by: NodeId,
        header: &Header,
        hash: Digest,
        records: &[TxRecord],
        clients: &Clients,
    ) -> bool {
        match self.chain.executed(by, header, hash) {
            Ok(true) => {
                let result = self.look_inside(header.height, records, clients);
                self.note(result);
                true
            }
            Ok(false) => false,
            Err(violation) => {
                self.note(Err(violation));
                false
            }
        }
    }

    fn look_inside(
        &mut self,
        height: Height,
        records: &[TxRecord],
        clients: &Clients,
    ) -> Result<(), Violation> {
        for record in records {
            let number = self.transactions.executed(height, record)?;
            self.executed.push(u32::try_from(number).unwrap_or(u32::MAX));
            let request = clients.request(number);
            if let Some(once) = request.once.filter(|_| record.outcome.is_applied())
                && !self.done.insert(once)
            {
                let detail = format!("request {number} took effect, as another like it had");
                return Err(MESSAGES.violated(detail));
            }
            let spent = Outcome::Refused(Refusal::NonceUsed);
            if request.verb > 0 && record.outcome != spent {
                let applied = record.outcome.is_applied();
                self.tickets.stepped(request.ticket as usize, request.verb, applied)?;
                if self.outcomes.len() <= number {
                    self.outcomes.resize(number + 1, None);
                }
                self.outcomes[number] = Some(applied);
            }
        }
        self.starts.push(self.executed.len());
        Ok(())
    }

    /// Another set of validators attests from the epoch's first block on.
    pub(crate) fn begin(&mut self, epoch: &Epoch, attesters: Attesters) {
        self.certificates.begin(epoch.first, attesters);
    }

    /// A correct replica that has executed the chain up to `height` begins an epoch.
    pub(crate) fn began(&mut self, by: NodeId, epoch: &Epoch, height: Height) {
        let result = self.epochs.began(by, epoch.number, epoch.first, height);
        self.note(result);
    }

    /// A correct replica executes a block that the core of an epoch has ordered here.
    pub(crate) fn ordered(&mut self, by: NodeId, epoch: u64, height: Height) {
        let result = self.epochs.ordered(by, epoch, height);
        self.note(result);
    }

    /// Whether one copy of every ticket could have given the answers that clients saw.
    pub(crate) fn check_history(&mut self, clients: &Clients) {
        let calls = clients.requests().iter().zip(0..).filter(|(request, _)| request.verb > 0);
        let history = calls.map(|(request, number)| {
            let outcome = self.outcomes.get::<usize>(number).copied().flatten();
            let answer = outcome.filter(|_| request.answered);
            let answer = answer.map(|applied| (request.answered_us, applied));
            let (called_us, input) = (request.asked_us, request.verb);
            (request.ticket, Operation { called_us, input, answer })
        });
        let history: Vec<_> = history.collect();
        let result = invariants::check_history::<TicketModel>(&history);
        self.note(result);
    }

    pub(crate) fn certified(&mut self, by: NodeId, certificate: &BlockCertificate) {
        let result = self.certificates.certified(by, certificate, &self.chain);
        self.note(result);
    }

    pub(crate) fn accused(&mut self, by: NodeId, offender: NodeId, evidence: &Evidence) {
        let result = self.accusations.accused(by, offender, evidence);
        self.note(result);
    }

    pub(crate) fn rejected(&mut self, reason: Reject) {
        if let Some(index) = Reject::ALL.iter().position(|known| *known == reason) {
            self.rejected[index] += 1;
        }
    }

    /// A correct replica finds that a quorum has another block than it computed.
    pub(crate) fn state_differs(&mut self, by: NodeId, height: Height) {
        let detail = format!("{by} computed another block at {height} than a quorum attests");
        self.note(Err(invariants::STATE_ROOTS.violated(detail)));
    }

    /// Every correct replica ends with one chain and one state.
    pub(crate) fn compare_states<'a>(
        &mut self,
        replicas: impl Iterator<Item = (NodeId, &'a app::Executor)>,
    ) {
        let mut first: Option<(NodeId, Digest)> = None;
        for (node, executor) in replicas {
            let tip = executor.tip();
            match first {
                None => first = Some((node, tip)),
                Some((other, known)) if known != tip => {
                    let detail = format!("{node} ends with block {tip:?}, {other} with {known:?}");
                    self.note(Err(invariants::AGREEMENT.violated(detail)));
                }
                Some(_) => {}
            }
        }
    }
}
