//! Whatever is asked, in whatever order, with crashes between: what is promised holds.

use std::collections::BTreeMap;

use proptest::prelude::*;
use types::Time;

use super::rules::restart;
use super::{SECOND_US, TOPIC, ack, claim, held, message, opened, request, sweep, take};
use crate::argument::entries;
use crate::queue::{
    Guarantee, Message, Priority, Put, QUEUE, Stage, Verb, keys, messages, topic, totals,
};
use crate::testing::Chain;

/// Every index and sum says the same as the messages.
fn check_books(chain: &Chain) -> Result<(), TestCaseError> {
    let state = chain.state(QUEUE);
    let all: Vec<(u64, Message)> = messages(state, TOPIC, 0).collect();
    let count = |is: &dyn Fn(Stage) -> bool| all.iter().filter(|(_, it)| is(it.stage)).count();
    let topic = topic(state, TOPIC).unwrap();
    prop_assert_eq!(topic.open as usize, count(&Stage::is_open));
    prop_assert_eq!(topic.kept as usize, count(&|stage| !stage.is_open()));
    prop_assert_eq!(topic.dead as usize, count(&Stage::is_dead));
    let bytes: usize = all.iter().map(|(_, it)| it.body.0.len()).sum();
    prop_assert_eq!(totals(state).bodies_bytes, bytes as u64);
    let entries_of = |prefix: &[u8]| entries(state, prefix, &[]).count();
    prop_assert_eq!(entries_of(b"ready/"), count(&|stage| stage == Stage::Ready));
    prop_assert_eq!(entries_of(&keys::leases(TOPIC)), count(&|stage| stage == Stage::Taken));
    prop_assert_eq!(entries_of(b"held/"), count(&|stage| stage == Stage::Taken));
    prop_assert_eq!(entries_of(b"look/"), all.len());
    prop_assert_eq!(entries_of(b"id/"), all.len());
    let is_unfinished = |it: &Message| it.guarantee == Guarantee::Ordered && it.stage.is_open();
    let ordered = all.iter().filter(|(_, it)| is_unfinished(it));
    prop_assert_eq!(entries_of(b"order/"), ordered.count());
    Ok(())
}

/// What each message has been through, by its number.
#[derive(Default)]
struct Seen {
    taken: BTreeMap<u64, u32>,
    acknowledged: BTreeMap<u64, u32>,
    guarantees: Vec<Guarantee>,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn deliveries_keep_their_guarantee(
        steps in proptest::collection::vec((0_u8..9, 0_u8..4, 0_u8..5, 0_u64..12), 1..80),
    ) {
        let mut chain = opened();
        let mut seen = Seen::default();
        for (at, (what, who, kind, number)) in (0..).zip(steps) {
            let consumer = 20 + who;
            let attempt = messages(chain.state(QUEUE), TOPIC, number).next()
                .filter(|(found, _)| *found == number).map_or(1, |(_, it)| it.attempts);
            let ask = match what {
                0..=2 => {
                    let guarantee = Guarantee::ALL[usize::from(who)];
                    let priority = Priority::ALL[usize::from(kind)];
                    let expires = Time::from_us(chain.now_us + (number + 1) * SECOND_US);
                    let put = Put { expires, ..message(at, priority, guarantee) };
                    let applied = chain.one(request(10 + who, Verb::Put, &put)).is_applied();
                    if applied { seen.guarantees.push(guarantee); }
                    check_books(&chain)?;
                    continue;
                }
                3 | 4 => take(consumer, 1 + kind),
                5 => ack(consumer, number, attempt),
                6 => claim(consumer, Verb::Nack, number, attempt),
                7 => { chain.now_us += u64::from(kind) * SECOND_US / 3; sweep(consumer) }
                _ => { restart(&mut chain); continue }
            };
            let before = chain.events.len();
            chain.one(ask);
            check_books(&chain)?;
            for event in &chain.events[before..] {
                let number: u64 = event.subject.rsplit('#').next().unwrap().parse().unwrap_or(0);
                match event.kind {
                    "message.taken" => *seen.taken.entry(number).or_default() += 1,
                    "message.acknowledged" => *seen.acknowledged.entry(number).or_default() += 1,
                    _ => {}
                }
            }
        }
        for (number, taken) in &seen.taken {
            let guarantee = seen.guarantees[usize::try_from(*number).unwrap()];
            match guarantee {
                Guarantee::AtMostOnce | Guarantee::ExactlyOnce => prop_assert_eq!(*taken, 1, "{} {:?}", number, guarantee),
                Guarantee::AtLeastOnce | Guarantee::Ordered => prop_assert!(*taken <= 3),
            }
        }
        prop_assert!(seen.acknowledged.values().all(|&count| count == 1));

        // Nothing is lost: with one willing consumer, every message comes to an end, and what was not acknowledged
        // and might not be dropped is a dead letter.
        for _ in 0..200 {
            chain.one(take(30, 16));
            for number in held(&chain, 30) {
                let attempt = crate::queue::message(chain.state(QUEUE), TOPIC, number).unwrap().attempts;
                chain.one(ack(30, number, attempt));
            }
            chain.now_us += SECOND_US / 10;
        }
        check_books(&chain)?;
        prop_assert_eq!(topic(chain.state(QUEUE), TOPIC).unwrap().open, 0);
    }
}
