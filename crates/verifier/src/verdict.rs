//! What a check comes to: a verdict, its steps, and what is proved.

use std::fmt::Write as _;

use ledger::{BlockProof, ChainHead, EntryProof, Genesis, HeadError, Receipt, ReceiptError};
use serde::Serialize;
use types::Digest;

use crate::attested::Attested;
use crate::head::Head;
use crate::read::{Proof, read};
use crate::step::{Code, Said, State, Step, Topic, said};

/// Most bytes of a key or a value that are shown.
const SHOWN_MAX: usize = 256;

/// What a check comes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verdict {
    /// Whether every step holds.
    pub valid: bool,
    /// Why it proves nothing, in one sentence; absent where it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The steps, in order; behind the one that fails none is looked at.
    pub steps: Vec<Step>,
    /// What it proves; absent where a step fails, so that nothing unproved is shown as a fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved: Option<Proved>,
}

/// A validator who signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Signatory {
    /// Its place in its set.
    pub place: u16,
    /// Its name there.
    pub name: String,
}

/// What a proof proves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Proved {
    /// A transaction was executed with this outcome.
    Receipt {
        /// The transaction.
        transaction: String,
        /// `APPLIED`, or the code of its refusal.
        outcome: &'static str,
        /// The block's height.
        height: u64,
        /// The transaction's place in it, from zero.
        index: u32,
        /// The block's hash.
        block: String,
        /// The block's agreed time, microseconds since 1970.
        time_us: u64,
        /// Who attests it.
        signers: Vec<Signatory>,
    },
    /// A state held this after a block.
    Entry {
        /// Whose state.
        app: u16,
        /// The key: text where it is any, hexadecimal digits where not.
        key: String,
        /// The whole key, hexadecimal.
        key_hex: String,
        /// What stood there, worded like the key; absent where nothing did.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// The block's height.
        height: u64,
        /// The block's hash.
        block: String,
        /// The block's agreed time, microseconds since 1970.
        time_us: u64,
        /// Who attests it.
        signers: Vec<Signatory>,
    },
    /// A chain had so many blocks.
    Head {
        /// How many.
        size: u64,
        /// The root over their hashes.
        root: String,
        /// The names of those who signed.
        signers: Vec<String>,
    },
    /// A block stands in a chain.
    Block {
        /// The block's hash.
        block: String,
        /// Its height.
        height: u64,
        /// How many blocks the chain had.
        size: u64,
        /// The root over their hashes.
        root: String,
        /// The names of those who signed.
        signers: Vec<String>,
    },
}

/// Checks a proof against a genesis, with nothing else. `block` is the hash of the block that a block proof is to be about:
/// such a proof may name a place alone.
#[must_use]
pub fn verify(genesis: &Genesis, proof: &[u8], block: Option<&Digest>) -> Verdict {
    let mut verdict = match read(proof) {
        Ok(Proof::Receipt(receipt)) => of_receipt(genesis, &receipt, proof.len()),
        Ok(Proof::Entry(entry)) => of_entry(genesis, &entry, proof.len()),
        Ok(Proof::Head(note)) => of_head(genesis, &note),
        Ok(Proof::Block(found)) => of_block(genesis, &found, block, proof.len()),
        Err(error) => Verdict::stopped(Topic::Proof, Code::ProofUnreadable, error.to_string()),
    };
    verdict.steps.insert(0, Step::new(Topic::Genesis, State::Passed, genesis_read(genesis)));
    verdict
}

impl Verdict {
    /// The verdict on what cannot be read at all.
    #[must_use]
    pub fn unread(why: String) -> Self {
        Self::stopped(Topic::Proof, Code::ProofUnreadable, why)
    }
    /// A check that ended at its first step.
    pub(crate) fn stopped(topic: Topic, code: Code, why: String) -> Self {
        let step = Step::new(topic, State::Failed, said(code, [("why", why.clone())]));
        Self { valid: false, why: Some(why), steps: vec![step], proved: None }
    }
    fn new(why: Option<String>, steps: Vec<Step>, proved: impl FnOnce() -> Proved) -> Self {
        let valid = why.is_none();
        Self { valid, why, steps, proved: valid.then(proved) }
    }
    /// The step that fails, where one does.
    #[must_use]
    pub fn failed(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.state == State::Failed)
    }
}

fn genesis_read(genesis: &Genesis) -> Said {
    let values = [
        ("network", genesis.network.clone()),
        ("count", genesis.validators.len().to_string()),
        ("protocol", genesis.protocol.clone()),
        ("chain", genesis.chain_id().0.to_string()),
    ];
    said(Code::GenesisRead, values)
}

fn bytes_read(code: Code, bytes: usize) -> Said {
    said(code, [("bytes", bytes.to_string())])
}

