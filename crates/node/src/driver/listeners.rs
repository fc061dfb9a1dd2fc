//! Tells everybody who listens what the replica did: waiting requests, the event stream, metrics, logs, observers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use app::tickets::{self, TicketState};
use ledger::Epoch;
use ledger::{BlockCertificate, Outcome};
use protocol::{Evidence, Protocol, ViewChangeCause};
use replica::{ExecutedBlock, Replica};
use types::{Height, NodeId, Quorum, View};

use crate::board::SeenViewChange;
use crate::events::NodeEvent;
use crate::handle::Shared;
use crate::metrics::{KindLabels, OutcomeLabels, ReasonLabels, StateLabels, TransitionLabels};

/// How often gauges are brought up to date while there is work.
const OBSERVE_INTERVAL: Duration = Duration::from_millis(200);
/// Most executed blocks whose time to certificate is measured.
const MEASURED_MAX: usize = 1_024;

/// What has happened and was not told yet.
#[derive(Debug)]
pub(super) struct Listeners {
    events: Vec<NodeEvent>,
    executed_at: VecDeque<(Height, Instant)>,
    observed: Option<Instant>,
    quorum: Quorum,
}

impl Listeners {
    pub(super) fn new<P: Protocol>(shared: &Shared, replica: &Replica<P>) -> Self {
        count_tickets(shared, replica);
        let quorum = shared.genesis.quorum();
        Self { events: Vec::new(), executed_at: VecDeque::new(), observed: None, quorum }
    }

    pub(super) fn executed(&mut self, shared: &Shared, block: &ExecutedBlock) {
        let header = &block.header;
        let now = crate::clock::now();
        shared.waiters.executed(header.height, &block.records);
        shared.board.executed(now);
        let outcome = match (block.caught_up, header.proposer) {
            (true, _) => "caught_up",
            (false, Some(_)) => "decided",
            (false, None) => "null",
        };
        let metrics = &shared.metrics;
        metrics.decisions.get_or_create(&OutcomeLabels { outcome }).inc();
        metrics.height.set(gauge(header.height.get()));
        if outcome == "decided" {
            metrics.decision_seconds.observe(seconds(now.since(header.time)));
        }
        if self.executed_at.len() < MEASURED_MAX {
            self.executed_at.push_back((header.height, Instant::now()));
        }
        count_outcomes(shared, block);
        self.events.push(NodeEvent::Executed {
            height: header.height,
            view: header.view,
            block: block.hash,
            proposer: header.proposer,
            transactions: block.records.len(),
            caught_up: block.caught_up,
        });
        for event in &block.events {
            count_ticket(shared, event.kind);
            let Some(record) = block.records.get(event.index as usize) else { continue };
            self.events.push(NodeEvent::App {
                height: header.height,
                view: header.view,
                block_time: header.time,
                transaction: record.id,
                event: event.clone(),
            });
        }
    }

    pub(super) fn certified(&mut self, shared: &Shared, certificate: &BlockCertificate) {
        let height = certificate.height;
        shared.settled.add(certificate);
        shared.waiters.certified(height);
        shared.metrics.certified.set(gauge(height.get()));
        while let Some((executed, at)) = self.executed_at.front().copied()
            && executed <= height
        {
            if executed == height {
                shared.metrics.certify_seconds.observe(at.elapsed().as_secs_f64());
            }
            self.executed_at.pop_front();
        }
        shared.network.publish_tip(certificate);
        self.events.push(NodeEvent::Certified {
            height,
            block: certificate.block,
            signers: certificate.signatures.keys().copied().collect(),
        });
    }

    pub(super) fn accused(
        &mut self,
        shared: &Shared,
        offender: NodeId,
        epoch: u64,
        evidence: Evidence,
    ) {
        let evidence = Arc::new(evidence);
        if shared.board.accuse(offender, epoch, Arc::clone(&evidence), crate::clock::now()) {
            shared.metrics.equivocations.inc();
            tracing::error!(
                %offender,
                kind = evidence.kind,
                view = evidence.view.get(),
                seq = evidence.seq.get(),
                "a validator has provably lied"
            );
            self.events.push(NodeEvent::Accused(evidence));
        }
    }

    pub(super) fn view_changed(
        &mut self,
        shared: &Shared,
        view: View,
        cause: Option<ViewChangeCause>,
    ) {
        shared.metrics.view.set(gauge(view.get()));
        // Leaders that take turns change the view as planned.
        let Some(cause) = cause else { return };
        let reason = reason_of(&cause);
        shared.metrics.view_changes.get_or_create(&ReasonLabels { reason }).inc();
        shared.metrics.rounds_failed.inc();
        tracing::warn!(view = view.get(), reason, ?cause, "the view has ended before its time");
        let time = crate::clock::now();
        shared.board.view_changed(SeenViewChange { view, cause: cause.clone(), time });
        self.events.push(NodeEvent::ViewChanged { view, cause });
    }

    /// Whether this node is a member in an epoch that it is in: if so, it orders its clients' transactions itself.
    pub(super) fn takes_seat(&self, shared: &Shared, epoch: u64) -> bool {
        let seated = shared.roster.of(epoch).is_some_and(|office| office.own.is_some());
        shared.orders.store(seated && shared.may_vote, Ordering::Relaxed);
        seated
    }

