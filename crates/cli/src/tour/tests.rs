use clap::Parser;

use super::{Ask, Refused, STEPS, words};
use crate::args::Cli;

#[test]
fn quotes_hold_words_together() {
    assert_eq!(
        words("put inbox \"Hello, fabric!\" --to b"),
        ["put", "inbox", "Hello, fabric!", "--to", "b"]
    );
}

#[test]
fn every_step_is_a_command_of_this_program() {
    for step in STEPS {
        if let Ask(line) | Refused(line) = step {
            let args = std::iter::once("unisono".to_owned()).chain(words(line));
            assert!(Cli::try_parse_from(args).is_ok(), "{line}");
        }
    }
}
