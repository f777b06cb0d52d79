//! A Python environment of the tool's own, with maturin and pytest pinned by hash.
//! It must never install into, or take anything from, an environment that somebody else made.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use super::child::Watch;

/// What is installed: every version and hash, no address; pip knows where the user's packages come from.
const REQUIREMENTS: &str = include_str!("../../python-requirements.txt");

/// The linker for wheels of other platforms and older systems.
const ZIG: &str = include_str!("../../zig-requirements.txt");

/// The oldest Python that the pinned tools run on.
const OLDEST: (u32, u32) = (3, 9);

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
        let (python, version) = interpreter(sh)?;
        let mut hasher = DefaultHasher::new();
        (REQUIREMENTS, &version).hash(&mut hasher);
        let dir = target.join("xtask").join(format!("venv-{:016x}", hasher.finish()));
        let environment = Environment { dir: dir.clone() };
        let finished = dir.join("finished");
        if finished.is_file() && environment.python().exists() {
            return Ok(environment);
        }
        let _watch = Watch::start("pip");
        sh.remove_path(&dir)?;
        cmd!(sh, "{python} -m venv {dir}")
            .quiet()
            .run()
            .context("python could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv")?;
        environment.install(sh, REQUIREMENTS)?;
        sh.write_file(&finished, version)?;
        Ok(environment)
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
        let (own, requirements) = (self.python(), self.dir.join("requirements.txt"));
        sh.write_file(&requirements, wanted)?;
        cmd!(sh, "{own} -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement {requirements}")
            .quiet()
            .ignore_stdout()
            .run()
            .context("pip could not install the pinned tools; check that it reaches a package index")
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

/// Where a virtual environment has its programs.
fn bin(dir: &Path) -> PathBuf {
    dir.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

/// The Python to build on, and its version with platform. It is asked once: where a shim stands before it, that takes
/// longer than all that is asked of the index.
fn interpreter(sh: &Shell) -> Result<(&'static str, String)> {
    static FOUND: Mutex<Option<(&str, String)>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if found.is_none() {
        *found = Some(find_interpreter(sh)?);
    }
    found.clone().context("there is no Python")
}

fn find_interpreter(sh: &Shell) -> Result<(&'static str, String)> {
    let ask = "import sys, sysconfig; print(*sys.version_info[:2], sys.version_info[2], sysconfig.get_platform(), sys.base_prefix)";
    for program in ["python3", "python"] {
        let Ok(answer) = cmd!(sh, "{program} -c {ask}").quiet().ignore_stderr().read() else {
            continue;
        };
        let mut numbers = answer.split(' ').map_while(|word| word.parse::<u32>().ok());
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if version < OLDEST {
            bail!(
                "{program} is {}.{}, and Python {}.{} or newer is needed: install one and put it first on PATH",
                version.0,
                version.1,
                OLDEST.0,
                OLDEST.1
            );
        }
        return Ok((program, answer));
    }
    bail!("there is no python3 on PATH: install Python {}.{} or newer", OLDEST.0, OLDEST.1)
}
