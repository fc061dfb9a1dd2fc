//! Deliberate protocol bugs, one line each, by which a core's tests show that they would notice.

/// Makes a core's registry of deliberate bugs: the enum `Mutant`, each with its label for a command line, and the macro
/// `broken!(config, Name)`, which is whether this replica is to have that bug.
///
/// Both exist for real only in test builds and where the core's feature `mutants` asks for them; elsewhere there is no
/// `Mutant`, and `broken!` is `false`. The core's `Config` holds `mutant: Option<Mutant>` under the same condition.
#[macro_export]
#[expect(clippy::crate_in_macro_def, reason = "the mutants are those of the core that calls this")]
macro_rules! mutants {
    ($($(#[doc = $doc:literal])* $name:ident = $label:literal),+ $(,)?) => {
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
