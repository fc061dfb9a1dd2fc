//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// the world does not check signatures (the bug is in the model world).
    SignaturesUnchecked = "signatures-unchecked",
    /// a statement counts for whom it names, whoever sent it.
    SenderUnchecked = "sender-unchecked",
    /// a nomination leaves before it is durable.
    NominationNotPersisted = "nomination-not-persisted",
    /// a ballot's statement leaves before it is durable.
    BallotNotPersisted = "ballot-not-persisted",
    /// Evidence: contradictions are not reported.
    NoAccusations = "no-accusations",
    /// F-1: whoever satisfies the own quorum set is a quorum, whatever its members need.
    QuorumByOwnSlice = "quorum-by-own-slice",
    /// F-2: a peer's quorum set is believed whatever it is.
    QuorumSetUnchecked = "quorum-set-unchecked",
    /// F-3: only a quorum makes a replica accept.
    NoVBlocking = "no-v-blocking",
    /// F-4: a commit that is accepted is taken for confirmed.
    AcceptedIsConfirmed = "accepted-is-confirmed",
    /// F-5: the leaders of the first round are the only ones.
    LeadersNeverGrow = "leaders-never-grow",
    /// F-5: a leader is followed to one value of its, and never to another.
    FollowsOnce = "follows-once",
    /// F-5: new values are voted for after there is a candidate.
    VotesAfterCandidate = "votes-after-candidate",
    /// F-5: the first candidate seen is taken, not the one that all would take.
    FirstCandidateTaken = "first-candidate-taken",
    /// F-5: values are voted for whatever the application says.
    PayloadUnchecked = "payload-unchecked",
    /// F-6: nobody follows a blocking set to a later ballot.
    NeverBumped = "never-bumped",
    /// F-6: the ballot timer runs though no quorum has come to the ballot.
    TimerWithoutQuorum = "timer-without-quorum",
    /// F-6: the next ballot forgets what was confirmed prepared.
    LockForgotten = "lock-forgotten",
    /// F-7: everybody is taken to have one's own quorum set.
    OneSetForAll = "one-set-for-all",
    /// F-8: the last statement to come counts, not the newest.
    OlderStatementsCount = "older-statements-count",
    /// F-9, F-11: a configuration is activated without a look at its quorums.
    IntersectionUnchecked = "intersection-unchecked",
    /// F-10: a set of replicas that can stop the others is not reported.
    BlockingUnreported = "blocking-unreported",
    /// F-12: a quorum must hold the replica itself.
    QuorumNeedsMe = "quorum-needs-me",
    /// F-13: nobody shows past decisions to a replica that missed them.
    NoHelpForLaggards = "no-help-for-laggards",
}
