//! Runs one node as a process: until a signal, or until its disk fails.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::config::Settings;
use crate::failure::Failure;
use crate::start::{Node, NodeOptions};

/// How long an ordered stop may take before the process ends all the same.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a node until SIGTERM or SIGINT, and stops it in order; a second signal ends the process at once.
///
/// # Errors
/// Where it cannot start, or its disk fails.
pub fn run(settings: Settings, options: NodeOptions) -> Result<(), Failure> {
    crate::logging::start(&settings.logging)?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("face")
        .enable_all()
        .build()
        .map_err(|error| no_runtime(&error))?;
    let ended = runtime.block_on(run_until_signal(settings, options));
    // Reads that still run must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

fn no_runtime(error: &std::io::Error) -> Failure {
    Failure::new("cannot start the node", error, "check the system's limits on threads and files")
}

async fn run_until_signal(settings: Settings, options: NodeOptions) -> Result<(), Failure> {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        return Err(no_runtime(&std::io::Error::other("signals cannot be received")));
    };
    let mut node = Node::start(settings, options).await?;
    let disk = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        Ok(error) = &mut node.failed => Some(error),
    };
    if let Some(error) = disk {
        // What the kernel says about this disk can no longer be trusted: no further sync, no retry.
        return Err(Failure::new(
            "the node has stopped",
            error,
            "replace the disk; the node starts on an empty one without a vote and fetches everything",
        ));
    }
    tracing::info!("stopping");
    tokio::select! {
        () = node.stop() => {}
        _ = terminate.recv() => tracing::warn!("a second signal: stopping at once"),
        _ = interrupt.recv() => tracing::warn!("a second signal: stopping at once"),
        () = tokio::time::sleep(GRACE) => tracing::warn!("stopping took too long"),
    }
    tracing::info!("stopped");
    Ok(())
}
