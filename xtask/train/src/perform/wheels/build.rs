//! Wheels and source distributions as they are built from the tagged commit, or found where they were built.
//! They must never be taken for this release's by the directory that they lie in.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::{
    super::{
        Context,
        publish::{self, Hashes},
    },
    installed::try_installed,
    listed::index,
};
use crate::{
    inherited::without_secrets,
    tools::{child, lock, python::Environment},
};
use plan::{
    config::SDIST,
    edit::count,
    hash,
    pep503::normalized,
    publish::missing,
    pypi,
    step::{Dist, Observation},
    tool::TOOL,
};

/// The name of the file beside what is built here that says of which commit it is.
const MARKER: &str = "commit";

/// Where the files are.
pub fn dir(cx: &Context<'_>, dist: &Dist) -> PathBuf {
    match &dist.from {
        Some(dir) => cx.sh.current_dir().join(dir),
        None => publish::place(cx, &dist.of).join("dist").join(normalized(&dist.name)),
    }
}

/// The project's files of this version that are in its directory.
pub fn files(cx: &Context<'_>, dist: &Dist) -> Result<Hashes> {
    files_in(&dir(cx, dist), dist)
}

/// The project's files of this version that are in a directory.
pub fn files_in(dir: &Path, dist: &Dist) -> Result<Hashes> {
    let mut found = Hashes::new();
    let Ok(entries) = fs::read_dir(dir) else { return Ok(found) };
    for entry in entries {
        let path = entry.with_context(|| dir.display().to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_of(dist, &name) {
            found.insert(name, hash::sha256(&fs::read(&path).with_context(|| path.display().to_string())?));
        }
    }
    Ok(found)
}

/// Whether a file's name is one of this project and version
/// (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
pub fn is_of(dist: &Dist, file: &str) -> bool {
    let stem = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".whl"));
    let Some((name, rest)) = stem.and_then(|stem| stem.split_once('-')) else { return false };
    let version = rest.split('-').next().unwrap_or_default();
    normalized(name) == normalized(&dist.name) && version == dist.version
}

pub fn observe(cx: &Context<'_>, dist: &Dist) -> Result<Observation> {
    let found = files(cx, dist)?;
    let is_pypi = index(cx, dist).and_then(|index| index.is_own()).is_ok_and(|is_own| !is_own);
    Ok(unfit(dist, found.keys(), is_pypi).unwrap_or_else(|| built(cx, dist, &found)))
}

/// What PyPI would refuse when all else of the release is out already.
fn unfit<'f>(dist: &Dist, mut files: impl Iterator<Item = &'f String>, is_pypi: bool) -> Option<Observation> {
    if !is_pypi || dist.is_private {
        return None;
    }
    files.find_map(|file| pypi::platform_objection(file)).map(|why| {
        Observation::blocked(
            why,
            format!(
                "{TOOL} wheels --zig --out DIR{} builds one, and the same command with --dist DIR publishes it",
                dist.of.option
            ),
        )
    })
}

/// Whether the files that were found are all that is wanted.
pub fn built(cx: &Context<'_>, dist: &Dist, found: &Hashes) -> Observation {
    let names: Vec<String> = found.keys().cloned().collect();
    if let Some((one, other)) = same_file(&names) {
        return Observation::blocked(
            format!("{one} and {other} are one file to an index, which takes a name once"),
            format!("leave the one that is meant in {}", dir(cx, dist).display()),
        );
    }
    let missing = missing(&dist.platforms, &names);
    let all = format!("{}: {}", count(found.len(), "file"), names.join(", "));
    match &dist.from {
        Some(dir) if found.is_empty() => Observation::blocked(
            format!("{} holds no wheel of {} {}", dir.display(), dist.name, dist.version),
            "--dist takes the directory into which the wheels were downloaded",
        ),
        Some(dir) if !missing.is_empty() => Observation::blocked(
            format!("{} lacks {}", dir.display(), missing.join(", ")),
            format!(
                "build what is missing and put it there: {TOOL} wheels --target TRIPLE --out DIR{}",
                dist.of.option
            ),
        ),
        Some(_) => Observation::done(all),
        None if dist.platforms.iter().any(|platform| platform != SDIST) => Observation::blocked(
            format!("they are published for {}, and one machine cannot build that", dist.platforms.join(", ")),
            "download what the python-wheels workflow built, then the same command with --dist DIR",
        ),
        None => {
            let marker = fs::read_to_string(dir(cx, dist).join(MARKER)).unwrap_or_default();
            let has = |end: &str| names.iter().any(|name| name.ends_with(end));
            match marker == dist.of.commit && has(".whl") && has(".tar.gz") {
                true => Observation::done(all),
                false => Observation::Todo,
            }
        }
    }
}

/// Two names that an index takes for one.
fn same_file(names: &[String]) -> Option<(&String, &String)> {
    let mut by_name = BTreeMap::new();
    names.iter().find_map(|name| Some((by_name.insert(normalized(name), name)?, name)))
}

