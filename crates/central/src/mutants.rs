//! Deliberate protocol bugs, one line each, by which the tests show that they would notice.
//!
//! They exist only in test builds and where the feature `mutants` asks for them; elsewhere [`broken!`] is `false`.

/// Whether this replica is to have a certain bug.
#[cfg(any(test, feature = "mutants"))]
macro_rules! broken {
    ($config:expr, $mutant:ident) => {
        $config.mutant == Some(crate::Mutant::$mutant)
    };
}
#[cfg(not(any(test, feature = "mutants")))]
macro_rules! broken {
    ($config:expr, $mutant:ident) => {{
        let _ = &$config;
        false
    }};
}

macro_rules! mutants {
    ($($(#[doc = $doc:literal])* $name:ident = $label:literal),+ $(,)?) => {
        /// A deliberate bug.
        #[cfg(any(test, feature = "mutants"))]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Mutant {
            $($(#[doc = $doc])* $name),+
        }

        #[cfg(any(test, feature = "mutants"))]
        impl Mutant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The bug's name on a command line.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label),+
                }
            }
        }
    };
}

mutants! {
    /// an order counts whoever sent it.
    SenderUnchecked = "sender-unchecked",
    /// the sequencer gives a place away before that is durable.
    OrderNotPersisted = "order-not-persisted",
    /// a replica acknowledges an order before it is durable.
    AckNotPersisted = "ack-not-persisted",
}
