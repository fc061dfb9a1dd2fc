use super::{FaultModel, Quorum};

#[test]
fn x1_two_quorums_always_share_an_honest_replica() {
    for n in 1..=1_000 {
        let quorum = Quorum::of(n);
        assert!(2 * quorum.size() > n + quorum.f(), "n={n}: two quorums may share only liars");
        assert!(quorum.size() <= n - quorum.f(), "n={n}: f silent replicas block progress");
    }
}

#[test]
fn quorum_table_of_the_ticket_network() {
    let table: Vec<_> =
        [4, 7, 10, 13].map(Quorum::of).iter().map(|q| (q.n(), q.f(), q.size())).collect();
    assert_eq!(table, [(4, 1, 3), (7, 2, 5), (10, 3, 7), (13, 4, 9)]);
    assert_eq!(Quorum::of(6).size(), 4);
}

#[test]
fn a_majority_shares_a_member_with_every_other_and_outlives_a_minority() {
    for n in 1..=1_000 {
        let quorum = Quorum::under(FaultModel::Crash, n);
        assert!(2 * quorum.size() > n, "n={n}: two majorities may miss each other");
        assert!(quorum.size() <= n - quorum.f(), "n={n}: f stopped replicas block progress");
        assert_eq!(quorum.one_honest(), 1);
    }
}
