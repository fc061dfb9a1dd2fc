use std::fmt;

/// Why bytes are not a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// The bytes end before the value does.
    Truncated {
        /// Bytes that the value still needs.
        wanted: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Bytes follow the value.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// A list announces more items than its limit.
    TooLong {
        /// What the list holds.
        of: &'static str,
        /// The announced length.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// A tag byte that no variant has.
    UnknownTag {
        /// The type.
        of: &'static str,
        /// The byte.
        tag: u8,
    },
    /// Another encoding of a value that has only one (an unsorted set, a bool of 2).
    NotCanonical {
        /// What is wrong with it.
        what: &'static str,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { wanted, left } => {
                write!(f, "{wanted} more bytes needed, {left} left")
            }
            Self::Trailing { bytes } => write!(f, "{bytes} bytes follow the value"),
            Self::TooLong { of, length, max } => write!(f, "{length} {of}, at most {max} allowed"),
            Self::UnknownTag { of, tag } => write!(f, "{of} has no variant {tag}"),
            Self::NotCanonical { what } => write!(f, "not canonical: {what}"),
        }
    }
}

impl std::error::Error for DecodeError {}
