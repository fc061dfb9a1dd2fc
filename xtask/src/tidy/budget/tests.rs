use super::*;

fn lock(packages: usize) -> String {
    "[[package]]\nname = \"x\"\n".repeat(packages)
}

#[test]
fn the_budget_is_kept_to_the_last_package() {
    assert!(check(&Tree::of(&[("Cargo.lock", &lock(PACKAGES_MAX))])).is_empty());
    assert_eq!(check(&Tree::of(&[("Cargo.lock", &lock(PACKAGES_MAX + 1))])).len(), 1);
}

#[test]
fn a_missing_lock_file_is_found() {
    assert_eq!(check(&Tree::of(&[])).len(), 1);
}
