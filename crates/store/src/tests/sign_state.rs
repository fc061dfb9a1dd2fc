use std::fs;
use std::path::Path;

use super::*;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    fill(&store, 3, 1);
    folder
}

fn loss(folder: &Path) -> Option<VoteLoss> {
    Store::open(&options(folder)).unwrap().1.vote_loss
}

#[test]
fn a_lost_sign_state_is_found_and_stays_found() {
    let folder = filled();
    fs::remove_file(folder.path().join("sign-state-a")).unwrap();
    fs::remove_file(folder.path().join("sign-state-b")).unwrap();
    assert_eq!(loss(folder.path()), Some(VoteLoss::SignStateLost));
    assert_eq!(loss(folder.path()), Some(VoteLoss::SignStateLost));
    let trusting = StoreOptions { trust_lost_state: true, ..options(folder.path()) };
    assert_eq!(Store::open(&trusting).unwrap().1.vote_loss, None);
    assert_eq!(loss(folder.path()), None);
}

#[test]
fn a_lost_store_is_found() {
    let folder = filled();
    fs::remove_dir_all(folder.path().join("db")).unwrap();
    assert_eq!(loss(folder.path()), Some(VoteLoss::StoreLost));
    assert_eq!(loss(folder.path()), Some(VoteLoss::StoreLost));
}

#[test]
fn an_older_copy_of_the_store_is_found() {
    let folder = filled();
    let backup = tempfile::tempdir().unwrap();
    copy(&folder.path().join("db"), &backup.path().join("db"));
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    fill(&store, 2, 1);
    drop(store);
    fs::remove_dir_all(folder.path().join("db")).unwrap();
    copy(&backup.path().join("db"), &folder.path().join("db"));
    assert_eq!(loss(folder.path()), Some(VoteLoss::StoreOlder { missing: 4 }));
    // Work that a follower keeps meanwhile does not make the store look newer.
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    for _ in 0..10 {
        store.commit(&[Op::Batch(batch(50, 1))]).unwrap();
    }
    drop(store);
    assert!(matches!(loss(folder.path()), Some(VoteLoss::StoreOlder { .. })));
}

#[test]
fn an_older_copy_of_the_sign_state_is_found() {
    let folder = filled();
    let backup = tempfile::tempdir().unwrap();
    for name in ["sign-state-a", "sign-state-b"] {
        fs::copy(folder.path().join(name), backup.path().join(name)).unwrap();
    }
    drop(Store::open(&options(folder.path())).unwrap());
    for name in ["sign-state-a", "sign-state-b"] {
        fs::copy(backup.path().join(name), folder.path().join(name)).unwrap();
    }
    assert_eq!(loss(folder.path()), Some(VoteLoss::SignStateOlder));
}

#[test]
fn one_torn_file_of_two_is_no_loss() {
    for name in ["sign-state-a", "sign-state-b"] {
        let folder = filled();
        fs::write(folder.path().join(name), b"torn").unwrap();
        assert_eq!(loss(folder.path()), None, "{name}");
    }
}
