use codec::Bytes;
use ledger::{Outcome, Refusal};
use types::Time;

use super::{
    SECOND_US, TOPIC, ack, claim, held, message, opened, opened_with, put, request, settings,
    stage, sweep, take,
};
use crate::Executor;
use crate::governance::{GOVERNANCE, Parameter};
use crate::queue::rules::least_fee;
use crate::queue::{
    BODY_BYTES_MAX, DEAD_KEPT_US, Guarantee, LIFE_US_MAX, Open, Priority, Put, QUEUE, Settings,
    Stage, TOPICS_PER_OWNER_MAX, Take, TopicName, Verb, message_key, messages, number_of, topic,
    totals,
};
use crate::testing::{Chain, account};

#[test]
fn the_best_message_goes_first_and_among_equals_the_first() {
    let mut chain = opened();
    for (id, priority) in [
        (0, Priority::Bulk),
        (1, Priority::Normal),
        (2, Priority::Emergency),
        (3, Priority::Normal),
        (4, Priority::High),
    ] {
        chain.applied(request(7, Verb::Put, &message(id, priority, Guarantee::AtLeastOnce)));
    }
    let mut order = Vec::new();
    for consumer in 10..15 {
        chain.applied(take(consumer, 1));
        order.extend(held(&chain, consumer));
    }
    assert_eq!(order, [2, 4, 1, 3, 0]);
    assert_eq!(chain.refused(take(9, 1)), Refusal::NothingToTake);
}

#[test]
fn one_take_brings_several_and_their_bodies_are_read_from_the_state() {
    let mut chain = opened();
    (0..5).for_each(|id| chain.applied(put(7, id, Guarantee::AtLeastOnce)));
    chain.applied(take(9, 3));
    assert_eq!(held(&chain, 9), [0, 1, 2]);
    let kept = crate::queue::message(chain.state(QUEUE), TOPIC, 1).unwrap();
    assert_eq!((kept.body.0, kept.attempts), (vec![1; 10], 1));
    assert_eq!(kept.digest, crypto::sha256(&[&[1; 10]]));
    chain.applied(ack(9, 1, 1));
    let done = crate::queue::message(chain.state(QUEUE), TOPIC, 1).unwrap();
    assert_eq!((done.stage, done.body.0.len()), (Stage::Done, 0));
    assert_eq!(done.deliveries[0].consumer, account(9));
    assert_eq!(held(&chain, 9), [0, 2]);
}

#[test]
fn at_least_once_comes_again_until_it_is_acknowledged_or_a_dead_letter() {
    let mut chain = opened();
    chain.applied(put(7, 0, Guarantee::AtLeastOnce));
    for attempt in 1..=3 {
        chain.applied(take(9, 1));
        assert_eq!(chain.refused(take(8, 1)), Refusal::NothingToTake, "it is invisible meanwhile");
        for other in [attempt - 1, attempt + 1] {
            assert_eq!(chain.refused(ack(9, 0, other)), Refusal::LeaseLost, "another attempt");
        }
        chain.now_us += SECOND_US;
        assert_eq!(chain.refused(ack(9, 0, attempt)), Refusal::LeaseLost, "too late");
    }
    chain.applied(sweep(5));
    assert_eq!(stage(&chain, 0), Stage::DeadAttempts);
    assert_eq!(chain.refused(take(9, 1)), Refusal::NothingToTake);
    let dead = crate::queue::message(chain.state(QUEUE), TOPIC, 0).unwrap();
    assert_eq!((dead.body.0.len(), dead.deliveries.len()), (10, 3), "a dead letter can be read");

    chain.applied(put(7, 1, Guarantee::AtLeastOnce));
    chain.applied(take(9, 1));
    chain.applied(claim(9, Verb::Nack, 1, 1));
    chain.applied(take(8, 1));
    assert_eq!(chain.refused(ack(9, 1, 1)), Refusal::LeaseLost, "an earlier delivery");
    assert_eq!(chain.refused(ack(9, 1, 2)), Refusal::LeaseLost, "somebody else's delivery");
    chain.applied(ack(8, 1, 2));
    assert_eq!(chain.refused(ack(8, 1, 2)), Refusal::LeaseLost, "acknowledged once");
    assert_eq!(stage(&chain, 1), Stage::Done);
}

