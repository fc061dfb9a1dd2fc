use codec::{Bytes, Encode};
use conformance::check;
use ledger::{Account, Refusal};
use proptest::prelude::*;
use types::{Digest, Height, Prng, Time};

use super::{
    BODY_BYTES_MAX, Head, Missing, MissingError, NODE_UPDATE, NodeUpdate, UPDATES,
    UPDATES_KEPT_MAX, Update, head, last_sequence, missing_after, missing_since, stream, update,
};
use crate::registry::tests::founded;
use crate::testing::{Ask, account, ask};

fn tell(hub: u8, sequence: u64) -> Ask {
    let told = NodeUpdate { sequence, kind: "storage.moved".to_owned(), body: Bytes(vec![hub; 9]) };
    ask(hub, UPDATES, NODE_UPDATE, &told)
}

#[test]
fn hubs_tell_in_their_own_order_and_others_tell_nothing() {
    let mut chain = founded();
    assert_eq!(chain.refused(tell(9, 1)), Refusal::HubUnknown);
    assert_eq!(chain.refused(tell(1, 2)), Refusal::UpdateOutOfOrder);
    chain.applied(tell(1, 1));
    for sequence in [0, 1, 3, u64::MAX] {
        assert_eq!(chain.refused(tell(1, sequence)), Refusal::UpdateOutOfOrder);
    }
    chain.applied(tell(2, 1));
    chain.applied(tell(1, 2));
    let state = chain.state(UPDATES);
    assert_eq!((head(state).count, last_sequence(state, &account(1))), (3, 2));
    assert_eq!(update(state, 1).unwrap().hub, account(2));
    let mut bad = tell(1, 3);
    bad.operation.verb = 2;
    assert_eq!(chain.refused(bad), Refusal::UnknownOperation);
    for (kind, body) in [("", 0), ("a\nb", 0), ("k", BODY_BYTES_MAX + 1)] {
        let told = NodeUpdate { sequence: 3, kind: kind.to_owned(), body: Bytes(vec![0; body]) };
        let ask = ask(1, UPDATES, NODE_UPDATE, &told);
        assert_eq!(chain.refused(ask), Refusal::MalformedPayload);
    }
}

#[test]
fn whoever_was_away_gets_all_it_missed_and_can_check_it() {
    let mut chain = founded();
    let mut heads = vec![(chain.executor.height(), head(chain.state(UPDATES)))];
    for sequence in 1..=20 {
        chain.block(vec![tell(1, sequence), tell(2, sequence)]);
        heads.push((chain.executor.height(), head(chain.state(UPDATES))));
        if sequence % 3 == 0 {
            chain.pass_to(chain.executor.height().plus(2).get());
        }
    }
    let state = chain.state(UPDATES);
    let present = head(state);
    for (height, known) in &heads {
        let missing = missing_since(state, *height, usize::MAX).unwrap();
        assert!(missing.is_all_between(known, &present), "since {height}");
        assert_eq!(missing.updates.len() as u64, present.count - known.count);
        // In portions it is the same.
        let part = missing_since(state, *height, 3).unwrap();
        assert!(part.is_all_between(known, &part.to) && part.updates.len() <= 3);
    }
    // The end of the stream is provable, and so is each update.
    let root = chain.root(UPDATES);
    let state = chain.state(UPDATES);
    let path = state.prove(Head::KEY);
    assert_eq!(path.root(Head::KEY, Some(&present.to_bytes())), Some(root));
}

#[test]
fn what_is_left_out_added_changed_or_moved_is_noticed() {
    let mut chain = founded();
    (1..=6).for_each(|sequence| chain.applied(tell(1, sequence)));
    let state = chain.state(UPDATES);
    let honest = missing_since(state, Height::new(2), usize::MAX).unwrap();
    let (known, present) = (honest.from, head(state));
    assert!(honest.is_all_between(&known, &present));
    let spoilt = |change: &dyn Fn(&mut Missing)| {
        let mut missing = honest.clone();
        change(&mut missing);
        missing.is_all_between(&known, &present)
    };
    assert!(!spoilt(&|it| drop(it.updates.pop())));
    assert!(!spoilt(&|it| drop(it.updates.remove(0))));
    assert!(!spoilt(&|it| it.updates.swap(0, 1)));
    assert!(!spoilt(&|it| it.updates[1].told.body.0[0] ^= 1));
    assert!(!spoilt(&|it| it.updates[1].hub = account(2)));
    assert!(!spoilt(&|it| it.updates.push(it.updates[0].clone())));
    assert!(!spoilt(&|it| it.to.count += 1));
    assert!(!spoilt(&|it| it.from = Head::default()));
}

