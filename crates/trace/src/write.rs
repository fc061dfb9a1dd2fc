use std::io::{self, Write};

use crate::Trace;

/// Writes a trace: a line for the header, one for each event, one that ends it.
///
/// # Errors
/// Those of the writer.
pub fn write(trace: &Trace, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &trace.header)?;
    out.write_all(b"\n")?;
    for event in &trace.events {
        serde_json::to_writer(&mut *out, event)?;
        out.write_all(b"\n")?;
    }
    serde_json::to_writer(&mut *out, &trace.footer)?;
    out.write_all(b"\n")?;
    out.flush()
}
