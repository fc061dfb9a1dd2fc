//! What is said about a run when it is over.

use protocol::{Reject, Waiting};
use replica::ReplicaStatus;

use app::contracts::CONTRACTS;

use crate::calls;
use crate::clients::Request;
use crate::flight::OTHER_KINDS;
use crate::messages;
use crate::recording::What;
use crate::world::{Phase, World};
use crate::{Asked, Report, Verdict};
use protocol::Inspect;

impl<P: Inspect> World<'_, P> {
    /// Judges the run.
    pub(crate) fn report(&mut self) -> Report {
        let converged = self.phase == Phase::Converged;
        if converged && self.watch.violation.is_none() {
            self.last_checks();
        }
        if self.watch.violation.is_none() {
            self.watch.check_history(&self.clients);
        }
        if let Some(invariant) = self.watch.violation.as_ref().map(|found| found.invariant.id) {
            self.tell(0, || What::Violated { invariant });
        }
        let (verdict, why) = match &self.watch.violation {
            Some(violation) => (Verdict::Diverged, violation.to_string()),
            None if converged => (Verdict::Pass, String::new()),
            None => (Verdict::NoProgress, self.what_is_waited_for()),
        };
        let kinds = P::KINDS.iter().chain(&OTHER_KINDS).copied();
        let reasons = Reject::ALL.iter().map(|reason| reason.label());
        Report {
            verdict,
            why,
            decisions: self.watch.chain.height().get(),
            epochs: self.epochs().0,
            messages: self.messages.iter().sum(),
            events: self.events,
            trace_hash: self.trace.digits(),
            virtual_time_us: self.now_us,
            view_changes: self.watch.view.get(),
            crashes: self.faults.crashes,
            answered: self.clients.answered(),
            requests: self
                .clients
                .requests()
                .iter()
                .filter(|request| !request.foreign)
                .map(Asked::from)
                .collect(),
            tickets_consumed: self.watch.tickets.ended().0 as u64,
            by_kind: kinds.zip(self.messages.iter().copied()).collect(),
            rejected: reasons.zip(self.watch.rejected).filter(|(_, count)| *count > 0).collect(),
            liars: self.nodes.iter().filter(|n| !n.is_correct()).map(|n| n.me).collect(),
            attacks: self
                .nodes
                .iter()
                .filter_map(|n| n.lie.as_ref())
                .map(|lie| lie.liar.attacks)
                .sum(),
            strikes: self.strike.count(),
            sent: self.network.left(),
            log_entries: self.log_entries(),
            accusations: self.watch.accusations.all().to_vec(),
            replay: self.options.command_line(),
        }
    }

    fn log_entries(&self) -> u64 {
        let correct = self.nodes.iter().filter(|node| node.is_correct());
        let cores = correct.filter_map(|node| node.replica.as_ref()?.status().core);
        cores.map(|core| core.log_entries as u64).max().unwrap_or_default()
    }

    fn last_checks(&mut self) {
        let correct = || self.nodes.iter().filter(|node| node.is_correct());
        let durable = self.watch.chain.check_durability(correct().map(|node| node.me));
        self.watch.note(durable);
        let replicas = correct()
            .filter_map(|node| node.replica.as_ref().map(|replica| (node.me, replica.executor())));
        self.watch.compare_states(replicas);
        for node in self.nodes.iter().filter(|node| node.is_correct()) {
            let executor = node.replica.as_ref().map(|replica| replica.executor());
            if let Some(state) = executor.and_then(|executor| executor.state(app::queue::QUEUE)) {
                self.watch.note(messages::check(state));
            }
            if let Some(state) = executor.and_then(|executor| executor.state(CONTRACTS)) {
                self.watch.note(calls::check(state));
            }
        }
    }

    fn what_is_waited_for(&self) -> String {
        let height = self.watch.chain.height();
        let mut text = format!("the chain stands at {height}");
        for node in self.nodes.iter().filter(|node| node.is_correct()) {
            let Some(replica) = &node.replica else { continue };
            text.push_str(&format!("; {} {}", node.me, describe(&replica.status())));
        }
        if let Some((request, target)) = self.clients.waiting() {
            let count = self.clients.unanswered();
            text.push_str(&format!("; {count} requests wait, as number {request} at {target}"));
        }
        text
    }
}

impl From<&Request> for Asked {
    fn from(request: &Request) -> Self {
        Self {
            asked_us: request.asked_us,
            answered_us: request.answered.then_some(request.answered_us),
        }
    }
}

fn describe(status: &ReplicaStatus) -> String {
    let mut text = format!("is at height {}, certified {}", status.height, status.certified);
    let Some(core) = &status.core else { return text };
    text.push_str(&format!(", in view {} ({})", core.view, core.phase));
    if let Some(target) = status.catching_up {
        text.push_str(&format!(", catching up to {target}"));
    }
    if let Some(Waiting { seq, phase, have, need, .. }) = &core.waiting {
        text.push_str(&format!(", waits at {seq} for {phase}: {have:?} of {need}"));
    }
    text
}
