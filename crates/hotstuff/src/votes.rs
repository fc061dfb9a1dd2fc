//! The newest vote of each replica, counted by what it says: linear in the number of replicas.

use crypto::{Signature, Signatures, Signed};
use types::NodeId;

use crate::Vote;

/// What became of a vote.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cast {
    /// It counts; so many say the same.
    Counted(usize),
    /// It was here before, or a newer one of the same replica is.
    Repeated,
    /// The same replica voted otherwise in the same view.
    Conflicting(Signed<Vote>),
}

/// One vote for each replica.
#[derive(Debug)]
pub(crate) struct Votes {
    newest: Vec<Option<(Vote, Signature)>>,
    counts: Vec<(Vote, usize)>,
}

impl Votes {
    pub(crate) fn new(n: usize) -> Self {
        Self { newest: vec![None; n], counts: Vec::new() }
    }

    pub(crate) fn cast(&mut self, vote: &Signed<Vote>) -> Cast {
        let Some(slot) = self.newest.get_mut(vote.signer.index()) else { return Cast::Repeated };
        if let Some((earlier, signature)) = *slot {
            if earlier.view == vote.statement.view && earlier != vote.statement {
                let first = Signed { statement: earlier, signer: vote.signer, signature };
                return Cast::Conflicting(first);
            }
            if earlier.view >= vote.statement.view {
                return Cast::Repeated;
            }
            *slot = None;
            self.take_back(earlier);
        }
        self.newest[vote.signer.index()] = Some((vote.statement, vote.signature));
        Cast::Counted(self.count(vote.statement))
    }

    /// The vote that this one contradicts.
    pub(crate) fn contradicted(&self, vote: &Signed<Vote>) -> Option<Signed<Vote>> {
        let (statement, signature) = (*self.newest.get(vote.signer.index())?)?;
        let is_other = statement.view == vote.statement.view && statement != vote.statement;
        is_other.then_some(Signed { statement, signer: vote.signer, signature })
    }

    /// A vote that counts again each time it comes.
    pub(crate) fn cast_again(&mut self, vote: Vote) -> usize {
        self.count(vote)
    }

    fn count(&mut self, vote: Vote) -> usize {
        if let Some((_, count)) = self.counts.iter_mut().find(|(other, _)| *other == vote) {
            *count += 1;
            return *count;
        }
        self.counts.push((vote, 1));
        1
    }
    fn take_back(&mut self, vote: Vote) {
        if let Some(at) = self.counts.iter().position(|(other, _)| *other == vote) {
            self.counts[at].1 -= 1;
            if self.counts[at].1 == 0 {
                self.counts.swap_remove(at);
            }
        }
    }

    /// The signatures of those who say this.
    pub(crate) fn signatures(&self, vote: Vote) -> Signatures {
        let signed = NodeId::all(self.newest.len()).zip(&self.newest);
        signed
            .filter_map(|(signer, newest)| {
                let (said, signature) = newest.as_ref()?;
                (*said == vote).then_some((signer, *signature))
            })
            .collect()
    }
    /// Those who voted in a view.
    pub(crate) fn voters(&self, view: types::View) -> Vec<NodeId> {
        let newest = NodeId::all(self.newest.len()).zip(&self.newest);
        newest
            .filter(|(_, newest)| newest.as_ref().is_some_and(|(said, _)| said.view == view))
            .map(|(signer, _)| signer)
            .collect()
    }
}
