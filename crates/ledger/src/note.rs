//! Text signed by keys that have names, in the form that transparency logs use (c2sp.org/signed-note).

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crypto::{PublicKey, Sign, Signature, sha256};
use types::limits::NODES_MAX;

/// Longest note that is read, in bytes.
pub const NOTE_BYTES_MAX: usize = 512 * 1024;
/// Most signatures of one note: a validator set's, and as many of others.
pub const NOTE_SIGNATURES_MAX: usize = 2 * NODES_MAX;
/// What every signature line begins with.
const LINE_START: &str = "\u{2014} ";
/// The type of plain Ed25519 signatures over the text.
const ED25519: u8 = 1;
/// The type of lines whose kind has a name instead of a number (c2sp.org/signed-note).
const NAMED: u8 = 0xff;

/// A named key that signs notes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteKey {
    name: String,
    key: PublicKey,
    id: [u8; 4],
}

/// One signature line: a name, the key's id, and bytes that a key of that name and id may have made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteSignature {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A text with signatures under it. The text says nothing until [`SignedNote::signers`] has named who signed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why bytes are no note, or a note is not believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoteError {
    /// More bytes than [`NOTE_BYTES_MAX`].
    TooLong {
        /// How many.
        bytes: usize,
    },
    /// A line is not what stands there in a note.
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// More signatures than [`NOTE_SIGNATURES_MAX`].
    TooManySignatures,
    /// The key named has not made the signature under its name.
    BadSignature {
        /// The key's name.
        name: String,
    },
}

const fn malformed<T>(what: &'static str) -> Result<T, NoteError> {
    Err(NoteError::Malformed { what })
}

/// A key's name is not empty and has no space and no plus in it.
fn check_name(name: &str) -> Result<(), NoteError> {
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.contains(is_bad) {
        return malformed("a key's name is not empty and has no space and no plus");
    }
    Ok(())
}

impl NoteKey {
    /// Names a key.
    ///
    /// # Errors
    /// Where the name is empty, or has a space or a plus in it.
    pub fn new(name: String, key: PublicKey) -> Result<Self, NoteError> {
        check_name(&name)?;
        let hash = sha256(&[name.as_bytes(), &[b'\n', ED25519], &key.to_bytes()]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        Ok(Self { name, key, id: [a, b, c, d] })
    }
    /// Reads the line that log operators publish: name, id and key, with a plus between them.
    ///
    /// # Errors
    /// Where it is no such line, or the id is not the key's.
    pub fn from_text(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return malformed("a key has a name, an id and its bytes, with a plus between them");
        };
        let bytes = decode(key)?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return malformed("the key is not of type Ed25519");
        };
        let key = key.try_into().ok().and_then(|key| PublicKey::new(key).ok());
        let Some(key) = key else { return malformed("the key's bytes are no Ed25519 key") };
        let named = Self::new(name.to_owned(), key)?;
        if hex(named.id) == id { Ok(named) } else { malformed("the id is not the key's") }
    }
    /// The line that [`Self::from_text`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let bytes = [&[ED25519][..], &self.key.to_bytes()].concat();
        format!("{}+{}+{}", self.name, hex(self.id), BASE64_STANDARD.encode(bytes))
    }
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Signs a text in this key's name; `secret` is the key's other half.
    #[must_use]
    pub fn sign(&self, text: &str, secret: &dyn Sign) -> NoteSignature {
        let signature = secret.sign(text.as_bytes()).0.to_vec();
        NoteSignature { name: self.name.clone(), id: self.id, signature }
    }
    /// Whether a line claims to be by this key; `Some(false)` where it claims so falsely.
    fn judge(&self, text: &str, line: &NoteSignature) -> Option<bool> {
        if self.name != line.name || self.id != line.id {
            return None;
        }
        let signature = <[u8; 64]>::try_from(line.signature.as_slice()).map(Signature);
        Some(signature.is_ok_and(|it| self.key.verify(text.as_bytes(), &it).is_ok()))
    }
}