#[test]
fn exactly_once_is_delivered_once_whatever_its_consumer_does() {
    for give_back in [true, false] {
        let mut chain = opened();
        chain.applied(put(7, 0, Guarantee::ExactlyOnce));
        assert_eq!(chain.refused(put(7, 0, Guarantee::ExactlyOnce)), Refusal::MessageExists);
        chain.applied(take(9, 1));
        if give_back {
            chain.applied(claim(9, Verb::Nack, 0, 1));
        }
        chain.now_us += SECOND_US;
        for consumer in [8, 9] {
            let outcome = chain.one(take(consumer, 1));
            assert!(held(&chain, consumer).is_empty(), "{outcome:?}");
        }
        assert_eq!(stage(&chain, 0), Stage::DeadAbandoned);
        assert_eq!(chain.refused(ack(9, 0, 1)), Refusal::LeaseLost);
    }
}

#[test]
fn at_most_once_is_delivered_once_and_never_a_dead_letter_after() {
    let mut chain = opened();
    chain.applied(put(7, 0, Guarantee::AtMostOnce));
    chain.applied(take(9, 1));
    chain.now_us += 100 * SECOND_US;
    assert_eq!(chain.refused(take(8, 1)), Refusal::NothingToTake);
    assert_eq!(held(&chain, 9), [0], "it can be read as long as it is of use");
    chain.now_us = 1_001 * SECOND_US;
    chain.applied(sweep(5));
    assert!(crate::queue::message(chain.state(QUEUE), TOPIC, 0).is_none());
    assert_eq!(topic(chain.state(QUEUE), TOPIC).unwrap().dead, 0);
}

#[test]
fn ordered_messages_of_a_sender_wait_for_each_other_and_for_nobody_else() {
    let mut chain = opened();
    (0..3).for_each(|id| chain.applied(put(7, id, Guarantee::Ordered)));
    chain.applied(put(6, 9, Guarantee::Ordered));
    chain.applied(take(9, 8));
    assert_eq!(held(&chain, 9), [0, 3]);
    chain.applied(claim(9, Verb::Nack, 0, 1));
    chain.applied(take(8, 8));
    assert_eq!(held(&chain, 8), [0], "the second still waits");
    chain.applied(ack(8, 0, 2));
    chain.applied(take(8, 8));
    assert_eq!(held(&chain, 8), [1]);
    for _ in 0..2 {
        chain.now_us += SECOND_US;
        chain.applied(take(8, 8));
    }
    chain.now_us += SECOND_US;
    chain.applied(take(9, 8));
    assert_eq!((stage(&chain, 1), stage(&chain, 2)), (Stage::DeadAttempts, Stage::Taken));
}

#[test]
fn a_message_for_one_consumer_is_for_no_other() {
    let mut chain = opened();
    let to = Put { to: Some(account(9)), ..message(0, Priority::Bulk, Guarantee::ExactlyOnce) };
    chain.applied(request(7, Verb::Put, &to));
    chain.applied(put(7, 1, Guarantee::AtLeastOnce));
    chain.applied(take(8, 8));
    chain.applied(take(9, 8));
    assert_eq!((held(&chain, 8), held(&chain, 9)), (vec![1], vec![0]));
    let consumers = [account(8)].into();
    let mut chain = opened_with(Settings { consumers, ..settings() });
    assert_eq!(chain.refused(take(9, 1)), Refusal::NotConsumer);
}

#[test]
fn an_id_is_remembered_until_the_message_has_expired() {
    let mut chain = opened();
    chain.applied(put(7, 0, Guarantee::ExactlyOnce));
    chain.applied(put(6, 0, Guarantee::ExactlyOnce));
    chain.applied(take(9, 2));
    chain.applied(ack(9, 0, 1));
    chain.applied(ack(9, 1, 1));
    chain.now_us = 999 * SECOND_US;
    assert_eq!(chain.refused(put(7, 0, Guarantee::ExactlyOnce)), Refusal::MessageExists);
    assert_eq!(number_of(chain.state(QUEUE), TOPIC, &account(7), &[0; 16]), Some(0));
    chain.now_us = 1_000 * SECOND_US;
    chain.applied(sweep(5));
    assert_eq!(messages(chain.state(QUEUE), TOPIC, 0).count(), 0);
    let expires = Time::from_us(2_000 * SECOND_US);
    let again = Put { expires, ..message(0, Priority::Normal, Guarantee::ExactlyOnce) };
    chain.applied(request(7, Verb::Put, &again));
    assert!(crate::queue::message(chain.state(QUEUE), TOPIC, 2).is_some());
}

