use super::*;

fn rates(per_address: u64, per_sender: u64, count_local: bool) -> Rates {
    let burst = Duration::from_secs(2);
    Rates::new(RateSettings { per_address, per_sender, burst, count_local })
}
fn client(text: &str) -> Option<ClientAddress> {
    Some(ClientAddress(text.parse().unwrap()))
}
fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_bucket_holds_a_burst_and_refills_by_the_clock() {
    let (rates, now) = (rates(10, 0, false), Instant::now());
    let take = |at| rates.take_address(client("192.0.2.1"), at);
    assert_eq!((0..30).filter(|_| take(now).is_ok()).count(), 20, "two seconds' worth");
    assert_eq!(take(now), Err(Duration::from_millis(100)), "until there is one more");
    assert_eq!((0..30).filter(|_| take(now + seconds(1)).is_ok()).count(), 10);
    assert_eq!((0..30).filter(|_| take(now + seconds(99)).is_ok()).count(), 20, "and no more");
    assert!(rates.take_address(client("192.0.2.2"), now).is_ok(), "another address has its own");
}

#[test]
fn a_large_request_is_let_in_once_and_paid_for() {
    let (rates, now) = (rates(10, 0, false), Instant::now());
    let take = |at| rates.take_address(client("192.0.2.1"), at);
    assert_eq!(take(now), Ok(()));
    rates.charge_address(client("192.0.2.1"), 99, now);
    assert_eq!(take(now), Err(Duration::from_millis(8_100)));
    assert_eq!(take(now + Duration::from_millis(8_100)), Ok(()));
}

#[test]
fn this_machine_is_trusted_unless_told_otherwise_and_zero_is_no_limit() {
    let now = Instant::now();
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let take = |rates: &Rates| rates.take_address(client(address), now);
        let trusting = rates(1, 1, false);
        assert!((0..9).all(|_| take(&trusting).is_ok()), "{address}");
        let wary = rates(1, 1, true);
        assert!(take(&wary).is_ok() && take(&wary).is_ok() && take(&wary).is_err(), "{address}");
    }
    let unlimited = rates(0, 0, true);
    assert!((0..9).all(|_| unlimited.take_address(client("192.0.2.1"), now).is_ok()));
}

#[test]
fn senders_are_counted_by_themselves() {
    let (rates, now) = (rates(0, 1, false), Instant::now());
    let take = |sender| rates.take_sender(client("192.0.2.1"), Account([sender; 32]), now);
    assert!(take(1).is_ok() && take(1).is_ok() && take(1).is_err());
    assert!(take(2).is_ok());
}

#[test]
fn a_network_of_ipv6_addresses_is_one_client() {
    let (rates, now) = (rates(1, 0, false), Instant::now());
    let take = |address: &str| {
        rates.take_address(client(address), now)?;
        rates.charge_address(client(address), 1, now);
        Ok::<(), Duration>(())
    };
    assert!(take("2001:db8::1").is_ok());
    assert!(take("2001:db8::ffff:1").is_err());
    assert!(take("2001:db8:0:1::1").is_ok());
    assert!(take("::ffff:192.0.2.7").is_ok());
    assert!(take("192.0.2.7").is_err(), "one address in two notations");
}

#[test]
fn the_table_is_bounded_and_keeps_whoever_is_being_held_back() {
    let (rates, now) = (rates(1, 0, false), Instant::now());
    let host = |number: u32| Some(ClientAddress(IpAddr::V4(number.into())));
    rates.charge_address(host(0x0101_0101), 1_000, now);
    for number in 0..20_000 {
        rates.take_address(host(0x0a00_0000 + number), now).unwrap();
    }
    assert!(rates.addresses.full_at.lock().unwrap().len() <= BUCKETS_MAX);
    let debtor = rates.take_address(host(0x0101_0101), now);
    assert!(debtor.is_err(), "the debtor is not forgotten for newcomers");
}
