//! A run's folder: what it says of itself, the lines of its finished cells, and nothing half-written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::cell::{Finished, Status};
use super::error::Error;
use super::plan::{FORMAT, TOOL};
use super::{Plan, Scenario};

pub(crate) const CELLS: &str = "cells.jsonl";
pub(crate) const CONFIG: &str = "config.toml";
const MANIFEST: &str = "manifest.json";
const LOCK: &str = "lock";
pub(crate) const SUMS: &str = "SHA256SUMS";

/// Where a run stands, as it last said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It runs, or was killed while it did.
    Running,
    /// It was told to stop.
    Stopped,
    /// All cells are there, and everything made of them.
    Complete,
}

/// What ran, when and where: everything about a run that may differ from one time to the next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the folder.
    pub format: String,
    /// The program and its version.
    pub tool: String,
    /// The fingerprint of the resolved scenario.
    pub fingerprint: String,
    /// The scenario's name.
    pub name: String,
    /// How many cells there are to run.
    pub cells: usize,
    /// Where it stands.
    pub state: State,
    /// The command line that began it.
    pub argv: Vec<String>,
    /// The operating system and the processor's kind.
    pub platform: String,
    /// How many processors there were.
    pub processors: usize,
    /// When it was begun, in seconds since 1970.
    pub started_unix_s: u64,
    /// When it was last written to, in seconds since 1970.
    pub ended_unix_s: u64,
}

/// How many cells ended how; they add up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// All that are planned.
    pub planned: usize,
    /// Everything held.
    pub ok: usize,
    /// An invariant was broken, or the run could not be done.
    pub failed: usize,
    /// Work was left undone.
    pub timed_out: usize,
    /// Not run yet.
    pub left: usize,
    /// Of the failed: those that could not be run at all.
    pub errors: usize,
}

impl Counts {
    /// Counts finished cells.
    #[must_use]
    pub fn of<'a>(planned: usize, cells: impl IntoIterator<Item = &'a Finished>) -> Self {
        let mut counts = Self { planned, left: planned, ..Self::default() };
        cells.into_iter().for_each(|cell| counts.add(cell));
        counts
    }
    pub(crate) fn add(&mut self, cell: &Finished) {
        match cell.status {
            Status::Ok => self.ok += 1,
            Status::Failed => self.failed += 1,
            Status::TimedOut => self.timed_out += 1,
        }
        self.left = self.left.saturating_sub(1);
        self.errors += usize::from(cell.error);
    }
    /// Whether no cell is lost.
    #[must_use]
    pub const fn adds_up(&self) -> bool {
        self.ok + self.failed + self.timed_out + self.left == self.planned
    }
}

