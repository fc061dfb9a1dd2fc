use super::*;

#[test]
fn spans_need_a_unit() {
    assert_eq!(duration("150ms"), Ok(Duration::from_millis(150)));
    assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1_500)));
    assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
    assert_eq!(duration("250us"), Ok(Duration::from_micros(250)));
    for bad in [
        "",
        "5",
        "s",
        "5 parsecs",
        "-1s",
        "1.2.3s",
        "99999999999999999999s",
        "18446744073709551615h",
    ] {
        assert!(duration(bad).is_err(), "{bad}");
    }
}

#[test]
fn shares_are_exact_parts_per_million() {
    assert_eq!(ppm("5%"), Ok(50_000));
    assert_eq!(ppm("0.05"), Ok(50_000));
    assert_eq!(ppm("0.5%"), Ok(5_000));
    assert_eq!(ppm("1"), Ok(1_000_000));
    assert_eq!(ppm("100%"), Ok(1_000_000));
    assert_eq!(ppm("0"), Ok(0));
    for bad in ["", "%", "5", "101%", "-1%", "x", "0.0000001", "1e-3", "99999999999999999999%"] {
        assert!(ppm(bad).is_err(), "{bad}");
    }
}

#[test]
fn sizes_and_rates_have_units_too() {
    assert_eq!(bytes("512"), Ok(512));
    assert_eq!(bytes("64KiB"), Ok(65_536));
    assert_eq!(bytes("1 MB"), Ok(1_000_000));
    assert!(bytes("1.5MiB").is_err() && bytes("9999999999GiB9").is_err() && bytes("").is_err());
    assert_eq!(rate("1000/s"), Ok(1_000));
    assert_eq!(rate("20,000"), Ok(20_000));
    assert_eq!(rate("0"), Ok(0), "an idle network is a load too");
    assert!(rate("fast").is_err() && rate("-1").is_err());
}
