//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// the world does not check signatures (the bug is in the model world).
    SignaturesUnchecked = "signatures-unchecked",
    /// a block counts for whom it names, whoever sent it (the bug is in the model world).
    SenderUnchecked = "sender-unchecked",
    /// a block leaves before it is durable.
    SealNotPersisted = "seal-not-persisted",
    /// a signer may seal again at once.
    RecentUnchecked = "recent-unchecked",
    /// a block's difficulty is what it claims.
    DifficultyUnchecked = "difficulty-unchecked",
    /// a signer's second vote on a target counts too.
    VotesRepeated = "votes-repeated",
    /// votes outlive the epoch.
    EpochKeepsVotes = "epoch-keeps-votes",
    /// a decided vote changes whatever else has become decidable.
    VotesCascade = "votes-cascade",
    /// blocks from the future are taken at once.
    FutureAccepted = "future-accepted",
    /// a block may follow its parent at once.
    PeriodUnchecked = "period-unchecked",
    /// of two heads as heavy, the first seen is kept.
    FirstSeenKept = "first-seen-kept",
    /// nobody says that a sealer contradicts itself.
    NoAccusations = "no-accusations",
    /// a block does not say where its sealer sealed before.
    StrayedHidden = "strayed-hidden",
    /// a sealer need not admit where it sealed before.
    StrayedUnchecked = "strayed-unchecked",
    /// one sealer makes a block final.
    FinalityOfOne = "finality-of-one",
    /// what is confirmed once is final.
    ConfirmedIsFinal = "confirmed-is-final",
    /// blocks of any step are taken from anybody.
    StepUnchecked = "step-unchecked",
    /// a heavier branch wins over a better confirmed one.
    LockIgnored = "lock-ignored",
    /// a sealer never leaves a branch that it has confirmed.
    LockForEver = "lock-for-ever",
    /// who may seal is what it was at the genesis.
    RemovedStillSeals = "removed-still-seals",
}
