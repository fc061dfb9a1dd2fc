use ledger::{AppId, Epoch, Kind, Operation, Outcome, Refusal};
use proptest::prelude::*;
use types::{FaultModel, Height};

use super::{Apps, app_label};
use crate::epochs::Rules;
use crate::registry::tests::founded;
use crate::testing::{Ask, Chain, account};

fn ask(operation: Operation, payload: Vec<u8>) -> Ask {
    Ask { sender: account(1), operation, payload, fee: 0 }
}

#[test]
fn applications_ascend_and_have_their_own_names() {
    let genesis = Epoch {
        number: 0,
        first: Height::new(1),
        protocol: "pbft".to_owned(),
        since: 0,
        members: Vec::new(),
        next_id: 0,
    };
    let faults = FaultModel::Byzantine;
    let rules = Rules { genesis, faults, protocols: Vec::new() };
    let apps = Apps::governed(rules);
    let ids: Vec<AppId> = apps.ids().collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    for id in ids.into_iter().skip(1) {
        assert_eq!(app_label(id), apps.get(id).unwrap().name());
    }
}

#[test]
fn every_named_operation_of_a_built_in_application_exists() {
    let mut chain = Chain::default();
    for kind in Kind::ALL {
        let operation = kind.operation();
        let outcome = chain.one(ask(operation, Vec::new()));
        assert_ne!(outcome, Outcome::Refused(Refusal::UnknownOperation), "{kind:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    /// Whatever bytes come for whatever verb: an answer, and no change where it is a refusal.
    #[test]
    fn random_arguments_never_panic(
        app in 0_u16..12, verb in 0_u16..12, payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut chain = founded();
        let operation = Operation { app: AppId(app), verb };
        let before = chain.executor.state_roots();
        if !chain.one(ask(operation, payload)).is_applied() {
            let after = chain.executor.state_roots();
            // The first is the accounts', whose used nonces change.
            prop_assert_eq!(&before[1..], &after[1..]);
        }
    }
}