/// Puts the step of reading before the others.
fn with_read(code: Code, bytes: usize, mut steps: Vec<Step>) -> Vec<Step> {
    steps.insert(0, Step::new(Topic::Proof, State::Passed, bytes_read(code, bytes)));
    steps
}

fn why(answer: Result<(), ReceiptError>) -> Option<String> {
    answer.err().map(|error| error.to_string())
}

fn of_receipt(genesis: &Genesis, receipt: &Receipt, bytes: usize) -> Verdict {
    let Receipt { header, certificate, lineage, .. } = receipt;
    let attested = Attested { genesis, header, certificate, lineage };
    let answer = receipt.verify(genesis);
    let path = |code| {
        let values = [
            ("place", (u64::from(receipt.index) + 1).to_string()),
            ("size", header.tx_count.to_string()),
            ("hashes", receipt.path.len().to_string()),
            ("root", header.tx_root.to_string()),
        ];
        said(code, values)
    };
    let steps = attested.steps(answer, [Code::Included, Code::NotIncluded].map(path));
    Verdict::new(why(answer), with_read(Code::ReceiptRead, bytes, steps), || Proved::Receipt {
        transaction: receipt.record.id.to_string(),
        outcome: receipt.record.outcome.label(),
        height: header.height.get(),
        index: receipt.index,
        block: certificate.block.to_string(),
        time_us: header.time.us(),
        signers: attested.signatories(),
    })
}

fn of_entry(genesis: &Genesis, entry: &EntryProof, bytes: usize) -> Verdict {
    let (header, certificate) = (&entry.header, &entry.certificate);
    let attested = Attested { genesis, header, certificate, lineage: &entry.lineage };
    let answer = entry.verify(genesis);
    let root = header.state_roots.iter().find(|(app, _)| *app == entry.app);
    let path = |code| {
        let values = [
            ("app", entry.app.0.to_string()),
            ("hashes", entry.path.siblings.len().to_string()),
            ("root", root.map(|(_, root)| root.to_string()).unwrap_or_default()),
        ];
        said(code, values)
    };
    let steps = attested.steps(answer, [Code::EntryIncluded, Code::EntryNotIncluded].map(path));
    Verdict::new(why(answer), with_read(Code::EntryRead, bytes, steps), || Proved::Entry {
        app: entry.app.0,
        key: show(&entry.key.0),
        key_hex: hex(&entry.key.0),
        value: entry.value.as_ref().map(|value| show(&value.0)),
        height: header.height.get(),
        block: certificate.block.to_string(),
        time_us: header.time.us(),
        signers: attested.signatories(),
    })
}

fn of_head(genesis: &Genesis, note: &str) -> Verdict {
    let answer = ChainHead::verify(note, genesis);
    let head = Head { genesis, note, proof: None };
    let steps = head.steps(answer.as_ref().err(), bytes_read(Code::HeadRead, note.len()));
    let why = answer.as_ref().err().map(ToString::to_string);
    let found =
        answer.unwrap_or(ChainHead { chain: genesis.chain_id(), size: 0, root: Digest::ZERO });
    Verdict::new(why, steps, || Proved::Head {
        size: found.size,
        root: found.root.to_string(),
        signers: head.signers(),
    })
}

fn of_block(
    genesis: &Genesis,
    proof: &BlockProof,
    block: Option<&Digest>,
    bytes: usize,
) -> Verdict {
    // The header that travels with a proof is what it proves, and is not believed for anything else.
    let carried = proof.block();
    let block = block.or(carried.as_ref());
    // Without any block, what can be checked is the head.
    let answer = match block {
        Some(block) => proof.verify(block, genesis),
        None => ChainHead::verify(&proof.head, genesis),
    };
    let head = Head { genesis, note: &proof.head, proof: Some((proof, block)) };
    let error: Option<&HeadError> = answer.as_ref().err();
    let steps = head.steps(error, bytes_read(Code::BlockProofRead, bytes));
    let unnamed = || block.is_none().then(|| Code::BlockUnnamed.text().to_owned());
    let why = error.map(ToString::to_string).or_else(unnamed);
    let found =
        answer.unwrap_or(ChainHead { chain: genesis.chain_id(), size: 0, root: Digest::ZERO });
    Verdict::new(why, steps, || Proved::Block {
        block: block.map(ToString::to_string).unwrap_or_default(),
        height: proof.index.saturating_add(1),
        size: found.size,
        root: found.root.to_string(),
        signers: head.signers(),
    })
}

/// Bytes for people: text where they are any that can be read, hexadecimal digits where not; the beginning alone where
/// there are many.
fn show(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(SHOWN_MAX)];
    let more = if shown.len() < bytes.len() { "…" } else { "" };
    match std::str::from_utf8(shown) {
        Ok(text) if !text.is_empty() && !text.contains(char::is_control) => format!("{text}{more}"),
        Ok(_) | Err(_) => hex(shown) + more,
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
