//! Whole nodes in one process, over real sockets and disks.

mod config;
mod hostile;
mod network;
mod observer;
mod support;
