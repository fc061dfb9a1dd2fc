//! After a fork: who must have lied, from the papers of two honest replicas.

use std::collections::BTreeMap;
use std::sync::Arc;

use codec::Encode;
use protocol::{Decision, Evidence, Payload};
use types::{Digest, NodeId, Seq};

use crate::Record;
use crate::certificate::{Qc, Tc};
use crate::evidence::{breaks_lock, forks, hides_lock};
use crate::record::Voted;

/// What one honest replica can show: the decisions it handed over and the records of its log.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// Its decisions.
    pub decisions: Vec<Decision>,
    /// Its records, all that it ever wrote if it has them.
    pub records: Vec<Record>,
}

/// Names liars after two honest replicas decided differently, each by two certificates that no honest replica is in
/// together: at least f+1 where the testimonies hold the certificates of the fork, and never an honest one.
///
/// Empty where the testimonies do not disagree. Signatures are not checked here: see
/// [`protocol::Inspect::verify_evidence`].
#[must_use]
pub fn forensics(testimonies: &[Testimony]) -> Vec<Evidence> {
    let Some(seq) = first_fork(testimonies) else { return Vec::new() };
    let mut papers = Papers::default();
    for record in testimonies.iter().flat_map(|testimony| &testimony.records) {
        papers.read(record);
    }
    let mut found = BTreeMap::new();
    let qcs: Vec<&Arc<Qc>> = papers.qcs.values().collect();
    for (index, &a) in qcs.iter().enumerate() {
        for &b in &qcs[index + 1..] {
            let kind = match (forks(&a.vote, &b.vote), breaks_lock(&a.vote, &b.vote)) {
                (true, _) => "forked-vote",
                (false, true) => "broken-lock",
                (false, false) => continue,
            };
            for offender in a.signers().filter(|&one| b.signers().any(|other| other == one)) {
                note(&mut found, evidence(kind, offender, seq, a, (a, b.as_ref())));
            }
        }
        for tc in papers.tcs.values() {
            for offender in a.signers().filter(|&one| hides_lock(&a.vote, tc, one)) {
                note(&mut found, evidence("hidden-lock", offender, seq, a, (a, tc.as_ref())));
            }
        }
    }
    found.into_values().collect()
}

type Found = BTreeMap<(NodeId, &'static str), Evidence>;

fn note(found: &mut Found, evidence: Evidence) {
    found.entry((evidence.offender, evidence.kind)).or_insert(evidence);
}

fn evidence<B: Encode>(
    kind: &'static str,
    offender: NodeId,
    seq: Seq,
    at: &Qc,
    (first, second): (&Qc, &B),
) -> Evidence {
    let (first, second) = (first.to_bytes(), second.to_bytes());
    Evidence { offender, kind, view: at.view(), seq, first, second }
}

/// The first place that was decided differently.
fn first_fork(testimonies: &[Testimony]) -> Option<Seq> {
    let mut decided: BTreeMap<Seq, Digest> = BTreeMap::new();
    let mut forks = Vec::new();
    for decision in testimonies.iter().flat_map(|testimony| &testimony.decisions) {
        let digest = decision.payload.as_ref().map_or(Digest::ZERO, Payload::digest);
        if *decided.entry(decision.seq).or_insert(digest) != digest {
            forks.push(decision.seq);
        }
    }
    forks.into_iter().min()
}

/// All certificates in the records, each statement once.
#[derive(Default)]
struct Papers {
    qcs: BTreeMap<crate::Vote, Arc<Qc>>,
    tcs: BTreeMap<Vec<u8>, Arc<Tc>>,
}

impl Papers {
    fn read(&mut self, record: &Record) {
        match record {
            Record::Kept(proposal)
            | Record::Proposed(Voted { proposal, .. })
            | Record::Voted(Voted { proposal, .. }) => {
                self.qc(&proposal.block.justify);
                proposal.tc.iter().for_each(|tc| self.tc(tc));
            }
            Record::TimedOut(timeout) => {
                self.qc(&timeout.high_qc);
                timeout.tc.iter().for_each(|tc| self.tc(tc));
            }
            Record::Certified(qc) => self.qc(qc),
            Record::Expired(tc) => self.tc(tc),
        }
    }
    fn qc(&mut self, qc: &Arc<Qc>) {
        self.qcs.entry(qc.vote).or_insert_with(|| Arc::clone(qc));
    }
    fn tc(&mut self, tc: &Arc<Tc>) {
        self.qc(&tc.high_qc);
        self.tcs.entry(tc.to_bytes()).or_insert_with(|| Arc::clone(tc));
    }
}
