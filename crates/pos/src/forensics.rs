//! Who broke the agreement of two honest replicas, by what both have kept.

use std::collections::{BTreeMap, BTreeSet};

use codec::Encode as _;
use crypto::Signed;
use protocol::Evidence;
use types::{NodeId, View};

use crate::book::offence_kind;
use crate::{Attestation, Offence, Record};

/// Names the validators whose attestations, in the logs of two replicas, contradict each other: each once, with proof.
///
/// Where the two have made checkpoints of different branches final, these hold a third of the stake or more (Buterin and
/// Griffith, theorem 1), as long as both logs still hold the links above the last final checkpoint that they share.
#[must_use]
pub fn forensics(first: &[Record], second: &[Record]) -> Vec<Evidence> {
    let mut said: BTreeMap<NodeId, BTreeSet<Signed<Attestation>>> = BTreeMap::new();
    for record in first.iter().chain(second) {
        match record {
            Record::Attested(vote) => {
                said.entry(vote.signer).or_default().insert(vote.clone());
            }
            Record::Link(link) => {
                for vote in link.attestations() {
                    said.entry(vote.signer).or_default().insert(vote);
                }
            }
            Record::Slashed(offence) => {
                if let Offence::Attestations((first, second)) = &**offence {
                    let votes = said.entry(first.signer).or_default();
                    votes.extend([first.clone(), second.clone()]);
                }
            }
            Record::Proposed(_) | Record::Block(_) | Record::Root(_) | Record::Protection(_) => {}
        }
    }
    said.values().filter_map(contradiction).collect()
}

fn contradiction(votes: &BTreeSet<Signed<Attestation>>) -> Option<Evidence> {
    votes.iter().enumerate().find_map(|(at, first)| {
        let later = votes.iter().skip(at + 1);
        let mut kinds = later.filter_map(|second| {
            Some((offence_kind(&first.statement, &second.statement)?, second))
        });
        let (kind, second) = kinds.next()?;
        let target = second.statement.target;
        Some(Evidence {
            offender: second.signer,
            kind,
            view: View::new(target.epoch),
            seq: target.seq,
            first: first.to_bytes(),
            second: second.to_bytes(),
        })
    })
}
