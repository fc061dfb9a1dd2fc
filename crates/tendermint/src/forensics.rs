//! After a fork: who must have lied, from the papers of two honest replicas.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Signed;
use protocol::{Decision, Evidence, Payload};
use types::{Digest, NodeId, Seq};

use crate::Record;
use crate::evidence::evidence;
use crate::message::{Committed, Polka, Precommit, Prevote};
use crate::safety::forgets;

/// What one honest replica can show: the decisions it handed over and the records of its log.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// Its decisions.
    pub decisions: Vec<Decision>,
    /// Its records, all that it ever wrote if it has them.
    pub records: Vec<Record>,
}

/// Names liars after two honest replicas decided differently, each by two signed statements that no honest replica
/// makes both: replicas with more than a third of the voting power where the two testimonies hold the certificates of
/// the fork, and never an honest one.
///
/// Empty where the testimonies do not disagree. Their signatures are not checked here: see
/// [`protocol::Inspect::verify_evidence`].
#[must_use]
pub fn forensics(a: &Testimony, b: &Testimony) -> Vec<Evidence> {
    let Some(seq) = first_fork(a, b) else { return Vec::new() };
    let mut found = BTreeMap::new();
    let records: Vec<&Record> = a.records.iter().chain(&b.records).collect();
    let proofs = records.iter().filter_map(|record| proof_of(record));
    let precommits: Vec<Signed<Precommit>> =
        proofs.filter(|proof| proof.precommit.seq == seq).flat_map(precommits_of).collect();
    let mut prevotes: Vec<Signed<Prevote>> = Vec::new();
    for polka in records.iter().filter_map(|record| polka_of(record)) {
        if polka.prevote.seq == seq {
            let votes = polka.prevotes.iter();
            prevotes.extend(votes.map(|(&signer, &signature)| Signed {
                statement: polka.prevote,
                signer,
                signature,
            }));
        }
    }
    for (index, one) in precommits.iter().enumerate() {
        for other in precommits[index + 1..].iter().filter(|other| other.signer == one.signer) {
            let (x, y) = (one.statement, other.statement);
            if x.round == y.round && x.digest != y.digest {
                note(&mut found, evidence("double-precommit", seq, x.round, one, other));
            }
        }
        for vote in prevotes.iter().filter(|vote| vote.signer == one.signer) {
            if forgets(&one.statement, &vote.statement) {
                note(&mut found, evidence("amnesia", seq, vote.statement.round, one, vote));
            }
        }
    }
    for (index, one) in prevotes.iter().enumerate() {
        for other in prevotes[index + 1..].iter().filter(|other| other.signer == one.signer) {
            if one.statement.round == other.statement.round && one.statement != other.statement {
                note(&mut found, evidence("double-prevote", seq, one.statement.round, one, other));
            }
        }
    }
    found.into_values().collect()
}

type Found = BTreeMap<(NodeId, &'static str), Evidence>;

fn note(found: &mut Found, evidence: Evidence) {
    found.entry((evidence.offender, evidence.kind)).or_insert(evidence);
}

/// The first height that the two decided differently.
fn first_fork(a: &Testimony, b: &Testimony) -> Option<Seq> {
    let others: BTreeMap<Seq, Digest> = b.decisions.iter().map(|d| (d.seq, digest_of(d))).collect();
    let differs = |one: &&Decision| others.get(&one.seq).is_some_and(|d| *d != digest_of(one));
    a.decisions.iter().filter(differs).map(|one| one.seq).min()
}

fn digest_of(decision: &Decision) -> Digest {
    decision.payload.as_ref().map_or(Digest::ZERO, Payload::digest)
}

/// The PRECOMMITs of a decision, from the proof that is kept behind it: it names their round.
fn proof_of(record: &Record) -> Option<&Arc<Committed>> {
    match record {
        Record::Decided(proof) => Some(proof),
        Record::Proposed(_)
        | Record::Prevoted(_)
        | Record::Valid(..)
        | Record::Precommitted(_)
        | Record::Excuse(_) => None,
    }
}

fn precommits_of(proof: &Arc<Committed>) -> impl Iterator<Item = Signed<Precommit>> + '_ {
    let statement = proof.precommit;
    let precommits = proof.precommits.iter();
    precommits.map(move |(&signer, &signature)| Signed { statement, signer, signature })
}

fn polka_of(record: &Record) -> Option<&Arc<Polka>> {
    match record {
        Record::Valid(_, polka) | Record::Excuse(polka) => Some(polka),
        Record::Proposed(_)
        | Record::Prevoted(_)
        | Record::Precommitted(_)
        | Record::Decided(_) => None,
    }
}
