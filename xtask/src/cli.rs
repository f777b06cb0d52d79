//! The command line: what can be typed, with examples.
//! It must never hold logic; it turns words into calls.

use std::{path::PathBuf, time::Duration};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ErrorKind},
};

use crate::{
    basis::Intent,
    commands, rehearse,
    report::{Loudness, Report},
    session::{self, Call},
};
use plan::{
    config::Channel,
    draft::Options,
    names,
    patience::LONGEST_WAIT,
    postfix::Fix,
    publish,
    release::Goal,
    rollback,
    step::Lane,
    version::{Dialect, Version},
};

/// Releases a workspace of Rust crates and Python wheels as one coherent version.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 120)]
#[command(
    after_help = "release, postfix, hotfix, smoke, publish, pack, post-release, rollback, wheels and status --issue take --dry-run: it looks, says what the real run would do, and touches nothing."
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
    #[arg(long, global = true, value_name = "NAME", value_parser = word)]
    train: Option<String>,
    /// Only look: print the plan and the diffs, change nothing.
    #[arg(long, global = true)]
    dry_run: bool,
    /// One JSON document on standard output; people are talked to on standard error.
    #[arg(long, global = true)]
    json: bool,
    /// Set a finding or a proof aside, by its name; it is written into the tag's message.
    #[arg(long, global = true, value_name = "NAME")]
    waive: Vec<String>,
    /// Say that you have seen what only a person can see, by its name; it is written into the tag's message.
    #[arg(long, global = true, value_name = "NAME")]
    confirm: Vec<String>,
    /// Say only what is wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say every reason for every file.
    #[arg(short, long, global = true)]
    verbose: bool,
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// Bump, prove, commit and tag.
    ///
    /// Without VERSION, everything is aligned with the version that the driver has: release-plz bumped it.
    #[command(
        after_help = "Examples:\n  cargo xtask release 0.10.0 --dry-run\n  cargo xtask release minor --push\n  cargo xtask release 0.10.0-rc.1\n  cargo xtask release patch --train market-data"
    )]
    Release {
        /// A version, or one of major, minor, patch, alpha, beta, rc.
        #[arg(value_parser = |text: &str| Goal::parse(text).map_err(|error| error.to_string()))]
        version: Option<Goal>,
        /// Push the branch and the tag in one transaction.
        #[arg(long)]
        push: bool,
    },
    /// Make a post release (0.9.3.post1) of the wheels for a Python-only fix.
    ///
    /// Without --note, what stands under Unreleased in the changelog says what the fix is.
    #[command(after_help = "Examples:\n  cargo xtask postfix --note \"fix NaN in Sharpe\" --issue 123")]
    Postfix {
        /// What the fix is, for the changelog and the release notes.
        #[arg(long, value_parser = said)]
        note: Option<String>,
        /// The number of the issue that it fixes.
        #[arg(long, requires = "note", value_parser = clap::value_parser!(u64).range(1..=u32::MAX.into()))]
        issue: Option<u64>,
        /// Push the branch and the tag in one transaction.
        #[arg(long)]
        push: bool,
    },
    /// Show the changelog sections that a release would write; only looks.
    ///
    /// Without VERSION it is the release at the head, else the version that `due` proposes, else the next patch; without
    /// --train, every train's. With -v, where each entry comes from.
    #[command(after_help = "Examples:\n  cargo xtask changelog\n  cargo xtask changelog patch -v --train barter")]
    Changelog {
        /// A version, or one of major, minor, patch, alpha, beta, rc.
        #[arg(value_parser = |text: &str| Goal::parse(text).map_err(|error| error.to_string()))]
        version: Option<Goal>,
    },
    /// Release a fix of a released version, from a branch at its tag, and bring it back into main.
    ///
    /// The branch `hotfix/v0.9.4` is made at `v0.9.3`, and waits for the fix. With the fix committed there, the same
    /// command bumps, proves, commits and tags, and merges: main keeps its versions where they are higher. Without
    /// VERSION, it is the hotfix that is under way, else the next patch of the newest release.
    #[command(
        after_help = "Examples:\n  cargo xtask hotfix 0.9.4 --dry-run\n  cargo xtask hotfix 0.9.4\n  git cherry-pick 1a2b3c4 && cargo xtask hotfix --push\n  cargo xtask hotfix 1.2.4 --train market-data"
    )]
    Hotfix {
        /// The version to release: one patch above a released one.
        #[arg(value_parser = released)]
        version: Option<Version>,
        /// Push the main branch and the tag in one transaction.
        #[arg(long)]
        push: bool,
    },
    /// Send what is tagged to registries, forge and channels; run again, it goes on.
    ///
    /// Without VERSION, the tag at the head says it. Tokens come from the environment, or from trusted publishing in CI.
    #[command(
        after_help = "Examples:\n  cargo xtask publish 0.10.0 --dry-run\n  cargo xtask publish --only crates\n  cargo xtask publish 0.10.0 --only wheels --dist dist"
    )]
    Publish {
        #[arg(value_parser = released)]
        version: Option<Version>,
        /// Act in these lanes only.
        #[arg(long, value_name = "LANE", value_delimiter = ',')]
        only: Vec<LaneName>,
        /// Leave these lanes out: what is theirs is neither sent nor looked for.
        #[arg(long, value_name = "LANE", value_delimiter = ',')]
        without: Vec<LaneName>,
        /// The wheels of this machine's platform will do, whatever the train's `platforms` say.
        #[arg(long)]
        here: bool,
        /// Take wheels and source distributions from this directory instead of building them.
        #[arg(long, value_name = "DIR")]
        dist: Option<PathBuf>,
        /// Take packages and images from this directory, where `pack` put them, and compile nothing.
        ///
        /// The crates are packed again, and each package must be the same byte for byte.
        #[arg(long, value_name = "DIR")]
        packed: Option<PathBuf>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Make the packages and images that `publish --packed` sends, on a machine that holds no token.
    ///
    /// It packs and builds the commit at the head as `publish` does, and puts packages and archives of images into DIR.
    #[command(
        after_help = "Examples:\n  cargo xtask pack --out packed\n  cargo xtask pack --train market-data --without images"
    )]
    Pack {
        /// Leave these lanes out.
        #[arg(long, value_name = "LANE", value_delimiter = ',')]
        without: Vec<LaneName>,
        /// Where the files go.
        #[arg(long, value_name = "DIR", default_value = "packed")]
        out: PathBuf,
    },
    /// Take a release back, as far as the world allows: yank, point latest back, revert, and tag what is gone back to.
    ///
    /// What was pushed is never moved or deleted; what nobody else has is simply unmade. Run again, it goes on.
    #[command(
        after_help = "Examples:\n  cargo xtask rollback 0.10.0 --dry-run\n  cargo xtask rollback 0.10.0 --reason \"orders are sent twice (#128)\"\n  cargo xtask rollback 0.4.0 --train market-data --without images"
    )]
    Rollback {
        #[arg(value_parser = released)]
        version: Version,
        /// Why, in one line: for the forge, the revert, the tag and the channels.
        #[arg(long, value_name = "TEXT", value_parser = one_line)]
        reason: Option<String>,
        /// Leave these lanes out: what is theirs is neither taken back nor looked for.
        #[arg(long, value_name = "LANE", value_delimiter = ',')]
        without: Vec<LaneName>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Build the train's wheels for one platform in a fresh target directory, and try them as installed.
    #[command(
        after_help = "Examples:\n  cargo xtask wheels --sdist\n  cargo xtask wheels --target aarch64-unknown-linux-musl --zig --out dist"
    )]
    Wheels {
        /// The platform to build for, as rustc calls it; without it, this machine's.
        #[arg(long, value_name = "TRIPLE", value_parser = word)]
        target: Option<String>,
        /// Link with zig, for systems as old as manylinux2014 and musllinux_1_2.
        #[arg(long)]
        zig: bool,
        /// Build the source distribution as well.
        #[arg(long)]
        sdist: bool,
        /// Where the files go.
        #[arg(long, value_name = "DIR", default_value = "dist")]
        out: PathBuf,
    },
    /// The captain's checklist: where each train stands, what of its last release is done, and what is next.
    ///
    /// Without VERSION, exit code 1 says that something is overdue. With it, the publication of that version alone is
    /// looked at: what is done, by what evidence, since when; exit code 0 when all of it is.
    #[command(
        after_help = "Examples:\n  cargo xtask status\n  cargo xtask status --train market-data --json\n  cargo xtask status 0.10.0 -v"
    )]
    Status {
        #[arg(value_parser = released)]
        version: Option<Version>,
        /// The wheels of this machine's platform will do, whatever the train's `platforms` say.
        #[arg(long)]
        here: bool,
        /// Tell what is overdue in one issue on the forge: opened, updated, or closed when all is well.
        #[arg(long, conflicts_with = "version")]
        issue: bool,
    },
    /// After a release: deployment manifests, follow-ups and the next development version, as one commit on main.
    ///
    /// All of the publication must be there; without VERSION it is that of the tag at the head, else the newest. Nothing
    /// is pushed unless --push is given.
    #[command(
        after_help = "Examples:\n  cargo xtask post-release --dry-run\n  cargo xtask post-release 0.10.0 --push\n  cargo xtask post-release 1.3.0 --train market-data"
    )]
    PostRelease {
        #[arg(value_parser = released)]
        version: Option<Version>,
        /// Push the main branch with the commit.
        #[arg(long)]
        push: bool,
        /// Leave these lanes out: what is theirs is not looked for, and not deployed.
        #[arg(long, value_name = "LANE", value_delimiter = ',')]
        without: Vec<LaneName>,
        /// The wheels of this machine's platform will do, whatever the train's `platforms` say.
        #[arg(long)]
        here: bool,
    },
    /// Whether a release of each train is due, why, and which version it should get.
    ///
    /// It looks at what users see of the changes since the last tag, at the release day, at the driver's version and, on
    /// the forge, at merged pull requests with the label `priority`; with --interfaces, at what cargo semver-checks says.
    #[command(
        after_help = "Examples:\n  cargo xtask due\n  cargo xtask due --interfaces\n  cargo xtask due --train market-data --json"
    )]
    Due {
        /// Compare the crates' interfaces with cargo semver-checks, which builds them: their build scripts run.
        #[arg(long)]
        interfaces: bool,
    },
    /// The days of the trains: preparation, release and what follows, with what each asks for and who leads.
    ///
    /// The trains' `cadence` says which weekday of the month, `captains` whose turn it is.
    #[command(after_help = "Examples:\n  cargo xtask calendar --months 12\n  cargo xtask calendar --ics releases.ics")]
    Calendar {
        /// How many releases of each train are shown.
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=120))]
        months: u16,
        /// Write them as iCalendar, too; imported again, it updates what is there.
        #[arg(long, value_name = "FILE")]
        ics: Option<PathBuf>,
    },
    /// Rehearse the whole release in a throw-away clone, against local registries, and then live as a user.
    ///
    /// Nothing outside is reached but the package registries; tokens, remote and forge are the rehearsal's own. Without
    /// VERSION it is the release at the head, else the version that `due` proposes, else the next patch; with neither
    /// VERSION nor --train, every train in turn.
    #[command(
        after_help = "Examples:\n  cargo xtask rehearse\n  cargo xtask rehearse 0.10.0 --page rehearsal.html\n  cargo xtask rehearse minor --train market-data"
    )]
    Rehearse {
        /// A version, or one of major, minor, patch, alpha, beta, rc.
        #[arg(value_parser = |text: &str| Goal::parse(text).map_err(|error| error.to_string()))]
        version: Option<Goal>,
        /// Where the report goes as an HTML page; without it, into cargo's target directory.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
        /// Leave the clone and what the registries hold, for looking at.
        #[arg(long)]
        keep: bool,
    },
    /// Serve the registries of a rehearsal for trying things by hand, to a command or until Ctrl-C.
    ///
    /// Without a command it prints the environment to use.
    #[command(
        after_help = "Examples:\n  cargo xtask serve --dir registries -- cargo publish\n  cargo xtask serve --dir registries -- bash\n  cargo xtask serve --dir registries --port 8080"
    )]
    Serve {
        /// Where they keep what they are sent.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The port on the loopback interface; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Know of no crate but those that are published here.
        #[arg(long, hide = true)]
        alone: bool,
        /// Stand in for the private registry of this name, too, which asks for a token.
        #[arg(long, value_name = "NAME", value_parser = registry)]
        registry: Vec<String>,
        /// What to run with them; they end with it.
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<std::ffi::OsString>,
    },
    /// Run every proof of the train: tests, wheel, image.
    #[command(
        after_help = "Examples:\n  cargo xtask smoke\n  cargo xtask smoke --train market-data\n  cargo xtask smoke --waive image"
    )]
    Smoke,
    /// Run every check on the workspace as it is.
    #[command(
        after_help = "Examples:\n  cargo xtask check\n  cargo xtask check --json\n  cargo xtask check --manifest-path ../other/Cargo.toml"
    )]
    Check,
}