impl SignedNote {
    /// Puts signatures under a text.
    ///
    /// # Errors
    /// Where the text does not end its last line, or has control characters in it.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        if signatures.len() > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        if !text.ends_with('\n') {
            return malformed("a note's text ends with a newline");
        }
        if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return malformed("a note has no control characters but newlines");
        }
        Ok(Self { text, signatures })
    }
    /// Reads a note.
    ///
    /// # Errors
    /// Where it is too long, or not of that form.
    pub fn from_text(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong { bytes: note.len() });
        }
        let Some(blank) = note.rfind("\n\n") else {
            return malformed("an empty line stands between a note's text and its signatures");
        };
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let Some(lines) = lines.strip_suffix('\n') else {
            return malformed("a note ends with a signature line and a newline");
        };
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() >= NOTE_SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(NoteSignature::from_line(line)?);
        }
        Self::new(text.to_owned(), signatures)
    }
    /// The note as it travels.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut note = format!("{}\n", self.text);
        for line in &self.signatures {
            let bytes = [&line.id[..], &line.signature].concat();
            note.push_str(LINE_START);
            note.push_str(&line.name);
            note.push(' ');
            note.push_str(&BASE64_STANDARD.encode(bytes));
            note.push('\n');
        }
        note
    }
    /// The same with the lines of another note over the same text, one of each name and id.
    ///
    /// # Errors
    /// Where the texts differ, or there are too many signatures.
    pub fn join(mut self, other: Self) -> Result<Self, NoteError> {
        if self.text != other.text {
            return malformed("the other note is over another text");
        }
        for line in other.signatures {
            let is_there = |one: &NoteSignature| one.name == line.name && one.id == line.id;
            if !self.signatures.iter().any(is_there) {
                self.signatures.push(line);
            }
        }
        Self::new(self.text, self.signatures)
    }
    /// What travels with the note under a name, as [`NoteSignature::carry`] wrote it. Nobody has signed it.
    #[must_use]
    pub fn carried(&self, name: &str, kind: &str) -> Option<&[u8]> {
        let id = kind_id(name, kind);
        let found = self.signatures.iter().find(|line| line.name == name && line.id == id);
        found.map(|line| line.signature.as_slice())
    }
    /// What was signed, to the end of its last line.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
    /// Which of these keys have signed it, ascending, each once; lines by others are passed over.
    ///
    /// # Errors
    /// Where a line in the name of one of these keys was not made by it.
    pub fn signers(&self, keys: &[NoteKey]) -> Result<Vec<usize>, NoteError> {
        let mut signers = std::collections::BTreeSet::new();
        for line in &self.signatures {
            let by = keys.iter().enumerate().find_map(|(at, key)| {
                (!signers.contains(&at))
                    .then(|| key.judge(&self.text, line).map(|holds| (at, holds)))?
            });
            match by {
                Some((at, true)) => signers.insert(at),
                Some((_, false)) => {
                    return Err(NoteError::BadSignature { name: line.name.clone() });
                }
                None => continue,
            };
        }
        Ok(signers.into_iter().collect())
    }
}

/// The id of a line of a named kind.
fn kind_id(name: &str, kind: &str) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), &[b'\n', NAMED], kind.as_bytes()]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

impl NoteSignature {
    /// A line that is no signature: bytes that travel with a note. Whoever does not know their kind passes over them, as
    /// over the signature of a strange key.
    ///
    /// # Errors
    /// Where the name is none, or there are no bytes.
    pub fn carry(name: &str, kind: &str, bytes: Vec<u8>) -> Result<Self, NoteError> {
        check_name(name)?;
        if bytes.is_empty() {
            return malformed("a line carries at least one byte");
        }
        Ok(Self { name: name.to_owned(), id: kind_id(name, kind), signature: bytes })
    }
    fn from_line(line: &str) -> Result<Self, NoteError> {
        let parts = line.strip_prefix(LINE_START).and_then(|line| line.split_once(' '));
        let Some((name, bytes)) = parts else {
            return malformed("a signature line has a dash, a name and a signature");
        };
        check_name(name)?;
        let bytes = decode(bytes)?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
            }
            Some(_) | None => malformed("a signature has an id of four bytes before it"),
        }
    }
}

/// Bytes in standard base64 with padding, in their one spelling.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, NoteError> {
    match BASE64_STANDARD.decode(text) {
        Ok(bytes) => Ok(bytes),
        Err(_) => malformed("base64 is of the standard alphabet, with its padding"),
    }
}

/// Standard base64 with padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

fn hex(bytes: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(bytes))
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(f, "the note has {bytes} bytes, at most {NOTE_BYTES_MAX} are read")
            }
            Self::Malformed { what } => write!(f, "this is no signed note: {what}"),
            Self::TooManySignatures => {
                write!(f, "the note has more than {NOTE_SIGNATURES_MAX} signatures")
            }
            Self::BadSignature { name } => write!(f, "the signature of `{name}` does not hold"),
        }
    }
}
impl std::error::Error for NoteError {}

#[cfg(test)]
mod tests;
