//! How long the built tool takes on synthetic workspaces, compared with `cargo metadata --no-deps`.
//! It must never touch a workspace but its own, nor fail because an aim is missed: it prints which aims are met.
//!
//! `cargo bench -p xtask --profile dev` measures the profile that `cargo xtask` is built in.

mod tree;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use xshell::{Shell, cmd};

const EXE: &str = env!("CARGO_BIN_EXE_xtask");
/// The dry run may take this many times as long as `cargo metadata --no-deps`.
const DRY_RUN_AIM: f64 = 2.0;
/// The real release may take this many times as long as the dry run.
const RELEASE_AIM: f64 = 2.0;
/// `--help` in seconds.
const HELP_AIM: f64 = 0.2;

/// Time the dry run and the real release on synthetic workspaces, compared with `cargo metadata --no-deps`.
#[derive(Parser)]
struct Options {
    /// How many members; repeatable.
    #[arg(long, value_name = "N", default_values_t = [10, 100, 1_000, 3_000], value_parser = clap::value_parser!(u32).range(2..))]
    members: Vec<u32>,
    /// How often each command is timed; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// `cargo bench` gives it; without it, one small workspace is timed once, to show that this works.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Median seconds of each command on one workspace.
struct Row {
    /// How many members it has, or `public`.
    name: String,
    metadata: f64,
    dry_run: f64,
    /// The real release, with its commit and tag.
    release: f64,
}

fn main() -> Result<()> {
    let mut options = Options::parse();
    if !options.bench {
        (options.members, options.runs) = (vec![3], 1);
    }
    options.members.sort_unstable();
    options.members.dedup();
    let sh = Shell::new()?;
    let temporary = sh.create_temp_dir().context("no temporary directory for the workspaces: set TMPDIR")?;
    let mut rows = Vec::new();
    let sizes = options.members.iter().map(|&members| (members.to_string(), tree::files(members as usize), Past::None));
    let public = options.bench.then(|| ("public".to_owned(), tree::public(), Past::Long));
    for (name, files, past) in sizes.chain(public) {
        let dir = temporary.path().join(&name);
        make(&sh, &dir, &name, files, past)?;
        rows.push(measure(&dir, name, options.runs)?);
        sh.remove_path(&dir)?;
    }
    let helps = (0..=options.runs).map(|_| time(Command::new(EXE).arg("--help")));
    print(&rows, median(helps.collect::<Result<_>>()?));
    Ok(())
}

/// What a repository had before its workspace was committed.
#[derive(PartialEq)]
enum Past {
    None,
    /// The commits and tags of years.
    Long,
}

/// Writes a workspace and commits it, tagged as its version.
fn make(sh: &Shell, dir: &Path, name: &str, files: Vec<tree::File>, past: Past) -> Result<()> {
    eprintln!("{name}: making the workspace");
    for (path, text) in files {
        sh.write_file(dir.join(path), text)?;
    }
    let sh = sh.clone();
    sh.change_dir(dir);
    cmd!(sh, "git init --quiet --initial-branch main").quiet().run()?;
    // The user's own configuration must neither ask for a key nor start packing meanwhile.
    for (key, value) in [
        ("user.name", "bench"),
        ("user.email", "bench@localhost"),
        ("commit.gpgSign", "false"),
        ("tag.gpgSign", "false"),
        ("core.hooksPath", "no-hooks"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
    ] {
        cmd!(sh, "git config {key} {value}").quiet().run()?;
    }
    if past == Past::Long {
        let (commits, tags) = tree::past();
        cmd!(sh, "git fast-import --quiet").stdin(commits).quiet().run()?;
        cmd!(sh, "git update-ref --stdin").stdin(tags).quiet().run()?;
        cmd!(sh, "git pack-refs --all").quiet().run()?;
    }
    let tag = format!("v{}", tree::VERSION);
    cmd!(sh, "git add --all").quiet().run()?;
    cmd!(sh, "git commit --quiet --message workspace").quiet().run()?;
    cmd!(sh, "git tag --annotate --message {tag} {tag}").quiet().run()?;
    Ok(())
}

/// Puts a workspace back to its first commit.
fn reset(dir: &Path) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(dir);
    let tag = format!("v{}", tree::VERSION);
    let tags = cmd!(sh, "git tag --list").quiet().read()?;
    let made: Vec<&str> = tags.lines().filter(|name| *name != tag && !name.starts_with(tree::OTHER_TAGS)).collect();
    if !made.is_empty() {
        cmd!(sh, "git tag --delete {made...}").quiet().ignore_stdout().run()?;
    }
    cmd!(sh, "git reset --quiet --hard {tag}").quiet().run()?;
    // The first status after a reset reads every file again; that cost is not the tool's.
    cmd!(sh, "git status --short").quiet().ignore_stdout().run()?;
    Ok(())
}

/// Times all commands in turn, so that other load on the machine slows each of them. The first run does not count.
fn measure(dir: &Path, name: String, runs: u32) -> Result<Row> {
    let (mut metadata, mut dry_run, mut release) = (vec![], vec![], vec![]);
    for run in 0..=runs {
        match run {
            0 => eprintln!("{name}: warming up"),
            _ => eprintln!("{name}: run {run} of {runs}"),
        }
        let timed = |program: &str, args: &[&str]| time(Command::new(program).args(args).current_dir(dir));
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        metadata.push(timed(&cargo, &["metadata", "--no-deps", "--format-version", "1"])?);
        dry_run.push(timed(EXE, &["release", "minor", "--dry-run"])?);
        release.push(timed(EXE, &["release", "minor", "--waive", "cargo-test"])?);
        reset(dir)?;
    }
    Ok(Row { name, metadata: median(metadata), dry_run: median(dry_run), release: median(release) })
}

/// Seconds from start to end of a whole process, its output thrown away.
fn time(command: &mut Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let shown = format!("{command:?}");
    let begun = Instant::now();
    let output = command.output().with_context(|| format!("{shown} did not start: check that it is installed"))?;
    let seconds = begun.elapsed().as_secs_f64();
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{shown} ended with {}, so it cannot be timed: {}", output.status, stderr.trim());
    }
    Ok(seconds)
}

