use super::*;

fn known(text: &str) -> Source {
    Source::Known(Passphrase::new(text).unwrap())
}

#[test]
fn keys_come_back_as_they_were_made_and_are_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let made = NodeKeys::generate(&keys, None, None).unwrap();
    let read = NodeKeys::load(&keys, known("unused")).unwrap();
    assert_eq!(made.signing.public(), read.signing.public());
    assert_ne!(made.signing.public(), made.network.public());
    assert_ne!(made.network.public(), made.gateway.public());
    for name in FILES {
        let mode = std::fs::metadata(keys.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let failure = NodeKeys::generate(&keys, None, None).unwrap_err();
    assert!(failure.why.contains("is there already"), "{failure}");
}

#[test]
fn encrypted_keys_are_opened_by_their_passphrase_and_the_next_one_is_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let passphrase = Passphrase::new("right").unwrap();
    let made = NodeKeys::generate(folder.path(), Some(&passphrase), None).unwrap();
    let next = NodeKeys::generate_next(folder.path(), known("right"), None).unwrap();
    let (_, form) = keys::peek(&folder.path().join(NEXT)).unwrap();
    assert_eq!(form, Form::Encrypted);
    let read = NodeKeys::load(folder.path(), known("right")).unwrap();
    assert_eq!(read.signing.public(), made.signing.public());
    assert_eq!(read.next.unwrap().public(), next);
    let failure = NodeKeys::load(folder.path(), known("wrong")).unwrap_err();
    assert!(failure.exit_code == 2 && failure.why.contains("passphrase"), "{failure}");
}

#[test]
fn a_data_folder_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let held = DataLock::acquire(folder.path()).unwrap();
    assert!(DataLock::acquire(folder.path()).is_err());
    drop(held);
    assert!(DataLock::acquire(folder.path()).is_ok());
}
