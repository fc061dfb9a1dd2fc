use super::*;

/// A module that is like no other.
fn module(number: usize) -> Vec<u8> {
    wat::parse_str(format!(r#"(module (func (export "go") (drop (i32.const {number}))))"#)).unwrap()
}
fn digest(number: usize) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest
}

#[test]
fn a_module_is_compiled_once_while_it_is_asked_for() {
    let library = Library::default();
    let first = library.program(digest(1), &module(1)).unwrap();
    let again = library.program(digest(1), &module(1)).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!(first.load_fuel(), Program::load(&module(1)).unwrap().load_fuel());
    assert_eq!((library.len(), library.is_empty()), (1, false));
}

#[test]
fn no_more_are_kept_than_may_be_and_those_go_that_nobody_asked_for() {
    let library = Library::default();
    let get = |number: usize| library.program(digest(number), &module(number)).unwrap();
    let first = get(0);
    let second = get(1);
    for number in 2..PROGRAMS_KEPT_MAX + 5 {
        get(number);
        assert!(Arc::ptr_eq(&first, &get(0)), "the one that is always asked for stays");
    }
    assert_eq!(library.len(), PROGRAMS_KEPT_MAX);
    assert!(!Arc::ptr_eq(&second, &get(1)), "the one that nobody asked for was let go");
}

#[test]
fn what_is_no_contract_is_refused_each_time_and_not_kept() {
    let library = Library::default();
    for _ in 0..2 {
        assert_eq!(library.program(digest(1), b"noise").unwrap_err(), Unfit::Invalid);
    }
    assert!(library.is_empty());
}
