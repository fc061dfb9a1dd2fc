use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::routes::{Method, PREFIX, ROUTES, Role};
use super::*;

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = openapi();
    let schemas: BTreeSet<&str> =
        document["components"]["schemas"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    let known: BTreeSet<String> =
        schemas.iter().map(|name| format!("#/components/schemas/{name}")).collect();
    let missing: Vec<_> = references.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn collect_references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                into.insert(reference.clone());
            }
            fields.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_document_has_every_route_once_under_its_own_name() {
    let document = openapi();
    let mut names = BTreeSet::new();
    let mut places = BTreeSet::new();
    for route in ROUTES {
        assert!(names.insert(route.name), "two routes are called {}", route.name);
        assert!(places.insert((route.path, route.method)), "{} stands twice", route.path);
        let operation = &document["paths"][route.path][route.method.label().to_lowercase()];
        assert_eq!(operation["operationId"], route.name);
    }
    let documented: usize = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum();
    assert_eq!(documented, ROUTES.len());
    assert_eq!(document["openapi"], "3.1.0");
}

/// Clients are written against these: a change of this list is a change of the API.
#[test]
fn the_routes_are_the_pinned_ones() {
    let line =
        |route: &routes::Route| format!("{} {} {}\n", route.method.label(), route.path, route.name);
    let found: String = ROUTES.iter().map(line).collect();
    assert_eq!(
        found,
        include_str!("../routes.txt"),
        "if that is meant, pin the new list in routes.txt"
    );
}

#[test]
fn what_changes_something_needs_more_than_reading() {
    // A question that is too long for an address is posted, and changes nothing.
    let asks = |route: &routes::Route| route.name == "queryContract";
    for route in ROUTES {
        let changes = route.method == Method::Post && !asks(route);
        assert_eq!(changes, route.role >= Role::Submit, "{}", route.path);
        assert!(route.role != Role::Open || !route.path.starts_with(PREFIX), "{}", route.path);
    }
}

#[test]
fn moments_are_written_and_read_back() {
    let cases = [
        (0, "1970-01-01T00:00:00.000000Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_709_210_096_789_012, "2024-02-29T12:34:56.789012Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ];
    for (us, text) in cases {
        assert_eq!(rfc3339(us), text);
        assert_eq!(parse_rfc3339(text), Some(us));
    }
    assert_eq!(parse_rfc3339("2024-02-29T12:34:56.5Z"), Some(1_709_210_096_500_000));
    for wrong in [
        "",
        "Z",
        "2024-02-29",
        "2024-13-01T00:00:00Z",
        "2024-01-01T00:00:00.1234567Z",
        "1-1-1T0:0:0Z",
    ] {
        assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
    }
}

#[test]
fn a_problem_satisfies_both_worlds() {
    let problem = Problem::new(Code::AlreadyConsumed, "the ticket has been consumed")
        .at("/api/v1/tickets/T-1")
        .because("/api/v1/why?subject=T-1");
    assert_eq!(
        serde_json::to_value(&problem).unwrap(),
        json!({
            "type": "urn:unisono:problem:already-consumed",
            "title": "the ticket has been consumed",
            "status": 409,
            "detail": "the ticket has been consumed",
            "instance": "/api/v1/tickets/T-1",
            "code": "ALREADY_CONSUMED",
            "retryable": false,
            "why": "/api/v1/why?subject=T-1",
            "success": false,
            "error": "the ticket has been consumed",
        })
    );
}

#[test]
fn codes_are_upper_snake_and_their_serde_names_are_their_labels() {
    for &code in Code::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.label());
        assert_eq!(Code::from_label(code.label()), Some(code));
        assert!((400..600).contains(&code.status()));
        assert!(
            code.label()
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || "_64".contains(letter))
        );
    }
}

#[test]
fn a_ticket_wears_the_older_names() {
    let ticket = Ticket {
        id: "TICKET-001".to_owned(),
        state: TicketState::Validated,
        data: "e30=".to_owned(),
        validator_id: "n0".to_owned(),
        timestamp: 1,
        vector_clock: BTreeMap::from([("n0".to_owned(), 2)]),
        metadata: BTreeMap::new(),
        height: 3,
        updated_at: rfc3339(1_000_000),
        allowed: vec![TicketAction::Consume, TicketAction::Dispute],
        history: Vec::new(),
    };
    let json = serde_json::to_value(&ticket).unwrap();
    for name in ["ID", "State", "Data", "ValidatorID", "Timestamp", "VectorClock", "Metadata"] {
        assert!(json.get(name).is_some(), "{name}");
    }
    assert_eq!(json["State"], "VALIDATED");
    assert_eq!(json["allowed"], json!(["consume", "dispute"]));
}

fn event(kind: &str, subject: Option<&str>, data: Value) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".to_owned(),
        id: "n0-7".to_owned(),
        source: "/net/dev/n0".to_owned(),
        kind: kind.to_owned(),
        subject: subject.map(str::to_owned),
        time: rfc3339(5_000_000),
        sequence: "7".to_owned(),
        height: Some(3),
        view: None,
        datacontenttype: "application/json".to_owned(),
        data,
    }
}

#[test]
fn events_have_their_older_words() {
    let consumed = event(kinds::TICKET_CONSUMED, Some("T-1"), json!({}));
    assert_eq!(
        serde_json::to_value(consumed.to_seed()).unwrap(),
        json!({ "type": "ticket_consumed", "ticket_id": "T-1", "timestamp": 5 })
    );
    let seeded = event(kinds::TICKETS_SEEDED, None, json!({ "count": 500 }));
    assert_eq!(
        serde_json::to_value(seeded.to_seed()).unwrap(),
        json!({ "type": "tickets_seeded", "count": 500, "timestamp": 5 })
    );
    for kind in kinds::ALL {
        assert!(kind.starts_with("unisono.") && kind.ends_with(".v1"));
    }
    assert_eq!(event(kinds::TICKET_ISSUED, Some("T-1"), json!({})).to_seed(), None);
    let json = serde_json::to_value(&consumed).unwrap();
    assert_eq!(
        (&json["type"], &json["specversion"]),
        (&json!(kinds::TICKET_CONSUMED), &json!("1.0"))
    );
}
