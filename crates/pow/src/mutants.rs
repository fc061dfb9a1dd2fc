//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// W-1: the target that a header claims is believed.
    TargetClaimed = "target-claimed",
    /// W-1: the hash is not compared with the target.
    ProofUnchecked = "proof-unchecked",
    /// W-2: the longest chain wins, however little work is in it.
    LongestChain = "longest-chain",
    /// W-3: a retarget knows no factor.
    RetargetUnclamped = "retarget-unclamped",
    /// W-3: a retarget knows no easiest target.
    RetargetUnfloored = "retarget-unfloored",
    /// W-4: a block may be older than the median of those before it.
    MedianTimeIgnored = "median-time-ignored",
    /// W-4: a block may be from any future.
    FutureUnbounded = "future-unbounded",
    /// W-4: a period's length is the difference of two miners' words.
    ElapsedByEnds = "elapsed-by-ends",
    /// W-5: a branch is adopted block by block.
    AdoptedPiecemeal = "adopted-piecemeal",
    /// W-5: a branch is adopted before its payloads are checked.
    BranchUnchecked = "branch-unchecked",
    /// W-5: the work of an abandoned block is not mined again.
    AbandonedWorkLost = "abandoned-work-lost",
    /// W-6: of equal chains the one with the later time wins.
    LaterTimeWins = "later-time-wins",
    /// W-7: a payload that does not fit condemns the header that it came with.
    MisfitCondemnsHeader = "misfit-condemns-header",
    /// W-8: orphans are kept without end.
    OrphansUnbounded = "orphans-unbounded",
    /// W-8: branches beside the chain are kept without end.
    SideBranchesUnbounded = "side-branches-unbounded",
    /// W-9: what stands in the chain is decided at once.
    DecidedAtOnce = "decided-at-once",
    /// W-9: a payload counts as confirmed by the blocks above it, in the chain or not.
    AbandonedStillCounts = "abandoned-still-counts",
    /// W-10: of equal chains the last seen wins.
    LastSeenWins = "last-seen-wins",
    /// A deeper reorganisation than the confirmations is followed like any other.
    DeepReorganisationFollowed = "deep-reorganisation-followed",
    /// The chain is not kept on disk.
    AdoptionNotPersisted = "adoption-not-persisted",
    /// The alarm is not kept on disk.
    AlarmForgotten = "alarm-forgotten",
    /// Invalid blocks are not remembered.
    InvalidForgotten = "invalid-forgotten",
    /// Nobody tells its head to those who may have missed it.
    HeadsNotTold = "heads-not-told",
    /// The parents of orphans are not asked for.
    ParentsNotAsked = "parents-not-asked",
    /// Mining goes on when nothing waits.
    MinesWhenIdle = "mines-when-idle",
    /// One peer is believed about where the chain begins.
    BaseOfOne = "base-of-one",
}
