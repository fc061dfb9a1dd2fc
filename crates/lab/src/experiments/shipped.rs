//! Scenarios that come with the program.

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        /// Their names and texts.
        pub const SHIPPED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../../scenarios/", $name, ".toml")))),+
        ];
    };
}

shipped!["overhead", "latency", "byzantine", "partitions", "load", "protocols",];

/// A shipped scenario's text.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
