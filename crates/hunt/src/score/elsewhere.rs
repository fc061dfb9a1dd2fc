/// Bugs that this world cannot show, with the reason: their cores' own scenarios find them. A star stands for every
/// protocol.
pub const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("*", "signatures-unchecked", "the bug is in the model world of the cores' tests"),
    ("*", "executed-twice", "the bug is in the model world of the cores' tests"),
];
