//! A chain's head in the form that transparency logs use: a signed note over the tree of all block hashes
//! (c2sp.org/tlog-checkpoint), and proofs under it that travel as text (c2sp.org/tlog-proof).

use std::fmt;

use codec::{Decode, Encode};
use crypto::{Sign, merkle};
use types::{ChainId, Digest, Height, NodeId};

use crate::note::{decode, encode};
use crate::{
    Epoch, Genesis, Header, Lineage, LineageError, Member, NoteError, NoteKey, NoteSignature,
    SignedNote,
};

/// What the validators of a chain say of it: after so many blocks, this is the root over their hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChainHead {
    /// The chain.
    pub chain: ChainId,
    /// How many blocks it has: the height of the last.
    pub size: u64,
    /// The RFC 6962 root over the blocks' hashes, the first block's first.
    pub root: Digest,
}

/// Why a head or a proof under it is not believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeadError {
    /// The note is none, or a signature on it does not hold.
    Note(NoteError),
    /// The note's text is no head of a chain.
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// It is of another chain than the genesis.
    WrongChain,
    /// The lineage that travels with it does not prove who was in office.
    Lineage(LineageError),
    /// Fewer validators have signed it than a quorum.
    TooFew {
        /// How many have.
        have: usize,
        /// How many must.
        need: usize,
    },
    /// The path does not lead from the block to the root.
    NotIncluded,
}

const fn malformed<T>(what: &'static str) -> Result<T, HeadError> {
    Err(HeadError::Malformed { what })
}

/// How the origins of our chains begin.
const ORIGIN_START: &str = "unisono/";

/// The chain's name in heads.
#[must_use]
pub fn origin(chain: ChainId) -> String {
    format!("{ORIGIN_START}{}", chain.0)
}

/// The keys under which the validators of a chain's genesis sign its heads, in their order.
#[must_use]
pub fn note_keys(genesis: &Genesis) -> Vec<NoteKey> {
    note_keys_of(genesis.chain_id(), &Epoch::first_of(genesis))
}

/// The keys under which the members of an epoch do, in their order; each is named after its member's id, which stays.
#[must_use]
pub fn note_keys_of(chain: ChainId, epoch: &Epoch) -> Vec<NoteKey> {
    let origin = origin(chain);
    let named =
        |member: &Member| NoteKey::new(format!("{origin}/{}", member.id), member.validator.key);
    // A name made of an origin and an id is a name, so that none is left out.
    epoch.members.iter().filter_map(|member| named(member).ok()).collect()
}

/// The kind of the line that carries a lineage.
const LINEAGE: &str = "unisono lineage v1";

/// The line with which a head says how the set that signs it follows from the genesis. `None` where it is the genesis's.
#[must_use]
pub fn lineage_line(chain: ChainId, lineage: &Lineage) -> Option<NoteSignature> {
    let is_first = lineage.epochs.is_empty();
    let line = || NoteSignature::carry(&origin(chain), LINEAGE, lineage.to_bytes()).ok();
    if is_first { None } else { line() }
}

impl ChainHead {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", origin(self.chain), self.size, encode(self.root.as_bytes()))
    }
    /// Reads the text; lines after the third are others' extensions and are passed over.
    ///
    /// # Errors
    /// Where it is no head of one of our chains.
    pub fn from_text(text: &str) -> Result<Self, HeadError> {
        let Some(lines) = text.strip_suffix('\n') else {
            return malformed("the text ends with a newline");
        };
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return malformed("a head has an origin, a size and a root");
        };
        if lines.any(str::is_empty) {
            return malformed("no line is empty");
        }
        let chain = origin.strip_prefix(ORIGIN_START).and_then(canonical_digest);
        let Some(chain) = chain else {
            return malformed("the origin is `unisono/` and a chain's id");
        };
        Ok(Self { chain: ChainId(chain), size: number(size)?, root: hash(root)? })
    }
    /// One validator's signature, to be gathered with others under the text.
    #[must_use]
    pub fn sign(&self, key: &NoteKey, secret: &dyn Sign) -> NoteSignature {
        key.sign(&self.text(), secret)
    }
    /// The head with its signatures.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn to_note(&self, signatures: Vec<NoteSignature>) -> Result<SignedNote, HeadError> {
        SignedNote::new(self.text(), signatures).map_err(HeadError::Note)
    }
    /// Reads a note and checks that a quorum of the validators has signed it who were in office at its last block: those
    /// of the genesis, or those whom the lineage that travels with it proves.
    ///
    /// # Errors
    /// Where it is no head of that chain, its lineage proves nothing, or too few have signed it.
    pub fn verify(note: &str, genesis: &Genesis) -> Result<Self, HeadError> {
        let note = SignedNote::from_text(note).map_err(HeadError::Note)?;
        let head = Self::from_text(note.text())?;
        if head.chain != genesis.chain_id() {
            return Err(HeadError::WrongChain);
        }
        let lineage = Self::lineage(&note)?;
        let height = Height::new(head.size);
        let attesters = lineage.attesters(genesis, height).map_err(HeadError::Lineage)?;
        let set = lineage.epochs.last().cloned().unwrap_or_else(|| Epoch::first_of(genesis));
        let keys = note_keys_of(head.chain, &set);
        let signers = note.signers(&keys).map_err(HeadError::Note)?;
        let places = NodeId::all(keys.len()).enumerate();
        let signed = places.filter(|(at, _)| signers.binary_search(at).is_ok());
        let have = attesters.weigh(signed.map(|(_, place)| place));
        let quorum = attesters.quorum();
        if !quorum.is_met(have) {
            return Err(HeadError::TooFew { have, need: quorum.size() });
        }
        Ok(head)
    }
    /// The lineage that travels with a note; nobody has checked it.
    ///
    /// # Errors
    /// Where what travels there is none.
    pub fn lineage(note: &SignedNote) -> Result<Lineage, HeadError> {
        let origin = note.text().split('\n').next().unwrap_or_default();
        let Some(bytes) = note.carried(origin, LINEAGE) else { return Ok(Lineage::default()) };
        match Lineage::from_bytes(bytes) {
            Ok(lineage) => Ok(lineage),
            Err(_) => malformed("its lineage cannot be read"),
        }
    }
    /// Whether `path` proves that `old`'s chain is a prefix of this one's.
    #[must_use]
    pub fn extends(&self, old: &Self, path: &[Digest]) -> bool {
        self.chain == old.chain
            && merkle::is_consistent(old.size, self.size, old.root, self.root, path)
    }
}

