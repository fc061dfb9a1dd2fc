//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// the quorum is 2f+1, whatever n is.
    QuorumOfTwoFPlusOne = "quorum-of-2f+1",
    /// X-2, H-13: the world does not check signatures (the bug is in the model world).
    SignaturesUnchecked = "signatures-unchecked",
    /// a message counts for whom it names, whoever sent it.
    SenderUnchecked = "sender-unchecked",
    /// a vote adds weight every time it comes.
    RepeatedVotesCount = "repeated-votes-count",
    /// a VOTE leaves before it is durable.
    VoteNotPersisted = "vote-not-persisted",
    /// a proposal leaves before it is durable.
    ProposalNotPersisted = "proposal-not-persisted",
    /// a TIMEOUT leaves before it is durable.
    TimeoutNotPersisted = "timeout-not-persisted",
    /// contradictions are not reported.
    NoAccusations = "no-accusations",
    /// H-1: a replica votes for whatever its leader proposes.
    VotedTwice = "voted-twice",
    /// H-1: a replica votes in views that it has given up.
    VotesAfterTimeout = "votes-after-timeout",
    /// H-2: the lock is ignored.
    LockIgnored = "lock-ignored",
    /// H-2: only a later certificate than the lock's is good enough, not the locked block itself.
    LockedBlockRefused = "locked-block-refused",
    /// H-3: the lock follows whatever comes last.
    LockFalls = "lock-falls",
    /// H-4: a chain decides whatever its views are.
    GapsDecide = "gaps-decide",
    /// H-5: any certificate is a certificate.
    CertificateUncounted = "certificate-uncounted",
    /// H-6: a leader need not build on the highest certificate of the timeouts.
    StaleJustify = "stale-justify",
    /// H-7: in two phases, too, nobody votes against its own lock.
    OwnLockChecked = "own-lock-checked",
    /// H-8: a TIMEOUT for a view need not show that the view has begun.
    ViewUnproved = "view-unproved",
    /// H-8: one TIMEOUT is enough to join.
    JoinedByOne = "joined-by-one",
    /// H-8: nobody joins a timeout.
    NeverJoined = "never-joined",
    /// H-8: the timer does not double.
    TimerConstant = "timer-constant",
    /// H-8: nobody shows to a replica that is behind how the view began.
    NoHelpForLaggards = "no-help-for-laggards",
    /// H-8: who has decided everything leaves those alone who have not, and go on.
    OvertakenRests = "overtaken-rests",
    /// H-9: leaders that failed get their turn all the same.
    SuspendedLead = "suspended-lead",
    /// H-10: a TIMEOUT does not carry the last vote.
    VotesLost = "votes-lost",
    /// H-11: the application is never told of a new regime.
    RegimeNeverEnds = "regime-never-ends",
    /// H-12: a proposal is voted for whether its payload is at hand or not.
    PayloadUnchecked = "payload-unchecked",
    /// H-12: a proposal may say about its place what it wants.
    HeaderUnchecked = "header-unchecked",
    /// H-1: anybody may propose.
    AnybodyProposes = "anybody-proposes",
}
