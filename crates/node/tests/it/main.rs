//! Whole nodes in one process, over real sockets and disks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod clients;
mod config;
mod hostile;
mod liars;
mod network;
mod observer;
mod protocols;
mod registry;
mod sets;
mod support;
mod switch;
