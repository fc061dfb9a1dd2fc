//! Clients' requests on their way to replicas, and the answers.

use ledger::SealedTransaction;

use crate::clients::Submission;
use crate::recording::What;
use crate::world::{Event, Phase, World};
use protocol::Inspect;

impl<P: Inspect> World<'_, P> {
    pub(crate) fn submit(&mut self, target: usize, request: u32) {
        self.record(3, target, request.into());
        self.tell(target, || What::Submitted { request: request.into() });
        let Some(transaction) = self.clients.transaction(request) else { return };
        if !self.submit_to(target, transaction) {
            return;
        }
        // A replica that has executed it already answers at once, where it can prove it.
        let executed = self.watch.height_of(request as usize);
        if executed.is_some_and(|height| height <= self.nodes[target].certified) {
            self.answer(target, request as usize);
        }
    }

    /// Gives a replica a transaction, where it is up.
    pub(crate) fn submit_to(&mut self, target: usize, transaction: SealedTransaction) -> bool {
        let now = self.nodes[target].time(self.now_us);
        let Some(replica) = &mut self.nodes[target].replica else { return false };
        let mut effects = std::mem::take(&mut self.effects);
        replica.submit(now, vec![transaction], &mut effects);
        self.absorb(target, &mut effects);
        self.effects = effects;
        true
    }

    /// Gives a replica a transaction that is none of the clients', where it is up.
    pub(crate) fn submit_foreign(&mut self, target: usize, transaction: SealedTransaction) {
        self.watch.submitted(&transaction);
        self.clients.note_foreign();
        self.submit_to(target, transaction);
    }

    pub(crate) fn give_up(&mut self, client: usize) {
        self.record(4, client, 0);
        let mut submissions = std::mem::take(&mut self.submissions);
        self.clients.give_up(client, self.now_us, &mut submissions);
        self.send_requests(client, submissions);
    }

    pub(crate) fn next_requests(&mut self, client: usize) {
        let mut submissions = std::mem::take(&mut self.submissions);
        let watch = &mut self.watch;
        let submitted = &mut |transaction: &_| watch.submitted(transaction);
        self.clients.next(client, self.now_us, submitted, &mut submissions);
        self.send_requests(client, submissions);
    }

    fn send_requests(&mut self, client: usize, mut submissions: Vec<Submission>) {
        for Submission { request, target, at_us } in submissions.drain(..) {
            self.queue.push(at_us, Event::Submit { target, request });
        }
        self.submissions = submissions;
        if let Some(at_us) = self.clients.arm(client) {
            let client = u32::try_from(client).unwrap_or(u32::MAX);
            self.queue.push(at_us, Event::GiveUp { client });
        }
    }

    /// A replica proves to a client that its request is committed.
    pub(crate) fn answer(&mut self, by: usize, request: usize) {
        if usize::from(self.clients.request(request).target) != by {
            return;
        }
        if let Some(height) = self.watch.height_of(request)
            && self.nodes[by].is_correct()
        {
            self.watch.chain.acknowledged(height);
        }
        if let Some(client) = self.clients.answer(request, self.now_us)
            && !self.arrivals.is_open()
        {
            self.next_requests(client);
        }
    }

    /// The first requests: of every client where each waits for its answer, by the clock where they do not.
    pub(crate) fn begin_load(&mut self) {
        if self.arrivals.is_open() {
            self.plan_arrival();
        } else {
            (0..self.clients.len()).for_each(|client| self.next_requests(client));
        }
    }

    fn plan_arrival(&mut self) {
        match self.arrivals.next_us(self.now_us) {
            Some(at_us) => self.queue.push(at_us, Event::Arrive),
            None => {
                self.load_is_over = true;
                self.after_block(self.watch.chain.height());
                if self.phase == Phase::Draining {
                    self.finish_if_converged();
                }
            }
        }
    }

    /// A request arrives by the clock; clients ask by turns.
    pub(crate) fn arrive(&mut self) {
        let client = self.clients.requests().len() % self.clients.len();
        self.next_requests(client);
        self.plan_arrival();
    }
}
