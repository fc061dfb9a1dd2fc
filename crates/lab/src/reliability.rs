//! How likely agreement is over links that lose messages: exactly, drawn, and as the real cores do.

pub use ::reliability::*;
