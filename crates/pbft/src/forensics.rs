//! After a fork: who must have lied, from the papers of two honest replicas.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Signed;
use protocol::{Decision, Evidence, Payload};
use types::{Digest, NodeId, Seq, View};

use crate::Record;
use crate::evidence::{evidence, hides};
use crate::message::{Commit, NewView, Prepare, PreparedCertificate};

/// What one honest replica can show: the decisions it handed over and the records of its log.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// Its decisions.
    pub decisions: Vec<Decision>,
    /// Its records, all that it ever wrote if it has them.
    pub records: Vec<Record>,
}

/// Names liars after two honest replicas decided differently, each by two signed statements that no honest replica
/// makes both: at least f+1 where the two testimonies hold the certificates of the fork, and never an honest one.
///
/// Empty where the testimonies do not disagree. Their signatures are not checked here: see
/// [`crate::verify_evidence`].
#[must_use]
pub fn forensics(a: &Testimony, b: &Testimony) -> Vec<Evidence> {
    let mut found = BTreeMap::new();
    let Some((first, second)) = first_fork(a, b) else { return Vec::new() };
    let (early, late) = if first.view <= second.view { (first, second) } else { (second, first) };
    let commits = commits_of(early);
    if early.view == late.view {
        for (one, other) in commits.iter().zip_by_signer(&commits_of(late)) {
            note(&mut found, evidence("double-commit", early.view, early.seq, one, other));
        }
    }
    let records = || a.records.iter().chain(&b.records);
    for begun in records().filter_map(begun_view) {
        for asked in &begun.view_changes {
            let commit = commits.iter().find(|commit| commit.signer == asked.signer);
            if let Some(commit) = commit.filter(|commit| hides(&commit.statement, &asked.statement))
            {
                note(&mut found, evidence("hidden-commit", early.view, early.seq, commit, asked));
            }
        }
    }
    let certificates: Vec<&PreparedCertificate> = records()
        .flat_map(certificates_of)
        .filter(|certificate| certificate.propose.statement.seq == early.seq)
        .collect();
    for (index, one) in certificates.iter().enumerate() {
        for other in &certificates[index + 1..] {
            compare(one, other, &mut found);
        }
    }
    found.into_values().collect()
}

type Found = BTreeMap<(NodeId, &'static str), Evidence>;

fn note(found: &mut Found, evidence: Evidence) {
    found.entry((evidence.offender, evidence.kind)).or_insert(evidence);
}

/// The first place where the two decided differently.
fn first_fork<'a>(a: &'a Testimony, b: &'a Testimony) -> Option<(&'a Decision, &'a Decision)> {
    let others: BTreeMap<Seq, &Decision> = b.decisions.iter().map(|d| (d.seq, d)).collect();
    let pairs = a.decisions.iter().filter_map(|one| Some((one, *others.get(&one.seq)?)));
    pairs.filter(|(one, other)| digest_of(one) != digest_of(other)).min_by_key(|pair| pair.0.seq)
}

fn digest_of(decision: &Decision) -> Digest {
    decision.payload.as_ref().map_or(Digest::ZERO, Payload::digest)
}

fn commits_of(decision: &Decision) -> Vec<Signed<Commit>> {
    let statement = Commit { view: decision.view, seq: decision.seq, digest: digest_of(decision) };
    let commits = decision.commits.iter();
    commits.map(|(&signer, &signature)| Signed { statement, signer, signature }).collect()
}

fn begun_view(record: &Record) -> Option<&Arc<NewView>> {
    match record {
        Record::NewView(begun) => Some(begun),
        Record::Accepted(_)
        | Record::Prepared(_)
        | Record::Checkpoint(_)
        | Record::Stable(_)
        | Record::ViewChange(_) => None,
    }
}

fn certificates_of(record: &Record) -> Vec<&PreparedCertificate> {
    match record {
        Record::Prepared(certificate) => vec![certificate],
        Record::NewView(begun) => begun.prepared.iter().collect(),
        Record::ViewChange(asked) => {
            asked.prepared.iter().map(|prepared| &prepared.certificate).collect()
        }
        Record::Accepted(_) | Record::Checkpoint(_) | Record::Stable(_) => Vec::new(),
    }
}

/// Two prepared certificates for one view and place: whoever is in both has voted twice.
fn compare(one: &PreparedCertificate, other: &PreparedCertificate, found: &mut Found) {
    let (a, b) = (one.propose.statement, other.propose.statement);
    if a.view != b.view || a.digest == b.digest {
        return;
    }
    let (view, seq): (View, Seq) = (a.view, a.seq);
    if one.propose.signer == other.propose.signer {
        note(found, evidence("equivocation", view, seq, &one.propose, &other.propose));
    }
    let mine = prepares_of(one);
    for (first, second) in mine.iter().zip_by_signer(&prepares_of(other)) {
        note(found, evidence("double-prepare", view, seq, first, second));
    }
}

fn prepares_of(certificate: &PreparedCertificate) -> Vec<Signed<Prepare>> {
    let said = certificate.propose.statement;
    let statement = Prepare { view: said.view, seq: said.seq, digest: said.digest };
    let prepares = certificate.prepares.iter();
    prepares.map(|(&signer, &signature)| Signed { statement, signer, signature }).collect()
}

/// Pairs the statements of the same signer.
trait ZipBySigner<'a, S: 'a> {
    fn zip_by_signer(self, others: &'a [Signed<S>]) -> Vec<(&'a Signed<S>, &'a Signed<S>)>;
}
impl<'a, S: 'a, I: Iterator<Item = &'a Signed<S>>> ZipBySigner<'a, S> for I {
    fn zip_by_signer(self, others: &'a [Signed<S>]) -> Vec<(&'a Signed<S>, &'a Signed<S>)> {
        self.filter_map(|one| {
            let other = others.iter().find(|other| other.signer == one.signer)?;
            Some((one, other))
        })
        .collect()
    }
}
