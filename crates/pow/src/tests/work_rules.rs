//! W-1 to W-4: proofs, sums of work, targets, times.

use protocol::Reject;
use testkit::{Cluster, Verdict, ensure, ms, scenario};
use types::{Duration, Time};

use super::{Branch, head, lone, prove, show};
use crate::{Config, Core, Mutant, Target};

fn rejected(cluster: &Cluster<Core>, reason: Reject) -> usize {
    cluster.at(0).rejects.iter().filter(|reject| reject.1 == reason).count()
}

/// A target that takes as many hashes as a test can afford: about one.
const EASIEST: Target = Target::from_compact(0x207f_ffff);

/// W-1: a header must have the target that its chain demands, and its hash must meet it. An easier claim that is met,
/// a harder one that is met, a right claim that is not met, and a prefix of zeros that is not enough are all refused.
fn w1(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, |_| {});
    let config = cluster.at(0).config.clone();
    let start = Branch::new(&config);
    let initial = config.target_initial;
    let harder = Target::from_compact(0x2000_7fff);
    for (target, met, missed) in [
        (EASIEST, EASIEST, Some(initial)),
        (harder, harder, None),
        (initial, EASIEST, Some(initial)),
        (Target::from_compact(0x1d00_ffff), initial, None),
        (Target::from_compact(0), EASIEST, None),
    ] {
        let mut header = start.next(None);
        header.target = target;
        let work = header.work();
        let is_wanted = |nonce: &u64| {
            let hash = crypto::work(&work, *nonce);
            met.is_met_by(&hash) && missed.is_none_or(|missed| !missed.is_met_by(&hash))
        };
        header.nonce = (0..).find(is_wanted).unwrap_or_default();
        let block = std::sync::Arc::new(crate::Block { header, payload: None });
        show(&mut cluster, 1, &[block]);
        ensure(head(&cluster, 0) == start.id, format!("{target} is believed"))?;
    }
    ensure(rejected(&cluster, Reject::BadWork) == 5, "the refusals are counted")?;
    let mut start = start;
    let honest = start.grow(0);
    show(&mut cluster, 1, std::slice::from_ref(&honest));
    ensure(head(&cluster, 0) == honest.header.id(), "an honest block is refused")
}
scenario!(w1_the_hash_meets_the_required_target, w1, [TargetClaimed, ProofUnchecked]);

/// W-2: ten easy blocks lose against six hard ones, whichever come first; nothing in a header says how much work it is.
fn w2(mutant: Option<Mutant>) -> Verdict {
    let tune = |config: &mut Config| {
        config.retarget_interval = 2;
        config.block_interval = ms(1);
        config.confirmations = 100;
        config.future_max = ms(1_000_000);
    };
    for hard_first in [false, true] {
        let mut cluster = lone(mutant, tune);
        let config = cluster.at(0).config.clone();
        let (mut easy, mut hard) = (Branch::new(&config), Branch::new(&config));
        // Slow blocks keep the easiest target, fast ones are made four times harder after each period.
        easy.step = ms(10);
        hard.step = Duration::from_us(1);
        for _ in 0..10 {
            easy.retargeted(&config);
        }
        for _ in 0..6 {
            hard.retargeted(&config);
        }
        ensure(hard.head.target < easy.head.target, "the hard blocks are no harder")?;
        let (first, second) = if hard_first { (&hard, &easy) } else { (&easy, &hard) };
        show(&mut cluster, 1, &first.blocks);
        ensure(head(&cluster, 0) == first.id, "a chain without a rival is refused")?;
        show(&mut cluster, 2, &second.blocks);
        ensure(head(&cluster, 0) == hard.id, "six hard blocks lose against ten easy ones")?;
    }
    Ok(())
}
scenario!(w2_the_most_work_wins, w2, [LongestChain]);

/// W-3: Bitcoin's own cases.
#[test]
fn w3_bitcoins_retargets() {
    const EXPECTED_S: u64 = 14 * 24 * 60 * 60;
    let limit = Target::from_compact(0x1d00_ffff);
    for (first, last, bits, next) in [
        (1_261_130_161, 1_262_152_739, 0x1d00_ffff, 0x1d00_d86a),
        (1_231_006_505, 1_233_061_996, 0x1d00_ffff, 0x1d00_ffff),
        (1_279_008_237, 1_279_297_671, 0x1c05_a3f4, 0x1c01_68fd),
        (1_263_163_443, 1_269_211_443, 0x1c38_7f6f, 0x1d00_e1fd),
    ] {
        let next_target = Target::from_compact(bits).retarget(last - first, EXPECTED_S, limit);
        assert_eq!(next_target, Target::from_compact(next), "{first}..{last}");
    }
}

