//! what is final, what breaks it, and what does not.

use std::sync::Arc;

use protocol::Protocol as _;
use testkit::{Cluster, Verdict, ensure, ms, node, payload, request, scenario};
use types::{Duration, Height, Time};

use super::forge::{Book, after_periods, forge_on, pass_on};
use crate::message::Block;
use crate::safety;
use crate::tree::ROOT;
use crate::{Core, Message, Mutant, Style};

/// Runs a partition in which some sealers have an instance on each side, each saying nothing of the other.
fn clone_attack(cluster: &mut Cluster<Core>, sides: [&[u16]; 2], clones: &[u16], span: Duration) {
    cluster.split(&sides);
    let until = cluster.now.after(span);
    let mut timestamp = 0;
    while cluster.now < until {
        timestamp += 1;
        // Each side has clients of its own.
        cluster.submit_to(request(1, timestamp), sides[0]);
        cluster.submit_to(request(2, timestamp), sides[1]);
        for _ in 0..10 {
            for side in sides {
                for &clone in clones {
                    seal_as(cluster, side, clone);
                }
            }
            cluster.run(ms(20));
        }
    }
}

/// Lets a clone seal on the head of its side, where an honest sealer in its place would.
fn seal_as(cluster: &mut Cluster<Core>, side: &[u16], clone: u16) {
    let core = cluster.core(side[0]);
    let (tree, head, config) = (&core.tree, core.best, &core.config);
    let Some(position) = tree.at(head).signers.position(node(clone)) else { return };
    let now = cluster.now;
    let is_due = match config.style {
        Style::Clique => {
            let delay = safety::delay(tree, head, position, config);
            !safety::is_recent(tree, head, node(clone), config)
                && now >= tree.at(head).time.after(config.period).after(delay)
        }
        Style::Aura => {
            let step = safety::step(config, now);
            step > safety::step(config, tree.at(head).time)
                && safety::distance(step, position, tree.at(head).signers.len()) == 0
        }
    };
    if core.has_reason() && is_due {
        let block = forge_on(core, head, cluster.signer(clone), now, None, |_| {});
        for &to in side {
            cluster.inject(clone, to, Message::Block(Arc::clone(&block)));
        }
        cluster.run(ms(2));
    }
}

fn decided(cluster: &Cluster<Core>) -> u64 {
    cluster.honest().iter().map(|&index| cluster.height(index)).max().unwrap_or(0)
}

/// n=7, one sealer with two instances, the six others split three and three: both sides grow, nothing is final.
fn a6(style: Style, mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::with(7, mutant, |config| config.style = style);
    cluster.corrupt(6);
    clone_attack(&mut cluster, [&[0, 1, 2], &[3, 4, 5]], &[6], ms(4_000));
    let grown = |index: u16| {
        let core = cluster.core(index);
        core.tree.at(core.best).height >= 8
    };
    ensure(grown(0) && grown(3), "both sides grow")?;
    ensure(decided(&cluster) == 0, "something is final on one side")?;
    for index in 0..6 {
        ensure(cluster.core(index).status().tentative.is_some(), "the heads are tentative")?;
    }
    cluster.heal();
    cluster.lives(9, ms(20_000))?;
    for index in 0..6 {
        let named = cluster.at(index).evidence.iter().any(|e| e.offender == node(6));
        ensure(named, format!("{index} has no evidence against the clone"))?;
    }
    Ok(())
}
scenario!(
    a6_a_cloned_sealer_makes_nothing_final_in_clique,
    |mutant| a6(Style::Clique, mutant),
    [FinalityOfOne, NoAccusations]
);
scenario!(
    a6_a_cloned_sealer_makes_nothing_final_in_aura,
    |mutant| a6(Style::Aura, mutant),
    [FinalityOfOne, NoAccusations]
);

