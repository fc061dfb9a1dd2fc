//! Read, compare and draw what happened in a run, in one format for every world.
//!
//! A trace is lines of JSON: a header, events in order, and a line that says that this was all (docs/trace.md).

mod clocks;
mod diff;
mod event;
mod merge;
mod mermaid;
mod read;
mod shiviz;
mod svg;
mod text;
mod write;

pub use diff::{Difference, diff};
pub use event::{Event, FORMAT, Footer, Header, Trace};
pub use merge::{MergeError, Merged, merge};
pub use mermaid::mermaid;
pub use read::{EVENTS_MAX, TraceError, read, read_part};
pub use shiviz::shiviz;
pub use svg::svg;
pub use text::{line, text};
pub use write::{Writer, write};

#[cfg(test)]
mod tests;
