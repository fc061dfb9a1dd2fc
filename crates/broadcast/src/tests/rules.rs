//! Each promise under the attack on it; each test shows that it would notice the bug that lets the attack through.

use types::limits::PAYLOAD_BYTES_MAX;
use types::{NodeId, Seq};

use super::{Verdict, World, echo, initial, node, place, ready};
use crate::mutants::Mutant;
use crate::{Broadcast, Refusal, SEQUENCES_OPEN_MAX};

/// A rule holds, and is broken by each of these bugs.
macro_rules! rule {
    ($(#[$doc:meta])* $name:ident, $body:expr, [$($mutant:ident),*]) => {
        $(#[$doc])*
        #[test]
        fn $name() {
            let body: fn(Option<Mutant>) -> Verdict = $body;
            assert_eq!(body(None), Ok(()));
            $(
                let verdict = body(Some(Mutant::$mutant));
                assert!(verdict.is_err(), "{:?} is not noticed", Mutant::$mutant);
            )*
        }
    };
}

rule!(
    validity_what_an_honest_replica_sends_all_deliver,
    |mutant| {
        for n in [1, 2, 4, 5, 6, 7, 10] {
            for seed in 0..8 {
                let mut world = World::new(n, mutant, seed);
                for payload in [b"one", b"two", b"six"] {
                    world.send(0, payload);
                }
                world.run();
                world.check()?;
            }
        }
        Ok(())
    },
    [SequenceUnbound]
);

rule!(
    integrity_nobody_speaks_in_an_honest_senders_name,
    |mutant| {
        let mut world = World::new(4, mutant, 1);
        world.say(3, &initial(place(0, 0), b"forged"));
        world.say(3, &echo(place(0, 0), b"forged"));
        world.say(3, &ready(place(0, 0), b"forged"));
        world.run();
        world.check()
    },
    [SenderUnchecked]
);

rule!(
    integrity_a_place_is_delivered_once,
    |mutant| {
        let mut world = World::new(4, mutant, 1);
        world.send(0, b"once");
        world.run();
        for _ in 0..3 {
            world.say(3, &echo(place(0, 0), b"once"));
            world.say(3, &ready(place(0, 0), b"once"));
            world.run();
        }
        world.check()
    },
    [DeliversAgain]
);

rule!(
    /// The liar tells one replica one thing and two another, and votes for both.
    agreement_two_payloads_never_both_find_a_quorum,
    |mutant| {
        for seed in 0..200 {
            let mut world = World::new(4, mutant, seed);
            let place = place(3, 0);
            for (to, payload) in [(0, b"black"), (1, b"white"), (2, b"white")] {
                world.tell(3, to, initial(place, payload));
            }
            for (to, payload) in [(0, b"white"), (1, b"black"), (2, b"black")] {
                world.tell(3, to, initial(place, payload));
            }
            for (to, payload) in [(0, b"black"), (1, b"white"), (2, b"white")] {
                world.tell(3, to, echo(place, payload));
                world.tell(3, to, ready(place, payload));
            }
            world.run();
            world.check()?;
        }
        Ok(())
    },
    [FewEchoes, EchoesAgain]
);

rule!(
    /// The liar says its one vote again and again, to each what it told that replica.
    agreement_a_vote_counts_once,
    |mutant| {
        for seed in 0..20 {
            let mut world = World::new(4, mutant, seed);
            let place = place(3, 0);
            for (to, payload) in [(0, b"black"), (1, b"white"), (2, b"green")] {
                world.tell(3, to, initial(place, payload));
                for _ in 0..3 {
                    world.tell(3, to, echo(place, payload));
                    world.tell(3, to, ready(place, payload));
                }
            }
            world.run();
            world.check()?;
        }
        Ok(())
    },
    [RepeatedVotesCount]
);

rule!(
    /// Replica 0 has kept the wrong payload; the READYs are for the right one.
    agreement_readies_count_for_their_payload_alone,
    |mutant| {
        for seed in 0..300 {
            let mut world = World::new(7, mutant, seed);
            let place = place(6, 0);
            for to in 0..5 {
                world.tell(6, to, initial(place, if to < 2 { b"black" } else { b"white" }));
            }
            for liar in [5, 6] {
                world.tell(liar, 0, echo(place, b"black"));
                world.tell(liar, 0, ready(place, b"black"));
                for to in 1..5 {
                    world.tell(liar, to, echo(place, b"white"));
                    world.tell(liar, to, ready(place, b"white"));
                }
            }
            world.run();
            world.check()?;
        }
        Ok(())
    },
    [PayloadUnbound]
);

rule!(
    /// The liar lets one replica alone find a quorum of echoes, and is ready to that one alone.
    totality_where_one_delivers_all_do,
    |mutant| {
        for seed in 0..20 {
            for (echo_to, ready_to) in [(1, 1), (2, 1), (2, 2), (1, 3)] {
                let mut world = World::new(4, mutant, seed);
                let place = place(3, 0);
                for to in 0..2 {
                    world.tell(3, to, initial(place, b"word"));
                }
                for to in 0..echo_to {
                    world.tell(3, to, echo(place, b"word"));
                }
                for to in 0..ready_to {
                    world.tell(3, to, ready(place, b"word"));
                }
                world.run();
                world.check()?;
            }
        }
        Ok(())
    },
    [NoAmplification, FewReadies]
);

#[test]
fn what_changes_nothing_is_refused_with_its_reason() {
    let mut replica = Broadcast::new(node(0), 4);
    let mut refuses = |from, message| replica.receive(from, &message).err();
    let here = place(1, 0);
    assert_eq!(refuses(node(4), initial(here, b"a")), Some(Refusal::Stranger));
    assert_eq!(refuses(node(1), initial(place(4, 0), b"a")), Some(Refusal::NotTheSender));
    assert_eq!(refuses(node(1), echo(place(4, 0), b"a")), Some(Refusal::Stranger));
    assert_eq!(refuses(node(1), ready(place(u16::MAX.into(), 0), b"a")), Some(Refusal::Stranger));
    assert_eq!(refuses(node(2), initial(here, b"a")), Some(Refusal::NotTheSender));
    let long = vec![0; PAYLOAD_BYTES_MAX + 1];
    assert_eq!(refuses(node(1), initial(here, &long)), Some(Refusal::TooLong));
    assert_eq!(refuses(node(1), echo(here, &long)), Some(Refusal::TooLong));
    for seq in [SEQUENCES_OPEN_MAX as u64, u64::MAX] {
        assert_eq!(refuses(node(1), initial(place(1, seq), b"a")), Some(Refusal::Ahead));
        assert_eq!(refuses(node(1), ready(place(1, seq), b"a")), Some(Refusal::Ahead));
    }
    assert_eq!(refuses(node(1), initial(here, b"a")), None);
    assert_eq!(refuses(node(1), initial(here, b"b")), Some(Refusal::Repeated));
    assert_eq!(refuses(node(1), echo(here, b"a")), None);
    assert_eq!(refuses(node(1), echo(here, b"b")), Some(Refusal::Repeated));
}

#[test]
fn a_sender_waits_until_its_oldest_are_delivered() {
    let mut alone = Broadcast::new(node(0), 1);
    let mut said = Vec::new();
    for _ in 0..SEQUENCES_OPEN_MAX {
        said.push(alone.send(b"word".to_vec()).unwrap());
    }
    assert_eq!(alone.send(b"word".to_vec()), Err(Refusal::Ahead));
    assert_eq!(alone.send(vec![0; PAYLOAD_BYTES_MAX + 1]), Err(Refusal::TooLong));
    let mut delivered = 0;
    while let Some(message) = said.pop() {
        let step = alone.receive(node(0), &message).unwrap_or_default();
        delivered += usize::from(step.deliver.is_some());
        said.extend(step.say);
    }
    assert_eq!(delivered, SEQUENCES_OPEN_MAX);
    assert_eq!(alone.delivered(node(0)), Seq::new(SEQUENCES_OPEN_MAX as u64));
    assert_eq!(alone.held(), (0, 0));
    assert!(alone.send(b"word".to_vec()).is_ok());
    assert_eq!(Broadcast::new(node(5), 4).send(Vec::new()), Err(Refusal::Stranger));
}

/// The paper's count: n INITIALs, n² ECHOs, n² READYs.
#[test]
fn the_messages_are_as_many_as_the_paper_says() {
    for n in [1_usize, 4, 7, 16] {
        let mut replicas: Vec<Broadcast> = NodeId::all(n).map(|me| Broadcast::new(me, n)).collect();
        let message = replicas[0].send(b"word".to_vec()).unwrap();
        let mut queue: std::collections::VecDeque<_> =
            NodeId::all(n).map(|to| (node(0), to, message.clone())).collect();
        let mut count = 0;
        while let Some((from, to, message)) = queue.pop_front() {
            count += 1;
            let step = replicas[to.index()].receive(from, &message).unwrap_or_default();
            if let Some(message) = step.say {
                queue.extend(NodeId::all(n).map(|peer| (to, peer, message.clone())));
            }
        }
        assert_eq!(count, n + 2 * n * n);
    }
}