    pub(super) fn epoch_entered(&mut self, shared: &Shared, epoch: &Epoch) {
        self.quorum = epoch.quorum(shared.genesis.fault_model);
        let seated = self.takes_seat(shared, epoch.number);
        tracing::info!(
            epoch = epoch.number,
            first = epoch.first.get(),
            protocol = epoch.protocol,
            validators = epoch.members.len(),
            seated,
            "another epoch begins"
        );
    }

    pub(super) fn diverged(&mut self, shared: &Shared, height: Height) {
        tracing::error!(
            height = height.get(),
            "a quorum attests another block than this node computed: it stops voting and rebuilds its state"
        );
        shared.board.stop_voting("its state is not what a quorum attests");
        self.events.push(NodeEvent::Diverged { height });
    }

    /// Tells the stream, with one ring of the bell per round.
    pub(super) fn flush(&mut self, shared: &Shared) {
        if !self.events.is_empty() {
            shared.events.append(crate::clock::now(), self.events.drain(..));
        }
    }

    /// Brings the gauges up to date now and then.
    pub(super) fn observe<P: Protocol>(&mut self, shared: &Shared, replica: &Replica<P>) {
        if self.observed.is_some_and(|at| at.elapsed() < OBSERVE_INTERVAL) {
            return;
        }
        self.observed = Some(Instant::now());
        let status = replica.status();
        let metrics = &shared.metrics;
        metrics.height.set(gauge(status.height.get()));
        metrics.certified.set(gauge(status.certified.get()));
        metrics.pool_transactions.set(gauge(status.pool_txs as u64));
        metrics.pool_bytes.set(gauge(status.pool_bytes as u64));
        if let Some(core) = &status.core {
            metrics.view.set(gauge(core.view.get()));
            let missing = core
                .waiting
                .as_ref()
                .map_or(0, |waiting| waiting.need.saturating_sub(waiting.have.len()));
            metrics.missing_votes.set(gauge(missing as u64));
        }
        let accused: std::collections::BTreeSet<_> =
            shared.board.evidence().iter().map(|seen| seen.offender).collect();
        let up = shared.board.peers().iter().filter(|peer| peer.node.is_some()).count()
            + usize::from(shared.me.is_some());
        let margin = |kind, left: usize| {
            metrics.fault_margin.get_or_create(&KindLabels { kind }).set(gauge(left as u64));
        };
        margin("safety", self.quorum.f().saturating_sub(accused.len()));
        margin("liveness", up.saturating_sub(self.quorum.size()));
    }
}

fn reason_of(cause: &ViewChangeCause) -> &'static str {
    match cause {
        ViewChangeCause::Silent { .. } => "silent",
        ViewChangeCause::BadProposal { .. } => "bad_proposal",
        ViewChangeCause::Equivocation { .. } => "equivocation",
        ViewChangeCause::Joined { .. } => "joined",
        ViewChangeCause::NewViewLate { .. } => "new_view_late",
    }
}

fn count_outcomes(shared: &Shared, block: &ExecutedBlock) {
    let mut applied = 0;
    for record in &block.records {
        match record.outcome {
            Outcome::Applied => applied += 1,
            Outcome::Refused(refusal) => {
                let outcome = refusal.label();
                let labels = OutcomeLabels { outcome };
                shared.metrics.transactions.get_or_create(&labels).inc();
                if refusal.code() >= 100 {
                    let labels = TransitionLabels { to: "none", outcome };
                    shared.metrics.ticket_transitions.get_or_create(&labels).inc();
                }
            }
        }
    }
    let labels = OutcomeLabels { outcome: Outcome::Applied.label() };
    shared.metrics.transactions.get_or_create(&labels).inc_by(applied);
}

/// A ticket's step moves it from one gauge to another.
fn count_ticket(shared: &Shared, kind: &str) {
    let (from, to) = match kind {
        "ticket.issued" => (None, TicketState::Issued),
        "ticket.validated" => (Some(TicketState::Issued), TicketState::Validated),
        "ticket.consumed" => (Some(TicketState::Validated), TicketState::Consumed),
        "ticket.disputed" => (Some(TicketState::Validated), TicketState::Disputed),
        _ => return,
    };
    let state = |state: TicketState| {
        shared.metrics.tickets.get_or_create(&StateLabels { state: state.label() })
    };
    if let Some(from) = from {
        state(from).dec();
    }
    state(to).inc();
    let labels = TransitionLabels { to: to.label(), outcome: Outcome::Applied.label() };
    shared.metrics.ticket_transitions.get_or_create(&labels).inc();
}

/// The gauges of a node that starts on tickets it has kept.
fn count_tickets<P: Protocol>(shared: &Shared, replica: &Replica<P>) {
    let Some(state) = replica.executor().state(tickets::TICKETS) else { return };
    for ticket in tickets::list(state, "") {
        let labels = StateLabels { state: ticket.state.label() };
        shared.metrics.tickets.get_or_create(&labels).inc();
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn seconds(span: types::Duration) -> f64 {
    Duration::from_micros(span.us()).as_secs_f64()
}
