//! Attestations: somebody whom the reader trusts says by signature whose key a key is, for what, and for how long.
//!
//! An attestation is checked offline, by whoever holds the chain's genesis or the key of its issuer.

use std::fmt;

use codec::{Decode, DecodeError, Encode, Reader, record};
use crypto::{PublicKey, Sign, Signature};
use pkcs8::der::pem::{self, LineEnding};
use thiserror::Error;
use types::{ChainId, Height};

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest file of an attestation, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// What stands before a statement under its signature.
const DOMAIN: &[u8] = b"unisono-attestation/1\0";
/// The label of the text.
const LABEL: &str = "UNISONO ATTESTATION";

/// What a key is for. A key attested for one purpose says nothing under another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Signs votes and attestations of blocks.
    Voting,
    /// A node's identity on the network.
    Network,
    /// Signs transactions of an account.
    Account,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Voting, Self::Network, Self::Account];
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Voting => "voting",
            Self::Network => "network",
            Self::Account => "account",
        }
    }
    /// The purpose of a name.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.label() == label)
    }
}

/// What is said of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The chain for which it is said.
    pub chain: ChainId,
    /// Whose key it is.
    pub name: String,
    /// The key.
    pub key: PublicKey,
    /// What it is for.
    pub purpose: Purpose,
    /// The first block at which it holds.
    pub from: Height,
    /// The first block at which it does not hold any more.
    pub until: Height,
}
record!(Statement {
    chain: ChainId,
    name: String,
    key: PublicKey,
    purpose: Purpose,
    from: Height,
    until: Height,
});

/// A statement with its issuer's signature; worth nothing before [`Self::verify`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attestation {
    /// What is said.
    pub statement: Statement,
    /// Who says it.
    pub issuer: PublicKey,
    /// The proof that they did.
    pub signature: Signature,
}
record!(Attestation { statement: Statement, issuer: PublicKey, signature: Signature });

/// Whom a reader believes: the chain, its issuers, and the height at which the question is asked.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// The chain.
    pub chain: ChainId,
    /// Whose word counts: the validators' voting keys, or the keys of an operator.
    pub issuers: &'a [PublicKey],
    /// The height for which it must hold.
    pub at: Height,
}

/// Why an attestation is worth nothing here.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum AttestationError {
    /// The text or the bytes are none.
    #[error("it is no attestation: {0}")]
    Malformed(String),
    /// Its name or its heights make no sense.
    #[error("its {0}")]
    Senseless(&'static str),
    /// It was made for another chain.
    #[error("it was made for chain {0}")]
    WrongChain(types::Digest),
    /// Nobody whom the reader trusts has issued it.
    #[error("its issuer {0} is nobody who is trusted here")]
    UnknownIssuer(PublicKey),
    /// The signature does not hold.
    #[error("its signature does not hold: {0}")]
    BadSignature(crypto::SignatureError),
    /// It does not hold yet.
    #[error("it holds from block {from} on, and this is block {at}")]
    NotYet {
        /// Its first block.
        from: Height,
        /// The height asked for.
        at: Height,
    },
    /// It does not hold any more.
    #[error("it held until block {until}, and this is block {at}")]
    Over {
        /// The first block at which it does not hold.
        until: Height,
        /// The height asked for.
        at: Height,
    },
}

impl Statement {
    /// Signs it.
    ///
    /// # Errors
    /// Where its name or its heights make no sense.
    pub fn sign(self, issuer: &dyn Sign) -> Result<Attestation, AttestationError> {
        self.check()?;
        let signature = issuer.sign(&self.signing_bytes(issuer.public()));
        Ok(Attestation { statement: self, issuer: issuer.public(), signature })
    }

    fn check(&self) -> Result<(), AttestationError> {
        let is_name = (1..=NAME_BYTES_MAX).contains(&self.name.len());
        if !is_name || self.name.chars().any(char::is_control) {
            return Err(AttestationError::Senseless("name has to be 1 to 64 printable bytes"));
        }
        if self.until <= self.from {
            return Err(AttestationError::Senseless("last block lies before its first"));
        }
        Ok(())
    }

    fn signing_bytes(&self, issuer: PublicKey) -> Vec<u8> {
        let mut bytes = DOMAIN.to_vec();
        self.encode(&mut bytes);
        issuer.encode(&mut bytes);
        bytes
    }
}

impl Attestation {
    /// What it says, where the reader may believe it.
    ///
    /// # Errors
    /// Why it may not be believed.
    pub fn verify(&self, trust: Trust<'_>) -> Result<&Statement, AttestationError> {
        let Statement { chain, from, until, .. } = self.statement;
        self.statement.check()?;
        if chain != trust.chain {
            return Err(AttestationError::WrongChain(chain.0));
        }
        if !trust.issuers.contains(&self.issuer) {
            return Err(AttestationError::UnknownIssuer(self.issuer));
        }
        let signed = self.statement.signing_bytes(self.issuer);
        self.issuer.verify(&signed, &self.signature).map_err(AttestationError::BadSignature)?;
        let at = trust.at;
        if at < from {
            return Err(AttestationError::NotYet { from, at });
        }
        if at >= until { Err(AttestationError::Over { until, at }) } else { Ok(&self.statement) }
    }

    /// The attestation as text (RFC 7468).
    #[must_use]
    pub fn to_text(&self) -> String {
        let text = pem::encode_string(LABEL, LineEnding::LF, &self.to_bytes());
        text.unwrap_or_else(|error| unreachable!("a few hundred bytes are encoded: {error}"))
    }

    /// Reads the text.
    ///
    /// # Errors
    /// Where it is none.
    pub fn from_text(text: &str) -> Result<Self, AttestationError> {
        let malformed = |why: String| AttestationError::Malformed(why);
        if text.len() > TEXT_BYTES_MAX {
            return Err(malformed(format!("{} bytes are too many", text.len())));
        }
        let (label, bytes) = pem::decode_vec(text.trim().as_bytes())
            .map_err(|error| malformed(error.to_string()))?;
        if label != LABEL {
            return Err(malformed(format!("it is labelled `{label}`, not `{LABEL}`")));
        }
        Self::from_bytes(&bytes).map_err(|error: DecodeError| malformed(error.to_string()))
    }
}

impl Encode for Purpose {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Self::Voting => 0,
            Self::Network => 1,
            Self::Account => 2,
        });
    }
}
impl Decode for Purpose {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.byte()? {
            0 => Self::Voting,
            1 => Self::Network,
            2 => Self::Account,
            tag => return Err(DecodeError::UnknownTag { of: "Purpose", tag }),
        })
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests;
