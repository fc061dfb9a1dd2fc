//! What became of a transaction, agreed by all: part of the block's transaction tree.

use codec::{Decode, DecodeError, Encode, Reader};

/// Applied, or refused with a reason; either way the sender's answer for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The operation took effect.
    Applied,
    /// It changed nothing but the use of its nonce.
    Refused(Refusal),
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $label:literal, $text:literal;)+) => {
        /// Why a transaction is refused, at admission or at execution. Codes are stable.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Refusal {
            $($(#[$doc])* $name = $code,)+
        }
        impl Refusal {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The stable code in receipts.
            #[must_use]
            pub const fn code(self) -> u16 {
                self as u16
            }
            /// The refusal with this code.
            #[must_use]
            pub const fn from_code(code: u16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
            /// The stable name in API answers.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
            /// A sentence for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

refusals! {
    /// It was made for another chain.
    WrongChain = 1, "WRONG_CHAIN", "the transaction was made for another chain";
    /// Its nonce was used, or is too old to tell.
    NonceUsed = 2, "NONCE_USED", "the sender has used this nonce, or it is too old";
    /// The agreed time has passed its expiry.
    Expired = 3, "EXPIRED", "the transaction has expired";
    /// The client's signature does not hold.
    BadSignature = 4, "BAD_SIGNATURE", "the signature does not fit the sender and the transaction";
    /// No application has this operation.
    UnknownOperation = 5, "UNKNOWN_OPERATION", "no application has this operation";
    /// The payload is no argument of the operation.
    MalformedPayload = 6, "MALFORMED_PAYLOAD", "the payload is no argument of this operation";
    /// The mempool already holds it.
    AlreadyPending = 7, "ALREADY_PENDING", "the transaction already waits in the pool";
    /// The pool is full.
    PoolFull = 8, "POOL_FULL", "the validator's pool is full; try again later or offer a higher fee";
    /// The sender has too many transactions waiting.
    SenderLimit = 9, "SENDER_LIMIT", "too many transactions of this sender wait already";
    /// The transaction is larger than a batch can be.
    TooLarge = 10, "TOO_LARGE", "the transaction is larger than the limit";
    /// It expires later than the policy keeps it.
    ExpiryTooFar = 11, "EXPIRY_TOO_FAR", "the transaction expires too far in the future";
    /// No ticket has this id.
    TicketUnknown = 100, "TICKET_UNKNOWN", "no ticket has this id";
    /// A ticket with this id exists.
    TicketExists = 101, "TICKET_EXISTS", "a ticket with this id exists already";
    /// The ticket's state does not allow this step.
    IllegalTransition = 102, "ILLEGAL_TRANSITION", "the ticket's state does not allow this step";
    /// The ticket was consumed before.
    AlreadyConsumed = 103, "ALREADY_CONSUMED", "the ticket has been consumed";
    /// The ticket was validated before.
    AlreadyValidated = 104, "ALREADY_VALIDATED", "the ticket has been validated";
    /// The ticket is disputed.
    Disputed = 105, "DISPUTED", "the ticket is disputed";
    /// Only validators may ask for it.
    NotValidator = 120, "NOT_VALIDATOR", "only validators may change the protocol";
    /// The chain cannot go on under the protocol.
    ProtocolUnfit = 121, "PROTOCOL_UNFIT", "the chain cannot change to this protocol";
    /// The height at which a change is to take effect is too near or too far.
    BadNotice = 122, "BAD_NOTICE", "the change would take effect too soon, or too late to be planned";
    /// An earlier change is still to take effect.
    ChangeScheduled = 123, "CHANGE_SCHEDULED", "another change is scheduled and not in effect yet";
}

impl Outcome {
    /// The code in receipts: zero for applied.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Applied => 0,
            Self::Refused(refusal) => refusal.code(),
        }
    }
    /// The outcome with this code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        match code {
            0 => Some(Self::Applied),
            _ => Refusal::from_code(code).map(Self::Refused),
        }
    }
    /// The stable name in API answers.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Refused(refusal) => refusal.label(),
        }
    }
    /// Whether it took effect.
    #[must_use]
    pub const fn is_applied(self) -> bool {
        matches!(self, Self::Applied)
    }
}

impl Encode for Outcome {
    fn encode(&self, out: &mut Vec<u8>) {
        self.code().encode(out);
    }
}
impl Decode for Outcome {
    const BYTES_MIN: usize = 2;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_code(u16::decode(reader)?)
            .ok_or(DecodeError::NotCanonical { what: "an outcome has a known code" })
    }
}
