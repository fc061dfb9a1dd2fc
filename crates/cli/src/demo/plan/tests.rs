use std::collections::BTreeMap;

use super::*;
use crate::demo::flights;

#[test]
fn the_plan_follows_from_the_data() {
    let flights = flights::read(None).unwrap();
    let plan = Plan::new(&flights, 2013);
    let Expected { issued, validated, consumed, duplicates_refused } = plan.expected;
    assert_eq!((issued, validated, consumed), (6_099, 6_099, 6_064));
    let [issue, validate, board] = plan.stages.as_slice() else { panic!("three stages") };
    assert_eq!(issue.requests.len() as u64, issued);
    assert_eq!(validate.requests.len() as u64, validated);
    assert_eq!(board.requests.len() as u64, consumed + duplicates_refused);
    assert!(duplicates_refused > 200, "{duplicates_refused}");
    assert_eq!(plan.len() as u64, issued + validated + consumed + duplicates_refused);
}

#[test]
fn departures_board_in_the_order_of_time_and_cancelled_flights_never() {
    let flights = flights::read(None).unwrap();
    let plan = Plan::new(&flights, 2013);
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    let mut last = i64::MIN;
    for request in &plan.stages[2].requests {
        let count = times.entry(request.flight).or_insert(0);
        *count += 1;
        let departed = flights[request.flight].departed_min.unwrap();
        if *count == 1 {
            assert!(departed >= last);
            last = departed;
        }
        assert!(*count == 1 || request.contested);
        assert!(*count <= 2);
    }
    assert_eq!(times.len() as u64, plan.expected.consumed);
}

#[test]
fn the_same_boarding_at_two_gates_goes_to_different_validators() {
    let flights = flights::read(None).unwrap();
    let requests = Plan::new(&flights, 7).stages.pop().unwrap().requests;
    let pairs = requests.windows(2).filter(|pair| pair[0].flight == pair[1].flight);
    let mut seen = 0;
    for pair in pairs {
        assert_ne!(pair[0].gate % 4, pair[1].gate % 4);
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_seed_is_a_plan() {
    let flights = flights::read(None).unwrap();
    assert_eq!(
        Plan::new(&flights, 1).stages[2].requests,
        Plan::new(&flights, 1).stages[2].requests
    );
    assert_ne!(
        Plan::new(&flights, 1).stages[2].requests,
        Plan::new(&flights, 2).stages[2].requests
    );
}
