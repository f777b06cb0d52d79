//! The registries of a rehearsal, a program of their own: it is built when it is first wanted, since most commands do
//! without. It must never be looked for on the path.

use std::{
    ffi::OsString,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::registries::{self, Registries};
#[cfg(not(feature = "stand-in"))]
use super::{cargo, child, lock};
#[cfg(not(feature = "stand-in"))]
use crate::inherited::without_secrets;
use crate::{inherited::leads_out, repo::TempDir, report::Report};

/// The variable that names the index that pip uses otherwise.
const PROJECTS: &str = "XTASK_PYTHON_INDEX";

/// The running registries; they end with this, or with the tool.
pub struct StandIn {
    process: Child,
    /// Under which cargo, uv, pip, gh and curl talk to them instead of to the public registries.
    pub environment: Vec<(String, String)>,
    /// Open as long as they are wanted.
    _attached: Option<ChildStdin>,
}

/// What they are started with.
#[derive(Default)]
pub struct Wanted {
    pub dir: PathBuf,
    /// 0: any that is free.
    pub port: u16,
    /// Nothing is shown but what is published there.
    pub alone: bool,
    /// Crates that are shown from the beginning, with all published versions but the one that is about to be published.
    pub crates: Vec<String>,
    pub without: Option<String>,
    /// Crates of which nothing is shown that is published elsewhere: it is somebody else's.
    pub hidden: Vec<String>,
    /// Python projects, of which nothing is shown, either.
    pub projects: Vec<String>,
    /// Where pip finds all others.
    pub index: Option<String>,
    /// Private registries that they stand in for, `NAME`, or `NAME=INDEX` where they are read in its place.
    pub registries: Vec<String>,
    /// The directory whose configuration of cargo finds the public registries.
    pub from: PathBuf,
}

impl Wanted {
    /// They get a home of cargo with what is configured, outside of the tree: there, cargo would run what the tree names.
    fn command(&self) -> Result<(Command, TempDir)> {
        let home = TempDir::new()?;
        Registries::of(&self.from)?.write(home.path())?;
        let mut command = program()?;
        // It reads the index that the user has.
        registries::let_in(&mut command);
        command.arg("--dir").arg(std::path::absolute(&self.dir)?).arg("--cargo-home").arg(home.path());
        command.args(["--port", &self.port.to_string()]).args(self.alone.then_some("--alone"));
        let named = [("--hold", &self.crates), ("--hide", &self.hidden), ("--hold-project", &self.projects)];
        for (option, names) in named.into_iter().chain([("--registry", &self.registries)]) {
            command.args(names.iter().flat_map(|name| [option, name]));
        }
        command.args(self.without.iter().flat_map(|version| ["--without", version]));
        command.envs(self.index.iter().map(|index| (PROJECTS, index)));
        Ok((command, home))
    }
}

impl StandIn {
    /// Starts them, so that they end with this.
    pub fn start(report: &Report, wanted: &Wanted) -> Result<StandIn> {
        let (mut command, _home) = wanted.command()?;
        command.arg("--attached");
        // Ctrl-C ends what uses them first.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(report.child_output()).spawn()?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let mut stand_in = StandIn { process, environment: Vec::new(), _attached: stdin };
        for line in stdout.map(BufReader::new).into_iter().flat_map(BufReader::lines) {
            let line = line?;
            let Some((name, value)) = line.strip_prefix("export ").and_then(|pair| pair.split_once('=')) else {
                return Ok(stand_in);
            };
            let value = value.trim_matches('\'').replace(r"'\''", "'");
            stand_in.environment.push((name.to_owned(), value));
        }
        bail!("the registries of the rehearsal did not start: see their output above")
    }

    /// Names the repository in which the forge of a stand-in in that directory merges pull requests.
    pub fn lend(dir: &Path, git: &Path) -> Result<()> {
        let file = dir.join("forge/git.json");
        fs::create_dir_all(dir.join("forge")).with_context(|| file.display().to_string())?;
        fs::write(&file, serde_json::to_string(git)?).with_context(|| file.display().to_string())
    }

    /// Puts a version where a private registry's stand-in that is started in that directory has it from the beginning.
    pub fn stock(dir: &Path, registry: &str, file: &str, line: &str, bytes: &[u8]) -> Result<()> {
        let (crates, file) = (dir.join("at").join(registry).join("crates"), file.to_lowercase());
        let name = serde_json::from_str::<Value>(line)?["name"].as_str().unwrap_or_default().to_lowercase();
        let (index, files) = (crates.join("index"), crates.join("files"));
        for dir in [&index, &files] {
            fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
        }
        let mut lines = fs::OpenOptions::new().create(true).append(true).open(index.join(name))?;
        writeln!(lines, "{line}")?;
        Ok(fs::write(files.join(file), bytes)?)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command with the registries, and gives its exit code.
pub fn run_with(report: &Report, wanted: &Wanted, words: &[OsString]) -> Result<i32> {
    say_building();
    let stand_in = StandIn::start(report, wanted)?;
    let [program, args @ ..] = words else { bail!("no command is given") };
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(leads_out)) {
        command.env_remove(name);
    }
    command.args(args).envs(stand_in.environment.iter().cloned());
    // What is built with another home of cargo would be built anew in the workspace's own directory, and once more after.
    command.env("CARGO_TARGET_DIR", std::path::absolute(wanted.dir.join("target"))?);
    let status = command.status().with_context(|| format!("`{}` did not start", program.to_string_lossy()))?;
    Ok(status.code().unwrap_or(1))
}

/// Serves for people until it is ended, in the place of this program where the system can do that.
pub fn serve(wanted: &Wanted) -> Result<()> {
    say_building();
    let (mut command, home) = wanted.command()?;
    // They remove it themselves.
    std::mem::forget(home);
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command)).context("the registries did not start");
    #[cfg(not(unix))]
    match command.status().context("the registries did not start")? {
        status if status.success() => Ok(()),
        status => bail!("the registries ended with {status}"),
    }
}

fn say_building() {
    if cfg!(feature = "stand-in") {
        return;
    }
    let _ = writeln!(io::stderr(), "building the registries, which takes a while the first time");
}

/// What this program is started with where they are part of it.
#[cfg(feature = "stand-in")]
pub const WORD: &str = "stand-in";

#[cfg(feature = "stand-in")]
fn program() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(WORD);
    Ok(command)
}

/// The program, built from where this tool was and next to it.
#[cfg(not(feature = "stand-in"))]
fn program() -> Result<Command> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("stand-in");
    if !sources.is_dir() {
        bail!(
            "{} is not there, from which the registries of a rehearsal are built: give cargo-train its feature `stand-in`, which is on by default",
            sources.display()
        );
    }
    if cargo::has_tokens() {
        // What it lacks then, the build tells.
        let _ = child::ask(lock::fetch(&sources));
    }
    let mut command = Command::new(cargo::program());
    without_secrets(&mut command);
    command.current_dir(&sources).args(["build", "--quiet", "--message-format", "json-render-diagnostics"]);
    let own = std::env::current_exe()?;
    if let Some(target) = own.ancestors().nth(2).filter(|_| own.parent().is_some_and(|dir| dir.ends_with("debug"))) {
        command.arg("--target-dir").arg(target);
    }
    let output = child::ask(command)?.or(|why| format!("the registries of a rehearsal were not built: {why}"))?;
    let messages = output.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next();
    built.map(Command::new).context("cargo names no program that it built from the registries of a rehearsal")
}
