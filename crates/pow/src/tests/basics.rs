//! The normal case: what waits is mined, becomes deep, and is decided; then nothing happens.

use testkit::{Cluster, Verdict, ensure, ms, request, scenario};

use super::status;
use crate::{Core, Message, Mutant};

fn idle_is_idle(mutant: Option<Mutant>) -> Verdict {
    let mut cluster = Cluster::<Core>::new(4, mutant);
    cluster.run(ms(5_000));
    ensure(cluster.is_idle(), "something happens although nobody asked for anything")?;
    for timestamp in 1..=5 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(100));
    }
    let is_done = |c: &Cluster<Core>| (0..4).all(|i| c.at(i).app.executions.len() == 5);
    ensure(cluster.run_until(ms(60_000), is_done), "five requests are not executed")?;
    cluster.run(ms(2_000));
    ensure(cluster.is_idle(), "something happens although nothing waits")?;
    for index in 0..4 {
        let status = status(&cluster, index);
        ensure(status.tentative.is_none() && status.waiting.is_none(), "it waits for something")?;
        ensure(status.pending == 0, "work is counted as waiting")?;
    }
    cluster.verdict()
}
scenario!(what_waits_is_mined_and_nothing_else, idle_is_idle, [MinesWhenIdle]);

/// In a faultless network a block costs n - 1 messages, and there are no others.
#[test]
fn a_block_costs_a_message_for_each_peer() {
    for n in [1, 4, 7] {
        let mut cluster = Cluster::<Core>::with(n, None, |config| {
            config.retry_interval = ms(60_000);
        });
        for timestamp in 1..=3 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(3_000));
        }
        cluster.verdict().unwrap();
        let said = cluster.nodes.iter().flat_map(|node| &node.said);
        let mined = said.filter(|message| matches!(message, Message::Block(_))).count();
        assert!(mined >= 3);
        assert_eq!(cluster.crossed.iter().sum::<usize>(), mined * (n - 1));
    }
}

#[test]
fn the_head_is_tentative_until_it_is_deep() {
    let mut cluster = Cluster::<Core>::new(4, None);
    cluster.submit(request(1, 1));
    let has_head = |c: &Cluster<Core>| status(c, 0).tentative.is_some();
    assert!(cluster.run_until(ms(10_000), has_head));
    assert_eq!(status(&cluster, 0).decided.get(), 0);
    let waiting = status(&cluster, 0).waiting.unwrap();
    assert_eq!((waiting.phase, waiting.have.len(), waiting.need), ("confirmations", 1, 3));
    let is_decided = |c: &Cluster<Core>| status(c, 0).decided.get() == 1;
    assert!(cluster.run_until(ms(10_000), is_decided));
    assert_eq!(status(&cluster, 0).tentative, None);
}
