use crypto::SecretKey;
use types::{FaultModel, Height, NodeId};

use super::{Epoch, Member};
use crate::{Genesis, Validator};

fn validator(seed: u8) -> Validator {
    let key = SecretKey::from_seed([seed; 32]).public();
    Validator { name: format!("n{seed}"), key, network_key: key }
}

fn genesis() -> Genesis {
    Genesis {
        network: "test".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

#[test]
fn the_first_epoch_is_the_genesis() {
    let genesis = genesis();
    let first = Epoch::first_of(&genesis);
    assert_eq!(first.set_digest(), genesis.set_digest());
    assert_eq!(first.ledger_domain(genesis.chain_id()), genesis.domain(Genesis::LEDGER));
    assert_eq!(first.quorum(FaultModel::Byzantine), genesis.quorum());
}

#[test]
fn members_keep_their_ids_and_change_their_places() {
    let mut epoch = Epoch::first_of(&genesis());
    epoch.members.remove(1);
    epoch.members.push(Member { id: NodeId::new(4), validator: validator(4), weight: 3 });
    assert_eq!(epoch.place_of(NodeId::new(1)), None);
    assert_eq!(epoch.place_of(NodeId::new(4)), Some(NodeId::new(3)));
    assert_eq!(epoch.weights(), [1, 1, 1, 3]);
}

/// A set that comes back, and the same set in another office, are different domains.
#[test]
fn an_office_is_a_domain_of_its_own() {
    let genesis = genesis();
    let first = Epoch::first_of(&genesis);
    let chain = genesis.chain_id();
    let again = Epoch { number: 2, first: Height::new(80), since: 2, ..first.clone() };
    let later = Epoch { number: 5, first: Height::new(160), since: 5, ..first.clone() };
    let domains = [&first, &again, &later].map(|epoch| epoch.ledger_domain(chain));
    assert!(domains[0] != domains[1] && domains[1] != domains[2] && domains[0] != domains[2]);
}
