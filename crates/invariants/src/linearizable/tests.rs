//! Histories whose verdicts are known, good ones and bad ones.

use types::Prng;

use super::*;

/// A register: writes answer what they wrote, reads what stands there.
struct Register;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ask {
    Write(u64),
    Read,
}

impl Model for Register {
    type State = u64;
    type Input = Ask;
    type Output = u64;
    fn apply(state: &u64, input: &Ask) -> (u64, u64) {
        match input {
            Write(value) => (*value, *value),
            Read => (*state, *state),
        }
    }
}

type Call = super::Call<Register>;

fn call(called_us: u64, input: Ask, answer: impl Into<Option<(u64, u64)>>) -> Call {
    Operation { called_us, input, answer: answer.into() }
}

fn judge(calls: &[Call]) -> Linearity {
    linearize::<Register>(&calls.iter().collect::<Vec<_>>())
}

use Ask::{Read, Write};
use Linearity::{Linearizable, Violated};

#[test]
fn calls_after_each_other() {
    let good = [call(0, Write(1), (1, 1)), call(2, Read, (3, 1)), call(4, Write(2), (5, 2))];
    assert_eq!(judge(&good), Linearizable);
    // A read of what was overwritten before it began.
    let stale = [call(0, Write(1), (1, 1)), call(2, Write(2), (3, 2)), call(4, Read, (5, 1))];
    assert_eq!(judge(&stale), Violated);
    // A read of what nobody wrote.
    assert_eq!(judge(&[call(0, Read, (1, 7))]), Violated);
    assert_eq!(judge(&[]), Linearizable);
}

#[test]
fn calls_at_once_may_come_in_either_order() {
    let write = call(0, Write(1), (10, 1));
    for seen in [0, 1] {
        assert_eq!(judge(&[write.clone(), call(2, Read, (3, seen))]), Linearizable);
    }
    // But not in both: once a reader has seen it, a later one sees it too.
    let back = [write.clone(), call(2, Read, (3, 1)), call(4, Read, (5, 0))];
    assert_eq!(judge(&back), Violated);
    let forth = [write, call(2, Read, (3, 0)), call(4, Read, (5, 1))];
    assert_eq!(judge(&forth), Linearizable);
}

#[test]
fn two_readers_who_see_two_writes_in_different_orders() {
    let writes = [call(0, Write(1), (20, 1)), call(0, Write(2), (20, 2))];
    let reads = |first, second, third, fourth| {
        let mut all = writes.to_vec();
        all.push(call(1, Read, (4, first)));
        all.push(call(5, Read, (8, second)));
        all.push(call(1, Read, (4, third)));
        all.push(call(5, Read, (8, fourth)));
        judge(&all)
    };
    assert_eq!(reads(1, 2, 2, 1), Violated);
    assert_eq!(reads(1, 2, 1, 2), Linearizable);
}

#[test]
fn what_was_never_answered_may_have_happened_or_not() {
    let lost = call(0, Write(1), None);
    for seen in [0, 1] {
        assert_eq!(judge(&[lost.clone(), call(5, Read, (6, seen))]), Linearizable);
    }
    // It may take effect between two later calls, but only once.
    let late = [lost.clone(), call(5, Read, (6, 0)), call(7, Read, (8, 1))];
    assert_eq!(judge(&late), Linearizable);
    let twice = [lost, call(1, Write(2), (2, 2)), call(3, Read, (4, 1)), call(5, Read, (6, 2))];
    assert_eq!(judge(&twice), Violated);
}

#[test]
fn a_ticket_is_consumed_once_however_many_present_it() {
    let step = |called_us, verb, answered_us, applied| Operation {
        called_us,
        input: verb,
        answer: Some((answered_us, applied)),
    };
    let life = |both| {
        let calls =
            [step(0, 1, 1, true), step(2, 2, 3, true), step(4, 3, 8, true), step(5, 3, 7, both)];
        check_history::<TicketModel>(&calls.map(|call| (9, call))).map_err(|v| v.invariant.id)
    };
    assert_eq!(life(false), Ok(()));
    assert_eq!(life(true), Err("S13"));
    // Consumed before it was validated, by the clients' clocks.
    let early = [step(0, 1, 1, true), step(2, 3, 3, true), step(4, 2, 5, true)];
    assert!(check_history::<TicketModel>(&early.map(|call| (0, call))).is_err());
    // Other tickets are other objects.
    let others = [(0, step(0, 1, 1, true)), (1, step(0, 1, 1, true))];
    assert_eq!(check_history::<TicketModel>(&others), Ok(()));
}

/// Histories of a real register, whose calls take effect somewhere between call and answer, are accepted; one changed
/// answer among reads that are alone in time is not.
#[test]
fn drawn_histories_of_a_real_register() {
    for seed in 0..200 {
        let mut prng = Prng::new(seed, 0);
        let mut effects: Vec<(u64, u64, u64, Ask)> = Vec::new();
        for number in 1..=20 {
            let at = prng.below(1_000);
            let (early, late) = (prng.below(40), prng.below(40));
            let ask = if prng.chance_ppm(500_000) { Write(number) } else { Read };
            effects.push((at, at.saturating_sub(early), at + late, ask));
        }
        effects.sort_by_key(|effect| effect.0);
        let mut state = 0;
        let mut calls = Vec::new();
        for (_, called_us, answered_us, ask) in effects {
            let (output, next) = Register::apply(&state, &ask);
            state = next;
            let answered = !prng.chance_ppm(100_000);
            calls.push(call(called_us, ask, answered.then_some((answered_us, output))));
        }
        assert_eq!(judge(&calls), Linearizable, "seed {seed}");
        calls.push(call(5_000, Read, (5_001, 999)));
        assert_eq!(judge(&calls), Violated, "seed {seed}");
    }
}
