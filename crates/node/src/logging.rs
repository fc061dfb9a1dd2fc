//! Structured logs, as the configuration wants them.

use std::fs::OpenOptions;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogOutput, LoggingSettings};
use crate::failure::Failure;

/// Starts to log; where the process logs already, that stays as it is.
///
/// # Errors
/// Where the log's file cannot be opened.
pub fn start(settings: &LoggingSettings) -> Result<(), Failure> {
    match &settings.output {
        LogOutput::Stdout => write_to(settings, std::io::stdout),
        LogOutput::Stderr => write_to(settings, std::io::stderr),
        LogOutput::File(path) => {
            let file =
                OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
                    Failure::usage(
                        format!("cannot log to {}", path.display()),
                        error,
                        "set logging.output to stdout, stderr or a file that can be written",
                    )
                })?;
            write_to(settings, Mutex::new(file));
        }
    }
    Ok(())
}

fn write_to<W>(settings: &LoggingSettings, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // What libraries say about every connection is not what an operator asked for.
    let quiet = ["libp2p=warn", "libp2p_gossipsub=error", "yamux=warn", "hickory_resolver=warn"];
    let filter = format!("{},{}", quiet.join(","), settings.level);
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .with_target(true);
    // A second node in one process, as in tests, shares the first one's log.
    let _ = if settings.is_json { builder.json().try_init() } else { builder.try_init() };
}
