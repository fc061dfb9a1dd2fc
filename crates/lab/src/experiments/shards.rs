//! A run in parts, on any machines: the lines of all parts make the bytes of a run on one machine.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::cell::{Finished, run_cell};
use super::error::{Error, Kind};
use super::folder::{Folder, Log, State};
use super::{Plan, finish};
use crate::parallel;

/// One of several parts of a run, nearly equal in size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    index: usize,
    parts: usize,
}

impl Part {
    /// Part `index`, counted from zero, of `parts`.
    ///
    /// # Errors
    /// Where there is no such part.
    pub fn new(index: usize, parts: usize) -> Result<Self, Error> {
        if index >= parts {
            return Err(Error::usage(format!("there is no part {index} of {parts}"))
                .why("parts are counted from 0")
                .next(format!("0/{parts} is the first of {parts}")));
        }
        Ok(Self { index, parts })
    }

    /// Reads `INDEX/PARTS`.
    ///
    /// # Errors
    /// Where the text is none, or names no part.
    pub fn read(text: &str) -> Result<Self, Error> {
        let numbers = text.split_once('/').and_then(|(index, parts)| {
            Some((index.trim().parse().ok()?, parts.trim().parse().ok()?))
        });
        let (index, parts) = numbers.ok_or_else(|| {
            Error::usage(format!("`{text}` names no part")).next("write it as 0/8, the first of 8")
        })?;
        Self::new(index, parts)
    }

    /// Its cells among so many.
    #[must_use]
    pub fn of(self, cells: usize) -> Range<usize> {
        let bound = |index: usize| {
            // Wide, because both factors come from outside.
            let bound = cells as u128 * index as u128 / self.parts as u128;
            usize::try_from(bound).unwrap_or(cells)
        };
        bound(self.index)..bound(self.index + 1)
    }
}

/// Runs one part of a plan, and returns a line for each of its cells, in their order.
#[must_use]
pub fn run_part(plan: &Plan, part: Part, threads: NonZeroUsize) -> Vec<String> {
    let cells = &plan.cells[part.of(plan.cells.len())];
    parallel::map(cells, threads, |cell| run_cell(cell).line())
}

/// Makes a complete run of the lines of all its cells, in whatever order they come; a cell may come twice where both
/// say the same.
///
/// # Errors
/// Where a cell is missing or none of the plan's, two say different things of one cell, or the disk does not take what
/// is written.
pub fn merge(plan: &Plan, folder: &Folder, lines: &[String], argv: &[String]) -> Result<(), Error> {
    let kept = put_in_order(plan, lines)?;
    let (manifest, _lock) = folder.begin(plan, argv)?;
    folder.unseal()?;
    let mut log = folder.log(0)?;
    kept.iter().try_for_each(|line| log.append(line))?;
    drop(log);
    finish(folder, plan)?;
    folder.state(&manifest, State::Complete)
}

fn put_in_order<'a>(plan: &Plan, lines: &'a [String]) -> Result<Vec<&'a str>, Error> {
    let mut kept: Vec<Option<&str>> = vec![None; plan.cells.len()];
    for (number, line) in lines.iter().enumerate() {
        let line = line.trim_end();
        let refuse = |why: String| {
            Error::new(Kind::Violated, format!("line {} is no cell of this plan", number + 1))
                .why(why)
                .next("run that part again with this scenario and this version")
        };
        let cell: Finished =
            serde_json::from_str(line).map_err(|error| refuse(error.to_string()))?;
        let planned = plan.cells.get(cell.cell).filter(|planned| planned.is_kept_by(&cell));
        if planned.is_none() || cell.line() != line {
            return Err(refuse(format!("cell {} is another in the plan", cell.cell)));
        }
        match &mut kept[cell.cell] {
            Some(earlier) if *earlier != line => {
                return Err(refuse(format!("cell {} was run before, and differed", cell.cell)));
            }
            place => *place = Some(line),
        }
    }
    let missing = kept.iter().filter(|line| line.is_none()).count();
    let first = kept.iter().position(Option::is_none);
    kept.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| {
        Error::usage(format!("{missing} of {} cells are missing", plan.cells.len()))
            .why(format!("cell {} is the first of them", first.unwrap_or_default()))
            .next("merge the files of all parts")
    })
}

#[cfg(test)]
mod tests;
