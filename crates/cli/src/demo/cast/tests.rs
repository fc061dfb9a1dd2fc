use super::*;

#[test]
fn nobody_lies_where_lies_are_not_stood_or_nothing_is_signed() {
    for (protocol, liar) in [
        ("pbft", Some(LIAR)),
        ("hotstuff", Some(LIAR)),
        ("fba", Some(LIAR)),
        ("raft", None),
        ("central", None),
        ("none", None),
        ("pow", None),
    ] {
        assert_eq!(Cast::of(protocol).liar, liar, "{protocol}");
    }
    assert_eq!(Cast::why_nobody_lies("raft"), "raft stands f crashes, no lies");
    assert_eq!(Cast::why_nobody_lies("pow"), "pow signs nothing");
}
