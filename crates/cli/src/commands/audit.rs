//! `unisono audit`: the record of administrative acts, and writing to it.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use audit::{Act, AuditError, Entry, Log};
use serde_json::{Value, json};
use types::{Digest, Time};

use crate::args::{AuditArgs, AuditCommand};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table};

/// Does one of the commands.
pub(crate) fn run(command: AuditCommand) -> Result<Report> {
    let (args, lists) = match command {
        AuditCommand::List(args) => (args, true),
        AuditCommand::Verify(args) => (args, false),
    };
    let file = file_of(&args);
    let noted = args.head.as_deref().map(|text| {
        Digest::from_hex(text).ok_or_else(|| {
            Failure::usage(format!("`{text}` is no digest of 64 hexadecimal digits"))
        })
    });
    let mut entries = Vec::new();
    let verified = audit::verify(&file, noted.transpose()?, |entry| {
        if lists {
            entries.push(entry.clone());
        }
    })?;
    let head = verified.head.to_string();
    let summary =
        json!({ "file": file, "lines": verified.lines, "torn": verified.torn, "head": head });
    if !lists {
        let text = format!(
            "{} holds: {} lines, {} cut by crashes\nhead {head}  (note it elsewhere: --head shows later that nothing was cut off)",
            file.display(),
            verified.lines,
            verified.torn,
        );
        return Ok(Report::new(summary, text));
    }
    let mut table = Table::new(["LINE", "TIME", "WHO", "ACT", "ABOUT", "STAGE", "DETAIL"]);
    for entry in &entries {
        let time = api::rfc3339(entry.time_us);
        table.row([
            entry.seq.to_string(),
            time,
            entry.actor.clone(),
            entry.act.clone(),
            entry.subject.clone(),
            entry.stage.label().to_owned(),
            entry.detail.clone(),
        ]);
    }
    let mut value = summary;
    value["items"] = entries.iter().map(as_value).collect();
    Ok(Report::new(value, table.render()))
}

fn as_value(entry: &Entry) -> Value {
    serde_json::to_value(entry).unwrap_or_default()
}

fn file_of(args: &AuditArgs) -> PathBuf {
    let path = &args.record;
    if path.is_dir() { Log::of(path).path().to_owned() } else { path.clone() }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        let what = error.to_string();
        match error {
            AuditError::Disk { .. } => Self::failed(what)
                .next("name the record, or the folder of a node or a network that has one"),
            AuditError::Broken { .. } | AuditError::HeadMissing { .. } => {
                Self::new(Exit::Violated, "RECORD_BROKEN", what).next(
                    "compare it with a copy from elsewhere, and ask who may write to this folder",
                )
            }
        }
    }
}

/// Does something with a key; where it is one of a node's, the node's record says so before and after.
pub(super) fn recorded<T>(
    act: &'static str,
    key: &Path,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let folder =
        key.parent().filter(|folder| folder.file_name().is_some_and(|name| name == "keys"));
    match folder.and_then(Path::parent) {
        Some(node) => recorded_in(node, act, &key.display().to_string(), work),
        None => work(),
    }
}

/// Does something to a node; its record says so before and after.
pub(super) fn recorded_in<T>(
    node: &Path,
    act: &'static str,
    subject: &str,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let node = if node.as_os_str().is_empty() { Path::new(".") } else { node };
    let log = Log::of(node);
    let actor = format!("uid {}", rustix::process::getuid().as_raw());
    let act = Act { actor, act, subject: subject.to_owned() };
    let asked = log.ask(&act, now()?)?;
    let done = work();
    let came = match &done {
        Ok(_) => Ok(""),
        Err(failure) => Err(failure.what.as_str()),
    };
    log.tell(&act, asked, came, now()?)?;
    done
}

fn now() -> Result<Time> {
    let since = UNIX_EPOCH.elapsed().explain(|| "the clock stands before 1970".into())?;
    Ok(Time::from_us(u64::try_from(since.as_micros()).unwrap_or(u64::MAX)))
}
