//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// the quorum is 2f+1, whatever n is.
    QuorumOfTwoFPlusOne = "quorum-of-2f+1",
    /// the world does not check signatures (the bug is in the model world).
    SignaturesUnchecked = "signatures-unchecked",
    /// a vote counts for whom it names, whoever sent it.
    SenderUnchecked = "sender-unchecked",
    /// a vote adds weight every time it comes.
    RepeatedVotesCount = "repeated-votes-count",
    /// a proposal leaves before it is durable.
    ProposalNotPersisted = "proposal-not-persisted",
    /// a PREVOTE leaves before it is durable.
    PrevoteNotPersisted = "prevote-not-persisted",
    /// a PRECOMMIT leaves before it is durable.
    PrecommitNotPersisted = "precommit-not-persisted",
    /// T-14: a lock does not survive a crash.
    LockNotRecovered = "lock-not-recovered",
    /// T-14: the valid value is not kept.
    ValidNotPersisted = "valid-not-persisted",
    /// T-1: everybody gets as many turns as anybody.
    TurnsUnweighted = "turns-unweighted",
    /// T-1: who is new starts where all others stand.
    NewcomersUnpunished = "newcomers-unpunished",
    /// T-2: whoever proposes is believed to have the turn.
    AnybodyProposes = "anybody-proposes",
    /// T-2: a valid round need not be an earlier one.
    ValidRoundUnchecked = "valid-round-unchecked",
    /// T-2: a second proposal replaces the first.
    ProposalOverwritten = "proposal-overwritten",
    /// T-3: what is locked is of no matter.
    LockIgnored = "lock-ignored",
    /// T-4: a later polka does not move the lock.
    LockNeverMoves = "lock-never-moves",
    /// T-4: a polka from before the lock excuses as well.
    AnyValidRoundUnlocks = "any-valid-round-unlocks",
    /// T-4: a valid round is believed without its polka.
    PolkaUnneeded = "polka-unneeded",
    /// T-4: a proposal whose polka has not come yet is voted down.
    MissingPolkaIsNil = "missing-polka-is-nil",
    /// T-3: what the application refuses is voted for.
    PayloadUnchecked = "payload-unchecked",
    /// T-5: a polka that comes after the PRECOMMIT still locks, and precommits.
    LatePolkaLocks = "late-polka-locks",
    /// T-5: a polka that comes after the PRECOMMIT is forgotten.
    LatePolkaForgotten = "late-polka-forgotten",
    /// T-6: a nil polka unlocks.
    NilPolkaUnlocks = "nil-polka-unlocks",
    /// T-7: a timer that was set for another round counts for this one.
    StaleTimeoutsHeard = "stale-timeouts-heard",
    /// T-7: timeouts do not grow.
    TimeoutsConstant = "timeouts-constant",
    /// T-8: a quorum of PRECOMMITs of an earlier round decides nothing.
    OldRoundsForgotten = "old-rounds-forgotten",
    /// T-9: one sender's two votes count twice towards a later round.
    VotesSkipTwice = "votes-skip-twice",
    /// T-10: two thirds are a quorum.
    QuorumOfTwoThirds = "quorum-of-two-thirds",
    /// T-11: a polka is not passed on.
    PolkaNotPassedOn = "polka-not-passed-on",
    /// T-12, T-15: nobody is accused.
    NoAccusations = "no-accusations",
    /// T-17: messages of rounds and heights to come are dropped.
    EarlyMessagesLost = "early-messages-lost",
    /// T-16: votes count with the set of the first height.
    SetNeverChanges = "set-never-changes",
    /// a vote that the disk still holds back does not count as given.
    VotesInFlightForgotten = "votes-in-flight-forgotten",
    /// Nothing is ever asked for again.
    NoRetransmission = "no-retransmission",
    /// Nobody passes decisions on.
    NoHelpForLaggards = "no-help-for-laggards",
}
