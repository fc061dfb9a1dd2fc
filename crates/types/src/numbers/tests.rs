use super::{Digest, NodeId, View};

#[test]
fn a_counter_stays_at_its_ends() {
    let last = View::new(u64::MAX);
    assert_eq!((last.next(), last.plus(7)), (last, last));
    assert_eq!((View::ZERO.previous(), View::new(5).previous()), (None, Some(View::new(4))));
    assert_eq!((View::new(5).above(View::new(3)), View::new(3).above(View::new(5))), (2, 0));
}

#[test]
fn a_digest_comes_back_from_its_text_and_nothing_else_does() {
    let digest = Digest::new(std::array::from_fn(|i| u8::try_from(i * 7).unwrap()));
    let text = digest.to_string();
    assert_eq!(Digest::from_hex(&text), Some(digest));
    assert_eq!(digest.short().to_le_bytes(), digest.as_bytes()[..8]);
    for bad in ["", &text[1..], &format!("{text}0"), &text.replace('0', "g"), &"é".repeat(32)] {
        assert_eq!(Digest::from_hex(bad), None, "{bad}");
    }
    assert!(Digest::ZERO.is_zero() && !digest.is_zero());
}

#[test]
fn a_set_has_as_many_members_as_it_says() {
    assert_eq!(NodeId::all(3).map(NodeId::get).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(NodeId::all(usize::MAX).count(), usize::from(u16::MAX));
}
