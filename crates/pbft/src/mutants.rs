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
    /// X-4, P-2: a vote adds weight every time it comes.
    RepeatedVotesCount = "repeated-votes-count",
    /// a PREPARE leaves before it is durable.
    PrepareNotPersisted = "prepare-not-persisted",
    /// a COMMIT leaves before its certificate is durable.
    CommitNotPersisted = "commit-not-persisted",
    /// a proposal leaves before it is durable.
    ProposalNotPersisted = "proposal-not-persisted",
    /// a VIEW-CHANGE leaves before it is durable.
    ViewChangeNotPersisted = "view-change-not-persisted",
    /// a NEW-VIEW leaves before it is durable.
    NewViewNotPersisted = "new-view-not-persisted",
    /// a CHECKPOINT leaves before it is durable.
    CheckpointNotPersisted = "checkpoint-not-persisted",
    /// contradictions are not reported.
    NoAccusations = "no-accusations",
    /// a decision comes without the votes that prove it.
    CommitsNotShown = "commits-not-shown",
    /// P-1: a second proposal for a place replaces the first.
    ProposalOverwritten = "proposal-overwritten",
    /// P-1: anybody may propose.
    AnybodyProposes = "anybody-proposes",
    /// P-2: PREPAREs count whatever digest they name.
    DigestsPooled = "digests-pooled",
    /// P-3: votes that come before the proposal are lost, and asked for by nobody.
    EarlyVotesLost = "early-votes-lost",
    /// P-4: what is committed is executed at once.
    ExecutedOutOfOrder = "executed-out-of-order",
    /// P-5: the application executes whatever is decided (the bug is in the model application).
    ExecutedTwice = "executed-twice",
    /// P-6: the client believes the first reply (the bug is in the model client).
    FirstReplyBelieved = "first-reply-believed",
    /// P-7, P-19: nobody passes a decision on to a replica that missed it.
    NoHelpForLaggards = "no-help-for-laggards",
    /// P-8: there is no high watermark.
    NoHighWatermark = "no-high-watermark",
    /// P-9: one CHECKPOINT makes a checkpoint stable.
    CheckpointOfOne = "checkpoint-of-one",
    /// P-9: a replica does not compare its state with the certified one.
    DivergenceUnseen = "divergence-unseen",
    /// P-10: a VIEW-CHANGE does not say what was prepared.
    EmptyViewChange = "empty-view-change",
    /// P-11: of two claims for a place, the lower view wins.
    LowestViewInPlan = "lowest-view-in-plan",
    /// P-11: a place that nobody prepared is left open.
    NoNullRequests = "no-null-requests",
    /// P-11: the new view starts from the lowest checkpoint.
    LowestCheckpointInPlan = "lowest-checkpoint-in-plan",
    /// P-12: backups believe every NEW-VIEW of the right primary.
    NewViewUnchecked = "new-view-unchecked",
    /// P-13: one VIEW-CHANGE is enough to join.
    JoinedByOne = "joined-by-one",
    /// P-13: nobody joins a view change.
    NeverJoined = "never-joined",
    /// P-13: the timer does not double.
    TimerConstant = "timer-constant",
    /// P-13: a new primary that does not begin its view is waited for without end.
    LateNewViewBorne = "late-new-view-borne",
    /// P-14: any progress resets the request timer.
    AnyProgressCounts = "any-progress-counts",
    /// P-15: a new primary counts from one again.
    SequenceRestarts = "sequence-restarts",
    /// P-16: the state is transferred to whatever one peer says.
    TransferUncertified = "transfer-uncertified",
    /// P-17: checkpoints beyond the high watermark are ignored.
    FarCheckpointsIgnored = "far-checkpoints-ignored",
    /// P-18: backups prepare what the application refuses.
    PayloadUnchecked = "payload-unchecked",
    /// P-19: nothing is ever asked for again.
    NoRetransmission = "no-retransmission",
    /// P-19: a checkpoint is said once.
    CheckpointSaidOnce = "checkpoint-said-once",
    /// P-20: slow proposals are borne for ever.
    SlowPrimaryBorne = "slow-primary-borne",
}
