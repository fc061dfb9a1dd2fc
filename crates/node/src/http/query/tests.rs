use super::*;

fn params(query: &str) -> Params {
    Params::of(&format!("/x?{query}").parse().unwrap()).unwrap()
}

#[test]
fn spans_are_read_with_their_units() {
    assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(parse_duration("10s"), Some(Duration::from_secs(10)));
    assert_eq!(parse_duration("2m"), Some(Duration::from_secs(120)));
    assert_eq!(parse_duration("3"), Some(Duration::from_secs(3)));
    for wrong in ["", "s", "10 s", "-1s", "1h", "99999999999999999999s"] {
        assert_eq!(parse_duration(wrong), None, "{wrong}");
    }
}

#[test]
fn parameters_are_decoded_and_the_last_wins() {
    let params = params("q=A%20b+c&limit=3&limit=4&empty=");
    assert_eq!(params.get("q"), Some("A b c"));
    assert_eq!(params.limit().unwrap(), 4);
    assert_eq!(params.given("empty"), None);
    assert_eq!(params.wait().unwrap(), Wait::Commit);
}

#[test]
fn absurd_parameters_are_refused() {
    assert!(Params::of(&"/x?q=%ff".parse().unwrap()).is_err());
    assert!(Params::of(&"/x?q=%4".parse().unwrap()).is_err());
    for wrong in ["limit=0", "limit=501", "limit=-1", "limit=18446744073709551616", "limit=x"] {
        assert!(params(wrong).limit().is_err(), "{wrong}");
    }
    assert!(params("wait=forever").wait().is_err());
    assert!(params("timeout=61s").timeout().is_err());
    assert!(params("timeout=0ms").timeout().is_err());
}

#[test]
fn what_is_encoded_decodes_to_itself() {
    let text = "Tickét/1 & <b>%";
    assert_eq!(percent_decode(&percent_encode(text)).as_deref(), Some(text));
}
