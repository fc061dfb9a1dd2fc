use protocol::Protocol as _;
use testkit::{Cluster, ms, request};

use crate::{Core, Style};

fn smoke(style: Style, n: usize) {
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
        assert_eq!(
            last.map(|reply| reply.0),
            Some(10),
            "{index}: {:?}",
            cluster.core(index).status()
        );
    }
    println!("{style:?} {n}: {:?} decisions {}", cluster.crossed, cluster.at(0).decisions.len());
    assert!(cluster.is_idle(), "{:?}", cluster.core(0).status());
}

#[test]
fn clique_decides() {
    for n in [1, 2, 3, 4, 5, 7, 10] {
        smoke(Style::Clique, n);
    }
}
#[test]
fn aura_decides() {
    for n in [1, 2, 3, 4, 5, 7, 10] {
        smoke(Style::Aura, n);
    }
}
