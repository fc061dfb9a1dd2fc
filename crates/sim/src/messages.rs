//! What clients ask of the message queue, and what must have come of it.

use std::collections::BTreeSet;

use app::queue::{Claim, Guarantee, Open, Priority, Put, QUEUE, Settings, Take, Verb, messages};
use codec::{Bytes, Encode};
use invariants::{MESSAGES, Violation};
use ledger::{Operation, StateTree};
use types::{Prng, Time};

/// The topic of all messages.
const TOPIC: &str = "sim";
/// A share of messages that are put twice under one id, at two replicas at once.
const DOUBLED_PPM: u32 = 250_000;
/// How long a message is of use: longer than any run.
const LIFE_US: u64 = 3_600_000_000;
/// For an acknowledgement: short, so that some come too late.
const LEASE_MS: u32 = 150;

/// A request to the queue.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) operation: Operation,
    pub(crate) payload: Vec<u8>,
    /// How many times it is asked at once, each time under its own nonce.
    pub(crate) count: usize,
    /// Of all requests with this number, at most one may take effect.
    pub(crate) once: Option<u64>,
}

/// Makes wishes: to put, to take, and to end a delivery that the client may or may not hold.
#[derive(Default, Debug)]
pub(crate) struct Wishes {
    is_open: bool,
    puts: u64,
}

impl Wishes {
    pub(crate) fn next(&mut self, client: usize, now_us: u64, prng: &mut Prng) -> Wish {
        if !std::mem::replace(&mut self.is_open, true) {
            let consumers = BTreeSet::new();
            let settings =
                Settings { depth_max: 10_000, attempts_max: 3, lease_ms_max: LEASE_MS, consumers };
            return wish(Verb::Open, &Open { topic: TOPIC.to_owned(), settings }, None);
        }
        match prng.below(10) {
            0..=3 => self.put(client, now_us, prng),
            4..=6 => {
                let count = u8::try_from(prng.between(1, 4)).unwrap_or(1);
                let take = Take { topic: TOPIC.to_owned(), count, lease_ms: LEASE_MS };
                wish(Verb::Take, &take, None)
            }
            what => {
                let number = prng.below(self.puts + 1);
                let attempt = u16::try_from(prng.between(1, 3)).unwrap_or(1);
                let claim = Claim { topic: TOPIC.to_owned(), number, attempt };
                match what {
                    9 => wish(Verb::Nack, &claim, None),
                    _ => wish(Verb::Ack, &claim, Some(number * 2 + 1)),
                }
            }
        }
    }

    fn put(&mut self, client: usize, now_us: u64, prng: &mut Prng) -> Wish {
        let number = self.puts;
        self.puts += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_le_bytes());
        let put = Put {
            topic: TOPIC.to_owned(),
            id,
            to: None,
            priority: pick(prng, Priority::ALL),
            guarantee: pick(prng, Guarantee::ALL),
            expires: Time::from_us(now_us + LIFE_US),
            via: None,
            body: Bytes((client as u64).to_le_bytes().to_vec()),
        };
        let count = if prng.chance_ppm(DOUBLED_PPM) { 2 } else { 1 };
        Wish { count, ..wish(Verb::Put, &put, Some(number * 2)) }
    }
}

fn pick<T: Copy>(prng: &mut Prng, items: &[T]) -> T {
    items[usize::try_from(prng.below(items.len() as u64)).unwrap_or(0)]
}

fn wish(verb: Verb, argument: &impl Encode, once: Option<u64>) -> Wish {
    let operation = Operation { app: QUEUE, verb: verb as u16 };
    Wish { operation, payload: argument.to_bytes(), count: 1, once }
}

/// What must hold of the queue at the end of a run.
pub(crate) fn check(state: &StateTree) -> Result<(), Violation> {
    let mut ids = BTreeSet::new();
    for (number, message) in messages(state, TOPIC, 0) {
        if !ids.insert((message.sender, message.id)) {
            return Err(MESSAGES.violated(format!("message {number} was put before")));
        }
        let most = match message.guarantee {
            Guarantee::AtMostOnce | Guarantee::ExactlyOnce => 1,
            Guarantee::AtLeastOnce | Guarantee::Ordered => 3,
        };
        if message.attempts > most || message.deliveries.len() != usize::from(message.attempts) {
            let (attempts, guarantee) = (message.attempts, message.guarantee.label());
            let detail = format!("message {number}, {guarantee}, was delivered {attempts} times");
            return Err(MESSAGES.violated(detail));
        }
    }
    Ok(())
}
