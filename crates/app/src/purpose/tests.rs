use ledger::Epoch;
use types::{FaultModel, Height};

use super::Purpose;
use crate::Apps;
use crate::epochs::{EPOCHS, Rules};
use crate::queue::QUEUE;

fn rules() -> Rules {
    let genesis = Epoch {
        number: 0,
        first: Height::new(1),
        protocol: "pbft".to_owned(),
        since: 0,
        members: Vec::new(),
        next_id: 0,
    };
    Rules { genesis, faults: FaultModel::Byzantine, protocols: Vec::new() }
}

#[test]
fn a_chain_has_the_applications_that_its_genesis_names() {
    for purpose in Purpose::ALL {
        assert_eq!(Purpose::from_label(purpose.label()), Some(purpose));
        let chosen = purpose.apps();
        assert!(chosen.is_sorted_by(|a, b| a < b), "{purpose:?}");
        let apps = Apps::chosen(&chosen, rules()).unwrap();
        let ids: Vec<_> = apps.ids().skip(1).collect();
        if purpose == Purpose::Everything {
            assert_eq!(ids.len(), Apps::governed(rules()).ids().count() - 1);
        } else {
            assert_eq!(ids, chosen, "{purpose:?}");
        }
    }
    // The validators' own application is on every chain, named or not.
    let apps = Apps::chosen(&[QUEUE], rules()).unwrap();
    assert!(apps.get(EPOCHS).is_some());
    let unknown = ledger::AppId(999);
    assert_eq!(Apps::chosen(&[QUEUE, unknown], rules()).err(), Some(unknown));
}
