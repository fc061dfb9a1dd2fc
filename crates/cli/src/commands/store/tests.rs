use std::path::{Path, PathBuf};

use super::open::Name;
use crate::args::without_password;

#[test]
fn a_store_is_told_by_its_name_or_by_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let of = |text: &str| Name::of(text).map_err(|failure| failure.what);
    assert_eq!(of("sqlite:a.db"), Ok(Name::Sqlite(PathBuf::from("a.db"))));
    assert_eq!(of("archive:/a"), Ok(Name::Archive(PathBuf::from("/a"))));
    assert_eq!(of("validator:n1"), Ok(Name::Validator(PathBuf::from("n1"))));
    for url in ["postgres://u:p@h/d", "postgresql:///d?host=/run"] {
        assert_eq!(of(url), Ok(Name::Postgres(url.to_owned())));
    }
    let url = "http://127.0.0.1:1";
    assert_eq!(of(url), Ok(Name::Remote(url.to_owned())));
    assert!(of(&text(&path("nothing"))).is_err());
    assert!(of("ftp://here").unwrap_err().contains("names no store"));
    std::fs::create_dir(path("n1")).unwrap();
    assert_eq!(of(&text(&path("n1"))), Ok(Name::Validator(path("n1"))));
    std::fs::write(path("n1/manifest"), "").unwrap();
    assert_eq!(of(&text(&path("n1"))), Ok(Name::Archive(path("n1"))));
    std::fs::write(path("file"), "").unwrap();
    assert_eq!(of(&text(&path("file"))), Ok(Name::Sqlite(path("file"))));
}

#[test]
fn no_password_is_printed() {
    let shown = without_password("postgres://reader:secret@db.example/chain?host=/run");
    assert_eq!(shown, "postgres://reader@db.example/chain?host=/run");
    for name in ["postgres://reader@db/chain", "sqlite:a@b:c", "http://127.0.0.1:9001", "folder"] {
        assert_eq!(without_password(name), name);
    }
}
