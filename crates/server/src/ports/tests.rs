use super::*;

#[test]
fn free_ports_are_distinct_and_free() {
    let ports = free_ports(0, 8).unwrap();
    assert_eq!(ports.len(), 8);
    assert!(ports.iter().all(|&port| bind(port).is_ok()));
}

#[test]
fn a_taken_port_is_named() {
    let taken = bind(0).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = free_ports(port, 1).unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
    assert!(free_ports(65_535, 2).is_err());
}
