//! A small world of replicas and liars, and what must hold in it.

mod bytes;
mod rules;
mod swarm;

use std::collections::BTreeMap;

use codec::Bytes;
use types::{Digest, NodeId, Prng, Quorum, Seq};

use crate::mutants::Mutant;
use crate::{Broadcast, Carried, Claim, Delivery, Message, Place, Refusal};

/// A test's verdict: what was violated.
type Verdict = Result<(), String>;

/// Replicas of which the last `liars` lie; messages on their way, taken in random order.
struct World {
    replicas: Vec<Broadcast>,
    honest: usize,
    on_the_way: Vec<(NodeId, NodeId, Message)>,
    prng: Prng,
    sent: BTreeMap<Place, Vec<u8>>,
    delivered: Vec<Vec<Delivery>>,
}

fn node(index: usize) -> NodeId {
    NodeId::new(u16::try_from(index).unwrap())
}
fn place(sender: usize, seq: u64) -> Place {
    Place { sender: node(sender), seq: Seq::new(seq) }
}
fn carried(place: Place, payload: &[u8]) -> Carried {
    Carried { place, payload: std::sync::Arc::new(Bytes(payload.to_vec())) }
}
fn initial(place: Place, payload: &[u8]) -> Message {
    Message::Initial(carried(place, payload))
}
fn echo(place: Place, payload: &[u8]) -> Message {
    Message::Echo(carried(place, payload))
}
fn ready(place: Place, payload: &[u8]) -> Message {
    Message::Ready(Claim { place, digest: carried(place, payload).digest() })
}

impl World {
    fn new(n: usize, mutant: Option<Mutant>, seed: u64) -> Self {
        let replicas = NodeId::all(n).map(|me| {
            let mut replica = Broadcast::new(me, n);
            replica.mutant = mutant;
            replica
        });
        Self {
            replicas: replicas.collect(),
            honest: n - Quorum::of(n).f(),
            on_the_way: Vec::new(),
            prng: Prng::new(seed, 0),
            sent: BTreeMap::new(),
            delivered: vec![Vec::new(); n],
        }
    }
    fn send(&mut self, sender: usize, payload: &[u8]) {
        let message = self.replicas[sender].send(payload.to_vec()).unwrap();
        self.sent.insert(message.place(), payload.to_vec());
        self.say(sender, &message);
    }
    /// One replica says something to all.
    fn say(&mut self, from: usize, message: &Message) {
        for to in 0..self.replicas.len() {
            self.tell(from, to, message.clone());
        }
    }
    /// A liar may say something to one alone.
    fn tell(&mut self, from: usize, to: usize, message: Message) {
        self.on_the_way.push((node(from), node(to), message));
    }
    /// Delivers what is on its way, in random order, until nothing is. Liars hear nothing: they know everything.
    fn run(&mut self) {
        let mut ahead = Vec::new();
        while !self.on_the_way.is_empty() {
            let at = usize::try_from(self.prng.below(self.on_the_way.len() as u64)).unwrap();
            let (from, to, message) = self.on_the_way.swap_remove(at);
            if to.index() >= self.honest {
                continue;
            }
            match self.replicas[to.index()].receive(from, &message) {
                Ok(step) => {
                    if step.deliver.is_some() {
                        self.on_the_way.append(&mut ahead);
                    }
                    self.delivered[to.index()].extend(step.deliver);
                    if let Some(message) = step.say {
                        self.say(to.index(), &message);
                    }
                }
                Err(Refusal::Ahead) if from.index() < self.honest => {
                    ahead.push((from, to, message));
                }
                Err(_) => {}
            }
        }
    }
    /// Validity, agreement, integrity and totality.
    fn check(&self) -> Verdict {
        let mut agreed: BTreeMap<Place, Digest> = BTreeMap::new();
        for (index, deliveries) in self.delivered[..self.honest].iter().enumerate() {
            let mut places = std::collections::BTreeSet::new();
            for delivery in deliveries {
                let place = delivery.place;
                if !places.insert(place) {
                    return Err(format!("integrity: n{index} delivers {place:?} twice"));
                }
                if *agreed.entry(place).or_insert(delivery.digest()) != delivery.digest() {
                    return Err(format!(
                        "agreement: n{index} delivers another payload in {place:?}"
                    ));
                }
                let honest = place.sender.index() < self.honest;
                if honest && self.sent.get(&place) != Some(&delivery.payload.0) {
                    return Err(format!(
                        "integrity: nobody sent what n{index} delivers in {place:?}"
                    ));
                }
            }
        }
        for (index, deliveries) in self.delivered[..self.honest].iter().enumerate() {
            let missing = |place: &&Place| deliveries.iter().all(|other| other.place != **place);
            if let Some(place) = self.sent.keys().find(missing) {
                return Err(format!("validity: n{index} does not deliver {place:?}"));
            }
            if let Some(place) = agreed.keys().find(missing) {
                return Err(format!("totality: n{index} does not deliver {place:?}"));
            }
        }
        Ok(())
    }
}