/// What `publish` and `rollback` are told of sending.
#[derive(Args)]
struct Sending {
    /// How long a registry may take to show what it accepted, or to get well again.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(..=LONGEST_WAIT))]
    deadline: u64,
    /// The message that was cut off is in this channel, or the mail is sent: somebody looked.
    #[arg(long, value_name = "CHANNEL")]
    announced: Vec<ChannelName>,
    /// The message that was cut off is not in this channel: send it.
    #[arg(long, value_name = "CHANNEL")]
    announce_again: Vec<ChannelName>,
}

impl Sending {
    fn told(self) -> (Duration, Vec<(Channel, bool)>) {
        let seen = self.announced.into_iter().map(|name| (name.into(), true));
        let settled = seen.chain(self.announce_again.into_iter().map(|name| (name.into(), false))).collect();
        (Duration::from_secs(self.deadline), settled)
    }
}

/// What `--only` and `--without` name.
#[derive(Clone, Copy, ValueEnum)]
enum LaneName {
    Crates,
    Wheels,
    Images,
    Forge,
    Announce,
}

impl From<LaneName> for Lane {
    fn from(name: LaneName) -> Lane {
        match name {
            LaneName::Crates => Lane::Crates,
            LaneName::Wheels => Lane::Wheels,
            LaneName::Images => Lane::Images,
            LaneName::Forge => Lane::Forge,
            LaneName::Announce => Lane::Announce,
        }
    }
}

