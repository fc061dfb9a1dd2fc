use super::*;
use crate::failure::Exit;

#[test]
fn a_tables_ids_are_known_before_anything_is_sent() {
    let read = |text: &'static str| csv::Reader::from_reader(text.as_bytes());
    let id = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let ids = ids_of(read("carrier,flight,day\nUA,1545,1\nB6,725,2\n"), &id(&["carrier", "day"]))
        .unwrap();
    assert_eq!(ids, ["UA-1", "B6-2"]);
    let failure = ids_of(read("a,b\n1,2\n"), &id(&["ticket_id"])).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.why.contains("a, b"));
    assert!(ids_of(read("a,b\n1\n"), &id(&["a"])).is_err());
}
