//! The verifier as a program: a request on standard input, its verdict on standard output.
//!
//! A page in a browser runs it with nothing else to reach: no files, no clock, no network.

use std::io::{Read, Write, stdin, stdout};

use verifier::{REQUEST_BYTES_MAX, answer};

fn main() -> std::io::Result<()> {
    let mut request = Vec::new();
    // One byte more than is allowed tells a request that is too long from one that just fits.
    stdin().lock().take(REQUEST_BYTES_MAX + 1).read_to_end(&mut request)?;
    let mut out = stdout().lock();
    out.write_all(&answer(&request))?;
    out.flush()
}
