use super::*;
use crate::{Options, Verdict, run};

#[test]
fn loads_are_read_back() {
    for text in [
        "closed",
        "steady:100:5000000",
        "ramp:10-400:2000000",
        "burst:5-900:1000000+100000:9000000",
    ] {
        assert_eq!(Load::parse(text).unwrap().to_string(), text);
    }
    for text in
        ["", "open", "steady:0:1", "steady:1:0", "ramp:1:5", "burst:1-2:5+6:9", "steady:1:2:3"]
    {
        assert_eq!(Load::parse(text), None, "{text}");
    }
}

#[test]
fn a_ramp_rises_evenly_and_a_burst_ends_its_period() {
    let ramp = Load::parse("ramp:100-300:1000000").unwrap();
    assert_eq!([0, 500_000, 1_000_000].map(|us| ramp.per_s(us)), [Some(100), Some(200), None]);
    let burst = Load::parse("burst:1-50:1000+100:2500").unwrap();
    let rates = [0, 899, 900, 999, 1_000, 1_950, 2_500].map(|us| burst.per_s(us));
    assert_eq!(rates, [Some(1), Some(1), Some(50), Some(50), Some(1), Some(50), None]);
}

#[test]
fn requests_arrive_as_often_as_asked_for() {
    let mut arrivals = Arrivals::new(Load::parse("steady:1000:10000000").unwrap(), Prng::new(1, 1));
    let (mut now_us, mut count) = (0, 0);
    while let Some(next_us) = arrivals.next_us(now_us) {
        (now_us, count) = (next_us, count + 1);
    }
    assert!((9_800..10_200).contains(&count), "{count} in ten seconds");
}

#[test]
fn an_open_load_is_answered_and_ends_with_its_span() {
    let load = Load::parse("steady:400:2000000").unwrap();
    let options = Options { load, decisions: 1_000_000, clients: 16, ..Options::default() };
    let report = run(&options).unwrap();
    assert_eq!(report.verdict, Verdict::Pass, "{report}");
    let answered = report.requests.iter().filter(|request| request.answered_us.is_some()).count();
    assert_eq!((answered, answered as u64), (report.requests.len(), report.answered));
    assert!((600..1_000).contains(&answered), "{answered}");
    assert!(report.requests.iter().all(|request| request.asked_us <= 2_000_000));
    assert_eq!(run(&options).unwrap(), report);
}

#[test]
fn more_than_the_network_takes_waits_longer() {
    let mean_us = |rate: u64| {
        let load = Load::parse(&format!("steady:{rate}:500000")).unwrap();
        // Disks that sync for ten milliseconds are what limits this network.
        let options = Options {
            load,
            decisions: 1_000_000,
            clients: 64,
            disk_sync_us: 10_000,
            ..Options::default()
        };
        let requests = run(&options).unwrap().requests;
        let spans = requests.iter().map(|r| r.answered_us.unwrap() - r.asked_us);
        spans.sum::<u64>() / requests.len() as u64
    };
    assert!(mean_us(20_000) > mean_us(20));
}
