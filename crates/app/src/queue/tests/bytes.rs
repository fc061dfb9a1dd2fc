use codec::Bytes;
use conformance::check;
use ledger::Account;
use types::{Digest, Height, Prng, Time};

use crate::queue::{
    AddRoute, Best, Claim, Delivery, Forward, Guarantee, Hop, Message, Open, OwnedRoute, Place,
    Policy, Priority, Put, RemoveRoute, Route, RouteStatus, Settings, Stage, Take, Topic,
    TopicName, Totals, Via,
};

fn array<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn account(prng: &mut Prng) -> Account {
    Account(array(prng))
}
fn text(prng: &mut Prng) -> String {
    (0..prng.below(9)).map(|_| char::from(b'a' + u8::try_from(prng.below(26)).unwrap())).collect()
}
fn body(prng: &mut Prng) -> Bytes {
    let mut bytes = vec![0; usize::try_from(prng.below(30)).unwrap()];
    prng.fill(&mut bytes);
    Bytes(bytes)
}
fn number(prng: &mut Prng) -> u32 {
    u32::try_from(prng.below(1 << 32)).unwrap()
}
fn small(prng: &mut Prng) -> u16 {
    u16::try_from(prng.below(1 << 16)).unwrap()
}
fn time(prng: &mut Prng) -> Time {
    Time::from_us(prng.next_u64())
}
fn one_of<T: Copy>(prng: &mut Prng, items: &[T]) -> T {
    items[usize::try_from(prng.below(items.len() as u64)).unwrap()]
}
fn place(prng: &mut Prng) -> Place {
    Place { height: Height::new(prng.next_u64()), index: number(prng), time: time(prng) }
}
fn policy(prng: &mut Prng) -> Policy {
    Policy {
        latency_ms_max: number(prng),
        cost_per_kib_max: prng.next_u64(),
        reliability_ppm_min: number(prng),
        weights_percent: array(prng),
    }
}
fn via(prng: &mut Prng) -> Via {
    if prng.chance_ppm(500_000) {
        Via::Route(text(prng))
    } else {
        Via::Best(Best { destination: account(prng), policy: policy(prng) })
    }
}
fn route(prng: &mut Prng) -> Route {
    Route {
        name: text(prng),
        hops: (0..prng.below(4)).map(|_| account(prng)).collect(),
        latency_ms: number(prng),
        cost_per_kib: prng.next_u64(),
        reliability_ppm: number(prng),
        status: one_of(prng, RouteStatus::ALL),
    }
}
fn settings(prng: &mut Prng) -> Settings {
    Settings {
        depth_max: number(prng),
        attempts_max: small(prng),
        lease_ms_max: number(prng),
        consumers: (0..prng.below(3)).map(|_| account(prng)).collect(),
    }
}

#[test]
fn the_bytes_of_the_queues_arguments_are_pinned() {
    check("queue::Put", |prng| Put {
        topic: text(prng),
        id: array(prng),
        to: prng.chance_ppm(300_000).then(|| account(prng)),
        priority: one_of(prng, Priority::ALL),
        guarantee: one_of(prng, Guarantee::ALL),
        expires: time(prng),
        via: prng.chance_ppm(500_000).then(|| via(prng)),
        body: body(prng),
    });
    check("queue::Take", |prng| Take {
        topic: text(prng),
        count: u8::try_from(prng.below(256)).unwrap(),
        lease_ms: number(prng),
    });
    check("queue::Claim", |prng| Claim {
        topic: text(prng),
        number: prng.next_u64(),
        attempt: small(prng),
    });
    check("queue::Open", |prng| Open { topic: text(prng), settings: settings(prng) });
    check("queue::TopicName", |prng| TopicName { topic: text(prng) });
    check("queue::Forward", |prng| Forward { topic: text(prng), number: prng.next_u64() });
    check("queue::AddRoute", |prng| AddRoute { route: route(prng) });
    check("queue::RemoveRoute", |prng| RemoveRoute { route: text(prng) });
}

#[test]
fn the_bytes_of_the_queues_state_are_pinned() {
    check("queue::Topic", |prng| Topic {
        owner: account(prng),
        settings: settings(prng),
        opened: Height::new(prng.next_u64()),
        next: prng.next_u64(),
        open: number(prng),
        kept: number(prng),
        dead: number(prng),
    });
    check("queue::Totals", |prng| Totals {
        topics: number(prng),
        routes: number(prng),
        bodies_bytes: prng.next_u64(),
    });
    check("queue::OwnedRoute", |prng| OwnedRoute { owner: account(prng), route: route(prng) });
    check("queue::Message", |prng| Message {
        id: array(prng),
        sender: account(prng),
        to: prng.chance_ppm(300_000).then(|| account(prng)),
        priority: one_of(prng, Priority::ALL),
        guarantee: one_of(prng, Guarantee::ALL),
        expires: time(prng),
        put: place(prng),
        body: body(prng),
        digest: Digest::new(array(prng)),
        stage: one_of(prng, Stage::ALL),
        attempts: small(prng),
        deliveries: (0..prng.below(3))
            .map(|_| Delivery {
                consumer: account(prng),
                at: place(prng),
                attempt: small(prng),
                until: time(prng),
            })
            .collect(),
        hops: (0..prng.below(3))
            .map(|_| Hop { hub: account(prng), at: prng.chance_ppm(500_000).then(|| place(prng)) })
            .collect(),
        look: time(prng),
    });
}
