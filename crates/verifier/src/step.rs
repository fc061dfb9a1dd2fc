//! One step of a check, and what can be said of it.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a step looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Whether the genesis can be read.
    Genesis,
    /// Whether the proof can be read.
    Proof,
    /// Whether it is from the chain of the genesis.
    Chain,
    /// Whether the Merkle path leads from what is proved to the root that is signed.
    Inclusion,
    /// Whether the certificate is for the block's header.
    Block,
    /// Who was in office at the block's height.
    Validators,
    /// Whether a quorum of them has signed.
    Certificate,
}

impl Topic {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Genesis => "genesis",
            Self::Proof => "proof",
            Self::Chain => "chain",
            Self::Inclusion => "inclusion",
            Self::Block => "block",
            Self::Validators => "validators",
            Self::Certificate => "certificate",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It holds.
    Passed,
    /// It does not, and so the proof proves nothing.
    Failed,
    /// An earlier step failed, so it was not looked at.
    Unreached,
}

/// What the braces of a text stand for.
pub(crate) type Values = BTreeMap<&'static str, String>;

/// One step of a check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// What it looked at.
    pub topic: Topic,
    /// How it ended.
    pub state: State,
    /// What was found, under a stable name: a page has its own words for each.
    pub code: Code,
    /// What was found, in English.
    pub text: String,
    /// The numbers and names in that text.
    pub values: BTreeMap<&'static str, String>,
}

/// What was found, before it stands among the steps.
#[derive(Clone, Debug)]
pub(crate) struct Said(Code, Values);

/// Words what was found; the values are those that the code's text names.
pub(crate) fn said<const N: usize>(code: Code, values: [(&'static str, String); N]) -> Said {
    Said(code, values.into_iter().collect())
}

impl Step {
    pub(crate) fn new(topic: Topic, state: State, Said(code, values): Said) -> Self {
        let text = fill(code.text(), &values);
        Self { topic, state, code, text, values }
    }
}

/// A text with its braces filled; a value's own braces stay what they are.
pub(crate) fn fill(text: &str, values: &Values) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) => {
                filled.push_str(values.get(name).map_or("", String::as_str));
                filled.push_str(rest);
            }
            None => filled.push_str(part),
        }
    }
    filled
}

/// A step to take: its topic, what is said where it holds, and what where it does not.
pub(crate) type Plan = (Topic, Said, Said);

/// Lays out a check that ended at `failed`, or at no step.
pub(crate) fn lay_out(plan: Vec<Plan>, failed: Option<Topic>) -> Vec<Step> {
    let mut is_over = false;
    let step = |(topic, holds, fails): Plan| {
        if is_over {
            return Step::new(topic, State::Unreached, said(Code::Unreached, []));
        }
        is_over = failed == Some(topic);
        let (state, what) = if is_over { (State::Failed, fails) } else { (State::Passed, holds) };
        Step::new(topic, state, what)
    };
    plan.into_iter().map(step).collect()
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident, $text:literal;)+) => {
        /// What a step found. Names are stable; a text's braces hold its values.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }
        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The text in English, its values still in braces.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// The genesis was read.
    GenesisRead, "network {network}: {count} validators, blocks ordered by {protocol}; the chain is {chain}";
    /// It was not.
    GenesisUnreadable, "this is no genesis: {why}";
    /// A receipt was read.
    ReceiptRead, "a receipt of {bytes} bytes in canonical form";
    /// An entry proof was read.
    EntryRead, "a proof of one entry of the state, of {bytes} bytes in canonical form";
    /// A chain head was read.
    HeadRead, "the head of a chain, a signed note of {bytes} bytes";
    /// A block proof was read.
    BlockProofRead, "a proof that a block is in the chain, as text of {bytes} bytes";
    /// Nothing could be read.
    ProofUnreadable, "nothing that can be checked: {why}";
    /// The step was not looked at.
    Unreached, "not looked at, since an earlier step failed";
    /// It is from the chain of the genesis.
    SameChain, "it is from the chain of the genesis";
    /// It is from another.
    WrongChain, "it is from chain {chain}, and the genesis is that of chain {wanted}";
    /// The transaction is in the block.
    Included, "leaf {place} of {size} leads over {hashes} hashes to the root {root} in the header";
    /// It is not.
    NotIncluded, "leaf {place} of {size} does not lead to the root {root} in the header: another transaction, \
                  outcome or place, or another block";
    /// The state holds the entry.
    EntryIncluded, "the entry leads over {hashes} hashes to the root {root} of application {app} in the header";
    /// It does not.
    EntryNotIncluded, "the entry does not lead to the root of application {app} in the header: another key, \
                       value or application, or another block";
    /// The block is in the chain.
    BlockIncluded, "block {place} of {size} leads over {hashes} hashes to the root {root} in the head";
    /// It is not.
    BlockNotIncluded, "block {place} of {size} does not lead to the root {root} in the head: another block or place, or \
                       another chain";
    /// The proof says where a block stands and not which.
    BlockUnnamed, "the proof names a place and no block: say the hash of the block that is to stand there";
    /// The certificate is for this header.
    SameBlock, "the certificate is for this header: block {block} at height {height}";
    /// It is for another.
    OtherBlock, "the certificate is for block {block}, and the header is that of block {header}";
    /// The genesis' validators were in office.
    GenesisInOffice, "the {count} validators of the genesis were in office at height {height}";
    /// Later ones were.
    LaterInOffice, "{count} validators were in office at height {height}: their set follows from the genesis by {changes} \
                    changes, each attested by the set before it";
    /// The sets do not follow from the genesis.
    NotInOffice, "who was in office at height {height} does not follow from the genesis: {why}";
    /// A quorum signed.
    Signed, "{have} of {total} validators signed ({names}); {need} must";
    /// A quorum signed, where validators weigh differently.
    SignedByWeight, "validators with a weight of {have} of {total} signed ({names}); {need} must";
    /// Too few signed.
    TooFew, "only {have} of {total} validators signed ({names}); {need} must";
    /// Too little weight signed.
    TooLight, "only validators with a weight of {have} of {total} signed ({names}); {need} must";
    /// More signatures than validators.
    TooManySigners, "{have} signatures, and there are only {total} validators";
    /// A signature does not hold.
    BadSignature, "signatures that do not hold: {names}";
}
