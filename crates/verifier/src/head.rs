//! Chain heads, and proofs that a block is in the chain of one.

use ledger::{BlockProof, ChainHead, Genesis, HeadError, NoteError, SignedNote, note_keys};
use types::Digest;

use crate::attested::list;
use crate::step::{Code, Plan, Said, Step, Topic, lay_out, said};

/// A head as it travels, and the proof under it where there is one.
pub(crate) struct Head<'a> {
    pub(crate) genesis: &'a Genesis,
    pub(crate) note: &'a str,
    pub(crate) proof: Option<(&'a BlockProof, Option<&'a Digest>)>,
}

impl Head<'_> {
    /// Words the rules' answer, step by step; `read` says what was read.
    pub(crate) fn steps(&self, error: Option<&HeadError>, read: Said) -> Vec<Step> {
        let why = error.map(ToString::to_string).unwrap_or_default();
        let head = SignedNote::from_text(self.note).ok();
        let head = head.and_then(|note| ChainHead::from_text(note.text()).ok());
        let chain = head.map(|head| head.chain.0.to_string()).unwrap_or_default();
        let wanted = self.genesis.chain_id().0.to_string();
        let mut plan: Vec<Plan> = vec![
            (Topic::Proof, read, said(Code::ProofUnreadable, [("why", why)])),
            (
                Topic::Chain,
                said(Code::SameChain, []),
                said(Code::WrongChain, [("chain", chain), ("wanted", wanted)]),
            ),
            (Topic::Certificate, self.count(Code::Signed), self.unsigned(error)),
        ];
        let mut failed = error.map(topic_of);
        if let Some((proof, block)) = self.proof {
            let excluded = match block {
                Some(_) => place(Code::BlockNotIncluded, proof, head),
                None => said(Code::BlockUnnamed, []),
            };
            plan.push((Topic::Inclusion, place(Code::BlockIncluded, proof, head), excluded));
            failed = failed.or(block.is_none().then_some(Topic::Inclusion));
        }
        lay_out(plan, failed)
    }

    /// The names of those whose lines hold.
    pub(crate) fn signers(&self) -> Vec<String> {
        let keys = note_keys(self.genesis);
        let note = SignedNote::from_text(self.note).ok();
        let signers = note.and_then(|note| note.signers(&keys).ok()).unwrap_or_default();
        let name = |at: usize| self.genesis.validators.get(at).map(|one| one.name.clone());
        signers.into_iter().filter_map(name).collect()
    }
    fn count(&self, code: Code) -> Said {
        let (signers, quorum) = (self.signers(), self.genesis.quorum());
        let values = [
            ("have", signers.len().to_string()),
            ("total", quorum.n().to_string()),
            ("names", list(&signers)),
            ("need", quorum.size().to_string()),
        ];
        said(code, values)
    }
    fn unsigned(&self, error: Option<&HeadError>) -> Said {
        if let Some(HeadError::Note(NoteError::BadSignature { name })) = error {
            return said(Code::BadSignature, [("names", name.clone())]);
        }
        self.count(Code::TooFew)
    }
}

fn place(code: Code, proof: &BlockProof, head: Option<ChainHead>) -> Said {
    let number = |number: Option<u64>| number.map(|one| one.to_string()).unwrap_or_default();
    let values = [
        ("place", number(proof.index.checked_add(1))),
        ("size", number(head.map(|head| head.size))),
        ("hashes", proof.path.len().to_string()),
        ("root", head.map(|head| head.root.to_string()).unwrap_or_default()),
    ];
    said(code, values)
}

/// The step at which the rules stopped.
const fn topic_of(error: &HeadError) -> Topic {
    match error {
        HeadError::Note(NoteError::BadSignature { .. }) | HeadError::TooFew { .. } => {
            Topic::Certificate
        }
        HeadError::Note(
            NoteError::TooLong { .. } | NoteError::Malformed { .. } | NoteError::TooManySignatures,
        )
        | HeadError::Malformed { .. } => Topic::Proof,
        HeadError::WrongChain => Topic::Chain,
        HeadError::NotIncluded => Topic::Inclusion,
    }
}