/// Builds the source distribution and this machine's wheel, and tries the wheel as installed.
pub fn build(cx: &Context<'_>, dist: &Dist) -> Result<()> {
    let tree = publish::checkout(cx, &dist.of)?;
    let out = dir(cx, dist);
    cx.sh.remove_path(&out)?;
    make(cx, dist, &tree, &out, &Wanted { sdist: true, target: None, zig: false })?;
    let wheel = files(cx, dist)?.into_keys().find(|name| name.ends_with(".whl"));
    let wheel = wheel.with_context(|| format!("maturin made no wheel of {} {}", dist.name, dist.version))?;
    try_installed(cx, dist, &out.join(wheel))?;
    cx.sh.write_file(out.join(MARKER), &dist.of.commit)?;
    Ok(())
}

/// What `make` shall make.
pub struct Wanted<'w> {
    pub sdist: bool,
    /// Another platform than this machine's.
    pub target: Option<&'w str>,
    /// Link with zig, for the oldest libc that wheels are built for.
    pub zig: bool,
}

/// Builds into `out`, in a fresh target directory: in a used one, cargo takes the library of a version that was built
/// later for fresh.
pub fn make(cx: &Context<'_>, dist: &Dist, tree: &Path, out: &Path, wanted: &Wanted<'_>) -> Result<()> {
    let environment = Environment::prepare(cx.sh, &cx.target)?;
    if wanted.zig {
        environment.add_zig(cx.sh)?;
    }
    publish::refuse_lacking(cx.sh, tree, |lacking| lacking.path.starts_with(&dist.project))?;
    let project = tree.join(&dist.project);
    let target = publish::place(cx, &dist.of).join("wheel");
    cx.sh.remove_path(&target)?;
    // What is downloaded now has its path remapped later.
    child::send(cx.report, lock::fetch(&project))?.done("cargo fetch")?;
    let command = |name: String, mut command: Command| -> Result<()> {
        command.current_dir(&project).envs(environment.variables()?).env("CARGO_TARGET_DIR", &target);
        publish::reproducible(cx, &dist.of, tree, &mut command)?;
        without_secrets(&mut command);
        child::send(cx.report, command)?.done(&name).map(drop)
    };
    let mut how: Vec<&str> = wanted.target.iter().flat_map(|target| ["--target", target]).collect();
    if wanted.zig {
        how.push("--zig");
    }
    cx.sh.create_dir(out)?;
    for kind in wanted.sdist.then_some("sdist").into_iter().chain(["wheel"]) {
        let mut build = Command::new(environment.python());
        let name = match &dist.backend {
            Some(backend) => {
                let hook = format!("build_{kind}");
                build.args(["-I", "-c", BACKEND, &hook]).arg(out).arg(&backend.name).args(&backend.paths);
                // By itself, maturin's hook takes the libraries of this machine for everybody's.
                build.env("MATURIN_PEP517_ARGS", [&["--compatibility", "pypi"], &how[..]].concat().join(" "));
                format!("{hook} of {}", backend.name)
            }
            None => {
                let args = if kind == "sdist" { vec!["sdist"] } else { [&["build", "--release"], &how[..]].concat() };
                build.args(["-m", "maturin"]).args(&args).arg("--out").arg(out);
                format!("maturin {}", args[0])
            }
        };
        command(name, build)?;
    }
    taken_by_an_index(&environment, dist, out)
}

/// What calls a project's own build backend.
const BACKEND: &str = include_str!("../../tools/python/backend.py");

/// Has twine look at what was made as an index does: what that refuses would be known after the tag only.
fn taken_by_an_index(environment: &Environment, dist: &Dist, out: &Path) -> Result<()> {
    // Its own command would load what uploads need, which is not installed.
    let script = "import sys
from twine.commands import check
sys.exit(check.main(sys.argv[1:]))";
    let mut command = Command::new(environment.python());
    command.args(["-I", "-c", script, "--strict"]).args(files_in(out, dist)?.keys().map(|name| out.join(name)));
    let output = child::ask(command)?;
    let complaints: Vec<&str> = output.err.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if output.ok() || is_only_silent(&complaints) {
        return Ok(());
    }
    bail!("twine check --strict of {} {}: {}", dist.name, dist.version, complaints.join("; "))
}

/// Whether a project has no description at all, which no index asks for.
fn is_only_silent(complaints: &[&str]) -> bool {
    const SILENT: [&str; 2] =
        ["`long_description_content_type` missing. defaulting to `text/x-rst`.", "`long_description` missing."];
    complaints.contains(&SILENT[1]) && complaints.iter().all(|complaint| SILENT.contains(complaint))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::lark, *};

    #[test]
    fn a_wheel_that_pypi_refuses_stops_the_release_before_it_goes_out() {
        let names = ["lark-0.8.0rc1-py3-none-linux_x86_64.whl", "lark-0.8.0rc1.tar.gz"].map(str::to_owned);
        let dist = lark();
        let Some(Observation::Blocked(found)) = unfit(&dist, names.iter(), true) else { panic!("it is taken") };
        assert!(found.what.starts_with("lark-0.8.0rc1-py3-none-linux_x86_64.whl is for `linux_x86_64`"), "{found}");
        // Another index takes it.
        assert!(unfit(&dist, names.iter(), false).is_none());
        assert!(unfit(&Dist { is_private: true, ..dist.clone() }, names.iter(), true).is_none());
        assert!(unfit(&dist, names[1..].iter(), true).is_none());
    }
}