/// What `announce` may list.
#[derive(Clone, Copy, ValueEnum)]
enum ChannelName {
    Discord,
    Slack,
    Mail,
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Channel {
        match name {
            ChannelName::Discord => Channel::Discord,
            ChannelName::Slack => Channel::Slack,
            ChannelName::Mail => Channel::Mail,
        }
    }
}

/// A version that has a tag: `0.10.0`, `v0.10.0`, `0.9.3.post1`.
fn released(text: &str) -> Result<Version, String> {
    Version::parse(text.strip_prefix('v').unwrap_or(text), Dialect::Tag).map_err(|error| format!("{error:#}"))
}

/// What other programs are given as a word of its own.
fn word(text: &str) -> Result<String, String> {
    names::check_word(text).map(|()| text.to_owned())
}

fn registry(text: &str) -> Result<String, String> {
    names::check_registry(text).map(|()| text.to_owned())
}

/// A text that says something.
fn said(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is blank: say it, or leave the option out".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn one_line(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => said(text),
        text if text.contains('\n') => Err("one line is wanted: the whole story belongs in the issue".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// Whether `cargo xtask` understands the words; those with a `$` are filled in elsewhere, and may become anything.
pub fn parses(words: &[String]) -> Result<(), String> {
    let typed = std::iter::once("cargo xtask").chain(words.iter().map(String::as_str));
    let Err(error) = Cli::try_parse_from(typed) else { return Ok(()) };
    let contexts = [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let unknown = contexts.into_iter().filter_map(|kind| error.get(kind)).any(|value| value.to_string().contains('$'));
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(()),
        _ if unknown => Ok(()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Err("`cargo xtask` alone does nothing".to_owned()),
        _ => {
            let said = error.to_string();
            let first = said.lines().next().unwrap_or_default();
            Err(format!("`cargo xtask {}`: {}", words.join(" "), first.strip_prefix("error: ").unwrap_or(first)))
        }
    }
}

/// A flag of all commands that means nothing to this one, and why.
fn misused(global: &Global, command: &Command) -> Option<(&'static str, &'static str)> {
    let confirms = matches!(command, Command::Release { .. } | Command::Postfix { .. } | Command::Hotfix { .. });
    let waives = confirms || matches!(command, Command::Publish { .. } | Command::Smoke | Command::Rehearse { .. });
    let serves = matches!(command, Command::Serve { .. });
    let compiles = matches!(command, Command::Due { interfaces: true });
    let remembers = match command {
        Command::Publish { sending, .. } | Command::Rollback { sending, .. } => {
            !sending.announced.is_empty() || !sending.announce_again.is_empty()
        }
        _ => false,
    };
    let flags = [
        ("--waive", !global.waive.is_empty() && !waives, "has nothing to set aside"),
        ("--confirm", !global.confirm.is_empty() && !confirms, "has nothing to confirm"),
        ("--dry-run", global.dry_run && serves, "serves, and cannot only look"),
        ("--dry-run", global.dry_run && compiles, "compiles the crates to compare them, and cannot only look"),
        ("--dry-run", global.dry_run && remembers, "remembers what a person saw, and cannot only look"),
        ("--json", global.json && serves, "gives no answer but the environment to use"),
        ("--train", global.train.is_some() && serves, "serves whatever it is sent, of any train"),
    ];
    flags.into_iter().find(|(_, is_misused, _)| *is_misused).map(|(flag, _, why)| (flag, why))
}

/// Runs what was typed; the exit code is 0 when done, 1 when refused or failed, 2 for a misused command line.
pub fn main() -> i32 {
    let Cli { global, command } = Cli::parse();
    let loudness = match (global.quiet, global.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    };
    let color = match global.color {
        Color::Auto => None,
        Color::Always => Some(true),
        Color::Never => Some(false),
    };
    let report = Report::new(global.json, loudness, color);
    if let Some((flag, why)) = misused(&global, &command) {
        report.error(&anyhow::anyhow!("{flag}: this command {why}: leave it out"));
        return 2;
    }
    let call = Call { report: &report, manifest: global.manifest_path, train: global.train, dry_run: global.dry_run };
    let (waive, confirm) = (global.waive, global.confirm);
    let result = match command {
        Command::Release { version, push } => {
            let intent = Intent::Release(version.unwrap_or(Goal::Align));
            session::make(&call, &intent, &Options { push, waive, confirm, ..Options::default() })
        }
        Command::Postfix { note, issue, push } => session::make(
            &call,
            &Intent::Postfix(Fix { note, issue }),
            &Options { push, waive, confirm, ..Options::default() },
        ),
        Command::Hotfix { version, push } => {
            session::make(&call, &Intent::Hotfix(version), &Options { push, waive, confirm, ..Options::default() })
        }
        Command::Publish { version, only, without, here, dist, packed, sending } => {
            let lanes = |named: Vec<LaneName>| named.into_iter().map(Lane::from).collect();
            // Counted from where it was typed, not from the top of the repository.
            let from_here = |dir: PathBuf| std::path::absolute(&dir).unwrap_or(dir);
            let (dist, packed) = (dist.map(from_here), packed.map(from_here));
            let options = publish::Options {
                only: lanes(only),
                without: lanes(without),
                dist,
                packed,
                here,
                waive,
                ..publish::Options::default()
            };
            let (deadline, settled) = sending.told();
            commands::publish::publish(&call, version.as_ref(), &options, deadline, &settled)
        }
        Command::Rollback { version, reason, without, sending } => {
            let options = rollback::Options { reason, without: without.into_iter().map(Lane::from).collect() };
            let (deadline, settled) = sending.told();
            commands::rollback::rollback(&call, &version, &options, deadline, &settled)
        }
        Command::Pack { without, out } => {
            commands::pack::pack(&call, without.into_iter().map(Lane::from).collect(), &out)
        }
        Command::Wheels { target, zig, sdist, out } => {
            commands::wheels::wheels(&call, &commands::wheels::Wanted { target, zig, sdist, out })
        }
        Command::PostRelease { version, push, without, here } => {
            let without = without.into_iter().map(Lane::from).collect();
            let options = publish::Options { without, here, ..publish::Options::default() };
            commands::post_release::post_release(&call, version.as_ref(), &options, push)
        }
        Command::Status { version: Some(version), here, .. } => commands::status::status(&call, &version, here),
        Command::Status { version: None, here, issue } => commands::status::overview(&call, here, issue),
        Command::Due { interfaces } => commands::due::due(&call, &commands::due::Wanted { interfaces }),
        Command::Calendar { months, ics } => {
            // Counted from where it was typed, not from the top of the repository.
            let ics = ics.map(|file| std::path::absolute(&file).unwrap_or(file));
            commands::calendar::calendar(&call, &commands::calendar::Wanted { months: months.into(), ics })
        }
        Command::Changelog { version } => commands::changelog::changelog(&call, version.as_ref()),
        Command::Rehearse { version, page, keep } => {
            rehearse::rehearse(&call, &rehearse::Options { goal: version, page, keep, waive })
        }
        Command::Serve { dir, port, alone, registry: registries, command } => {
            match commands::serve::serve(
                &call,
                crate::tools::stand_in::Wanted {
                    dir,
                    port,
                    alone,
                    registries,
                    hidden: Vec::new(),
                    projects: Vec::new(),
                    index: None,
                    from: PathBuf::new(),
                },
                &command,
            ) {
                Ok(code) => return code,
                Err(error) => Err(error),
            }
        }
        Command::Smoke => commands::smoke::smoke(&call, &waive),
        Command::Check => commands::check::check(&call),
    };
    match result {
        Ok(()) => 0,
        Err(error) => {
            if !error.is::<rehearse::Failed>() {
                report.error(&error);
            }
            1
        }
    }
}

#[cfg(test)]
mod tests;
