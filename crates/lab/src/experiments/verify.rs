//! Checks a finished run: its sums, what follows from its cells, and the cells themselves by running some again.

use std::num::NonZeroUsize;

use types::Prng;

use super::cell::run_cell;
use super::error::{Error, Kind};
use super::finish::{make, sum};
use super::folder::{CELLS, CONFIG, Folder, SUMS};
use super::{Finished, Plan};
use crate::parallel;

const STREAM: u64 = 0x7665_7269_6679;

/// What was checked, and held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Files whose sums were compared.
    pub files: usize,
    /// Files that were made anew from the cells and are the same bytes.
    pub made: usize,
    /// Cells that were run again and are the same bytes.
    pub cells: usize,
    /// Of so many.
    pub cells_total: usize,
}

/// Recomputes a complete run; `sample_ppm` of a million cells are run again, at least one.
///
/// # Errors
/// Where the run is not complete, or anything differs.
pub fn verify(
    folder: &Folder,
    plan: &Plan,
    sample_ppm: u32,
    threads: NonZeroUsize,
) -> Result<Verified, Error> {
    let (cells, _) = folder.cells(plan)?;
    if !folder.is_complete() || cells.len() < plan.cells.len() {
        return Err(Error::usage(format!("{} is not complete", folder.path().display()))
            .why(format!("{} of {} cells are there", cells.len(), plan.cells.len()))
            .next("finish it: `unisono lab run` with its config.toml"));
    }
    let files = check_sums(folder)?;
    let made = check_made(folder, plan, &cells)?;
    let again = check_cells(plan, &cells, sample_ppm, threads)?;
    Ok(Verified { files, made, cells: again, cells_total: cells.len() })
}

fn differs(what: String, why: &str) -> Error {
    Error::new(Kind::Violated, what)
        .why(why)
        .next("do not trust this run: run its config.toml again and compare")
}

fn check_sums(folder: &Folder) -> Result<usize, Error> {
    let text = folder.read(SUMS)?;
    for line in text.lines() {
        let (said, name) = line.split_once("  ").unwrap_or((line, ""));
        // Names come from a file: nothing outside of the folder is read.
        if name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return Err(differs(format!("`{line}` is no line of {SUMS}"), "it was changed"));
        }
        let path = folder.path().join(name);
        let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
        if sum(&bytes) != said {
            return Err(differs(format!("{name} was changed"), "its sum is another"));
        }
    }
    if let Some(name) = [CELLS, CONFIG].iter().find(|name| !text.contains(&format!("  {name}\n"))) {
        return Err(differs(format!("{SUMS} does not name {name}"), "it was changed"));
    }
    Ok(text.lines().count())
}

fn check_made(folder: &Folder, plan: &Plan, cells: &[Finished]) -> Result<usize, Error> {
    let made = make(plan, cells)?;
    for (name, bytes) in &made {
        let path = folder.path().join(name);
        let kept = std::fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
        if kept != *bytes {
            return Err(differs(
                format!("{name} does not follow from the cells"),
                "made anew it differs",
            ));
        }
    }
    Ok(made.len())
}

fn check_cells(
    plan: &Plan,
    cells: &[Finished],
    sample_ppm: u32,
    threads: NonZeroUsize,
) -> Result<usize, Error> {
    let wanted = (cells.len() as u64 * u64::from(sample_ppm)).div_ceil(1_000_000).max(1);
    let mut numbers: Vec<usize> = (0..cells.len()).collect();
    Prng::new(plan.scenario.seed, STREAM).shuffle(&mut numbers);
    numbers.truncate(wanted as usize);
    let again = parallel::map(&numbers, threads, |&number| run_cell(&plan.cells[number]).line());
    for (number, line) in numbers.iter().zip(again) {
        if line != cells[*number].line() {
            let replay = &cells[*number].replay;
            return Err(differs(
                format!("cell {number} differs when it is run again"),
                &format!("its seed is {}; alone it is `{replay}`", cells[*number].seed),
            ));
        }
    }
    Ok(numbers.len())
}
