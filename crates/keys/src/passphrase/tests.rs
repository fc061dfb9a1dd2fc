use super::*;

#[test]
fn a_passphrase_is_one_line_within_its_bounds() {
    assert_eq!(Passphrase::new("open\n").unwrap(), Passphrase::new("open").unwrap());
    assert_eq!(Passphrase::new("open\r\n").unwrap(), Passphrase::new("open").unwrap());
    // Spaces belong to it.
    assert_ne!(Passphrase::new(" open").unwrap(), Passphrase::new("open").unwrap());
    for bad in ["", "\n", "a\nb", "a\0b", &"x".repeat(1_025)] {
        assert!(matches!(Passphrase::new(bad), Err(KeyError::BadPassphrase(_))), "{bad:?}");
    }
    assert!(Passphrase::new(&"x".repeat(1_024)).is_ok());
}

#[test]
fn a_passphrase_is_not_shown() {
    let shown = format!("{:?}", Source::Known(Passphrase::new("correct horse").unwrap()));
    assert!(!shown.contains("horse"), "{shown}");
}
