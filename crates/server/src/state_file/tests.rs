use super::*;

#[test]
fn what_is_written_is_read_and_what_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(StateFile::read(folder.path()), Err(StateFileError::Absent(_))));
    let state = StateFile { schema_version: 1, pid: 7, url: "http://127.0.0.1:8080".into() };
    state.write(folder.path()).unwrap();
    assert_eq!(StateFile::read(folder.path()).unwrap(), state);
    for bad in ["", "{}", r#"{"schema_version":2,"pid":1,"url":""}"#] {
        std::fs::write(StateFile::path(folder.path()), bad).unwrap();
        assert!(
            matches!(StateFile::read(folder.path()), Err(StateFileError::Unreadable(..))),
            "{bad}"
        );
    }
    StateFile::remove(folder.path());
    StateFile::remove(folder.path());
}
