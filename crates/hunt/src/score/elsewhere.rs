/// Bugs that this world cannot show, with the reason: their cores' own scenarios find them. A star stands for every
/// protocol.
pub const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("*", "signatures-unchecked", MODEL),
    ("*", "executed-twice", MODEL),
    ("pbft", "first-reply-believed", CLIENT),
    ("tendermint", "turns-unweighted", STAKE),
    ("tendermint", "newcomers-unpunished", STAKE),
    ("tendermint", "set-never-changes", MEMBERS),
    ("raft", "new-majority-only", MEMBERS),
    ("raft", "members-not-rolled-back", MEMBERS),
    ("raft", "members-active-on-commit", MEMBERS),
    ("raft", "change-before-own-commit", MEMBERS),
    ("raft", "snapshot-without-members", MEMBERS),
    ("raft", "read-unconfirmed", READS),
    ("raft", "read-before-own-commit", READS),
    ("raft", "lease-outlives-transfer", READS),
    ("raft", "transfer-never-aborts", READS),
    ("raft", "proposes-in-transfer", READS),
    ("raft", "learner-campaigns", LEARN),
    ("raft", "learner-counts", LEARN),
    ("raft", "promoted-abstains", LEARN),
    ("poa", "sender-unchecked", MODEL),
    ("poa", "votes-repeated", SIGNERS),
    ("poa", "epoch-keeps-votes", SIGNERS),
    ("poa", "votes-cascade", SIGNERS),
    ("poa", "removed-still-seals", SIGNERS),
    ("pos", "sender-unchecked", MODEL),
    ("pos", "stake-ignored", STAKE),
    ("pos", "heads-counted", STAKE),
    ("pos", "only-present-stake", STAKE),
    ("pos", "no-snapshots", STAKE),
    ("pos", "weights-wrap", STAKE),
    ("fba", "quorum-by-own-slice", SETS),
    ("fba", "quorum-set-unchecked", SETS),
    ("fba", "one-set-for-all", SETS),
    ("fba", "intersection-unchecked", SETS),
    ("fba", "blocking-unreported", SETS),
    ("fba", "quorum-needs-me", SETS),
];

const MODEL: &str = "the bug is in the model world of the cores' tests";
const CLIENT: &str = "the bug is in the model client of the core's tests";
const MEMBERS: &str = "validators change with an epoch, not within a core, so no replica asks the core for other members";
const READS: &str =
    "replicas answer from certified blocks, so none asks the core for a read or for another leader";
const LEARN: &str = "a replica's core has no learners: who is no validator follows the blocks";
const STAKE: &str = "the simulated validators have equal weights that stay";
const SIGNERS: &str = "validators change with an epoch, not by the signers' votes within a core";
const SETS: &str = "the simulated replicas have one and the same quorum set";