/// Where the rule can be broken: n=4, two clones (f=1). Each side reaches a quorum with both; the two sides decide
/// differently, and the evidence names both clones and nobody else.
#[test]
fn more_than_f_cloned_sealers_make_both_sides_of_a_partition_final() {
    for style in [Style::Clique, Style::Aura] {
        let mut cluster = Cluster::<Core>::with(4, None, |config| config.style = style);
        cluster.corrupt(2);
        cluster.corrupt(3);
        clone_attack(&mut cluster, [&[0], &[1]], &[2, 3], ms(4_000));
        assert!(cluster.height(0) > 0 && cluster.height(1) > 0, "{style:?}: both sides decide");
        assert_ne!(
            cluster.at(0).digest_at(1),
            cluster.at(1).digest_at(1),
            "{style:?}: differently"
        );
        cluster.heal();
        cluster.submit(request(3, 1));
        cluster.run(ms(3_000));
        for index in [0, 1] {
            let mut named: Vec<u16> =
                cluster.at(index).evidence.iter().map(|e| e.offender.get()).collect();
            named.sort_unstable();
            named.dedup();
            assert_eq!(named, [2, 3], "{style:?}: {index} names the clones");
        }
    }
}

/// A partition without liars, as long as it likes, makes nothing final on a side that is no quorum.
#[test]
fn a_long_partition_makes_nothing_final() {
    for style in [Style::Clique, Style::Aura] {
        let mut cluster = Cluster::<Core>::with(7, None, |config| config.style = style);
        cluster.split(&[&[0, 1, 2], &[3, 4, 5, 6]]);
        cluster.nodes.iter_mut().for_each(|node| node.app.batch = 64);
        for timestamp in 1..=120 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(500));
        }
        assert_eq!(decided(&cluster), 0, "{style:?}");
        let core = cluster.core(3);
        let grown = core.tree.at(core.best).height;
        assert!((100..=core.unconfirmed_max() + 7).contains(&grown), "{style:?}: {grown} blocks");
        cluster.heal();
        cluster.lives(9, ms(60_000)).unwrap();
    }
}

/// four of seven go on sealing, and nothing is final; three blocks confirm, and do not settle.
fn a7(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(7, mutant);
    for index in [4, 5, 6] {
        cluster.crash(index);
    }
    for timestamp in 1..=10 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(200));
    }
    let status = cluster.core(0).status();
    ensure(status.tentative.is_some_and(|head| head.seq.get() > 1), "the chain grows")?;
    ensure(decided(&cluster) == 0, "four of seven make something final")?;

    let mut cluster = Cluster::<Core>::new(4, mutant);
    (1..4).for_each(|index| cluster.corrupt(index));
    for who in [1, 2, 3] {
        cluster.run(after_periods(1));
        let core = cluster.core(0);
        let load = (who == 1).then(|| payload(&[request(1, 1)]));
        let block = forge_on(core, core.best, cluster.signer(who), cluster.now, load, |_| {});
        cluster.inject(who, 0, Message::Block(block));
        cluster.run(ms(10));
    }
    let core = cluster.core(0);
    let head = core.tree.at(core.best);
    ensure((head.height, head.confirmed) == (3, 1), "the first block is confirmed")?;
    ensure(cluster.height(0) == 0, "what is confirmed is called final")
}
scenario!(a7_nothing_is_final_before_two_quorums, a7, [FinalityOfOne, ConfirmedIsFinal]);

/// Blocks of sealers that say honestly where else they sealed confirm nothing there.
fn strayed(mutant: Option<Mutant>) -> Verdict {
    let mut book = Book::new(4, mutant, |_| {});
    let mut tip = ROOT;
    for who in [1, 2, 3, 0, 1, 2, 3] {
        tip = book
            .add_with(tip, who, |header| header.strayed = Height::new(5))
            .map_err(|flaw| format!("{flaw:?}"))?;
    }
    let head = book.tree.at(tip);
    ensure(head.confirmed == 0, "blocks confirm where their sealers strayed")?;
    let tip = [0, 1].into_iter().try_fold(tip, |tip, who| {
        book.add_with(tip, who, |header| header.strayed = Height::new(5))
    });
    let tip = tip.map_err(|flaw| format!("{flaw:?}"))?;
    ensure(book.tree.at(tip).confirmed == 7, "blocks above confirm")
}
scenario!(a6_sealers_that_strayed_confirm_nothing_there, strayed, [StrayedHidden]);

