//! Deliberate bugs of a replica, by which tests show that they would notice.

protocol::mutants! {
    /// An epoch begins one block early.
    EpochEarly = "epoch-early",
    /// An epoch begins one block late.
    EpochLate = "epoch-late",
    /// What was said in an epoch before counts in this one.
    OldVotesCount = "old-votes-count",
}
