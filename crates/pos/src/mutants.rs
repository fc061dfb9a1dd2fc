//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// X-1, S-5: half of the stake justifies.
    ThresholdOfHalf = "threshold-of-half",
    /// the world does not check signatures (the bug is in the model world).
    SignaturesUnchecked = "signatures-unchecked",
    /// a vote counts for whom it names, whoever sent it (the bug is in the model world).
    SenderUnchecked = "sender-unchecked",
    /// a vote adds weight every time it comes.
    RepeatedVotesCount = "repeated-votes-count",
    /// X-5, S-3: an attestation leaves before it is durable.
    AttestationNotPersisted = "attestation-not-persisted",
    /// X-5, S-3: a proposal leaves before it is durable.
    ProposalNotPersisted = "proposal-not-persisted",
    /// S-1: the proposer of a slot depends on the content of the head.
    SeedFromHead = "seed-from-head",
    /// S-1: the proposers take turns, whatever their stakes are.
    StakeIgnored = "stake-ignored",
    /// S-1: anybody may propose.
    AnybodyProposes = "anybody-proposes",
    /// S-2: a surrounding vote is not seen.
    SurroundUnseen = "surround-unseen",
    /// S-2: two votes with one target are not seen.
    DoubleVoteUnseen = "double-vote-unseen",
    /// S-2: two blocks for one slot are not seen.
    DoubleProposalUnseen = "double-proposal-unseen",
    /// S-2: an offender is accused again and again.
    SlashedTwice = "slashed-twice",
    /// S-3: a signer signs in the epoch that it started in.
    SignsAtOnce = "signs-at-once",
    /// S-3: what was signed elsewhere is not imported.
    ImportIgnored = "import-ignored",
    /// S-4: evidence is believed unseen.
    EvidenceUnchecked = "evidence-unchecked",
    /// S-4: evidence never gets too old.
    EvidenceAgeless = "evidence-ageless",
    /// S-5: two thirds are 66 per cent.
    RoundedThreshold = "rounded-threshold",
    /// S-5: validators are counted, not their stakes.
    HeadsCounted = "heads-counted",
    /// S-5: a link over any number of epochs finalises its source.
    AnyLinkFinalizes = "any-link-finalizes",
    /// S-5: what is justified is decided.
    JustifiedIsFinal = "justified-is-final",
    /// S-6: a heavier branch replaces what is final.
    FinalReverted = "final-reverted",
    /// S-6: the fork choice does not begin at the justified checkpoint.
    JustifiedIgnored = "justified-ignored",
    /// S-7: a justified checkpoint of another branch is adopted at any time.
    AdoptedAnyTime = "adopted-any-time",
    /// S-8: a timely proposal weighs nothing.
    NoBoost = "no-boost",
    /// S-8, S-12: votes of proven liars still weigh in the fork choice.
    LiarsWeigh = "liars-weigh",
    /// S-9: whoever has no stake now cannot be accused.
    OnlyPresentStake = "only-present-stake",
    /// S-9: votes weigh what their makers have now.
    NoSnapshots = "no-snapshots",
    /// S-10: links are believed however old they are.
    OldHistoryBelieved = "old-history-believed",
    /// S-11: overflowing weights wrap.
    WeightsWrap = "weights-wrap",
    /// S-12: a replica attests each branch that it sees.
    AttestsAllBranches = "attests-all-branches",
}
