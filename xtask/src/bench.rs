//! How long the tool takes on synthetic workspaces, beside the programs that people would compare it with.
//! It must never touch a workspace but its own, nor judge: it says which aims were met, and succeeds.

mod tree;

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::json;
use xshell::{Shell, cmd};

use crate::{report::Report, tools::cargo};

/// The dry run may take this many times as long as `cargo metadata --no-deps`.
const DRY_RUN_AIM: f64 = 2.0;
/// `cargo set-version` is not timed on more members than this.
const SET_VERSION_LIMIT: usize = 1_000;
/// `--help` in seconds.
const HELP_AIM: f64 = 0.2;

/// Median seconds of each command on a workspace of one size.
#[derive(Debug, Serialize)]
struct Row {
    members: usize,
    metadata: f64,
    dry_run: f64,
    /// The real release, with its commit and tag.
    edit: f64,
    /// `cargo set-version --workspace`; `None` when it is not installed or would take minutes.
    set_version: Option<f64>,
}

/// Times the tool on workspaces of these sizes, each command `runs` times after one that does not count.
pub fn bench(report: &Report, sizes: &[usize], runs: usize) -> Result<()> {
    if runs == 0 {
        bail!("--runs 0 times nothing: name one at least, as in `cargo xtask bench --runs 5`");
    }
    if let Some(size) = sizes.iter().find(|size| **size < 2) {
        bail!("--members {size} leaves nothing to require: name two at least, as in `cargo xtask bench --members 10`");
    }
    let mut sizes = sizes.to_vec();
    sizes.sort_unstable();
    sizes.dedup();
    let sh = Shell::new()?;
    let temporary = sh.create_temp_dir().context("no room for synthetic workspaces: set TMPDIR")?;
    let exe = std::env::current_exe().context("the tool cannot find its own program: start it by its full path")?;
    let others = Others { exe: &exe, set_version: has_set_version() };
    if !others.set_version {
        report.say("cargo set-version is not installed: no comparison (cargo install cargo-edit)");
    }
    let mut rows = Vec::new();
    for &members in &sizes {
        report.say(format!("{members} members: making the workspace"));
        let dir = temporary.path().join(members.to_string());
        make(&sh, &dir, members)?;
        rows.push(others.measure(report, &dir, members, runs)?);
        sh.remove_path(&dir)?;
    }
    let mut helps = Vec::new();
    for run in 0..=runs {
        let seconds = time(Command::new(&exe).arg("--help"))?;
        helps.extend((run > 0).then_some(seconds));
    }
    let help = median(helps);
    tell(report, &rows, help);
    if report.json {
        report.json(&json!({
            "runs": runs,
            "seconds": rows,
            "help": help,
            "aims": { "dry-run": worst(&rows).map(|(ratio, _)| ratio <= DRY_RUN_AIM), "help": help < HELP_AIM },
        }));
    }
    Ok(())
}

/// Writes a workspace and commits it, tagged as its version.
fn make(sh: &Shell, dir: &Path, members: usize) -> Result<()> {
    for (path, text) in tree::files(members) {
        sh.write_file(dir.join(path), text)?;
    }
    let sh = sh.clone();
    sh.change_dir(dir);
    cmd!(sh, "git init --quiet --initial-branch main").quiet().run()?;
    // Whatever the user's own configuration says: nobody is asked for a key, and nothing is packed meanwhile.
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
    let made: Vec<&str> = tags.lines().filter(|name| *name != tag).collect();
    if !made.is_empty() {
        cmd!(sh, "git tag --delete {made...}").quiet().ignore_stdout().run()?;
    }
    cmd!(sh, "git reset --quiet --hard {tag}").quiet().run()?;
    // The first status after it looks into every file again; that is nobody's cost but ours.
    cmd!(sh, "git status --short").quiet().ignore_stdout().run()?;
    Ok(())
}

/// The programs that are compared.
struct Others<'a> {
    exe: &'a Path,
    set_version: bool,
}

