use super::*;

#[test]
fn keys_come_back_as_they_were_made_and_are_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let made = NodeKeys::generate(&keys).unwrap();
    let read = NodeKeys::load(&keys).unwrap();
    assert_eq!(made.signing.public(), read.signing.public());
    assert_ne!(made.signing.public(), made.network.public());
    assert_ne!(made.network.public(), made.gateway.public());
    for name in FILES {
        let mode = std::fs::metadata(keys.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let failure = NodeKeys::generate(&keys).unwrap_err();
    assert!(failure.what.contains("will not replace"), "{failure}");
}

#[test]
fn a_data_folder_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let held = DataLock::acquire(folder.path()).unwrap();
    assert!(DataLock::acquire(folder.path()).is_err());
    drop(held);
    assert!(DataLock::acquire(folder.path()).is_ok());
}
