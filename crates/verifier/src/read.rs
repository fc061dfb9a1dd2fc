//! Reading what somebody hands over as a proof, and what it is to be checked against.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Decode, DecodeError};
use ledger::{BlockProof, EntryProof, Genesis, HeadError, Receipt};
use serde::Deserialize;
use serde_json::Value;

/// Longest proof that is read, in bytes.
pub const PROOF_BYTES_MAX: usize = 4 * 1024 * 1024;
/// What a file with a receipt says that it is.
pub const RECEIPT_FORMAT: &str = "unisono-receipt/1";
/// What a file with an entry proof says that it is.
pub const ENTRY_FORMAT: &str = "unisono-entry/1";

/// How the text of a block proof begins (c2sp.org/tlog-proof).
const BLOCK_PROOF_START: &[u8] = b"c2sp.org/tlog-proof@";
/// How the text of a chain head begins: with its origin.
const HEAD_START: &[u8] = b"unisono/";

/// Something that can be checked against a genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// That a transaction was executed with an outcome.
    Receipt(Box<Receipt>),
    /// That a state holds a value under a key, or none.
    Entry(Box<EntryProof>),
    /// How long a chain is, and the root over its blocks: a signed note.
    Head(String),
    /// That a block stands at a place in the chain that a head names.
    Block(Box<BlockProof>),
}

/// Why bytes are no proof of any kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// Longer than [`PROOF_BYTES_MAX`].
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Neither canonical bytes nor any text that is known.
    NoProof(DecodeError),
    /// The JSON is not what this program writes.
    Json(String),
    /// A file of another format.
    Format(String),
    /// The canonical bytes in a file are not in base64.
    Base64(String),
    /// A text that begins like a block proof and is none.
    Head(HeadError),
    /// The text is not in UTF-8.
    Utf8,
}

/// A proof on disk. Nothing stands beside the canonical bytes, so nothing in the file can contradict them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    canonical: String,
}

/// Reads a proof in any of its forms: canonical bytes, the same in a JSON file, or C2SP text.
///
/// # Errors
/// Where it is none of them.
pub fn read(bytes: &[u8]) -> Result<Proof, ReadError> {
    if bytes.len() > PROOF_BYTES_MAX {
        return Err(ReadError::TooLong { bytes: bytes.len() });
    }
    // The first byte of canonical bytes can be a brace too, so only what is no value is read as text.
    let error = match Receipt::from_bytes(bytes) {
        Ok(receipt) => return Ok(Proof::Receipt(Box::new(receipt))),
        Err(error) => error,
    };
    if let Ok(entry) = EntryProof::from_bytes(bytes) {
        return Ok(Proof::Entry(Box::new(entry)));
    }
    match bytes.trim_ascii_start() {
        [b'{', ..] => read_file(bytes),
        text if text.starts_with(BLOCK_PROOF_START) => {
            let proof = BlockProof::from_text(utf8(text)?).map_err(ReadError::Head)?;
            Ok(Proof::Block(Box::new(proof)))
        }
        text if text.starts_with(HEAD_START) => Ok(Proof::Head(utf8(text)?.to_owned())),
        _ => Err(ReadError::NoProof(error)),
    }
}

fn read_file(bytes: &[u8]) -> Result<Proof, ReadError> {
    let file: File =
        serde_json::from_slice(bytes).map_err(|error| ReadError::Json(error.to_string()))?;
    if ![RECEIPT_FORMAT, ENTRY_FORMAT].contains(&file.format.as_str()) {
        return Err(ReadError::Format(file.format));
    }
    let canonical =
        STANDARD.decode(file.canonical).map_err(|error| ReadError::Base64(error.to_string()))?;
    if file.format == RECEIPT_FORMAT {
        let receipt = Receipt::from_bytes(&canonical).map_err(ReadError::NoProof)?;
        return Ok(Proof::Receipt(Box::new(receipt)));
    }
    let entry = EntryProof::from_bytes(&canonical).map_err(ReadError::NoProof)?;
    Ok(Proof::Entry(Box::new(entry)))
}

fn utf8(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|_| ReadError::Utf8)
}

/// Reads a genesis as `GET /api/v1/genesis` answers it: JSON with its canonical bytes in base64.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn read_genesis(text: &str) -> Result<Genesis, String> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err("it is not the JSON that `GET /api/v1/genesis` answers".to_owned());
    }
    let answer: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let canonical = answer
        .pointer("/data/canonical")
        .or_else(|| answer.get("canonical"))
        .and_then(Value::as_str)
        .ok_or("it has no field `canonical`")?;
    let bytes = STANDARD.decode(canonical).map_err(|error| error.to_string())?;
    let genesis = Genesis::from_bytes(&bytes).map_err(|error| error.to_string())?;
    genesis.validate().map_err(|error| error.to_string())?;
    Ok(genesis)
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => write!(f, "it has {bytes} bytes; no proof is so long"),
            Self::NoProof(error) => write!(f, "it is no receipt: {error}"),
            Self::Json(error) => write!(f, "it is no receipt: {error}"),
            Self::Format(format) => {
                write!(
                    f,
                    "its format is `{format}`, neither `{RECEIPT_FORMAT}` nor `{ENTRY_FORMAT}`"
                )
            }
            Self::Base64(error) => write!(f, "it is not base64: {error}"),
            Self::Head(error) => error.fmt(f),
            Self::Utf8 => f.write_str("its text is not in UTF-8"),
        }
    }
}
impl std::error::Error for ReadError {}
