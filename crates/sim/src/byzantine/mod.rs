//! What liars do. A liar runs an honest replica, and a role decides about everything that leaves it.
//!
//! A new role is one file here and one line in the list below.

use std::fmt::Debug;

use crypto::Signer;
use replica::Message;
use types::{Duration, Prng};

use protocol::Inspect;

mod delaying;
mod equivocating;
mod silent;

/// What a liar has at hand.
#[derive(Debug)]
pub struct Liar {
    /// Signs the core's statements in its name.
    pub core: Signer,
    /// Signs attestations in its name.
    pub ledger: Signer,
    /// Its own randomness.
    pub prng: Prng,
    /// How long honest replicas wait before they change the view.
    pub view_timeout: Duration,
}

/// What becomes of a message that an honest replica would send.
#[derive(Debug)]
pub enum Treatment<P: Inspect> {
    /// It leaves as it is.
    Honest,
    /// It never leaves.
    Withheld,
    /// It leaves later.
    Delayed(Duration),
    /// Some peers get this instead, and a careless few get both.
    Split(Message<P>),
}

/// One way to lie.
pub trait Role<P: Inspect>: Debug {
    /// Decides about one message; a broadcast is asked about once.
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P>;
}

macro_rules! roles {
    ($($name:literal => $role:path),+ $(,)?) => {
        /// The names of all roles.
        pub const ROLES: &[&str] = &[$($name),+];

        pub(crate) fn role<P: Inspect>(name: &str) -> Option<Box<dyn Role<P>>> {
            match name {
                $($name => Some(Box::new($role)),)+
                _ => None,
            }
        }
    };
}

roles! {
    "silent" => silent::Silent,
    "equivocating" => equivocating::Equivocating,
    "delaying" => delaying::Delaying,
}