#[test]
fn old_updates_make_room_and_are_said_to_be_gone() {
    let mut state = ledger::StateTree::default();
    let told = NodeUpdate { sequence: 1, kind: "k".to_owned(), body: Bytes(Vec::new()) };
    for number in 0..UPDATES_KEPT_MAX + 5 {
        let (height, time) = (Height::new(number + 1), Time::ZERO);
        let hub = account(1);
        stream::append(
            &mut state,
            &Update { number, hub, told: told.clone(), height, index: 0, time },
        );
    }
    assert_eq!(state.len() as u64, UPDATES_KEPT_MAX + 1);
    assert_eq!(update(&state, 4), None);
    let first_kept = Height::new(6);
    let gone = Err(MissingError::Forgotten { first_kept });
    assert_eq!(missing_since(&state, Height::new(3), 9), gone);
    assert_eq!(missing_since(&state, Height::new(6), 9).unwrap().updates[0].number, 6);
    let none = missing_since(&state, Height::new(u64::MAX), 9).unwrap();
    assert_eq!((none.updates.len(), none.from), (0, none.to));
    assert_eq!(missing_after(&state, 4, 9), gone);
    assert_eq!(missing_after(&state, 5, 9).unwrap().updates.len(), 9);
}

#[test]
fn the_bytes_of_updates_are_pinned() {
    fn told(prng: &mut Prng) -> NodeUpdate {
        let mut body = vec![0; usize::try_from(prng.below(20)).unwrap()];
        prng.fill(&mut body);
        let kind = format!("k{}", prng.below(100));
        NodeUpdate { sequence: prng.next_u64(), kind, body: Bytes(body) }
    }
    fn digest(prng: &mut Prng) -> Digest {
        let mut bytes = [0; 32];
        prng.fill(&mut bytes);
        Digest::new(bytes)
    }
    fn update(prng: &mut Prng) -> Update {
        Update {
            number: prng.next_u64(),
            hub: Account(*digest(prng).as_bytes()),
            told: told(prng),
            height: Height::new(prng.next_u64()),
            index: 7,
            time: Time::from_us(prng.next_u64()),
        }
    }
    fn head(prng: &mut Prng) -> Head {
        Head { count: prng.next_u64(), digest: digest(prng) }
    }
    check("updates::NodeUpdate", told);
    check("updates::Missing", |prng| Missing {
        from: head(prng),
        updates: (0..prng.below(3)).map(|_| update(prng)).collect(),
        to: head(prng),
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    /// From any block, in portions of any size, a follower ends at the stream's end.
    #[test]
    fn any_follower_catches_up(
        hubs in proptest::collection::vec(1_u8..4, 0..40), since in 0_u64..50, portion in 1_usize..9,
    ) {
        let mut chain = founded();
        let mut sequences = [0_u64; 4];
        for hubs in hubs.chunks(3) {
            let asks = hubs.iter().map(|&hub| {
                sequences[usize::from(hub)] += 1;
                tell(hub, sequences[usize::from(hub)])
            });
            chain.block(asks.collect());
        }
        let state = chain.state(UPDATES);
        let mut missing = missing_since(state, Height::new(since), portion).unwrap();
        let mut known = missing.from;
        while !missing.updates.is_empty() {
            prop_assert!(missing.is_all_between(&known, &missing.to));
            prop_assert!(missing.updates.iter().all(|update| update.height.get() > since));
            known = missing.to;
            missing = missing_after(state, known.count, portion).unwrap();
        }
        prop_assert_eq!(known, head(state));
    }
}
