//! The parts by themselves: vote counting, rounds, pending work, locks.

use std::collections::BTreeSet;

use crypto::Signature;
use testkit::node;
use types::{Digest, Seq};

use crate::pending::{PENDING_MAX, Pending};
use crate::rounds::{ROUNDS_KEPT, Rounds};
use crate::safety::{Lock, allows, view_of};
use crate::validators::Validators;
use crate::votes::{Cast, Tally, Value};
use crate::{Config, Round};

const fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}
const SIGNATURE: Signature = Signature([7; 64]);

#[test]
fn a_replica_votes_once() {
    let config = Config { weights: vec![2; 200], ..Config::new(0) };
    let set = Validators::at(&config, Seq::new(1));
    let mut tally = Tally::default();
    for _ in 0..2 {
        let mut cast =
            |who: u16, byte: u8| tally.cast(&set, node(who), Value::of(digest(byte)), SIGNATURE);
        assert_eq!(cast(1, 1), Cast::Counted(2));
        assert_eq!(cast(1, 1), Cast::Repeated);
        assert_eq!(cast(1, 2), Cast::Conflicting(Value::of(digest(1)), SIGNATURE));
        assert_eq!(cast(130, 2), Cast::Counted(2));
        assert_eq!(cast(130, 1), Cast::Conflicting(Value::of(digest(2)), SIGNATURE));
        assert_eq!(cast(64, 1), Cast::Counted(4));
        assert_eq!(tally.power(), 6);
        assert_eq!(tally.power_of(Value::of(digest(1))), 4);
        assert_eq!(tally.power_of(Value::of(digest(3))), 0);
        assert_eq!(tally.leading(), Some(Value::of(digest(1))));
        assert_eq!(tally.others_than(digest(1)), [node(130)]);
        assert_eq!(tally.voters(), [node(1), node(64), node(130)]);
        assert_eq!(tally.signatures(Value::of(digest(1))).len(), 2);
        assert_eq!(tally.of(node(65)), None);
        tally.clear();
        assert_eq!((tally.power(), tally.of(node(1))), (0, None));
    }
}

#[test]
fn old_rounds_are_forgotten() {
    let mut rounds = Rounds::default();
    for round in [0, 3, 1, 2, 3] {
        assert_eq!(rounds.reach(Round::new(round)).map(|state| state.round.get()), Some(round));
    }
    let order: Vec<u32> = rounds.iter().map(|state| state.round.get()).collect();
    assert_eq!(order, [0, 1, 2, 3]);
    rounds.enter(Round::new(ROUNDS_KEPT + 2));
    assert!(rounds.get(Round::new(1)).is_none() && rounds.reach(Round::new(1)).is_none());
    assert!(rounds.get(Round::new(2)).is_some());
    rounds.enter(Round::new(u32::MAX));
    assert_eq!(rounds.len(), 0);
    rounds.clear();
    assert!(rounds.reach(Round::ZERO).is_some_and(|state| state.is_silent()));
}

#[test]
fn pending_work_is_bounded() {
    let mut pending = Pending::default();
    let work = |index: usize| crypto::hash("test-work", &index.to_le_bytes());
    assert!((0..PENDING_MAX).all(|index| pending.submit(work(index))));
    assert!(!pending.submit(work(PENDING_MAX)), "one too many");
    assert!(!pending.submit(work(3)), "known");
    pending.finish(&[work(1), work(0)]);
    assert!(!pending.submit(work(0)), "done already");
    assert_eq!(pending.len(), PENDING_MAX - 2);
    let rest: Vec<Digest> = (2..PENDING_MAX).map(work).collect();
    pending.finish(&rest);
    assert!(pending.is_empty());
}

#[test]
fn a_lock_gives_way_to_later_polkas_alone() {
    let config = Config::new(4);
    let round = Round::new;
    let mut lock = None;
    let may = |lock: &Option<Lock>, byte: u8, valid: Option<u32>| {
        allows(&config, lock.as_ref(), digest(byte), valid.map(round))
    };
    assert!(may(&lock, 1, None));
    lock = Some(Lock::moved(lock, round(3), digest(1)));
    assert!(may(&lock, 1, None) && may(&lock, 1, Some(0)));
    assert!(!may(&lock, 2, None) && !may(&lock, 2, Some(2)));
    assert!(may(&lock, 2, Some(3)) && may(&lock, 2, Some(4)));
    lock = Some(Lock::moved(lock, round(5), digest(2)));
    assert!(!may(&lock, 2, None), "round 3's PRECOMMIT needs an excuse");
    assert!(may(&lock, 2, Some(3)) && !may(&lock, 1, Some(4)));
    lock = Some(Lock::moved(lock, round(7), digest(2)));
    assert_eq!(lock.unwrap().other, Some(round(3)));
}

#[test]
fn views_ascend() {
    let view = |seq: u64, round: u32| view_of(Seq::new(seq), Round::new(round)).get();
    assert_eq!(view(12, 3), 12_003);
    assert!(view(1, 999) < view(2, 0) && view(1, u32::MAX) < view(2, 0));
    assert_eq!(view(u64::MAX, 5), u64::MAX);
}

/// The code cites lines of the pseudo-code by number: each line is cited, and each citation has its line.
#[test]
fn the_code_cites_the_pseudo_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = std::fs::read_to_string(root.join("../../specs/tendermint.md")).unwrap();
    let lines: BTreeSet<u32> = spec
        .lines()
        .filter_map(|line| line.strip_prefix("- **L")?.split_once("**")?.0.parse().ok())
        .collect();
    let count = u32::try_from(lines.len()).unwrap();
    assert_eq!(lines, (1..=count).collect(), "lines are numbered without gaps");
    let mut cited = BTreeSet::new();
    for file in std::fs::read_dir(root.join("src")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() && !path.ends_with("lib.rs") {
            let code = std::fs::read_to_string(path).unwrap();
            let comments = code.lines().filter_map(|line| Some(line.split_once("//")?.1));
            let words = comments.flat_map(|comment| comment.split(|c: char| !c.is_alphanumeric()));
            cited.extend(words.filter_map(|word| word.strip_prefix('L')?.parse::<u32>().ok()));
        }
    }
    assert_eq!(cited, lines);
}
