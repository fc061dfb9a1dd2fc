//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

protocol::mutants! {
    /// a request for votes counts for whom it names, whoever sent it.
    SenderUnchecked = "sender-unchecked",
    /// a vote leaves before it is durable.
    VoteNotPersisted = "vote-not-persisted",
    /// a candidate's log is not compared.
    LogNotCompared = "log-not-compared",
    /// an entry of an earlier term is committed as soon as a majority has it.
    OldTermCommitted = "old-term-committed",
    /// a new leader appends nothing of its own.
    NoNoop = "no-noop",
    /// everything behind the point where an APPEND fits is cut off.
    AlwaysTruncates = "always-truncates",
    /// a replica that hears nobody raises its term at once.
    NoPreVote = "no-pre-vote",
    /// a leader that a majority does not hear goes on.
    NoCheckQuorum = "no-check-quorum",
    /// from the entry on, a majority of the new members is enough.
    NewMajorityOnly = "new-majority-only",
    /// members from a truncated entry stay.
    MembersNotRolledBack = "members-not-rolled-back",
    /// a new configuration counts only once it is committed.
    MembersActiveOnCommit = "members-active-on-commit",
    /// members may change before the leader has committed anything in its term.
    ChangeBeforeOwnCommit = "change-before-own-commit",
    /// votes and pre-votes are given although a leader is heard.
    LeaseIgnored = "lease-ignored",
    /// a read is answered without asking whether the leader still leads.
    ReadUnconfirmed = "read-unconfirmed",
    /// a read is answered before the leader knows what earlier terms committed.
    ReadBeforeOwnCommit = "read-before-own-commit",
    /// a lease is not given up when another replica is told to lead.
    LeaseOutlivesTransfer = "lease-outlives-transfer",
    /// a leader waits for its successor for ever.
    TransferNeverAborts = "transfer-never-aborts",
    /// a leader goes on proposing while it hands over.
    ProposesInTransfer = "proposes-in-transfer",
    /// an installed snapshot does not change who the members are.
    SnapshotWithoutMembers = "snapshot-without-members",
    /// an old snapshot moves the commit index back.
    SnapshotMovesBack = "snapshot-moves-back",
    /// the log is cut off without the snapshot that replaces it.
    SnapshotNotPersisted = "snapshot-not-persisted",
    /// a follower acknowledges entries before they are durable.
    AckBeforePersist = "ack-before-persist",
    /// a follower keeps entries whose payloads it may never get.
    PersistUnseen = "persist-unseen",
    /// a leader sends entries, and so counts itself, before they are durable.
    SendBeforePersist = "send-before-persist",
    /// a learner asks for votes.
    LearnerCampaigns = "learner-campaigns",
    /// a learner's acknowledgement counts for the majority.
    LearnerCounts = "learner-counts",
    /// a replica that does not know yet that it became a voter refuses to vote.
    PromotedAbstains = "promoted-abstains",
    /// the application executes whatever is decided (the bug is in the model world).
    ExecutedTwice = "executed-twice",
}
