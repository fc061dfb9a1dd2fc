use ledger::Refusal;

use super::{TOPIC, held, message, opened, request, settings, stage, take};
use crate::queue::{
    AddRoute, Best, Forward, Guarantee, Open, Policy, Priority, Put, QUEUE, RemoveRoute, Route,
    RouteStatus, Stage, Verb, Via, routes,
};
use crate::registry::tests::founded;
use crate::testing::{Ask, Chain, account};

fn route(name: &str, hops: &[u8], latency_ms: u32, cost_per_kib: u64) -> Route {
    Route {
        name: name.to_owned(),
        hops: hops.iter().map(|&hub| account(hub)).collect(),
        latency_ms,
        cost_per_kib,
        reliability_ppm: 990_000,
        status: RouteStatus::Active,
    }
}
fn add(sender: u8, route: &Route) -> Ask {
    request(sender, Verb::AddRoute, &AddRoute { route: route.clone() })
}
fn via(id: u8, via: Via) -> Ask {
    let put = message(id, Priority::Normal, Guarantee::AtLeastOnce);
    request(7, Verb::Put, &Put { via: Some(via), ..put })
}
fn best(id: u8, cost_max: u64) -> Ask {
    let policy = Policy::of(Priority::Normal, cost_max);
    via(id, Via::Best(Best { destination: account(3), policy }))
}
fn forward(hub: u8, number: u64) -> Ask {
    request(hub, Verb::Forward, &Forward { topic: TOPIC.to_owned(), number })
}

/// The guide's federation with a topic.
fn federation() -> Chain {
    let mut chain = founded();
    chain.applied(request(1, Verb::Open, &Open { topic: TOPIC.into(), settings: settings() }));
    chain
}

#[test]
fn a_message_is_delivered_behind_its_last_hop_and_the_way_is_on_record() {
    let mut chain = federation();
    chain.applied(add(1, &route("us-eu-asia", &[1, 2, 3], 300, 2)));
    chain.applied(via(0, Via::Route("us-eu-asia".into())));
    assert_eq!(stage(&chain, 0), Stage::OnItsWay);
    assert_eq!(chain.refused(take(9, 1)), Refusal::NothingToTake);
    assert_eq!(chain.refused(forward(2, 0)), Refusal::NotNextHop, "the first hop comes first");
    for hub in [1, 2, 3] {
        assert_eq!(chain.refused(forward(9, 0)), Refusal::NotNextHop);
        chain.applied(forward(hub, 0));
        assert_eq!(chain.refused(forward(hub, 0)), Refusal::NotNextHop, "each hop once");
    }
    chain.applied(take(9, 1));
    assert_eq!(held(&chain, 9), [0]);
    let kept = crate::queue::message(chain.state(QUEUE), TOPIC, 0).unwrap();
    let heights: Vec<u64> = kept.hops.iter().map(|hop| hop.at.unwrap().height.get()).collect();
    assert!(heights.is_sorted() && heights.len() == 3);
    assert_eq!(chain.refused(forward(1, 7)), Refusal::MessageUnknown);
}

#[test]
fn the_best_route_that_fits_is_chosen() {
    let mut chain = federation();
    assert_eq!(chain.refused(best(0, 10)), Refusal::NoRouteFits);
    chain.applied(add(1, &route("slow", &[1, 2, 3], 1_900, 1)));
    chain.applied(add(1, &route("fast", &[1, 3], 100, 5)));
    chain.applied(add(2, &route("dear", &[2, 3], 10, 11)));
    chain.applied(best(0, 10));
    let hops = |chain: &Chain, number| {
        let kept = crate::queue::message(chain.state(QUEUE), TOPIC, number).unwrap();
        kept.hops.iter().map(|hop| hop.hub).collect::<Vec<_>>()
    };
    assert_eq!(hops(&chain, 0), [account(1), account(3)]);
    chain.applied(add(1, &Route { status: RouteStatus::Failed, ..route("fast", &[1, 3], 100, 5) }));
    chain.applied(best(1, 10));
    assert_eq!(hops(&chain, 1).len(), 3);
    assert_eq!(hops(&chain, 0).len(), 2, "what is on its way keeps its way");
    assert_eq!(chain.refused(via(2, Via::Route("fast".into()))), Refusal::NoRouteFits);
    assert_eq!(chain.refused(via(2, Via::Route("none".into()))), Refusal::HubRouteUnknown);
}

#[test]
fn scores_are_the_seeds_weights_in_millionths() {
    let policy = Policy::of(Priority::Normal, 10);
    // 0.4 * (2000-500)/2000 + 0.3 * (10-5)/10 + 0.3 * 0.99 = 0.747
    assert_eq!(policy.score(&route("r", &[3], 500, 5)), Some(747_000));
    let degraded = Route { status: RouteStatus::Degraded, ..route("r", &[3], 500, 5) };
    assert_eq!(policy.score(&degraded), Some(373_500));
    assert_eq!(policy.score(&route("r", &[3], 2_001, 5)), None);
    assert_eq!(policy.score(&route("r", &[3], 500, 11)), None);
    let unreliable = Route { reliability_ppm: 949_999, ..route("r", &[3], 500, 5) };
    assert_eq!(policy.score(&unreliable), None);
    let bounds: Vec<u32> =
        Priority::ALL.iter().map(|it| Policy::of(*it, 0).latency_ms_max).collect();
    assert_eq!(bounds, [100, 500, 2_000, 10_000, 60_000], "each priority has its own bound");
    assert_eq!(Policy::of(Priority::Low, 0).score(&route("r", &[3], 0, 0)), Some(997_000));
}

#[test]
fn routes_belong_to_hubs_and_to_whom_registered_them() {
    let mut chain = federation();
    let good = route("r", &[1, 2], 1, 1);
    assert_eq!(chain.refused(add(9, &good)), Refusal::HubUnknown);
    assert_eq!(chain.refused(add(1, &route("r", &[1, 9], 1, 1))), Refusal::HubUnknown);
    for bad in [
        route("", &[1], 1, 1),
        route("r", &[], 1, 1),
        route("r", &[1, 2, 1], 1, 1),
        Route { reliability_ppm: 1_000_001, ..good.clone() },
    ] {
        assert_eq!(chain.refused(add(1, &bad)), Refusal::MalformedPayload);
    }
    chain.applied(add(1, &good));
    assert_eq!(chain.refused(add(2, &good)), Refusal::HubRouteExists);
    let remove = |sender, name: &str| {
        request(sender, Verb::RemoveRoute, &RemoveRoute { route: name.to_owned() })
    };
    assert_eq!(chain.refused(remove(2, "r")), Refusal::NotRouteOwner);
    assert_eq!(chain.refused(remove(1, "x")), Refusal::HubRouteUnknown);
    assert_eq!(routes(chain.state(QUEUE)).count(), 1);
    chain.applied(remove(1, "r"));
    assert_eq!(routes(chain.state(QUEUE)).count(), 0);
    let mut weights = opened();
    let policy = Policy { weights_percent: [40, 30, 31], ..Policy::of(Priority::Low, 1) };
    let heavy = via(0, Via::Best(Best { destination: account(3), policy }));
    assert_eq!(weights.refused(heavy), Refusal::MalformedPayload);
}
