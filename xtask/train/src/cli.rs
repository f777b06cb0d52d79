//! The command line: what all commands have in common, the list of them, and exit codes.
//! It must never hold logic; it turns words into calls.

use std::{ffi::OsString, path::PathBuf};

use anyhow::Result;
use clap::{
    Args, ColorChoice, FromArgMatches as _, Parser, Subcommand,
    error::{ContextKind, ErrorKind},
};
use xshell::Shell;

use crate::{
    commands::{
        self, calendar, changelog, check, due, hotfix, init, pack, post_release, postfix, publish,
        rehearse as rehearsal, release, rollback, serve, smoke, status, wheels,
    },
    loader::{Loader, Source},
    rehearse,
    report::{self, Loudness, Report},
    session::Session,
};
use plan::tool::TOOL;
#[cfg(feature = "completions")]
use plan::tool::Tool;

/// The version, and the commit that it was built from where that is known.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("CARGO_TRAIN_COMMIT"));

/// What the completions of a shell ask for, and nobody types.
const TRAINS: &str = "__trains";

/// Releases a workspace of Rust crates and Python wheels as one coherent version.
#[derive(Parser)]
#[command(name = TOOL.as_str(), bin_name = TOOL.as_str(), version = VERSION)]
#[command(
    after_help = "release, postfix, hotfix, smoke, publish, pack, post-release, rollback, wheels and status --issue accept --dry-run, which prints the plan without changing anything."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Global {
    /// The Cargo.toml of the workspace to release, instead of the one around the current directory.
    #[arg(long, global = true, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// The train, by its name in [workspace.metadata.trains]; without configuration, the driver's name.
    #[arg(long, global = true, value_name = "NAME", value_parser = commands::arguments::name)]
    train: Option<String>,
    /// Print the plan without changing anything.
    #[arg(long, global = true)]
    dry_run: bool,
    /// With --dry-run, print the diff of each file that would change.
    #[arg(long, global = true, requires = "dry_run")]
    diff: bool,
    /// Print one JSON document on standard output; texts for people go to standard error.
    #[arg(long, global = true)]
    json: bool,
    /// Print only what is wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every reason for every file.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

#[derive(Subcommand)]
enum Command {
    Release(release::Release),
    Postfix(postfix::Postfix),
    Changelog(changelog::Changelog),
    Hotfix(hotfix::Hotfix),
    Publish(publish::Publish),
    Pack(pack::Pack),
    Rollback(rollback::Rollback),
    Wheels(wheels::Wheels),
    Status(status::Status),
    PostRelease(post_release::PostRelease),
    Due(due::Due),
    Calendar(calendar::Calendar),
    Rehearse(rehearsal::Rehearse),
    Serve(serve::Serve),
    Smoke(smoke::Smoke),
    Check(check::Check),
    Init(init::Init),
}

/// Whether the tool understands the words; those with a `$` are filled in elsewhere, and may become anything.
pub fn parses(words: &[String]) -> Result<(), String> {
    let typed = std::iter::once(TOOL.as_str()).chain(words.iter().map(String::as_str));
    let Err(error) = Cli::try_parse_from(typed) else { return Ok(()) };
    let contexts = [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let unknown = contexts.into_iter().filter_map(|kind| error.get(kind)).any(|value| value.to_string().contains('$'));
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        _ if unknown => Ok(()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err(format!("`{TOOL}` alone does nothing")),
        _ => {
            let message = error.to_string();
            let first = message.lines().next().unwrap_or_default();
            Err(format!("`{TOOL} {}`: {}", words.join(" "), first.strip_prefix("error: ").unwrap_or(first)))
        }
    }
}

/// A flag of all commands that means nothing to this one, and why.
fn misused(global: &Global, command: &Command) -> Option<(&'static str, &'static str)> {
    let serves = matches!(command, Command::Serve(_));
    let compiles = matches!(command, Command::Due(due) if due.interfaces);
    let remembers = match command {
        Command::Publish(publish) => publish.sending.remembers(),
        Command::Rollback(rollback) => rollback.sending.remembers(),
        _ => false,
    };
    let edits =
        matches!(command, Command::Release(_) | Command::Postfix(_) | Command::Hotfix(_) | Command::PostRelease(_));
    let flags = [
        ("--diff", global.diff && !edits, "changes no file of the workspace"),
        ("--dry-run", global.dry_run && serves, "serves, and cannot only look"),
        ("--dry-run", global.dry_run && compiles, "compiles the crates to compare them, and cannot only look"),
        ("--dry-run", global.dry_run && remembers, "remembers what a person saw, and cannot only look"),
        ("--json", global.json && serves, "gives no answer but the environment to use"),
        ("--train", global.train.is_some() && serves, "serves whatever it is sent, of any train"),
    ];
    flags.into_iter().find(|(_, is_misused, _)| *is_misused).map(|(flag, _, why)| (flag, why))
}

/// The words without the name that cargo gives its subcommand: `cargo train check` runs `cargo-train train check`.
fn typed(words: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    words.enumerate().filter(|(at, word)| *at != 1 || word != "train").map(|(_, word)| word)
}

/// Runs what was typed; the exit code is 0 when done, 1 when refused or failed, 2 for a misused command line.
pub fn main() -> i32 {
    #[cfg(feature = "stand-in")]
    if std::env::args_os().nth(1).is_some_and(|word| word == crate::tools::stand_in::WORD) {
        return stand_in::main(std::env::args_os().skip(1));
    }
    if std::env::args_os().nth(1).is_some_and(|word| word == TRAINS) {
        // Where there is no workspace, a shell has nothing to offer.
        let names = names_of_trains().unwrap_or_default();
        // Nobody reads them when the pipe is closed.
        let _ = std::io::Write::write_all(&mut std::io::stdout(), names.join("\n").as_bytes());
        return 0;
    }
    let words = typed(std::env::args_os());
    let whole = <Cli as clap::CommandFactory>::command();
    #[cfg(feature = "completions")]
    let whole = if TOOL.tool() == Tool::CargoTrain { shell::Printing::command() } else { whole };
    // Where there is no terminal, no line of the help is broken.
    let width = report::width(false).map_or(0, |width| width.min(120));
    let matches = whole.term_width(width).get_matches_from(words);
    #[cfg(feature = "completions")]
    if let Ok(printing) = shell::Printing::from_arg_matches(&matches) {
        return match printing.run() {
            Ok(()) => 0,
            Err(error) => {
                Report::new(false, Loudness::Normal, None).error(&error);
                1
            }
        };
    }
    let Cli { global, command } = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let loudness = match (global.quiet, global.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    };
    let color = match global.color {
        ColorChoice::Auto => None,
        ColorChoice::Always => Some(true),
        ColorChoice::Never => Some(false),
    };
    let report = Report::new(global.json, loudness, color);
    if let Some((flag, why)) = misused(&global, &command) {
        report.error(&anyhow::anyhow!("{flag}: this command {why}: leave it out"));
        return 2;
    }
    run(command, global, &report).unwrap_or_else(|error| {
        if !error.is::<rehearse::Failed>() {
            report.error(&error);
        }
        1
    })
}

fn names_of_trains() -> Result<Vec<String>> {
    let sh = Shell::new()?;
    let loader = Loader::new(&sh, None, None)?;
    let trains = loader.trains(&loader.load(Source::Tree)?)?;
    Ok(trains.iter().map(|train| train.name().to_owned()).collect())
}

fn run(command: Command, global: Global, report: &Report) -> Result<i32> {
    let Global { manifest_path: manifest, train, dry_run, diff, .. } = global;
    let session = &Session { sh: Shell::new()?, report, manifest, train, dry_run, diff };
    let done = match command {
        Command::Release(release) => release.run(session),
        Command::Postfix(postfix) => postfix.run(session),
        Command::Changelog(changelog) => changelog.run(session),
        Command::Hotfix(hotfix) => hotfix.run(session),
        Command::Publish(publish) => publish.run(session),
        Command::Pack(pack) => pack.run(session),
        Command::Rollback(rollback) => rollback.run(session),
        Command::Wheels(wheels) => wheels.run(session),
        Command::Status(status) => status.run(session),
        Command::PostRelease(post_release) => post_release.run(session),
        Command::Due(due) => due.run(session),
        Command::Calendar(calendar) => calendar.run(session),
        Command::Rehearse(rehearse) => rehearse.run(session),
        Command::Serve(serve) => return serve.run(session),
        Command::Smoke(smoke) => smoke.run(session),
        Command::Check(check) => check.run(session, parses),
        Command::Init(init) => init.run(session),
    };
    done.map(|()| 0)
}

#[cfg(any(feature = "completions", test))]
mod shell;
#[cfg(test)]
mod tests;