#[test]
fn what_nobody_took_in_time_is_a_dead_letter_and_then_forgotten() {
    let mut chain = opened();
    chain.applied(put(7, 0, Guarantee::AtMostOnce));
    chain.now_us = 1_000 * SECOND_US;
    chain.applied(take(9, 1));
    assert!(held(&chain, 9).is_empty());
    assert_eq!(stage(&chain, 0), Stage::DeadExpired);
    let close = request(1, Verb::Close, &TopicName { topic: TOPIC.to_owned() });
    assert_eq!(chain.refused(close), Refusal::TopicNotEmpty);
    chain.now_us += DEAD_KEPT_US;
    chain.applied(sweep(5));
    assert_eq!(chain.refused(sweep(5)), Refusal::NothingToTake);
    let name = TopicName { topic: TOPIC.to_owned() };
    assert_eq!(chain.refused(request(2, Verb::Close, &name)), Refusal::NotTopicOwner);
    chain.applied(request(1, Verb::Close, &name));
    assert_eq!(totals(chain.state(QUEUE)), crate::queue::Totals::default());
    assert_eq!(chain.state(QUEUE).len(), 1, "nothing is left but the sums");
}

#[test]
fn topics_and_queues_are_bounded() {
    let mut chain = opened();
    (0..8).for_each(|id| chain.applied(put(7, id, Guarantee::AtLeastOnce)));
    assert_eq!(chain.refused(put(7, 8, Guarantee::AtLeastOnce)), Refusal::QueueFull);
    let open = |name: String| Open { topic: name, settings: settings() };
    assert_eq!(chain.refused(request(2, Verb::Open, &open(TOPIC.into()))), Refusal::TopicExists);
    for number in 1..TOPICS_PER_OWNER_MAX {
        chain.applied(request(1, Verb::Open, &open(number.to_string())));
    }
    assert_eq!(chain.refused(request(1, Verb::Open, &open("x".into()))), Refusal::TooManyTopics);
    chain.applied(request(2, Verb::Open, &open("x".into())));
    // What governance agrees on holds besides what the owner wants.
    let state = chain.executor.state_mut(GOVERNANCE).unwrap();
    crate::governance::set(state, Parameter::QueueDepthMax, 1);
    let elsewhere =
        |id| Put { topic: "x".into(), ..message(id, Priority::Low, Guarantee::Ordered) };
    chain.applied(request(7, Verb::Put, &elsewhere(0)));
    assert_eq!(chain.refused(request(7, Verb::Put, &elsewhere(1))), Refusal::QueueFull);
}

#[test]
fn unsound_requests_are_refused() {
    let mut chain = opened();
    let with = |change: &dyn Fn(&mut Put)| {
        let mut put = message(0, Priority::Normal, Guarantee::AtLeastOnce);
        change(&mut put);
        request(7, Verb::Put, &put)
    };
    assert_eq!(chain.refused(with(&|it| it.topic = "y".into())), Refusal::TopicUnknown);
    assert_eq!(chain.refused(with(&|it| it.expires = Time::from_us(1))), Refusal::BadMessageExpiry);
    let late = Time::from_us(LIFE_US_MAX + 2);
    assert_eq!(chain.refused(with(&|it| it.expires = late)), Refusal::BadMessageExpiry);
    let long = Bytes(vec![0; BODY_BYTES_MAX + 1]);
    let take = |count, lease_ms| Take { topic: TOPIC.to_owned(), count, lease_ms };
    let open = |settings| Open { topic: "z".to_owned(), settings };
    for ask in [
        with(&|it| it.topic = "a\0b".into()),
        with(&|it| it.topic = "x".repeat(129)),
        with(&|it| it.body = long.clone()),
        request(9, Verb::Take, &take(0, 1)),
        request(9, Verb::Take, &take(17, 1)),
        request(9, Verb::Take, &take(1, 0)),
        request(9, Verb::Open, &open(Settings { depth_max: 0, ..settings() })),
        request(9, Verb::Open, &open(Settings { attempts_max: 101, ..settings() })),
        request(9, Verb::Open, &open(Settings { lease_ms_max: u32::MAX, ..settings() })),
    ] {
        assert_eq!(chain.refused(ask), Refusal::MalformedPayload);
    }
    assert_eq!(chain.refused(ack(9, 0, 1)), Refusal::MessageUnknown);
    chain.applied(put(7, 0, Guarantee::AtLeastOnce));
    assert_eq!(chain.refused(ack(9, 0, 0)), Refusal::LeaseLost, "nobody has taken it");
    let mut unknown = ack(9, 0, 0);
    unknown.operation.verb = 11;
    assert_eq!(chain.refused(unknown), Refusal::UnknownOperation);
}

