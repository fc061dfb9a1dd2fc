//! What a decision costs without faults.

use testkit::{Cluster, ms, request};

use crate::{Core, Style};

/// A block is n-1 messages; one payload alone takes 2q-1 blocks to become final, q the quorum.
#[test]
fn a_lone_payload_costs_two_quorums_of_blocks_less_one() {
    for style in [Style::Clique, Style::Aura] {
        for n in [4_usize, 7, 10, 16, 31] {
            let mut cluster = Cluster::<Core>::with(n, None, |config| {
                (config.style, config.renew_after) = (style, ms(60_000));
            });
            cluster.run(ms(1_000));
            cluster.submit(request(1, 1));
            cluster.run(ms(100 * 3 * n as u64));
            cluster.verdict().unwrap();
            assert_eq!(cluster.height(0), 1);
            let blocks = 2 * types::Quorum::of(n).size() - 1;
            assert_eq!(cluster.crossed[0], blocks * (n - 1), "{style:?} {n}");
            assert!(cluster.is_idle(), "{style:?} {n}");
            let others: usize = cluster.crossed[1..].iter().sum();
            assert!(n > 4 || others == 0, "{style:?} {n}: {:?}", cluster.crossed);
        }
    }
}

/// Under load, blocks follow each other at the period, whoever has stepped in for whom.
#[test]
fn blocks_come_once_a_period() {
    let mut cluster = Cluster::<Core>::new(7, None);
    cluster.crash(3);
    for timestamp in 1..=100 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(100));
    }
    let core = cluster.core(0);
    let height = core.tree.at(core.best).height;
    assert!((85..=101).contains(&height), "{height} blocks in 100 periods");
}
