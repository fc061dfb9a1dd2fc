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

#[test]
fn digests_are_ordered_by_their_bytes() {
    let mut prng = crate::Prng::new(1, 1);
    for _ in 0..1_000 {
        let (mut left, mut right) = ([0; 32], [0; 32]);
        prng.fill(&mut left);
        prng.fill(&mut right);
        let shared = usize::try_from(prng.below(33)).unwrap();
        right[..shared].copy_from_slice(&left[..shared]);
        assert_eq!(Digest::new(left).cmp(&Digest::new(right)), left.cmp(&right));
    }
}
