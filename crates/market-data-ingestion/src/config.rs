//! The file of settings, which stands behind flags and environment variables.
//!
//! This module knows which settings a file may hold: those that a variable can set. It never lets
//! a name pass that is none of them.

use std::{fs, path::Path};

use clap::{Arg, Command, CommandFactory, FromArgMatches, Parser, error::ErrorKind};
use toml::{Table, Value};

use crate::cli::Cli;

/// Reads the command line; what is wrong with it or with the file ends the program with exit code 2.
pub fn parse() -> Cli {
    let cli = Cli::parse();
    let Some(file) = &cli.config else { return cli };
    let with_defaults = |defaults: Vec<_>| {
        let commands = defaults.iter().fold(Cli::command(), with_default);
        // The command line is right without the file.
        let wrong =
            |error: clap::Error| error.to_string().lines().next().unwrap_or_default().replacen("error: ", "", 1);
        Cli::from_arg_matches(&commands.try_get_matches().map_err(wrong)?).map_err(wrong)
    };
    defaults(file).and_then(with_defaults).unwrap_or_else(|why| {
        Cli::command().error(ErrorKind::InvalidValue, format!("{}: {why}", file.display())).exit()
    })
}

fn defaults(file: &Path) -> Result<Vec<(String, String)>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read: {error}"))?;
    let settings: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let names = names();
    let settings = settings.into_iter().map(|(name, value)| match value {
        Value::String(value) if names.contains(&name) => Ok((name, value)),
        Value::Integer(value) if names.contains(&name) => Ok((name, value.to_string())),
        _ if names.contains(&name) => {
            Err(format!("{name} is neither a text nor a whole number: expected quotes around its value"))
        }
        _ => Err(format!("{name} is no setting: expected one of {}", names.join(", "))),
    });
    settings.collect()
}

fn names() -> Vec<String> {
    let commands = Cli::command();
    let settings = commands.get_subcommands().flat_map(Command::get_arguments).filter(|flag| flag.get_env().is_some());
    let mut names: Vec<String> = settings.filter_map(Arg::get_long).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

fn with_default(commands: Command, (name, value): &(String, String)) -> Command {
    commands.mut_subcommands(|command| {
        command.mut_args(|flag| if flag.get_long() == Some(name) { flag.default_value(value) } else { flag })
    })
}
