mod bytes;
mod invariants;
mod routing;
mod rules;

use codec::{Bytes, Encode};
use types::Time;

use super::{Claim, Guarantee, Open, Priority, Put, QUEUE, Settings, Stage, Take, Verb};
use crate::testing::{Ask, Chain, account, ask};

const TOPIC: &str = "orders";
const SECOND_US: u64 = 1_000_000;

fn request(sender: u8, verb: Verb, argument: &impl Encode) -> Ask {
    ask(sender, QUEUE, verb as u16, argument)
}

fn settings() -> Settings {
    Settings { depth_max: 8, attempts_max: 3, lease_ms_max: 10_000, consumers: [].into() }
}

fn opened_with(settings: Settings) -> Chain {
    let mut chain = Chain::default();
    chain.applied(request(1, Verb::Open, &Open { topic: TOPIC.to_owned(), settings }));
    chain
}
fn opened() -> Chain {
    opened_with(settings())
}

fn message(id: u8, priority: Priority, guarantee: Guarantee) -> Put {
    Put {
        topic: TOPIC.to_owned(),
        id: [id; 16],
        to: None,
        priority,
        guarantee,
        expires: Time::from_us(1_000 * SECOND_US),
        via: None,
        body: Bytes(vec![id; 10]),
    }
}
fn put(sender: u8, id: u8, guarantee: Guarantee) -> Ask {
    request(sender, Verb::Put, &message(id, Priority::Normal, guarantee))
}
fn take(sender: u8, count: u8) -> Ask {
    request(sender, Verb::Take, &Take { topic: TOPIC.to_owned(), count, lease_ms: 1_000 })
}
fn claim(sender: u8, verb: Verb, number: u64, attempt: u16) -> Ask {
    request(sender, verb, &Claim { topic: TOPIC.to_owned(), number, attempt })
}
fn ack(sender: u8, number: u64, attempt: u16) -> Ask {
    claim(sender, Verb::Ack, number, attempt)
}
fn sweep(sender: u8) -> Ask {
    request(sender, Verb::Sweep, &super::TopicName { topic: TOPIC.to_owned() })
}

fn stage(chain: &Chain, number: u64) -> Stage {
    super::message(chain.state(QUEUE), TOPIC, number).unwrap().stage
}
/// The numbers of the messages that a consumer holds.
fn held(chain: &Chain, consumer: u8) -> Vec<u64> {
    super::held(chain.state(QUEUE), TOPIC, &account(consumer)).map(|(number, _)| number).collect()
}