/// The folder of one run.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of a plan's run: `RUNS/NAME/FINGERPRINT12`.
    #[must_use]
    pub fn of(runs: &Path, plan: &Plan) -> Self {
        Self { path: runs.join(&plan.scenario.name).join(plan.short()) }
    }
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Whether every cell is done and everything made of them.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.path.join(SUMS).is_file()
    }

    /// Opens the folder of a run that was begun.
    ///
    /// # Errors
    /// Where it is none, or one of another version.
    pub fn open(path: &Path) -> Result<(Self, Manifest, Plan), Error> {
        let this = Self { path: path.to_owned() };
        let text = this.read(MANIFEST).map_err(|error| {
            Error::usage(format!("{} is no folder of a run", path.display()))
                .why(error.why)
                .next("name the folder that holds `manifest.json`: RUNS/NAME/FINGERPRINT")
        })?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
            Error::failed(format!("{} cannot be read", path.join(MANIFEST).display())).why(error)
        })?;
        for (key, ours) in [("format", FORMAT), ("tool", TOOL)] {
            let theirs = value.get(key).and_then(serde_json::Value::as_str).unwrap_or("none");
            if theirs != ours {
                let what = format!("{} is a run of another version", path.display());
                return Err(Error::usage(what)
                    .why(format!("its {key} is `{theirs}`, this program's is `{ours}`"))
                    .next(format!("use {theirs} for it, or run its config.toml again")));
            }
        }
        let manifest: Manifest = serde_json::from_value(value).map_err(|error| {
            Error::failed(format!("{} cannot be read", path.join(MANIFEST).display())).why(error)
        })?;
        let plan = Plan::new(Scenario::read(&this.read(CONFIG)?, None, &[])?)?;
        if plan.fingerprint != manifest.fingerprint {
            return Err(Error::failed(format!("{} was changed", path.join(CONFIG).display()))
                .why(format!(
                    "its fingerprint is {}, the run's {}",
                    plan.fingerprint, manifest.fingerprint
                ))
                .next("put it back, or run it as a scenario of its own"));
        }
        Ok((this, manifest, plan))
    }

    /// Begins a run, or goes on with one; the lock is held until the returned file is dropped.
    pub(crate) fn begin(&self, plan: &Plan, argv: &[String]) -> Result<(Manifest, File), Error> {
        fs::create_dir_all(&self.path).map_err(|e| Error::io("make", &self.path, &e))?;
        let lock_path = self.path.join(LOCK);
        let lock = File::create(&lock_path).map_err(|e| Error::io("make", &lock_path, &e))?;
        lock.try_lock().map_err(|error| {
            Error::failed(format!("{} is being run", self.path.display()))
                .why(error)
                .next("wait for the other process, or stop it")
        })?;
        if self.path.join(MANIFEST).is_file() {
            let (_, manifest, _) = Self::open(&self.path)?;
            return Ok((manifest, lock));
        }
        self.write(CONFIG, plan.config.as_bytes())?;
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            tool: TOOL.to_owned(),
            fingerprint: plan.fingerprint.clone(),
            name: plan.scenario.name.clone(),
            cells: plan.cells.len(),
            state: State::Running,
            argv: argv.to_vec(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            started_unix_s: unix_s(),
            ended_unix_s: unix_s(),
        };
        self.say(&manifest)?;
        Ok((manifest, lock))
    }

    /// Whether a process holds the folder.
    #[must_use]
    pub fn is_running(&self) -> bool {
        File::open(self.path.join(LOCK)).is_ok_and(|lock| lock.try_lock_shared().is_err())
    }

    /// Keeps where the run stands.
    pub(crate) fn state(&self, manifest: &Manifest, state: State) -> Result<(), Error> {
        self.say(&Manifest { state, ended_unix_s: unix_s(), ..manifest.clone() })
    }

    fn say(&self, manifest: &Manifest) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(manifest).unwrap_or_default();
        self.write(MANIFEST, format!("{text}\n").as_bytes())
    }

    /// The finished cells, and how many bytes of the file they take.
    ///
    /// A last line without its end was torn by a crash and does not count. Any other line that is not the plan's next
    /// cell was changed by somebody, and nothing is made of it.
    ///
    /// # Errors
    /// Where the file cannot be read, or a line in it is not what this plan's run writes.
    pub fn cells(&self, plan: &Plan) -> Result<(Vec<Finished>, u64), Error> {
        let path = self.path.join(CELLS);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(error) => return Err(Error::io("read", &path, &error)),
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut cells = Vec::new();
        for (number, line) in bytes[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
            let damaged = |why: String| {
                Error::failed(format!("line {} of {} was changed", number + 1, path.display()))
                    .why(why)
                    .next("remove the folder and run the scenario again")
            };
            let cell: Finished =
                serde_json::from_slice(line).map_err(|error| damaged(error.to_string()))?;
            let planned = plan.cells.get(number);
            if !planned.is_some_and(|planned| planned.is_kept_by(&cell)) {
                return Err(damaged("it is not the cell that the plan has in this place".into()));
            }
            cells.push(cell);
        }
        Ok((cells, whole as u64))
    }

    /// The file that finished cells are added to, cut behind the last whole line.
    pub(crate) fn log(&self, whole: u64) -> Result<DiskLog, Error> {
        let path = self.path.join(CELLS);
        let open = || -> io::Result<File> {
            let file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.set_len(whole)?;
            file.sync_all()?;
            File::open(&self.path)?.sync_all()?;
            Ok(file)
        };
        Ok(DiskLog { file: open().map_err(|error| Error::io("write", &path, &error))?, path })
    }

    pub(crate) fn read(&self, name: &str) -> Result<String, Error> {
        let path = self.path.join(name);
        fs::read_to_string(&path).map_err(|error| Error::io("read", &path, &error))
    }

    /// Writes a file so that it is there whole, or not at all.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        let part = self.path.join(format!("{name}.part"));
        let write = || -> io::Result<()> {
            if let Some(parent) = part.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut file = File::create(&part)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(|error| Error::io("write", &path, &error))
    }

    /// Removes what says that everything is there.
    pub(crate) fn unseal(&self) -> Result<(), Error> {
        let path = self.path.join(SUMS);
        match fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::io("remove", &path, &error)),
        }
    }
}

/// Where finished cells go.
pub(crate) trait Log {
    /// Adds a line; when this returns, a crash cannot take it back.
    fn append(&mut self, line: &str) -> Result<(), Error>;
}

/// Lines at the end of a file.
#[derive(Debug)]
pub(crate) struct DiskLog {
    file: File,
    path: PathBuf,
}

impl Log for DiskLog {
    fn append(&mut self, line: &str) -> Result<(), Error> {
        self.file
            .write_all(format!("{line}\n").as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(|error| Error::io("write", &self.path, &error))
    }
}

fn unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
