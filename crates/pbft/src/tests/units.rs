//! The parts by themselves: vote counting, slots, pending work, the plan of a new view.

use std::collections::BTreeSet;

use crypto::Signature;
use testkit::node;
use types::{Digest, NodeId, Seq, Time, View};

use crate::message::{Claim, ViewChangeVote};
use crate::pending::{PENDING_MAX, Pending};
use crate::slots::Slots;
use crate::votes::{Cast, Votes};
use crate::{Config, safety};

const fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}
const SIGNATURE: Signature = Signature([7; 64]);

#[test]
fn a_replica_votes_once() {
    let mut votes = Votes::default();
    let mut cast = |who: u16, byte: u8| votes.cast(200, node(who), digest(byte), SIGNATURE);
    assert_eq!(cast(1, 1), Cast::Counted);
    assert_eq!(cast(1, 1), Cast::Repeated);
    assert_eq!(cast(1, 2), Cast::Conflicting(digest(1), SIGNATURE));
    assert_eq!(cast(130, 2), Cast::Counted);
    assert_eq!(cast(130, 2), Cast::Repeated);
    assert_eq!(cast(130, 1), Cast::Conflicting(digest(2), SIGNATURE));
    assert_eq!(cast(64, 1), Cast::Counted);
    assert_eq!((votes.count(digest(1)), votes.count(digest(2)), votes.count(digest(3))), (2, 1, 0));
    assert_eq!(votes.agreed(2), Some(digest(1)));
    assert_eq!(votes.agreed(3), None);
    assert_eq!(votes.agreed(1), Some(digest(1)));
    assert_eq!(votes.voters(digest(2)), [node(130)]);
    assert_eq!(votes.others_than(digest(1)), [node(130)]);
    assert_eq!(votes.others_than(digest(2)), [node(1), node(64)]);
    assert_eq!(votes.of(node(64)), Some((digest(1), SIGNATURE)));
    assert_eq!(votes.of(node(65)), None);
}

#[test]
fn slots_move_with_the_watermark() {
    let mut slots = Slots::new(8);
    assert!(slots.reach(Seq::ZERO).is_none());
    assert!(slots.reach(Seq::new(9)).is_none());
    slots.reach(Seq::new(5)).unwrap().promised = true;
    assert_eq!(slots.len(), 5);
    slots.collect(Seq::new(4));
    assert!(slots.get(Seq::new(5)).unwrap().promised);
    assert!(slots.get(Seq::new(4)).is_none());
    assert!(slots.covers(Seq::new(12)) && !slots.covers(Seq::new(13)));
    slots.collect(Seq::new(2));
    assert_eq!(slots.low(), Seq::new(4), "the watermark never falls");
    slots.collect(Seq::new(100));
    assert_eq!((slots.len(), slots.high()), (0, Seq::new(108)));
    assert!(slots.reach(Seq::new(u64::MAX)).is_none());
}

#[test]
fn pending_work_is_bounded_and_timed_by_the_oldest() {
    let mut pending = Pending::default();
    let work = |index: usize| crypto::hash("test-work", &index.to_le_bytes());
    for index in 0..PENDING_MAX {
        assert!(pending.submit(work(index), Time::from_us(index as u64)));
    }
    assert!(!pending.submit(work(PENDING_MAX), Time::ZERO), "one too many");
    assert!(!pending.submit(work(3), Time::ZERO), "known");
    pending.finish(&[work(1), work(0)]);
    assert_eq!(pending.oldest(), Some(Time::from_us(2)));
    assert!(!pending.submit(work(0), Time::ZERO), "done already");
    pending.restart(Time::from_us(9_999_999));
    assert_eq!(pending.oldest(), Some(Time::from_us(9_999_999)));
    assert_eq!(pending.len(), PENDING_MAX - 2);
    let rest: Vec<Digest> = (2..PENDING_MAX).map(work).collect();
    pending.finish(&rest);
    assert!(pending.is_empty() && pending.oldest().is_none());
}

#[test]
fn a_plan_takes_the_highest_view_and_fills_gaps() {
    let claim = |view: u64, seq: u64, byte: u8| Claim {
        view: View::new(view),
        seq: Seq::new(seq),
        digest: digest(byte),
    };
    let vote = |stable: u64, prepared: Vec<Claim>| ViewChangeVote {
        view: View::new(9),
        stable: Seq::new(stable),
        state: digest(u8::try_from(stable).unwrap()),
        prepared,
    };
    let votes = [
        vote(0, vec![claim(1, 4, 40), claim(1, 5, 50), claim(3, 6, 60)]),
        vote(4, vec![claim(4, 6, 61), claim(2, 8, 80)]),
        vote(0, vec![claim(2, 5, 51)]),
    ];
    let plan = safety::plan(&Config::new(4), votes.iter());
    assert_eq!((plan.stable, plan.state), (Seq::new(4), digest(4)));
    assert_eq!(
        plan.places,
        [Some(claim(2, 5, 51)), Some(claim(4, 6, 61)), None, Some(claim(2, 8, 80))]
    );
    assert_eq!(plan.seq(0), Seq::new(5));
}

#[test]
fn replicas_take_turns() {
    let four = Config::new(4);
    let leaders: Vec<u16> =
        (0..6).map(|view| safety::primary(View::new(view), &four).get()).collect();
    assert_eq!(leaders, [0, 1, 2, 3, 0, 1]);
    assert_eq!(safety::primary(View::new(u64::MAX), &four), NodeId::new(3));
}

/// The code cites lines of the pseudo-code by number: each line is cited, and each citation has its line.
#[test]
fn the_code_cites_the_pseudo_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = std::fs::read_to_string(root.join("../../specs/pbft.md")).unwrap();
    let lines: BTreeSet<u32> = spec
        .lines()
        .filter_map(|line| line.strip_prefix("- **L")?.split_once("**")?.0.parse().ok())
        .collect();
    let count = u32::try_from(lines.len()).unwrap();
    assert_eq!(lines, (1..=count).collect(), "lines are numbered without gaps");
    let mut cited = BTreeSet::new();
    for file in std::fs::read_dir(root.join("src")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let code = std::fs::read_to_string(path).unwrap();
            let comments = code.lines().filter_map(|line| Some(line.split_once("//")?.1));
            let words = comments.flat_map(|comment| comment.split(|c: char| !c.is_alphanumeric()));
            cited.extend(words.filter_map(|word| word.strip_prefix('L')?.parse::<u32>().ok()));
        }
    }
    assert_eq!(cited, lines);
}
