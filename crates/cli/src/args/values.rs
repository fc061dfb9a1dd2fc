//! Arguments with units: `150ms`, `10MiB`, `1000/s`, `5%` or `0.05`.

use std::time::Duration;

use app::Purpose;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Reads a span of time: a whole number with `us`, `ms`, `s`, `m` or `h` behind it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let unit_us: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        "" => return Err("a span of time needs a unit: 150ms, 5s, 2m".into()),
        other => return Err(format!("`{other}` is no unit of time; us, ms, s, m and h are")),
    };
    let us = thousandths(number).and_then(|thousandths| thousandths.checked_mul(unit_us));
    let us = us.ok_or_else(|| format!("`{number}` is no number, or too large a one"))? / 1_000;
    Ok(Duration::from_micros(us))
}

/// Reads a share of one as parts per million: `5%` or `0.05`.
pub(crate) fn ppm(text: &str) -> Result<u32, String> {
    let (number, per_one) = match text.strip_suffix('%') {
        Some(number) => (number, 10_000),
        None => (text, 1_000_000),
    };
    let wrong = || format!("`{text}` is no share: write 5% or 0.05");
    let millionths = decimal(number.trim(), 6).ok_or_else(wrong)?;
    let ppm = millionths.checked_mul(per_one).ok_or_else(wrong)? / 1_000_000;
    match u32::try_from(ppm) {
        Ok(ppm) if ppm <= 1_000_000 => Ok(ppm),
        Ok(_) | Err(_) => {
            Err(format!("`{text}` is more than the whole; a share lies between 0% and 100%"))
        }
    }
}

/// Reads the name of a protocol; what it refuses, it answers with all names.
pub(crate) fn protocol() -> PossibleValuesParser {
    PossibleValuesParser::new(protocols::PROTOCOLS.iter().map(|protocol| protocol.name))
}

/// Reads the name of a chain's purpose; what it refuses, it answers with all names.
pub(crate) fn purpose() -> impl TypedValueParser<Value = Purpose> {
    let names = PossibleValuesParser::new(Purpose::ALL.map(Purpose::label));
    names.try_map(|name| Purpose::from_label(&name).ok_or("it is no purpose"))
}

/// Reads the name of a protocol, or `all`.
pub(crate) fn protocol_or_all() -> PossibleValuesParser {
    let names = protocols::PROTOCOLS.iter().map(|protocol| protocol.name);
    PossibleValuesParser::new(names.chain(["all"]))
}

/// Reads `A..B`, or one seed.
pub(crate) fn seeds(text: &str) -> Result<(u64, u64), String> {
    let wrong = || format!("`{text}` is no range of seeds: write 0..1000, or one seed");
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let (from, to) = match text.split_once("..") {
        Some((from, to)) => (number(from)?, number(to)?),
        None => (number(text)?, number(text)?.saturating_add(1)),
    };
    if from < to { Ok((from, to)) } else { Err(wrong()) }
}

/// Reads a number of bytes: `512`, `64KiB`, `10MiB`.
pub(crate) fn bytes(text: &str) -> Result<usize, String> {
    let (number, unit) = split(text);
    let scale: usize = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        other => {
            return Err(format!("`{other}` is no unit of size; B, kB, KiB, MB, MiB and GiB are"));
        }
    };
    let count: Option<usize> = number.parse().ok();
    count.and_then(|count| count.checked_mul(scale)).ok_or_else(|| format!("`{text}` is no size"))
}

/// Reads a rate: `1000` or `1000/s`; `0` loads nothing.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).replace(['_', ','], "");
    number.parse().map_err(|_| format!("`{text}` is no rate: write 1000 or 1000/s"))
}

fn split(text: &str) -> (&str, &str) {
    let end =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

fn thousandths(number: &str) -> Option<u64> {
    decimal(&number.replace('_', ""), 3)
}

/// A decimal number times ten to the `places`, exactly; `None` for what is none, or has more places.
fn decimal(number: &str, places: usize) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if (whole.is_empty() && part.is_empty())
        || part.len() > places
        || !is_plain(whole)
        || !is_plain(part)
    {
        return None;
    }
    format!("{whole}{part:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests;
