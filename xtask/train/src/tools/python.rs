//! A Python environment of the tool's own, with maturin, pytest and twine pinned by hash; and who asks an index without one.
//! It must never install into, or take anything from, an environment that somebody else made.

mod credentials;
pub mod defaults;
pub mod index;
mod interpreter;
pub mod project;

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use anyhow::{Context as _, Result, bail};
use xshell::Shell;

use super::child;
use interpreter::Interpreter;
use plan::problem::Problem;

/// What is installed: every version and hash, no address; pip or uv knows where the user's packages come from.
const REQUIREMENTS: &str = include_str!("../../python-requirements.txt");

/// The linker for wheels of other platforms and older systems.
const ZIG: &str = include_str!("../../zig-requirements.txt");

/// An environment with the pinned tools.
pub struct Environment {
    dir: PathBuf,
}

impl Environment {
    /// Makes the environment below `target`, or takes the one that an earlier call finished.
    pub fn prepare(sh: &Shell, target: &Path) -> Result<Environment> {
        // Several steps may want it at once, and one makes it.
        static MAKING: Mutex<()> = Mutex::new(());
        let _one = MAKING.lock();
        let python = interpreter::find(sh)?;
        let environment = Environment::of(&python, target);
        if environment.is_finished() {
            return Ok(environment);
        }
        sh.remove_path(&environment.dir)?;
        // What `python -m venv` does not make, the machine's uv may.
        environment.make_with_venv(sh, &python).or_else(|problem| match interpreter::uv() {
            Some(mut uv) => {
                sh.remove_path(&environment.dir)?;
                uv.current_dir(sh.current_dir());
                make_bare(uv, &python.executable, &environment.dir)
            }
            None => Err(problem),
        })?;
        environment.install(sh, REQUIREMENTS)?;
        sh.write_file(environment.finished(), &python.version)?;
        Ok(environment)
    }

    /// Asks for Python beside something else: what a shim takes to start it is as long as all planning.
    pub fn look_ahead(sh: &Shell) {
        let sh = sh.clone();
        std::thread::spawn(move || interpreter::find(&sh).is_ok());
    }

    /// What keeps this machine from making the environment; nothing is made.
    pub fn missing(sh: &Shell, target: &Path) -> Option<Problem> {
        let python = match interpreter::find(sh) {
            Ok(python) => python,
            Err(missing) => return Some(missing),
        };
        let is_made = || Environment::of(&python, target).is_finished() || interpreter::uv().is_some();
        (!python.makes_environments && !is_made()).then(|| no_ensurepip(&python))
    }

    fn of(python: &Interpreter, target: &Path) -> Environment {
        let mut hasher = DefaultHasher::new();
        (REQUIREMENTS, &python.version).hash(&mut hasher);
        Environment { dir: target.join("xtask").join(format!("venv-{:016x}", hasher.finish())) }
    }

    fn finished(&self) -> PathBuf {
        self.dir.join("finished")
    }

    fn is_finished(&self) -> bool {
        self.finished().is_file() && self.python().exists()
    }

    fn make_with_venv(&self, sh: &Shell, python: &Interpreter) -> Result<()> {
        if !python.makes_environments {
            bail!(no_ensurepip(python));
        }
        let mut command = python.command(sh);
        command.args(["-m", "venv"]).arg(&self.dir);
        let output = child::ask(command)?;
        if output.ok() {
            return Ok(());
        }
        let (words, why) = (python.words.join(" "), output.last_lines());
        let why = format!("{words} could not make a virtual environment: {}", why.trim_end_matches('.'));
        bail!(Problem::new(why, GET_VENV));
    }

    /// Adds zig, which is large, and needed for few wheels.
    pub fn add_zig(&self, sh: &Shell) -> Result<()> {
        let finished = self.dir.join("finished-zig");
        if !finished.is_file() {
            self.install(sh, ZIG)?;
            sh.write_file(&finished, "")?;
        }
        Ok(())
    }

    fn install(&self, sh: &Shell, wanted: &str) -> Result<()> {
        let requirements = self.dir.join("requirements.txt");
        sh.write_file(&requirements, wanted)?;
        let (mut command, what) = match self.has_pip() {
            true => {
                let mut command = Command::new(self.python());
                command.args(["-m", "pip", "install", "--disable-pip-version-check"]);
                (command, "pip")
            }
            false => {
                let mut command = interpreter::uv().context("uv is not found")?;
                command.args(["pip", "install", "--no-progress", "--python"]).arg(self.python());
                (command, "uv")
            }
        };
        command
            .args(["--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--requirement"])
            .arg(&requirements);
        command.current_dir(sh.current_dir());
        let failed =
            |why| format!("{what} could not install the pinned tools: {why}; check that it reaches a package index");
        child::ask(command)?.or(failed).map(drop)
    }

    /// An environment that uv made has none.
    pub fn has_pip(&self) -> bool {
        let mut command = Command::new(self.python());
        command.args(["-I", "-c", "import pip"]);
        child::ask(command).is_ok_and(|output| output.ok())
    }

    /// Makes an empty environment in `dir`, of the same Python.
    pub fn make_another(&self, dir: &Path) -> Result<()> {
        make_bare(self.uv()?, &self.python(), dir)
    }

    pub fn python(&self) -> PathBuf {
        Environment::python_in(&self.dir)
    }

    /// The interpreter of the virtual environment in `dir`.
    pub fn python_in(dir: &Path) -> PathBuf {
        bin(dir).join(if cfg!(windows) { "python.exe" } else { "python" })
    }

    /// uv, the pinned one.
    pub fn uv(&self) -> Result<Command> {
        let mut command = Command::new(bin(&self.dir).join(if cfg!(windows) { "uv.exe" } else { "uv" }));
        // Which Python it reasons for; what it finds elsewhere may be another.
        command.envs(self.variables()?);
        Ok(command)
    }

    /// Variables under which a child takes this environment for the active one.
    pub fn variables(&self) -> Result<Vec<(&'static str, std::ffi::OsString)>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(bin(&self.dir)).chain(std::env::split_paths(&path)))?;
        Ok(vec![("VIRTUAL_ENV", self.dir.clone().into()), ("PATH", path), ("PYTHONDONTWRITEBYTECODE", "1".into())])
    }
}

const GET_VENV: &str = "apt install python3-venv (Debian and Ubuntu), or install uv";

fn no_ensurepip(python: &Interpreter) -> Problem {
    let words = python.words.join(" ");
    Problem::new(format!("{words} has no ensurepip, so it cannot make a virtual environment"), GET_VENV)
}

/// Where a virtual environment has its programs.
fn bin(dir: &Path) -> PathBuf {
    dir.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

/// Makes an environment with nothing in it.
fn make_bare(mut uv: Command, python: &Path, dir: &Path) -> Result<()> {
    uv.args(["venv", "--quiet", "--no-project", "--python"]).arg(python).arg(dir);
    child::ask(uv)?.or(|why| format!("uv could not make a virtual environment: {why}")).map(drop)
}

/// uv as it is found, for who only asks: of an environment that is finished, else the machine's.
pub fn uv_as_found(target: &Path) -> Result<Option<Command>> {
    let made = fs::read_dir(target.join("xtask")).into_iter().flatten().flatten().map(|entry| entry.path());
    let made = made.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("venv-")));
    let finished = made.map(|dir| Environment { dir }).find(Environment::is_finished);
    finished.map(|environment| environment.uv()).transpose().map(|own| own.or_else(interpreter::uv))
}
