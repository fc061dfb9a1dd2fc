//! Running other programs.

use std::ffi::OsStr;
use std::io::{Read, stderr};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A command in `folder`.
pub(crate) fn command(folder: &Path, program: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(args);
    command
}

/// Runs a command with all it says on stderr, so that stdout stays free for results; fails where it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status =
        command.stdout(stderr()).status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// What a command printed on stdout, and how it ended.
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) status: ExitStatus,
}

/// Runs a command to its end and keeps its stdout; stops it after `span_max`.
pub(crate) fn output(command: &mut Command, span_max: Duration) -> Result<Output> {
    let line = line(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let mut pipe = child.stdout.take().context("the child has no stdout")?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).map(|_| bytes)
    });
    let Some(status) = wait(&mut child, span_max)? else {
        stop(&mut child)?;
        bail!("`{line}` did not end within {} s", span_max.as_secs());
    };
    let bytes = reader.join().map_err(|_| anyhow::anyhow!("the reader of `{line}` is gone"))??;
    Ok(Output { stdout: String::from_utf8_lossy(&bytes).into_owned(), status })
}

/// Whether `program --version` answers.
pub(crate) fn answers(program: &str, args: &[&str]) -> bool {
    let quiet =
        Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// The first line of what a program says, where it answers.
pub(crate) fn first_line(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

fn wait(child: &mut Child, span_max: Duration) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < span_max {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(None)
}

/// Asks a child to end, so that it can end its own children, and ends it where it does not listen.
fn stop(child: &mut Child) -> Result<()> {
    let asked = Command::new("kill").arg(child.id().to_string()).status();
    if asked.is_ok_and(|status| status.success()) && wait(child, Duration::from_secs(10))?.is_some()
    {
        return Ok(());
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(all(test, unix))]
mod tests;
