use clap::Parser;

use super::*;
use crate::args::{Cli, Command as Asked, SimCommand};

fn parse(line: &str) -> Result<Options> {
    let cli = Cli::try_parse_from(line.split(' ')).unwrap();
    let Asked::Sim(SimCommand::Run(args)) = cli.command else { panic!("a simulation") };
    args.options()
}

#[test]
fn shares_are_written_in_three_ways() {
    for text in ["5%", "0.05", "50000ppm"] {
        assert_eq!(
            parse(&format!("unisono sim run --loss {text}")).unwrap().loss_ppm,
            50_000,
            "{text}"
        );
    }
    assert!(parse("unisono sim run --loss 101%").is_err());
}

#[test]
fn the_line_that_repeats_a_run_is_a_command_line() {
    let options =
        parse("unisono sim run --nodes 7 --seed 9 --loss 5% --byzantine 2 --crash -o json")
            .unwrap();
    assert!(options.crash_ppm > 0);
    assert_eq!(parse(&options.command_line()).unwrap(), options);
}

#[test]
fn nonsense_is_a_usage_error_that_names_the_flag() {
    let failure = parse("unisono sim run --nodes many").unwrap_err();
    assert_eq!(failure.exit, crate::failure::Exit::Usage);
    assert!(failure.what.contains("--nodes"));
}
