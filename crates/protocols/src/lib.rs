//! Turn a protocol's name into its core: the one place that knows them all.
