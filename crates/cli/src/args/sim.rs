//! The flags of a simulation: those of the simulator's own table, so that a replay line is a command line.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use sim::{FLAGS, Options};

use super::values;
use crate::failure::{Failure, Result};

/// Flags as they were given, in the order of the table.
#[derive(Clone, Debug)]
pub(crate) struct SimArgs(Vec<(&'static str, String)>);

impl SimArgs {
    /// The simulation that the flags ask for.
    pub(crate) fn options(&self) -> Result<Options> {
        let mut options = Options::default();
        for (name, text) in &self.0 {
            options.set(name, &in_ppm(text)).map_err(|error| {
                Failure::usage(format!("--{name} cannot be `{text}`"))
                    .why(error)
                    .next("`unisono sim run --help`")
            })?;
        }
        Ok(options)
    }
}

/// The table speaks of parts per million; people may also write a share of one.
fn in_ppm(text: &str) -> String {
    let is_share = text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    match values::ppm(text) {
        Ok(ppm) if is_share => format!("{ppm}ppm"),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

impl FromArgMatches for SimArgs {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let given = |name: &'static str| {
            let values = matches.get_many::<String>(name).into_iter().flatten();
            values.map(move |text| (name, text.clone())).collect::<Vec<_>>()
        };
        Ok(Self(FLAGS.iter().flat_map(|flag| given(flag.name)).collect()))
    }
    fn update_from_arg_matches(
        &mut self,
        matches: &ArgMatches,
    ) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for SimArgs {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(arg))
    }
    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn arg(flag: &sim::Flag) -> Arg {
    let mut chars = flag.help.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    let help: String = first.chain(chars).collect();
    let arg = Arg::new(flag.name)
        .long(flag.name)
        .help(help)
        .value_name("VALUE")
        .action(ArgAction::Append);
    match flag.bare {
        Some(bare) => arg.num_args(0..=1).default_missing_value(bare),
        None => arg.num_args(1),
    }
}

#[cfg(test)]
mod tests;
