use codec::{Bytes, Decode, DecodeError, Encode, Reader, record};
use ledger::Account;
use types::{Digest, Height, Time};

/// Most deliveries of a message that its record lists; the latest are kept.
pub const DELIVERIES_KEPT_MAX: usize = 8;

macro_rules! byte_enum {
    ($(#[$doc:meta])* $name:ident, $what:literal; $($(#[$item:meta])* $variant:ident = $number:literal, $label:literal;)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$item])* $variant = $number,)+
        }
        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Its name.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
            /// The one with this name.
            #[must_use]
            pub fn from_label(label: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.label() == label)
            }
        }
        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }
        }
        impl Decode for $name {
            const BYTES_MIN: usize = 1;
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let number = reader.byte()?;
                let known = Self::ALL.iter().copied().find(|value| *value as u8 == number);
                known.ok_or(DecodeError::NotCanonical { what: $what })
            }
        }
    };
}
pub(super) use byte_enum;

byte_enum! {
    /// Which message goes first. Among equals, the one that was put first.
    Priority, "a priority is 0 to 4";
    /// Before all others.
    Emergency = 0, "emergency";
    /// Soon.
    High = 1, "high";
    /// As usual.
    Normal = 2, "normal";
    /// When there is time.
    Low = 3, "low";
    /// After all others.
    Bulk = 4, "bulk";
}

byte_enum! {
    /// What is promised about a message's deliveries. A delivery is the agreed transaction that took it.
    Guarantee, "a guarantee is 0 to 3";
    /// Delivered once or never: whoever took it has had it, whether it acknowledges or not.
    AtMostOnce = 0, "at-most-once";
    /// Delivered until it is acknowledged, or until its attempts are used up.
    AtLeastOnce = 1, "at-least-once";
    /// Delivered once; what its consumer does not acknowledge in time is a dead letter, and nobody else gets it.
    ExactlyOnce = 2, "exactly-once";
    /// At least once, and not before the sender's earlier ordered messages of the topic are finished.
    Ordered = 3, "ordered";
}

byte_enum! {
    /// Where a message stands.
    Stage, "a stage is 0 to 6";
    /// It waits for its next hop, or for an earlier message of its order.
    OnItsWay = 0, "ON_ITS_WAY";
    /// The next consumer may take it.
    Ready = 1, "READY";
    /// A consumer has it.
    Taken = 2, "TAKEN";
    /// Finished: acknowledged, or delivered as often as it may be.
    Done = 3, "DONE";
    /// A dead letter: nobody took it in time.
    DeadExpired = 4, "DEAD_EXPIRED";
    /// A dead letter: its attempts are used up.
    DeadAttempts = 5, "DEAD_ATTEMPTS";
    /// A dead letter: the one that took it has given it back or let its time run out, and it must not be taken twice.
    DeadAbandoned = 6, "DEAD_ABANDONED";
}

impl Stage {
    /// Whether it is a dead letter.
    #[must_use]
    pub const fn is_dead(self) -> bool {
        matches!(self, Self::DeadExpired | Self::DeadAttempts | Self::DeadAbandoned)
    }
    /// Whether something may still happen to it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::OnItsWay | Self::Ready | Self::Taken)
    }
}

/// The agreed place of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Place {
    /// The block.
    pub height: Height,
    /// Its place in the block.
    pub index: u32,
    /// The agreed time.
    pub time: Time,
}
record!(Place { height: Height, index: u32, time: Time });

/// A delivery: who took the message, where, and until when it may be acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Who took it.
    pub consumer: Account,
    /// The transaction that took it.
    pub at: Place,
    /// Which attempt it is, from one; an acknowledgement names it.
    pub attempt: u16,
    /// The agreed time from which on it cannot be acknowledged any more.
    pub until: Time,
}
record!(Delivery { consumer: Account, at: Place, attempt: u16, until: Time });

/// A hub's statement that it forwarded a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop {
    /// The hub.
    pub hub: Account,
    /// The transaction that says so; none while it has not.
    pub at: Option<Place>,
}
record!(Hop { hub: Account, at: Option<Place> });

/// A message as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its sender's name for it.
    pub id: [u8; 16],
    /// Who put it.
    pub sender: Account,
    /// Who alone may take it; anybody that consumes the topic where none is named.
    pub to: Option<Account>,
    /// Which goes first.
    pub priority: Priority,
    /// What is promised.
    pub guarantee: Guarantee,
    /// The agreed time at which it is of no use any more, and until which its id is remembered.
    pub expires: Time,
    /// The transaction that put it.
    pub put: Place,
    /// What it says; emptied when it is done.
    pub body: Bytes,
    /// The SHA-256 of what it says.
    pub digest: Digest,
    /// Where it stands.
    pub stage: Stage,
    /// How often it was delivered.
    pub attempts: u16,
    /// Its latest deliveries, at most [`DELIVERIES_KEPT_MAX`].
    pub deliveries: Vec<Delivery>,
    /// The hubs on its way, in order.
    pub hops: Vec<Hop>,
    /// The agreed time at which the queue looks at it again, to bury or to forget it.
    pub look: Time,
}
record!(Message {
    id: [u8; 16], sender: Account, to: Option<Account>, priority: Priority, guarantee: Guarantee, expires: Time,
    put: Place, body: Bytes, digest: Digest, stage: Stage, attempts: u16, deliveries: Vec<Delivery>, hops: Vec<Hop>,
    look: Time,
});

impl Message {
    /// The delivery that is under way, or was the last.
    #[must_use]
    pub fn delivery(&self) -> Option<&Delivery> {
        self.deliveries.last()
    }
    /// The hub that is to forward it next.
    #[must_use]
    pub fn next_hop(&self) -> Option<Account> {
        self.hops.iter().find(|hop| hop.at.is_none()).map(|hop| hop.hub)
    }
}
