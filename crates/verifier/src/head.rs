//! Chain heads, and proofs that a block is in the chain of one.

use ledger::{
    Attesters, BlockProof, ChainHead, Epoch, Genesis, HeadError, Lineage, NoteError, SignedNote,
    note_keys_of,
};
use types::{Digest, NodeId};

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
        ];
        // The genesis's own set needs no proof.
        let lineage = self.lineage();
        if !lineage.epochs.is_empty() {
            plan.push((Topic::Validators, self.in_office(head), self.not_in_office(head, error)));
        }
        plan.push((Topic::Certificate, self.count(), self.unsigned(error)));
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

    /// How the set that signs follows from the genesis, as the note says.
    fn lineage(&self) -> Lineage {
        let note = SignedNote::from_text(self.note).ok();
        note.and_then(|note| ChainHead::lineage(&note).ok()).unwrap_or_default()
    }
    /// The set in office, as the note says.
    fn set(&self) -> Epoch {
        let last = self.lineage().epochs.pop();
        last.unwrap_or_else(|| Epoch::first_of(self.genesis))
    }
    fn attesters(&self) -> Attesters {
        self.set().attesters(self.genesis.chain_id(), self.genesis.fault_model)
    }
    fn in_office(&self, head: Option<ChainHead>) -> Said {
        let values = [
            ("count", self.set().members.len().to_string()),
            ("height", size(head)),
            ("changes", self.lineage().handovers.len().to_string()),
        ];
        said(Code::LaterInOffice, values)
    }
    fn not_in_office(&self, head: Option<ChainHead>, error: Option<&HeadError>) -> Said {
        let why = error.map(ToString::to_string).unwrap_or_default();
        said(Code::NotInOffice, [("height", size(head)), ("why", why)])
    }

    /// The places of those whose lines hold.
    fn places(&self) -> Vec<usize> {
        let keys = note_keys_of(self.genesis.chain_id(), &self.set());
        let note = SignedNote::from_text(self.note).ok();
        note.and_then(|note| note.signers(&keys).ok()).unwrap_or_default()
    }
    /// The names of those whose lines hold.
    pub(crate) fn signers(&self) -> Vec<String> {
        let set = self.set();
        let name = |at: usize| set.members.get(at).map(|one| one.validator.name.clone());
        self.places().into_iter().filter_map(name).collect()
    }
    /// How much signed, of how much, by whom, and how much must; and whether the validators weigh differently.
    fn counted(&self) -> ([(&'static str, String); 4], bool) {
        let (set, places) = (self.attesters(), self.places());
        let signed = NodeId::all(set.len()).enumerate().filter(|(at, _)| places.contains(at));
        let have = set.weigh(signed.map(|(_, place)| place));
        let values = [
            ("have", have.to_string()),
            ("total", set.quorum().n().to_string()),
            ("names", list(&self.signers())),
            ("need", set.quorum().size().to_string()),
        ];
        (values, set.quorum().n() != set.len())
    }
    fn count(&self) -> Said {
        let (values, weighs) = self.counted();
        said(if weighs { Code::SignedByWeight } else { Code::Signed }, values)
    }
    fn unsigned(&self, error: Option<&HeadError>) -> Said {
        if let Some(HeadError::Note(NoteError::BadSignature { name })) = error {
            return said(Code::BadSignature, [("names", name.clone())]);
        }
        let (values, weighs) = self.counted();
        said(if weighs { Code::TooLight } else { Code::TooFew }, values)
    }
}

fn size(head: Option<ChainHead>) -> String {
    head.map(|head| head.size.to_string()).unwrap_or_default()
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
        HeadError::Lineage(_) => Topic::Validators,
        HeadError::NotIncluded => Topic::Inclusion,
    }
}
