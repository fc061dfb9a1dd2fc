use super::*;

#[test]
fn a_version_of_node_is_read() {
    assert_eq!(node_version("v20.20.2"), Some((20, 20)));
    assert_eq!(node_version("v8.1"), Some((8, 1)));
    assert_eq!(node_version("nonsense"), None);
}

#[test]
fn the_digest_sees_contents() {
    let folder = std::env::temp_dir().join(format!("unisono-xtask-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("input");
    std::fs::write(&file, "a").unwrap();
    let first = digest(std::slice::from_ref(&file)).unwrap();
    assert_eq!(first, digest(std::slice::from_ref(&file)).unwrap());
    std::fs::write(&file, "b").unwrap();
    assert_ne!(first, digest(std::slice::from_ref(&file)).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
}
