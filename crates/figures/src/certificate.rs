//! A drawing's birth certificate: what it was made of, by which version, and a digest over both.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::spec::TooMuch;
use crate::{FORMAT, Figure};

/// Largest drawing that is read.
const BYTES_MAX: usize = 64 << 20;

pub(crate) const OPEN: &str = "<unisono:certificate>";
pub(crate) const CLOSE: &str = "</unisono:certificate>";

/// What a drawing carries in its metadata.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The version of this metadata.
    pub format: String,
    /// What drew it.
    pub tool: String,
    /// SHA-256 over format, tool and figure, in hexadecimal.
    pub fingerprint: String,
    /// The data and how they are drawn.
    pub figure: Figure,
}

/// Why a drawing is not what it says.
#[derive(Clone, PartialEq, Debug)]
pub enum Flaw {
    /// There is no certificate in it, or one that cannot be read.
    Unreadable(String),
    /// The metadata are of a version that this program does not know.
    OtherFormat(String),
    /// The digest is not that of the data in it.
    OtherData {
        /// What it says.
        said: String,
        /// What the data have.
        found: String,
    },
    /// It was drawn by another version, whose lines may differ.
    OtherTool(String),
    /// The data are whole, but drawn anew they give another picture.
    OtherDrawing,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "no certificate can be read in it: {why}"),
            Self::OtherFormat(format) => {
                write!(f, "its metadata are `{format}`, this program reads `{FORMAT}`")
            }
            Self::OtherData { said, found } => {
                write!(f, "it says {said}, its data have {found}: they were changed")
            }
            Self::OtherTool(tool) => {
                write!(f, "it was drawn by {tool}, this is {}", tool_name())
            }
            Self::OtherDrawing => f.write_str(
                "its data are whole, but the picture drawn from them is another: it was changed",
            ),
        }
    }
}
impl std::error::Error for Flaw {}

fn tool_name() -> String {
    concat!("unisono ", env!("CARGO_PKG_VERSION")).to_owned()
}

/// The digest of a figure drawn by this version.
#[must_use]
pub fn fingerprint(figure: &Figure) -> String {
    digest(FORMAT, &tool_name(), figure)
}

fn digest(format: &str, tool: &str, figure: &Figure) -> String {
    let text = serde_json::to_string(figure).unwrap_or_default();
    let hash = Sha256::digest(format!("{format}\n{tool}\n{text}"));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Certificate {
    pub(crate) fn of(figure: &Figure) -> Self {
        Self {
            format: FORMAT.to_owned(),
            tool: tool_name(),
            fingerprint: fingerprint(figure),
            figure: figure.clone(),
        }
    }
    /// As it stands in a drawing.
    pub(crate) fn element(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{OPEN}{}{CLOSE}", escape(&text))
    }
}

/// The certificate of an SVG or PDF document, unchecked.
///
/// # Errors
/// Where there is none, or one of another version.
pub fn read(document: &[u8]) -> Result<Certificate, Flaw> {
    let unreadable = |why: String| Flaw::Unreadable(why);
    if document.len() > BYTES_MAX {
        return Err(unreadable(format!("{} bytes, at most {BYTES_MAX} are read", document.len())));
    }
    let start = find(document, OPEN.as_bytes())
        .ok_or_else(|| unreadable("it has no such metadata".to_owned()))?;
    let rest = &document[start + OPEN.len()..];
    let end = find(rest, CLOSE.as_bytes())
        .ok_or_else(|| unreadable("its metadata are cut off".to_owned()))?;
    let text = std::str::from_utf8(&rest[..end]).map_err(|error| unreadable(error.to_string()))?;
    let text = unescape(text);
    let format: FormatOnly =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    if format.format != FORMAT {
        return Err(Flaw::OtherFormat(format.format));
    }
    serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
}

#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

/// Reads a document's certificate, computes its digest anew, draws it anew, and compares.
///
/// # Errors
/// Where any of this differs from what the document says or shows.
pub fn verify(document: &[u8]) -> Result<Certificate, Flaw> {
    let certificate = read(document)?;
    let found = digest(&certificate.format, &certificate.tool, &certificate.figure);
    if found != certificate.fingerprint {
        return Err(Flaw::OtherData { said: certificate.fingerprint, found });
    }
    if certificate.tool != tool_name() {
        return Err(Flaw::OtherTool(certificate.tool));
    }
    let too_much = |why: TooMuch| Flaw::Unreadable(why.to_string());
    let again = if document.starts_with(b"%PDF") {
        crate::pdf(&certificate.figure).map_err(too_much)?
    } else {
        crate::svg(&certificate.figure).map_err(too_much)?.into_bytes()
    };
    if again == document { Ok(certificate) } else { Err(Flaw::OtherDrawing) }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Text as it may stand in XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
}
