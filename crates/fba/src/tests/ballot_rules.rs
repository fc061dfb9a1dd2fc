//! F-3, F-4, F-6, F-8.

use testkit::{ms, request};

use super::World;

#[test]
fn four_replicas_decide() {
    let mut cluster = World::new(4, None);
    cluster.log = Some(String::new());
    for timestamp in 1..=5 {
        cluster.submit(request(1, timestamp));
        cluster.run(ms(50));
    }
    println!("{}", cluster.log.as_ref().unwrap());
    for index in 0..4 {
        assert!(cluster.height(index) >= 1);
    }
    cluster.lives(2, ms(1_000)).unwrap();
    cluster.run(ms(2_000));
    assert!(cluster.is_idle());
}