impl Others<'_> {
    /// Times all commands in turn, so that whatever else the machine does slows each of them.
    fn measure(&self, report: &Report, dir: &Path, members: usize, runs: usize) -> Result<Row> {
        let (mut metadata, mut dry_run, mut edit) = (vec![], vec![], vec![]);
        for run in 0..=runs {
            if run == 0 {
                report.say(format!("{members} members: warming up"));
            } else {
                report.say(format!("{members} members: run {run} of {runs}"));
            }
            let counts = run > 0;
            let mut peer = Command::new(cargo::program());
            peer.args(["metadata", "--no-deps", "--format-version", "1"]);
            metadata.extend(Some(time(peer.current_dir(dir))?).filter(|_| counts));
            let mut dry = Command::new(self.exe);
            dry.args(["release", "minor", "--dry-run"]);
            dry_run.extend(Some(time(dry.current_dir(dir))?).filter(|_| counts));
            let mut real = Command::new(self.exe);
            real.args(["release", "minor", "--waive", "cargo-test"]);
            edit.extend(Some(time(real.current_dir(dir))?).filter(|_| counts));
            reset(dir)?;
        }
        // Its cost grows with the square of the members, so it is timed once, and not on the largest workspaces.
        let set_version = (self.set_version && members <= SET_VERSION_LIMIT).then(|| {
            report.say(format!("{members} members: cargo set-version, once"));
            let mut other = Command::new(cargo::program());
            other.args(["set-version", "--workspace", "--offline", "--bump", "minor"]);
            time(other.current_dir(dir)).and_then(|seconds| reset(dir).map(|()| seconds))
        });
        Ok(Row {
            members,
            metadata: median(metadata),
            dry_run: median(dry_run),
            edit: median(edit),
            set_version: set_version.transpose()?,
        })
    }
}

fn has_set_version() -> bool {
    let mut ask = Command::new(cargo::program());
    ask.args(["set-version", "--version"]);
    ask.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Seconds from start to end of a whole process, its output thrown away.
fn time(command: &mut Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let shown = format!("{command:?}");
    let begun = Instant::now();
    let output = command.output().with_context(|| format!("{shown} did not start: check that it is installed"))?;
    let seconds = begun.elapsed().as_secs_f64();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{shown} ended with {}, so it cannot be timed: {}", output.status, said.trim());
    }
    Ok(seconds)
}

/// The middle one; of an even number, the mean of the two in the middle.
fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let (low, high) = (seconds.len().saturating_sub(1) / 2, seconds.len() / 2);
    let at = |at: usize| seconds.get(at).copied().unwrap_or_default();
    (at(low) + at(high)) / 2.0
}

/// The size at which the dry run is furthest behind `cargo metadata`, and by how much.
fn worst(rows: &[Row]) -> Option<(f64, usize)> {
    let ratios = rows.iter().map(|row| (row.dry_run / row.metadata, row.members));
    ratios.max_by(|a, b| a.0.total_cmp(&b.0))
}

fn tell(report: &Report, rows: &[Row], help: f64) {
    let with_set_version = rows.iter().any(|row| row.set_version.is_some());
    report.warn("");
    report.warn("median seconds, and how many times as long as cargo metadata --no-deps:");
    let last = if with_set_version { "   set-version" } else { "" };
    report.warn(format!("members  metadata       dry run  real release{last}"));
    for row in rows {
        let beside = |seconds: f64| format!("{seconds:7.3} {:4.1}x", seconds / row.metadata);
        let last = row.set_version.map(|seconds| format!(" {}", beside(seconds))).unwrap_or_default();
        report.warn(format!(
            "{:7}   {:7.3} {} {}{last}",
            row.members,
            row.metadata,
            beside(row.dry_run),
            beside(row.edit)
        ));
    }
    report.warn("");
    report.warn("microseconds per member, and (of each member more than at the size before):");
    report.warn("members           metadata            dry run       real release");
    let mut before: Option<&Row> = None;
    for row in rows {
        let growth = |of: fn(&Row) -> f64| {
            let more = before.map(|before| (of(row) - of(before)) / (row.members - before.members) as f64);
            let more = more.map(|more| format!("({:.0})", more * 1e6)).unwrap_or_default();
            format!("{:9.0} {more:>8}", of(row) / row.members as f64 * 1e6)
        };
        report.warn(format!(
            "{:7} {} {} {}",
            row.members,
            growth(|row| row.metadata),
            growth(|row| row.dry_run),
            growth(|row| row.edit)
        ));
        before = Some(row);
    }
    report.warn("");
    report.warn(format!("--help: {help:.3} s"));
    let verdict = |met: bool| if met { "met   " } else { "missed" };
    if let Some((ratio, members)) = worst(rows) {
        report.warn(format!(
            "{} the dry run takes at most {DRY_RUN_AIM} times as long as cargo metadata: {ratio:.2} at {members} members",
            verdict(ratio <= DRY_RUN_AIM)
        ));
    }
    report.warn(format!("{} --help takes less than {HELP_AIM} s", verdict(help < HELP_AIM)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(vec![7.0]), 7.0);
    }
}
