use super::*;

/// Everything strikes.
fn all() -> Strike {
    Strike::new(None)
}
use crate::Latency;

fn network(options: &Options) -> Network {
    Network::new(options, Prng::new(1, 2))
}

fn quiet() -> Options {
    Options { latency: Latency::Constant(100), ..Options::default() }
}

#[test]
fn a_quiet_network_delivers_everything_once() {
    let mut network = network(&quiet());
    assert!((0..1_000).all(|_| network.fate(5, 0, 1, &mut all()) == Fate::At(105)));
}

#[test]
fn loss_and_duplication_have_their_shares() {
    let mut network = network(&Options { loss_ppm: 200_000, duplicate_ppm: 500_000, ..quiet() });
    let fates: Vec<Fate> = (0..10_000).map(|_| network.fate(0, 0, 1, &mut all())).collect();
    let lost = fates.iter().filter(|fate| **fate == Fate::Lost).count();
    let twice = fates.iter().filter(|fate| matches!(fate, Fate::Twice(..))).count();
    assert!((1_800..2_200).contains(&lost), "{lost}");
    assert!((3_700..4_300).contains(&twice), "{twice}");
    network.heal();
    assert!((0..1_000).all(|_| network.fate(0, 0, 1, &mut all()) == Fate::At(100)));
}

#[test]
fn a_partition_cuts_what_crosses_it_and_overlaps_are_counted() {
    let mut network = network(&quiet());
    let side = [NodeId::new(0), NodeId::new(1)];
    network.cut(&side, false, true);
    network.cut(&side[..1], true, true);
    assert_eq!(network.fate(0, 0, 2, &mut all()), Fate::Lost);
    assert_eq!(network.fate(0, 2, 0, &mut all()), Fate::Lost);
    assert_eq!(network.fate(0, 0, 1, &mut all()), Fate::Lost);
    assert_eq!(network.fate(0, 1, 0, &mut all()), Fate::At(100));
    network.cut(&side, false, false);
    assert_eq!(network.fate(0, 0, 2, &mut all()), Fate::Lost);
    assert_eq!(network.fate(0, 2, 0, &mut all()), Fate::At(100));
    network.cut(&side[..1], true, false);
    assert_eq!(network.fate(0, 0, 2, &mut all()), Fate::At(100));
}

#[test]
fn a_clogged_link_holds_everything_back() {
    let mut network = network(&Options { clog_ppm: 1_000_000, ..quiet() });
    let Fate::At(first) = network.fate(0, 0, 1, &mut all()) else { panic!() };
    assert!(first >= 100);
}

#[test]
fn held_back_messages_are_overtaken() {
    let mut network = network(&Options { reorder_ppm: 500_000, ..quiet() });
    let times: Vec<u64> = (0..100)
        .filter_map(|now| match network.fate(now, 0, 1, &mut all()) {
            Fate::At(at) => Some(at),
            Fate::Lost | Fate::Twice(..) => None,
        })
        .collect();
    assert!(times.windows(2).any(|pair| pair[0] > pair[1]));
}
