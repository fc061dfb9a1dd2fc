//! The baselines' tests: what they do without faults, and, shown and not hidden, what they do with one.

mod bytes;
mod faults;
mod hostile;
mod world;
