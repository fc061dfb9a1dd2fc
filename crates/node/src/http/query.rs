//! Reads query parameters.

use std::time::Duration;

use api::Wait;
use axum::http::Uri;

use super::failure::{Answer, Failure};

/// Items per page where the client does not say.
const LIMIT: usize = 50;
/// Most items per page.
const LIMIT_MAX: usize = 500;
/// How long to wait for a commit where the client does not say.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest that a client may wait for a commit.
const WAIT_TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// The query parameters of a request, decoded.
#[derive(Debug)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// The parameters of a request.
    pub(super) fn of(uri: &Uri) -> Answer<Self> {
        let query = uri.query().unwrap_or("");
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent_decode(name)?, percent_decode(value)?))
        });
        let all: Option<Vec<_>> = decoded.collect();
        all.map(Self).ok_or_else(|| Failure::parameter("the query is not percent-encoded UTF-8"))
    }
    /// The value of a parameter, the last one where it is repeated.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
    /// The value of a parameter that is not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
    /// A number.
    pub(super) fn number(&self, name: &str) -> Answer<Option<u64>> {
        let parsed = self.given(name).map(|text| {
            text.parse().map_err(|_| {
                Failure::parameter(format!("`{name}` is not a whole number: {text:?}"))
            })
        });
        parsed.transpose()
    }
    /// How many items a page may hold.
    pub(super) fn limit(&self) -> Answer<usize> {
        match self.number("limit")? {
            None => Ok(LIMIT),
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=LIMIT_MAX).contains(limit))
                .ok_or_else(|| Failure::parameter(format!("`limit` has to be 1 to {LIMIT_MAX}"))),
        }
    }
    /// What to wait for.
    pub(super) fn wait(&self) -> Answer<Wait> {
        match self.given("wait") {
            None | Some("commit") => Ok(Wait::Commit),
            Some("accepted") => Ok(Wait::Accepted),
            Some("none") => Ok(Wait::None),
            Some(other) => Err(Failure::parameter(format!(
                "`wait` is {other:?}; it has to be none, accepted or commit"
            ))),
        }
    }
    /// How long to wait.
    pub(super) fn timeout(&self) -> Answer<Duration> {
        let Some(text) = self.given("timeout") else { return Ok(WAIT_TIMEOUT) };
        parse_duration(text)
            .filter(|span| (Duration::from_millis(1)..=WAIT_TIMEOUT_MAX).contains(span))
            .ok_or_else(|| {
                Failure::parameter(format!(
                    "`timeout` is {text:?}; it has to be a span like 500ms or 10s, 1 ms to {} s",
                    WAIT_TIMEOUT_MAX.as_secs()
                ))
            })
    }
}

/// Reads `500ms`, `10s`, `1m`; a bare number counts seconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" | "" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

/// Decodes `%41` and `+`.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex_digit(rest.next()?)?, hex_digit(rest.next()?)?);
                high * 16 + low
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Encodes a value for use in a query or path.
pub(super) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