/// A sealer that went elsewhere must say so in its next block here.
fn admits(mutant: Option<Mutant>) -> Verdict {
    let mut book = Book::new(4, mutant, |_| {});
    let text = |flaw| format!("{flaw:?}");
    let one = book.chain(ROOT, &[1, 2]).map_err(text)?;
    let other = book.chain(ROOT, &[3, 0, 1]).map_err(text)?;
    let elsewhere = crate::Link { name: book.tree.at(one).name, height: Height::new(2) };
    let hides = book.add_with(other, 2, |header| header.previous = elsewhere);
    ensure(hides.is_err(), "a sealer hides where it strayed to")?;
    let admits = book.add_with(other, 2, |header| {
        (header.previous, header.strayed) = (elsewhere, Height::new(2));
    });
    ensure(admits.is_ok(), format!("{admits:?}"))
}
scenario!(a6_a_sealer_admits_where_it_strayed_to, admits, [StrayedUnchecked]);

/// A sealer confirmed one branch; a heavier one that is confirmed less high does not move it, one confirmed higher does.
fn a9(mutant: Option<Mutant>) -> Verdict {
    let mut book = Book::new(4, None, |config| config.finality_depth = 9);
    let text = |flaw| format!("{flaw:?}");
    let locked = book.chain(ROOT, &[1, 2, 3]).map_err(text)?;
    let mut cluster = Cluster::<Core>::with(4, mutant, |config| config.finality_depth = 9);
    (1..4).for_each(|index| cluster.corrupt(index));
    cluster.run(after_periods(3));
    cluster.inject(1, 0, pass_on(&book.blocks_to(locked)));
    cluster.run(ms(5));
    cluster.submit(request(1, 1));
    cluster.run(after_periods(1));
    let core = cluster.core(0);
    ensure((core.tree.at(core.best).height, core.lock) == (4, 2), "it has sealed, and is locked")?;
    let own = core.tree.at(core.best).name;

    let later = |header: &mut crate::Header, strayed: u64| {
        header.time = header.time.after(ms(1));
        header.strayed = Height::new(strayed);
    };
    let mut tip = ROOT;
    for who in [1, 2, 3, 1, 2, 3, 1] {
        tip = book.add_with(tip, who, |header| later(header, 7)).map_err(text)?;
    }
    ensure(book.tree.at(tip).weight > 8 && book.tree.at(tip).confirmed == 0, "heavier")?;
    let heavier: Vec<Arc<Block>> = book.blocks_to(tip);
    cluster.run(after_periods(5));
    cluster.inject(1, 0, pass_on(&heavier));
    cluster.run(ms(5));
    let core = cluster.core(0);
    ensure(core.tree.at(core.best).name == own, "a lock is broken by mere weight")?;

    for who in [2, 3, 1] {
        tip = book.add_with(tip, who, |header| later(header, 7)).map_err(text)?;
    }
    ensure(book.tree.at(tip).confirmed == 8, "confirmed higher")?;
    cluster.run(after_periods(5));
    cluster.inject(1, 0, pass_on(&book.blocks_to(tip)));
    cluster.run(ms(5));
    let core = cluster.core(0);
    ensure(
        core.tree.descends(core.best, core.tree.find(&book.tree.at(tip).name).unwrap_or(ROOT)),
        "no descent",
    )?;
    ensure(core.tree.at(core.best).height >= 10, "a lock is never left: not live")
}
scenario!(
    a9_a_lock_yields_to_a_higher_confirmation_and_to_nothing_else,
    a9,
    [LockIgnored, LockForEver]
);

/// An idle network says nothing, and has no timer.
#[test]
fn idle_costs_nothing() {
    for style in [Style::Clique, Style::Aura] {
        let mut cluster = Cluster::<Core>::with(4, None, |config| config.style = style);
        cluster.lives(1, ms(5_000)).unwrap();
        cluster.run(ms(3_000));
        assert!(cluster.is_idle());
        let crossed = cluster.crossed.clone();
        cluster.run(Time::from_us(u64::MAX / 4).since(cluster.now));
        assert_eq!(cluster.crossed, crossed);
        cluster.lives(2, ms(5_000)).unwrap();
    }
}
