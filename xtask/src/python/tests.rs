use super::*;

#[test]
fn versions_are_read_and_compared_as_numbers() {
    assert_eq!(version_of("Python 3.11.7"), Some((3, 11)));
    assert_eq!(version_of("Python 3.9.0").map(|version| version >= PYTHON_MIN), Some(false));
    assert_eq!(version_of("bash: python3: not found"), None);
}
