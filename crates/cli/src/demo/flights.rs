//! The real input: a week of departures, one ticket for each flight.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::failure::{Explain, Failure, Result};

/// Departures from New York's airports, 1 to 7 January 2013 (`data/README.md`).
const BUILT_IN: &[u8] = include_bytes!("../../../../data/flights-2013-01-w1.csv.gz");
/// Most bytes of an input, unpacked.
const INPUT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What a missing value looks like.
const MISSING: &str = "NA";

/// A flight that was scheduled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Flight {
    /// The ticket's id: carrier, flight number and date.
    pub(crate) ticket: String,
    /// The ticket's data, as JSON.
    pub(crate) data: String,
    /// Where it starts.
    pub(crate) origin: String,
    /// When it left, in minutes since the first day of its month; `None` where it was cancelled.
    pub(crate) departed_min: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Row {
    year: u16,
    month: u8,
    day: u8,
    dep_time: String,
    sched_dep_time: u16,
    dep_delay: String,
    carrier: String,
    flight: u32,
    tailnum: String,
    origin: String,
    dest: String,
}

/// The built-in week, or a file of the same columns.
pub(crate) fn read(path: Option<&Path>) -> Result<Vec<Flight>> {
    let Some(path) = path else { return parse(BUILT_IN) };
    let bytes = std::fs::read(path).explain(|| format!("cannot read {}", path.display()))?;
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Result<Vec<Flight>> {
    let text = unpack(bytes)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let mut flights: Vec<Flight> = Vec::new();
    for (row, line) in reader.deserialize::<Row>().zip(2..) {
        let row = row.explain(|| format!("line {line} of the flights is malformed"))?;
        flights.push(flight(&row).map_err(|why| {
            Failure::failed(format!("line {line} of the flights makes no sense")).why(why)
        })?);
    }
    let mut ids: Vec<&str> = flights.iter().map(|flight| flight.ticket.as_str()).collect();
    ids.sort_unstable();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Failure::failed(format!("two flights would be the ticket {}", pair[0]))
            .why("a ticket is one carrier, flight number and date"));
    }
    Ok(flights)
}

/// Gzip is told by its first two bytes, so that both forms of a file do.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    let mut text = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(INPUT_BYTES_MAX);
    reader.read_to_end(&mut text).explain(|| "the input does not unpack".into())?;
    Ok(text)
}

fn flight(row: &Row) -> std::result::Result<Flight, String> {
    let departed_min = match row.dep_time.as_str() {
        MISSING | "" => None,
        _ => Some(departure_min(row)?),
    };
    let scheduled = format!("{:02}:{:02}", row.sched_dep_time / 100, row.sched_dep_time % 100);
    let data = json!({
        "carrier": row.carrier, "flight": row.flight, "tail": row.tailnum, "origin": row.origin,
        "destination": row.dest, "scheduled": scheduled,
        "date": format!("{}-{:02}-{:02}", row.year, row.month, row.day),
    });
    let ticket =
        format!("{}{}-{}-{:02}-{:02}", row.carrier, row.flight, row.year, row.month, row.day);
    Ok(Flight { ticket, data: data.to_string(), origin: row.origin.clone(), departed_min })
}

/// The scheduled minute plus the delay: the clock time alone cannot tell a flight that left after midnight.
fn departure_min(row: &Row) -> std::result::Result<i64, String> {
    let (hour, minute) = (i64::from(row.sched_dep_time / 100), i64::from(row.sched_dep_time % 100));
    if hour > 24 || minute > 59 {
        return Err(format!("{} is no time of day", row.sched_dep_time));
    }
    let delay: i64 =
        row.dep_delay.parse().map_err(|_| format!("`{}` is no delay", row.dep_delay))?;
    Ok(i64::from(row.day) * 24 * 60 + hour * 60 + minute + delay)
}

#[cfg(test)]
mod tests;
