//! Messages on their way out: checked, turned into bytes where asked for, and by their role where liars send them.

use replica::Message;
use types::NodeId;

use crate::byzantine::Treatment;
use crate::flight::through_bytes;
use crate::network::Fate;
use crate::options::Sabotage;
use crate::world::{Event, World};
use protocol::Inspect;

impl<P: Inspect> World<'_, P> {
    pub(crate) fn send(&mut self, index: usize, to: NodeId, mut message: Message<P>) {
        let Some(Leaving { twin, delay_us }) = self.leave(index, &mut message) else { return };
        let from = self.nodes[index].me;
        let flight = self.flights.launch(from, message);
        let other = twin.map(|twin| self.flights.launch(from, twin));
        self.route_one(index, to.index(), flight, other, delay_us);
        self.flights.close(flight);
        if let Some(other) = other {
            self.flights.close(other);
        }
    }

    /// Sends one peer the message or, where there is one, perhaps its twin, or both.
    fn route_one(
        &mut self,
        from: usize,
        to: usize,
        flight: u32,
        other: Option<u32>,
        delay_us: u64,
    ) {
        let Some((other, lie)) = other.zip(self.nodes[from].lie.as_mut()) else {
            return self.route(from, to, flight, delay_us);
        };
        let told = lie.liar.prng.below(BOTH_ONE_IN * 2);
        if told < 2 || told % 2 == 0 {
            self.route(from, to, flight, delay_us);
        }
        if told < 2 || told % 2 == 1 {
            self.route(from, to, other, delay_us);
        }
    }

    pub(crate) fn broadcast(&mut self, index: usize, mut message: Message<P>) {
        let from = self.nodes[index].me;
        let to_self = matches!(message, Message::Core(_) | Message::Attestation(_));
        // A liar believes what an honest replica in its place would have said.
        let own = (to_self && self.nodes[index].lie.is_some()).then(|| message.clone());
        let leaving = self.leave(index, &mut message);
        if let Some(own) = own {
            let flight = self.flights.launch(from, own);
            self.deliver_to_self(index, flight);
        }
        let Some(Leaving { twin, delay_us }) = leaving else { return };
        let flight = self.flights.launch(from, message);
        let other = twin.map(|twin| self.flights.launch(from, twin));
        for to in 0..self.nodes.len() {
            if to != index {
                self.route_one(index, to, flight, other, delay_us);
            }
        }
        if to_self && self.nodes[index].lie.is_none() {
            self.deliver_to_self(index, flight);
        }
        self.flights.close(flight);
        if let Some(other) = other {
            self.flights.close(other);
        }
    }

    fn deliver_to_self(&mut self, index: usize, flight: u32) {
        self.flights.add(flight);
        let to = self.nodes[index].me.get();
        self.queue.push(self.now_us, Event::Deliver { to, flight });
    }

    /// What leaves the machine: checked and, where asked for, through bytes; a liar's by its role.
    fn leave(&mut self, index: usize, message: &mut Message<P>) -> Option<Leaving<P>> {
        let node = &mut self.nodes[index];
        let treatment = match &mut node.lie {
            Some(lie) => lie.role.treat(message, &mut lie.liar),
            None => {
                if let Message::Attestation(signed) = &*message {
                    node.attested = node.attested.max(signed.statement.height);
                }
                self.watch.let_out(node.me, message);
                Treatment::Honest
            }
        };
        if self.options.wire {
            *message = through_bytes(message);
        }
        let (twin, delay_us) = match treatment {
            Treatment::Withheld => return None,
            Treatment::Honest => (None, 0),
            Treatment::Delayed(by) => (None, by.us()),
            Treatment::Split(twin) => {
                if self.sabotaged(Sabotage::TrustedLiars) {
                    self.watch.let_out(self.nodes[index].me, message);
                    self.watch.let_out(self.nodes[index].me, &twin);
                }
                (Some(twin), 0)
            }
        };
        Some(Leaving { twin, delay_us })
    }

    fn route(&mut self, from: usize, to: usize, flight: u32, delay_us: u64) {
        let event = Event::Deliver { to: u16::try_from(to).unwrap_or(u16::MAX), flight };
        match self.network.fate(self.now_us + delay_us, from, to) {
            Fate::Lost => {}
            Fate::At(at_us) => {
                self.flights.add(flight);
                self.queue.push(at_us, event);
            }
            Fate::Twice(first_us, second_us) => {
                self.flights.add(flight);
                self.flights.add(flight);
                self.queue.push(first_us, event);
                self.queue.push(second_us, event);
            }
        }
    }
}

/// A liar lets one in so many peers see both of its versions.
const BOTH_ONE_IN: u64 = 8;

/// How a message leaves, where it does.
struct Leaving<P: Inspect> {
    /// What some peers get instead.
    twin: Option<Message<P>>,
    delay_us: u64,
}