/// A proof, as text, that a block is in the chain that a head names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockProof {
    /// What travels with the proof and nothing vouches for: the canonical bytes of the block's [`crate::Header`], whose
    /// hash is what is proved. May be empty.
    pub extra: Vec<u8>,
    /// The block's place in the log: its height less one.
    pub index: u64,
    /// The RFC 6962 path from it to the head's root.
    pub path: Vec<Digest>,
    /// The signed head, as it travels.
    pub head: String,
}

/// The first line of a proof.
const PROOF_HEAD: &str = "c2sp.org/tlog-proof@v1";
/// Longest path that is read: a log has fewer than 2^64 leaves.
const PATH_MAX: usize = 64;

impl BlockProof {
    /// The proof as it travels.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{PROOF_HEAD}\n");
        if !self.extra.is_empty() {
            text.push_str(&format!("extra {}\n", encode(&self.extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.path {
            text.push_str(&encode(hash.as_bytes()));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.head);
        text
    }
    /// Reads a proof; nothing vouches for the extra data in it.
    ///
    /// # Errors
    /// Where it is none.
    pub fn from_text(text: &str) -> Result<Self, HeadError> {
        let Some((proof, head)) = text.split_once("\n\n") else {
            return malformed("an empty line stands between a proof and its head");
        };
        let mut lines = proof.split('\n').peekable();
        if lines.next() != Some(PROOF_HEAD) {
            return malformed("a proof begins with its format's name");
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => decode(line.trim_start_matches("extra ")).map_err(HeadError::Note)?,
            None => Vec::new(),
        };
        let Some(index) = lines.next().and_then(|line| line.strip_prefix("index ")) else {
            return malformed("a proof says the index of its entry");
        };
        let index = number(index)?;
        let mut path = Vec::new();
        for line in lines {
            if path.len() >= PATH_MAX {
                return malformed("a path has at most 64 hashes");
            }
            path.push(hash(line)?);
        }
        Ok(Self { extra, index, path, head: head.to_owned() })
    }
    /// The block that the extra data is the header of, where it is one: to be given to [`Self::verify`].
    #[must_use]
    pub fn block(&self) -> Option<Digest> {
        Header::from_bytes(&self.extra).ok().map(|header| header.hash())
    }
    /// Checks that the block with this hash stands at its place in the chain of the genesis.
    ///
    /// # Errors
    /// Where the head does not hold, or the path leads elsewhere.
    pub fn verify(&self, block: &Digest, genesis: &Genesis) -> Result<ChainHead, HeadError> {
        let head = ChainHead::verify(&self.head, genesis)?;
        let leaf = merkle::leaf(block.as_bytes());
        let root = merkle::root_of_inclusion(leaf, self.index, head.size, &self.path);
        if root == Some(head.root) { Ok(head) } else { Err(HeadError::NotIncluded) }
    }
}

/// A number without leading zeros.
fn number(text: &str) -> Result<u64, HeadError> {
    match text.parse::<u64>() {
        Ok(number) if number.to_string() == text => Ok(number),
        Ok(_) | Err(_) => malformed("a number is decimal, without sign or leading zeros"),
    }
}

fn hash(text: &str) -> Result<Digest, HeadError> {
    let bytes = decode(text).map_err(HeadError::Note)?;
    match bytes.try_into() {
        Ok(bytes) => Ok(Digest::new(bytes)),
        Err(_) => malformed("a hash has 32 bytes"),
    }
}

/// A digest in lower case, its one spelling.
fn canonical_digest(text: &str) -> Option<Digest> {
    Digest::from_hex(text).filter(|digest| digest.to_string() == text)
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(error) => error.fmt(f),
            Self::Malformed { what } => write!(f, "this is no head of a chain: {what}"),
            Self::WrongChain => f.write_str("the head is of another chain than the genesis"),
            Self::Lineage(error) => error.fmt(f),
            Self::TooFew { have, need } => {
                write!(f, "{have} validators signed the head, {need} must")
            }
            Self::NotIncluded => {
                f.write_str("the block is not in the chain: the Merkle path leads elsewhere")
            }
        }
    }
}
impl std::error::Error for HeadError {}

#[cfg(test)]
mod tests;
