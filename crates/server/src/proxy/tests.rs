use super::*;

#[test]
fn the_node_parameter_is_the_supervisors_own() {
    let strip = |text: &str| without_node(&text.parse().unwrap());
    assert_eq!(
        strip("/api/v1/tickets?limit=5&node=n2&state=ISSUED"),
        "/api/v1/tickets?limit=5&state=ISSUED"
    );
    assert_eq!(strip("/api/v1/stats?node=n2"), "/api/v1/stats");
    assert_eq!(strip("/api/v1/stats"), "/api/v1/stats");
    assert_eq!(chosen("limit=5&node=n2").unwrap().unwrap().as_str(), "n2");
    assert!(chosen("limit=5").unwrap().is_none());
    assert!(chosen("node=../../etc").is_err());
}
