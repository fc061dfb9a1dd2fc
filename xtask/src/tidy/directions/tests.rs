use super::*;

fn member(name: &str, imports: &[(&str, bool, bool)]) -> Member {
    let imports = imports.iter().map(|&(name, is_ours, is_dev)| Import {
        name: name.into(),
        is_ours,
        is_dev,
    });
    Member { name: name.into(), imports: imports.collect() }
}

fn findings(name: &str, import: &str, is_ours: bool) -> usize {
    check(&[member(name, &[(import, is_ours, false)])]).len()
}

#[test]
fn the_arrows_point_down() {
    assert_eq!(findings("ledger", "crypto", true), 0);
    assert_eq!(findings("crypto", "ledger", true), 1);
    assert_eq!(findings("sim", "node", true), 1);
    assert_eq!(findings("node", "sim", true), 1);
    assert_eq!(findings("pbft", "protocols", true), 1);
    assert_eq!(findings("replica", "pbft", true), 1);
}

#[test]
fn a_crate_without_a_place_is_refused() {
    let found = check(&[member("gadget", &[])]);
    assert!(found[0].what.contains("no row"), "{found:?}");
}

#[test]
fn guarded_crates_stay_where_they_belong() {
    assert_eq!(findings("node", "libp2p", false), 0);
    assert_eq!(findings("server", "libp2p-stream", false), 1);
    assert_eq!(findings("replica", "tokio", false), 1);
    assert_eq!(findings("node", "fjall", false), 1);
    assert_eq!(findings("store", "serde", false), 1);
}

#[test]
fn a_pure_crate_imports_only_what_its_row_says() {
    assert_eq!(findings("crypto", "sha2", false), 0);
    assert_eq!(findings("pbft", "sha2", false), 1);
    assert_eq!(findings("ledger", "rand", false), 1);
}

#[test]
fn tests_may_drive_a_crate_from_above_but_not_from_the_worlds() {
    assert!(check(&[member("replica", &[("pbft", true, true)])]).is_empty());
    assert_eq!(check(&[member("replica", &[("node", true, true)])]).len(), 1);
}

#[test]
fn every_pure_crate_has_a_row_without_worlds() {
    for name in PURE {
        let row = MAY_IMPORT.iter().find(|(of, _)| of == name).unwrap().1;
        assert!(row.iter().all(|import| PURE.contains(import)), "{name}");
    }
}
