//! Runs cells on all processors and keeps them in the order of the plan.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, mpsc};

use super::cell::{Finished, run_cell};
use super::error::Error;
use super::folder::{Counts, Folder, Log, State};
use super::{Cell, Plan};

/// How far ahead of the oldest unfinished cell others are run, for each thread: what waits is held in memory, and lost
/// when the process is killed.
const AHEAD_PER_THREAD: usize = 4;

/// What happens when a cell cannot be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnError {
    /// It is kept as failed, and the others go on.
    Keep,
    /// The run ends behind it.
    Stop,
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Ended {
    /// Every cell is there.
    Complete,
    /// It was told to stop.
    Stopped,
    /// A cell could not be run, and that was to end it.
    OnError(Box<Finished>),
}

/// Told after every finished cell.
pub type Progress<'a> = dyn Fn(&Counts) + Sync + 'a;

/// Runs a plan into its folder, or what is left of it; `argv` is the command line that asked for it.
///
/// # Errors
/// Where the folder is not this run's or in use, or the disk does not take what is written.
pub fn run(
    plan: &Plan,
    folder: &Folder,
    (threads, on_error): (NonZeroUsize, OnError),
    argv: &[String],
    stop: &AtomicBool,
    progress: &Progress<'_>,
) -> Result<(Ended, Counts), Error> {
    let (manifest, _lock) = folder.begin(plan, argv)?;
    let (kept, whole) = folder.cells(plan)?;
    let counts = Counts::of(plan.cells.len(), &kept);
    if folder.is_complete() && counts.left == 0 {
        return Ok((Ended::Complete, counts));
    }
    folder.unseal()?;
    folder.state(&manifest, State::Running)?;
    let mut log = folder.log(whole)?;
    let left = &plan.cells[kept.len()..];
    let work = Work { cells: left, threads, on_error, stop, runner: &run_cell };
    let (ended, counts) = work.run(counts, &mut log, progress)?;
    drop(log);
    if ended == Ended::Complete {
        super::finish(folder, plan)?;
        folder.state(&manifest, State::Complete)?;
    } else {
        folder.state(&manifest, State::Stopped)?;
    }
    Ok((ended, counts))
}

/// Cells to be run, and how.
pub(crate) struct Work<'a> {
    pub(crate) cells: &'a [Cell],
    pub(crate) threads: NonZeroUsize,
    pub(crate) on_error: OnError,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) runner: &'a (dyn Fn(&Cell) -> Finished + Sync),
}

/// What the threads share.
struct Shared {
    next: AtomicUsize,
    halted: AtomicBool,
    /// How many cells are kept.
    kept: Mutex<usize>,
    moved: Condvar,
}

impl Shared {
    fn kept(&self) -> std::sync::MutexGuard<'_, usize> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
    fn halt(&self) {
        // Under the lock, so that nobody falls asleep between looking and waiting.
        let _kept = self.kept();
        self.halted.store(true, Ordering::Relaxed);
        self.moved.notify_all();
    }
}

impl Work<'_> {
    pub(crate) fn run(
        &self,
        mut counts: Counts,
        log: &mut dyn Log,
        progress: &Progress<'_>,
    ) -> Result<(Ended, Counts), Error> {
        let shared = Shared {
            next: AtomicUsize::new(0),
            halted: AtomicBool::new(false),
            kept: Mutex::new(0),
            moved: Condvar::new(),
        };
        let (sender, finished) = mpsc::channel();
        let ended = std::thread::scope(|scope| {
            for _ in 0..self.threads.get().min(self.cells.len()) {
                let (sender, shared) = (sender.clone(), &shared);
                scope.spawn(move || self.take(shared, &sender));
            }
            drop(sender);
            let ended = self.keep(&shared, finished, &mut counts, log, progress);
            shared.halt();
            ended
        })?;
        debug_assert!(counts.adds_up());
        Ok((ended, counts))
    }

    /// Keeps finished cells in their order.
    fn keep(
        &self,
        shared: &Shared,
        finished: mpsc::Receiver<(usize, Finished)>,
        counts: &mut Counts,
        log: &mut dyn Log,
        progress: &Progress<'_>,
    ) -> Result<Ended, Error> {
        let mut waiting = BTreeMap::new();
        let mut kept = 0;
        for (at, cell) in finished {
            waiting.insert(at, cell);
            while let Some(cell) = waiting.remove(&kept) {
                log.append(&cell.line())?;
                counts.add(&cell);
                kept += 1;
                *shared.kept() = kept;
                shared.moved.notify_all();
                progress(counts);
                if cell.error && self.on_error == OnError::Stop {
                    return Ok(Ended::OnError(Box::new(cell)));
                }
            }
        }
        Ok(if kept == self.cells.len() { Ended::Complete } else { Ended::Stopped })
    }

    /// Takes one cell after the other, not too far ahead of those that are kept.
    fn take(&self, shared: &Shared, sender: &mpsc::Sender<(usize, Finished)>) {
        let ahead = AHEAD_PER_THREAD * self.threads.get();
        let over = || shared.halted.load(Ordering::Relaxed) || self.stop.load(Ordering::Relaxed);
        loop {
            let at = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(cell) = self.cells.get(at) else { return };
            let mut kept = shared.kept();
            while at >= *kept + ahead && !over() {
                kept = shared.moved.wait(kept).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            drop(kept);
            if over() || sender.send((at, (self.runner)(cell))).is_err() {
                return;
            }
        }
    }
}
