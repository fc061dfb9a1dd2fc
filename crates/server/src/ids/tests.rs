use super::*;

#[test]
fn only_plain_names_are_names() {
    for good in ["n0", "node12", "a", "gate-west-3"] {
        assert_eq!(NodeName::new(good).unwrap().as_str(), good);
    }
    let long = "n".repeat(33);
    for bad in [
        "",
        "0",
        "N0",
        "../n0",
        "n0/..",
        "n0;rm",
        "n 0",
        "n0\n",
        "-o",
        "n\u{e9}",
        "n0%2f",
        long.as_str(),
    ] {
        assert!(NodeName::new(bad).is_err(), "{bad:?}");
    }
}
