use super::*;

#[test]
fn a_listener_of_the_older_network_hears_its_own_words() {
    let event = |kind: &str| {
        Event::Ledger(json!({
            "specversion": "1.0", "id": "n0-7", "source": "/net/x/n0", "type": kind, "subject": "T-1",
            "time": "2026-01-01T00:00:00Z", "sequence": "7", "datacontenttype": "application/json", "data": {},
        }))
    };
    let consumed = text_of(&event("unisono.ticket.consumed.v1"), Format::Seed).unwrap();
    assert!(
        consumed.contains(r#""type":"ticket_consumed""#)
            && consumed.contains(r#""ticket_id":"T-1""#)
    );
    assert_eq!(text_of(&event("unisono.block.executed.v1"), Format::Seed), None);
    let same = text_of(&event("unisono.block.executed.v1"), Format::Cloudevents).unwrap();
    assert!(same.contains("specversion"));
    assert_eq!(text_of(&Event::Pong, Format::Seed).unwrap(), r#"{"type":"pong"}"#);
}

#[test]
fn only_a_ping_is_a_ping() {
    assert!(is_ping(r#"{"type":"ping"}"#));
    assert!(!is_ping("ping") && !is_ping(r#"{"type":"pong"}"#) && !is_ping("[[[["));
}