/// W-3: whatever the times say, a period makes blocks at most four times harder or easier, and never easier than the
/// easiest.
fn w3(mutant: Option<Mutant>) -> Verdict {
    let mut config = Config::new(4);
    config.mutant = mutant;
    config.retarget_interval = 8;
    let mut branch = Branch::new(&config);
    let mut last = config.target_initial;
    let periods = [
        Duration::from_us(1),
        Duration::from_us(1),
        ms(1_000_000_000),
        ms(1_000),
        ms(1_000),
        ms(1_000),
    ];
    for step in periods {
        branch.step = step;
        for _ in 0..8 {
            branch.walk(&config);
        }
        let target = branch.head.target;
        let (old, new) = (last.work(), target.work());
        // Compact targets lose what is behind their first three bytes.
        ensure(new <= old.mul_div(41, 10), format!("{old} hashes became {new}"))?;
        ensure(new.mul_div(41, 10) >= old, format!("{old} hashes became {new}"))?;
        ensure(target.number() <= config.target_initial.number(), "easier than the easiest")?;
        last = target;
    }
    ensure(last == config.target_initial, "slow blocks do not become easy again")
}
scenario!(w3_retargets_are_clamped, w3, [RetargetUnclamped, RetargetUnfloored]);

/// W-4: a block is later than the median of the eleven below it, and not too far ahead of the reader.
fn w4(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = lone(mutant, |config| config.confirmations = 100);
    let config = cluster.at(0).config.clone();
    let mut branch = Branch::new(&config);
    branch.step = ms(1);
    branch.grow_by(20);
    cluster.run(ms(100));
    show(&mut cluster, 1, &branch.blocks);
    let median = branch.blocks[14].header.time;
    let with_time = |time: Time| {
        let mut header = branch.next(None);
        header.time = time;
        let header = prove(header);
        std::sync::Arc::new(crate::Block { header, payload: None })
    };
    let late = cluster.now.after(config.future_max).after(ms(1_000));
    for time in [Time::ZERO, median, late, Time::from_us(u64::MAX)] {
        show(&mut cluster, 1, &[with_time(time)]);
        ensure(head(&cluster, 0) == branch.id, format!("{time:?} is accepted"))?;
    }
    ensure(rejected(&cluster, Reject::BadTime) == 4, "the refusals are counted")?;
    // What was too far ahead is welcome when its time has come, and what is behind the head but not the median is, too.
    cluster.run(ms(2_000));
    show(&mut cluster, 2, &[with_time(late)]);
    ensure(head(&cluster, 0) == with_time(late).header.id(), "its time has come")?;
    let mut other = lone(mutant, |config| config.confirmations = 100);
    show(&mut other, 1, &branch.blocks);
    let earlier = with_time(median.after(Duration::from_us(1)));
    show(&mut other, 1, std::slice::from_ref(&earlier));
    ensure(head(&other, 0) == earlier.header.id(), "one later than the median is refused")
}
scenario!(w4_times_are_bounded_on_both_sides, w4, [MedianTimeIgnored, FutureUnbounded]);

/// W-4, time warp: blocks at twice the wanted speed, the last of each period as late as it may be called and the first
/// of the next called early again. They do not become easier.
fn w4_warp(mutant: Option<Mutant>) -> Verdict {
    let mut config = Config::new(4);
    config.mutant = mutant;
    config.retarget_interval = 16;
    let interval = config.block_interval;
    let mut branch = Branch::new(&config);
    branch.step = Duration::from_us(interval.us() / 2);
    for _ in 0..4 * 16 {
        branch.walk(&config);
    }
    let before = branch.head.target.work();
    let mut real = branch.head.time;
    for _ in 0..8 * 16 {
        real = real.after(branch.step);
        let is_last = branch.head.height.next().get() % 16 == 15;
        // Honest times in between would raise the median; the attacker says as little as it may.
        let lie = if is_last { real.after(interval.times(200)) } else { Time::ZERO };
        branch.walk_at(lie, &config);
    }
    let after = branch.head.target.work();
    ensure(after >= before, format!("the time warp made {before} hashes {after}"))
}
scenario!(w4_no_time_warp, w4_warp, [ElapsedByEnds]);

/// Time that nobody mined in does not make blocks easier.
#[test]
fn an_idle_chain_does_not_become_easy() {
    let mut config = Config::new(4);
    config.retarget_interval = 16;
    let mut branch = Branch::new(&config);
    branch.step = Duration::from_us(config.block_interval.us() / 4);
    for _ in 0..4 * 16 {
        branch.walk(&config);
    }
    let before = branch.head.target.work();
    branch.step = ms(10_000_000);
    branch.walk(&config);
    branch.step = Duration::from_us(config.block_interval.us() / 4);
    for _ in 0..2 * 16 {
        branch.walk(&config);
    }
    assert!(branch.head.target.work() >= before);
}
