use super::*;

fn bytes(parts: &[&str]) -> Vec<u8> {
    argument(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn arguments_are_numbers_accounts_texts_and_digits() {
    assert!(bytes(&[]).is_empty());
    assert_eq!(bytes(&["258"]), 258_u64.to_le_bytes());
    assert_eq!(
        bytes(&["text:ab", "hex:00ff", "1"]),
        [b"ab\0\xff".as_slice(), &[1, 0, 0, 0, 0, 0, 0, 0]].concat()
    );
    let (ones, mixed) = ("11".repeat(32), "ab".repeat(32));
    assert_eq!(bytes(&[&ones, &mixed]), [[0x11; 32], [0xab; 32]].concat());
}

#[test]
fn what_is_no_argument_is_refused() {
    for part in ["hex:0", "hex:zz", "hex:+1", "-1", "18446744073709551616", "nobody.key"] {
        assert!(argument(&[part.to_owned()]).is_err(), "{part}");
    }
    assert!(at("12").is_err());
}
