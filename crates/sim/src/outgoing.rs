//! Messages on their way out: checked, turned into bytes where asked for, and by their role where liars send them.

use std::ops::Range;

use replica::Message;
use types::NodeId;

use crate::byzantine::Treatment;
use crate::flight::through_bytes;
use crate::network::Fate;
use crate::options::Sabotage;
use crate::recording::What;
use crate::world::{Event, World, kind_name};
use protocol::Inspect;

impl<P: Inspect> World<'_, P> {
    pub(crate) fn send(&mut self, index: usize, to: NodeId, mut message: Message<P>) {
        let Some(leaving) = self.leave(index, &mut message) else { return };
        let peers = to.index()..to.index() + 1;
        let flight = self.launch(index, message, leaving, peers);
        self.flights.close(flight);
    }

    /// Lets a message, and what a liar sends with it, leave for some peers; the message's flight.
    fn launch(
        &mut self,
        index: usize,
        message: Message<P>,
        leaving: Leaving<P>,
        peers: Range<usize>,
    ) -> u32 {
        let Leaving { twin, besides, only, delay_us } = leaving;
        let flight = self.take_off(index, message);
        let other = twin.map(|twin| self.take_off(index, twin));
        let among = |to: &usize| *to != index && only.is_none_or(|only| only.index() == *to);
        for to in peers.clone().filter(among) {
            self.route_one(index, to, flight, other, delay_us);
        }
        if let Some(other) = other {
            self.flights.close(other);
        }
        for message in besides {
            let flight = self.take_off(index, message);
            peers.clone().filter(|to| *to != index).for_each(|to| self.route(index, to, flight, 0));
            self.flights.close(flight);
        }
        flight
    }

    fn take_off(&mut self, index: usize, message: Message<P>) -> u32 {
        let flight = self.flights.launch(self.nodes[index].me, message);
        let (message, kind) = self.flights.name(flight);
        self.tell(index, || What::Sends { message, kind: kind_name::<P>(kind) });
        flight
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
        let to_self = matches!(message, Message::Core(_) | Message::Attestation { .. });
        // A liar believes what an honest replica in its place would have said.
        let own = (to_self && self.nodes[index].lie.is_some()).then(|| message.clone());
        let leaving = self.leave(index, &mut message);
        if let Some(own) = own {
            let flight = self.take_off(index, own);
            self.deliver_to_self(index, flight);
        }
        let Some(leaving) = leaving else { return };
        let flight = self.launch(index, message, leaving, 0..self.nodes.len());
        if to_self && self.nodes[index].lie.is_none() {
            self.deliver_to_self(index, flight);
        }
        self.flights.close(flight);
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
                if let Message::Attestation { signed, .. } = &*message {
                    node.attested = node.attested.max(signed.statement.height);
                }
                self.watch.let_out(node.me, message);
                Treatment::Honest
            }
        };
        if self.options.wire {
            *message = through_bytes(message);
        }
        if let Some(lie) = &mut self.nodes[index].lie
            && !matches!(treatment, Treatment::Honest)
        {
            lie.liar.attacks += 1;
        }
        let mut leaving = Leaving::honest();
        match treatment {
            Treatment::Withheld => return None,
            Treatment::Honest => {}
            Treatment::Delayed(by) => leaving.delay_us = by.us(),
            Treatment::Split(twin) => {
                if self.sabotaged(Sabotage::TrustedLiars) {
                    self.watch.let_out(self.nodes[index].me, message);
                    self.watch.let_out(self.nodes[index].me, &twin);
                }
                leaving.twin = Some(twin);
            }
            Treatment::Instead(lie) => *message = lie,
            Treatment::Besides(besides) => leaving.besides = besides,
            Treatment::Only(peer) => leaving.only = Some(peer),
        }
        Some(leaving)
    }

    fn route(&mut self, from: usize, to: usize, flight: u32, delay_us: u64) {
        let event = Event::Deliver { to: u16::try_from(to).unwrap_or(u16::MAX), flight };
        match self.network.fate(self.now_us + delay_us, from, to, &mut self.strike) {
            Fate::Lost => {
                let (message, _) = self.flights.name(flight);
                let to = NodeId::new(u16::try_from(to).unwrap_or(u16::MAX));
                self.tell(from, || What::Loses { message, to });
            }
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
    /// What all peers get besides.
    besides: Vec<Message<P>>,
    /// The one peer that gets it; `None` for all.
    only: Option<NodeId>,
    delay_us: u64,
}

impl<P: Inspect> Leaving<P> {
    const fn honest() -> Self {
        Self { twin: None, besides: Vec::new(), only: None, delay_us: 0 }
    }
}
