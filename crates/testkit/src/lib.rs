//! Drive a handful of cores of any protocol in a small deterministic world, for their tests.
//!
//! Virtual time, scripted loss and lies, crashes behind any message and restarts, a model application, checkers of what
//! must hold at the end of every scenario, and scenario files: commands in, effects out. A core's tests implement
//! [`Subject`] and write scenarios over [`Cluster`]; [`scenario!`] shows that each fails on a deliberately broken core.

#![expect(clippy::unwrap_used, reason = "a broken scenario may stop at once, as a test does")]

mod app;
mod cluster;
mod events;
mod node;
mod script;
mod subject;
mod swarm;
mod verdict;

pub use app::{App, Request, State, payload, request, requests_of};
pub use cluster::{Cluster, domain, ms, node};
pub use events::{Fate, Network};
pub use node::Node;
pub use script::{check_script, numbers, value};
pub use subject::{Subject, WorldBug};
pub use swarm::{Swarm, swarm};
pub use verdict::{Verdict, ensure};
