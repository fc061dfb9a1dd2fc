use super::*;

/// The protocols that stand liars and have leaders that time out; the chains that seal in periods need hours of virtual
/// time, and have their own tests.
const BYZANTINE: [&str; 5] = ["pbft", "hotstuff", "hotstuff-3", "tendermint", "fba"];

fn scope(protocol: &str, twins: usize) -> Scope {
    Scope {
        protocol: protocol.to_owned(),
        nodes: 4,
        twins,
        deviations: 1,
        depth: 60,
        mutant: String::new(),
    }
}

/// Every schedule with one deviation, among honest nodes and with one that sits there twice.
#[test]
fn one_deviation_changes_nothing_that_is_agreed() {
    for protocol in BYZANTINE {
        for twins in [0, 1] {
            let checked = check(&scope(protocol, twins), u64::MAX).unwrap();
            assert_eq!(checked.failure, None, "{protocol} {twins}");
            assert!(checked.schedules > 25 && checked.states > 15, "{protocol} {checked:?}");
        }
    }
}

/// Two deviations in a row, as many schedules as a test may take.
#[test]
fn two_deviations_change_nothing_that_is_agreed() {
    for protocol in BYZANTINE {
        let scope = Scope { deviations: 2, ..scope(protocol, 1) };
        let checked = check(&scope, 60).unwrap();
        assert_eq!(checked.failure, None, "{protocol}");
        assert!(checked.schedules == 60, "{protocol} {checked:?}");
    }
}

#[test]
fn the_same_scope_is_checked_in_the_same_way() {
    let scope = scope("pbft", 1);
    assert_eq!(check(&scope, 40), check(&scope, 40));
}