/// The median of all but the first; of an even number, the mean of the two in the middle.
fn median(seconds: Vec<f64>) -> f64 {
    let mut seconds = seconds[1..].to_vec();
    seconds.sort_by(f64::total_cmp);
    let (low, high) = ((seconds.len() - 1) / 2, seconds.len() / 2);
    (seconds[low] + seconds[high]) / 2.0
}

fn print(rows: &[Row], help: f64) {
    println!("median seconds, and how many times as long as cargo metadata --no-deps:");
    println!("members  metadata       dry run  real release");
    for Row { name, metadata, dry_run, release } in rows {
        let beside = |seconds: f64| format!("{seconds:7.3} {:4.1}x", seconds / metadata);
        println!("{name:>7}   {metadata:7.3} {} {}", beside(*dry_run), beside(*release));
    }
    println!("--help: {help:.3} s");
    let verdict = |met: bool| if met { "met   " } else { "missed" };
    let ratios = rows.iter().map(|row| (row.dry_run / row.metadata, &row.name));
    if let Some((ratio, name)) = ratios.max_by(|a, b| a.0.total_cmp(&b.0)) {
        println!(
            "{} the dry run takes at most {DRY_RUN_AIM} times as long as cargo metadata: {ratio:.2} at {name}",
            verdict(ratio <= DRY_RUN_AIM)
        );
    }
    let real = rows.iter().map(|row| (row.release / row.dry_run, &row.name));
    if let Some((ratio, name)) = real.max_by(|a, b| a.0.total_cmp(&b.0)) {
        println!(
            "{} the real release takes at most {RELEASE_AIM} times as long as the dry run: {ratio:.2} at {name}",
            verdict(ratio <= RELEASE_AIM)
        );
    }
    println!("{} --help takes less than {HELP_AIM} s", verdict(help < HELP_AIM));
}
