//! Decisions, followers, restarts and catching up, in both styles.

use protocol::Protocol as _;
use testkit::{Cluster, ms, request};

use crate::{Core, Style};

const STYLES: [Style; 2] = [Style::Clique, Style::Aura];

fn ten_requests(style: Style, n: usize) {
    let mut cluster = Cluster::<Core>::with(n, None, |config| config.style = style);
    cluster.run(ms(1_000));
    assert!(cluster.is_idle());
    for timestamp in 1..=10 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(70));
    }
    cluster.run(ms(10_000));
    cluster.verdict().unwrap();
    for index in 0..u16::try_from(n).unwrap() {
        let last = cluster.at(index).app.state.replies.get(&1).copied();
        let status = cluster.core(index).status();
        assert_eq!(last.map(|reply| reply.0), Some(10), "{index}: {status:?}");
        assert_eq!((status.tentative, status.waiting), (None, None));
    }
    assert!(cluster.is_idle(), "{:?}", cluster.core(0).status());
}

#[test]
fn clique_decides() {
    for n in [1, 2, 3, 4, 5, 7, 10] {
        ten_requests(Style::Clique, n);
    }
}
#[test]
fn aura_decides() {
    for n in [1, 2, 3, 4, 5, 7, 10] {
        ten_requests(Style::Aura, n);
    }
}

/// A replica without its sign-state decides with the others, and signs nothing.
#[test]
fn a_replica_that_does_not_vote_follows() {
    for style in STYLES {
        let mut cluster = Cluster::<Core>::with_each(4, None, |id, config| {
            (config.style, config.voting) = (style, id.get() != 3);
        });
        cluster.lives(1, ms(10_000)).unwrap();
        assert!(
            cluster.at(3).said.iter().all(|message| !matches!(message, crate::Message::Block(_)))
        );
        assert!(!cluster.core(3).status().voting);
    }
}

/// A replica that was away for longer than the others keep starts anew from an anchor that f+1 vouch for.
#[test]
fn a_replica_far_behind_starts_from_an_anchor() {
    for style in STYLES {
        let mut cluster = Cluster::<Core>::with(4, None, |config| config.style = style);
        cluster.lives(1, ms(10_000)).unwrap();
        cluster.crash(3);
        for timestamp in 1..=120 {
            cluster.submit(request(2, timestamp));
            cluster.run(ms(100));
        }
        cluster.run(ms(5_000));
        cluster.restart(3);
        cluster.lives(3, ms(20_000)).unwrap();
        assert!(!cluster.at(3).transfers.is_empty(), "{style:?}");
        let roots: Vec<u64> = (0..4).map(|index| cluster.core(index).tree.root().height).collect();
        assert!(roots.iter().all(|root| root % 16 == 0 && *root > 32), "{roots:?}");
    }
}

/// All stop at once, with blocks on their way to being final, and none of these is lost.
#[test]
fn a_power_cut_loses_nothing() {
    for style in STYLES {
        let mut cluster = Cluster::<Core>::with(4, None, |config| config.style = style);
        for round in 1..=10 {
            cluster.submit(request(1, round));
            cluster.run(ms(130 + round * 17));
            for index in 0..4 {
                cluster.crash(index);
            }
            cluster.run(ms(50));
            for index in 0..4 {
                cluster.restart(index);
            }
        }
        cluster.lives(2, ms(20_000)).unwrap();
    }
}