#[test]
fn fees_follow_the_seeds_rule_in_whole_numbers() {
    use Guarantee::{AtLeastOnce, AtMostOnce, ExactlyOnce, Ordered};
    assert_eq!(least_fee(0, 9_999, Priority::Emergency, ExactlyOnce), 0);
    assert_eq!(least_fee(5, 2_000, Priority::Normal, AtLeastOnce), 10);
    assert_eq!(least_fee(5, 2_000, Priority::Emergency, ExactlyOnce), 100);
    assert_eq!(least_fee(5, 2_000, Priority::Bulk, AtMostOnce), 5, "never below the base");
    assert_eq!(least_fee(5, 1 << 30, Priority::High, Ordered), 1_125, "at most 100 KiB count");
    assert_eq!(least_fee(u64::MAX, 9_999, Priority::Emergency, ExactlyOnce), u64::MAX);
    let mut chain = opened();
    let state = chain.executor.state_mut(GOVERNANCE).unwrap();
    crate::governance::set(state, Parameter::QueueFeePerKib, 5);
    assert_eq!(chain.refused(put(7, 0, ExactlyOnce)), Refusal::FeeTooLow);
    let mut paid = put(7, 0, ExactlyOnce);
    paid.fee = 10;
    chain.applied(paid);
}

#[test]
fn a_delivery_is_provable_from_the_state_of_its_block() {
    let mut chain = opened();
    chain.applied(put(7, 0, Guarantee::ExactlyOnce));
    chain.applied(take(9, 1));
    chain.applied(ack(9, 0, 1));
    let root = chain.root(QUEUE);
    let key = message_key(TOPIC, 0);
    let state = chain.state(QUEUE);
    assert!(chain.blocks.last().unwrap().header.state_roots.contains(&(QUEUE, root)));
    assert_eq!(state.prove(&key).root(&key, state.get(&key)), Some(root));
}

#[test]
fn an_order_repeated_by_a_later_view_delivers_nothing_twice() {
    let mut chain = opened();
    (0..2).for_each(|id| chain.applied(put(7, id, Guarantee::ExactlyOnce)));
    chain.applied(take(9, 1));
    // A new view proposes the batch of the take once more, as it must where it cannot know that it was decided.
    let (block, batch) =
        (chain.blocks.last().unwrap().clone(), chain.batches.last().unwrap().clone());
    let proposal = block.proposal.unwrap();
    assert!(chain.executor.to_execute(&proposal).is_empty());
    // Even where it were executed, as after more blocks than are remembered, its nonce is used.
    let again = chain.executor.execute(Some(proposal), types::Digest::ZERO, &[batch]);
    assert_eq!(again.block.records[0].outcome, Outcome::Refused(Refusal::NonceUsed));
    assert_eq!(held(&chain, 9), [0]);
}

/// A crash: only what is kept on disk comes back.
pub(super) fn restart(chain: &mut Chain) {
    let ids: Vec<_> = chain.executor.apps().ids().collect();
    let entries: Vec<_> = ids
        .into_iter()
        .flat_map(|app| {
            let all = chain.executor.state(app).unwrap().range(&[]);
            all.map(move |(key, value)| (app, key.to_vec(), value.to_vec()))
        })
        .collect();
    let blocks: Vec<_> =
        chain.blocks.iter().map(|block| (block.header.clone(), block.executed.clone())).collect();
    let apps = crate::Apps::builtin();
    chain.executor = Executor::recover(chain.executor.chain(), apps, entries, &blocks);
}
