use std::sync::Arc;

use crypto::SecretKey;
use ledger::{Epoch, Genesis, Validator};
use types::{FaultModel, Height, NodeId};

use super::{Papers, Roster};

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn roster(seeds: &[u8]) -> Roster {
    let validator = |seed: u8| {
        let key = secret(seed).public();
        Validator { name: format!("n{seed}"), key, network_key: key }
    };
    let genesis = Genesis {
        network: "test-dev".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    };
    Roster::new(Papers {
        genesis: Arc::new(genesis),
        keys: seeds.iter().map(|&seed| Arc::new(secret(seed)) as Arc<dyn crypto::Sign>).collect(),
        params: protocols::Params::default(),
    })
}

/// The second of the genesis leaves, and the third votes with another key.
fn later(roster: &Roster) -> [Epoch; 2] {
    let mut left = roster.of(0).unwrap().epoch.clone();
    (left.number, left.since, left.first) = (1, 1, Height::new(40));
    left.members.remove(1);
    let mut rotated = left.clone();
    (rotated.number, rotated.since, rotated.first) = (2, 2, Height::new(80));
    rotated.members[1].validator.key = secret(22).public();
    [left, rotated]
}

#[test]
fn a_node_keeps_its_id_and_changes_its_place_and_key() {
    let roster = roster(&[2, 22]);
    for epoch in later(&roster) {
        assert!(roster.begin(epoch));
    }
    let places = [0, 1, 2].map(|number| {
        let office = roster.of(number).unwrap();
        let (id, signer) = office.me().unwrap();
        assert_eq!(id, NodeId::new(2));
        signer.me().get()
    });
    assert_eq!(places, [2, 1, 1]);
    assert_eq!(roster.at(Height::new(39)).unwrap().epoch.number, 0);
    assert_eq!(roster.at(Height::new(40)).unwrap().epoch.number, 1);
    assert_eq!(roster.at(Height::new(u64::MAX)).unwrap().epoch.number, 2);
    let until = |height| roster.until(Height::new(height)).len();
    assert_eq!([until(39), until(79), until(80)], [0, 1, 2]);
}

#[test]
fn whoever_leaves_has_no_seat() {
    let roster = roster(&[1]);
    let [left, _] = later(&roster);
    assert!(roster.begin(left));
    assert!(roster.of(0).unwrap().me().is_some());
    assert!(roster.of(1).unwrap().me().is_none());
}

#[test]
fn epochs_begin_in_order_and_once() {
    let roster = roster(&[0]);
    let [one, two] = later(&roster);
    assert!(!roster.begin(two.clone()));
    assert!(roster.begin(one.clone()));
    assert!(!roster.begin(one));
    assert!(roster.begin(two));
}
