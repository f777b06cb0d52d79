//! Wheels and source distributions: built from the tagged commit, tried as installed, uploaded, and looked for on the index.
//! It must never skip an upload because of a file's name: only the same hash is the same file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use toml_edit::{DocumentMut, Item};

use super::{Tools, World, forge, ownership, publish};
use crate::{
    inherited::{OF_UV, with_secrets_of, without_secrets},
    repo,
    tools::{
        cargo, child,
        passing::Passing,
        python::{
            self, Environment,
            index::{Index, leave_links},
            project,
        },
    },
};
use plan::{
    config::SDIST,
    edit::count,
    finding::Check,
    hash,
    ownership::{Kind, Name},
    pep503::normalized,
    problem::Problem,
    publish::missing,
    pypi,
    repo::short,
    step::{Dist, Observation},
};

/// Files by name, each with its sha256.
pub type Hashes = BTreeMap<String, String>;

/// The name of the file beside what is built here that says of which commit it is.
const MARKER: &str = "commit";

/// Where the files are.
pub fn dir(world: &World<'_>, dist: &Dist) -> PathBuf {
    match &dist.from {
        Some(dir) => world.sh.current_dir().join(dir),
        None => publish::place(world, &dist.of).join("dist").join(normalized(&dist.name)),
    }
}

/// The project's files of this version that are in its directory.
pub fn files(world: &World<'_>, dist: &Dist) -> Result<Hashes> {
    files_in(&dir(world, dist), dist)
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
fn is_of(dist: &Dist, file: &str) -> bool {
    let stem = file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".whl"));
    let Some((name, rest)) = stem.and_then(|stem| stem.split_once('-')) else { return false };
    let version = rest.split('-').next().unwrap_or_default();
    normalized(name) == normalized(&dist.name) && version == dist.version
}

pub fn observe_build(world: &World<'_>, dist: &Dist) -> Result<Observation> {
    let found = files(world, dist)?;
    let is_pypi = index(world, dist).and_then(|index| index.is_own()).is_ok_and(|is_own| !is_own);
    Ok(unfit(dist, found.keys(), is_pypi).unwrap_or_else(|| built(world, dist, &found)))
}

/// What PyPI would refuse when all else of the release is out already.
fn unfit<'f>(dist: &Dist, mut files: impl Iterator<Item = &'f String>, is_pypi: bool) -> Option<Observation> {
    if !is_pypi || dist.is_private {
        return None;
    }
    files.find_map(|file| pypi::platform_objection(file)).map(|why| Observation::Blocked {
        why,
        next: format!(
            "cargo xtask wheels --zig --out DIR{} builds one, and the same command with --dist DIR publishes it",
            dist.of.option
        ),
    })
}

/// Whether the files that were found are all that is wanted.
fn built(world: &World<'_>, dist: &Dist, found: &Hashes) -> Observation {
    let names: Vec<String> = found.keys().cloned().collect();
    if let Some((one, other)) = same_file(&names) {
        return Observation::Blocked {
            why: format!("{one} and {other} are one file to an index, which takes a name once"),
            next: format!("leave the one that is meant in {}", dir(world, dist).display()),
        };
    }
    let missing = missing(&dist.platforms, &names);
    let all = format!("{}: {}", count(found.len(), "file"), names.join(", "));
    match &dist.from {
        Some(dir) if found.is_empty() => Observation::Blocked {
            why: format!("{} holds no wheel of {} {}", dir.display(), dist.name, dist.version),
            next: "--dist takes the directory into which the wheels were downloaded".to_owned(),
        },
        Some(dir) if !missing.is_empty() => Observation::Blocked {
            why: format!("{} lacks {}", dir.display(), missing.join(", ")),
            next: format!(
                "build what is missing and put it there: cargo xtask wheels --target TRIPLE --out DIR{}",
                dist.of.option
            ),
        },
        Some(_) => Observation::done(all),
        None if dist.platforms.iter().any(|platform| platform != SDIST) => Observation::Blocked {
            why: format!("they are published for {}, and one machine cannot build that", dist.platforms.join(", ")),
            next: "download what the python-wheels workflow built, then the same command with --dist DIR".to_owned(),
        },
        None => {
            let marker = fs::read_to_string(dir(world, dist).join(MARKER)).unwrap_or_default();
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
pub fn build(world: &World<'_>, dist: &Dist) -> Result<()> {
    let tree = publish::checkout(world, &dist.of)?;
    let out = dir(world, dist);
    world.sh.remove_path(&out)?;
    make(world, dist, &tree, &out, &Wanted { sdist: true, target: None, zig: false })?;
    let wheel = files(world, dist)?.into_keys().find(|name| name.ends_with(".whl"));
    let wheel = wheel.with_context(|| format!("maturin made no wheel of {} {}", dist.name, dist.version))?;
    try_installed(world, dist, &out.join(wheel))?;
    world.sh.write_file(out.join(MARKER), &dist.of.commit)?;
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
pub fn make(world: &World<'_>, dist: &Dist, tree: &Path, out: &Path, wanted: &Wanted<'_>) -> Result<()> {
    let environment = Environment::prepare(world.sh, &world.target)?;
    if wanted.zig {
        environment.add_zig(world.sh)?;
    }
    publish::refuse_lacking(world.sh, tree, |lacking| lacking.path.starts_with(&dist.project))?;
    let project = tree.join(&dist.project);
    let target = publish::place(world, &dist.of).join("wheel");
    world.sh.remove_path(&target)?;
    // What is downloaded now has its path remapped later.
    let told = child::send(world.report, cargo::fetch(&project))?;
    if !told.ok() {
        return Err(child::failure("cargo fetch", &told));
    }
    let command = |name: String, mut command: Command| -> Result<()> {
        command.current_dir(&project).envs(environment.variables()?).env("CARGO_TARGET_DIR", &target);
        publish::reproducible(world, &dist.of, tree, &mut command)?;
        without_secrets(&mut command);
        let told = child::send(world.report, command)?;
        if told.ok() { Ok(()) } else { Err(child::failure(&name, &told)) }
    };
    let mut how: Vec<&str> = wanted.target.iter().flat_map(|target| ["--target", target]).collect();
    if wanted.zig {
        how.push("--zig");
    }
    world.sh.create_dir(out)?;
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
const BACKEND: &str = include_str!("../tools/python/backend.py");

/// Has twine look at what was made as an index does: what that refuses would be known after the tag only.
fn taken_by_an_index(environment: &Environment, dist: &Dist, out: &Path) -> Result<()> {
    // Its own command would load what uploads need, which is not installed.
    let script = "import sys
from twine.commands import check
sys.exit(check.main(sys.argv[1:]))";
    let mut command = Command::new(environment.python());
    command.args(["-I", "-c", script, "--strict"]).args(files_in(out, dist)?.keys().map(|name| out.join(name)));
    let told = child::ask(command)?;
    let complaints: Vec<&str> = told.err.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if told.ok() || is_only_silent(&complaints) {
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

/// A project in an environment.
#[derive(Debug, Default, PartialEq)]
pub struct Installed {
    /// The directory in which it stands.
    pub site: String,
    /// What it is imported as.
    modules: Vec<String>,
    /// Whether its code tells a version; that of the metadata is known.
    tells_version: bool,
    /// Its programs that start, and those of them that tell the version.
    programs: Vec<String>,
    telling: Vec<String>,
    /// What was to be imported with it, and is not installed here.
    needs: Option<String>,
}

impl std::fmt::Display for Installed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut told = Vec::new();
        if let Some(needs) = &self.needs {
            told.push(format!("it is not imported: it needs {needs}, which is not installed here"));
        } else if self.tells_version {
            told.push("it says its version as installed".to_owned());
        } else if !self.modules.is_empty() {
            told.push("it is imported as installed; its code has no __version__ to compare".to_owned());
        }
        for program in &self.programs {
            let version = if self.telling.contains(program) { ", and says the version" } else { "" };
            told.push(format!("its program {program} starts as installed{version}"));
        }
        if told.is_empty() {
            told.push("it is installed; it holds no module and no program".to_owned());
        }
        f.write_str(&told.join("; "))
    }
}

/// Installs a wheel in a fresh environment, and tells where it stands there.
pub fn try_installed(world: &World<'_>, dist: &Dist, wheel: &Path) -> Result<Installed> {
    let sh = world.sh;
    let environment = Environment::prepare(sh, &world.target)?;
    let scratch = publish::place(world, &dist.of).join("installed");
    sh.remove_path(&scratch)?;
    environment.make_another(&scratch)?;
    let python = Environment::python_in(&scratch);
    let mut install = environment.uv()?;
    install.args(["pip", "install", "--quiet", "--no-index", "--no-deps", "--python"]).arg(&python).arg(wheel);
    let told = child::ask(install)?;
    if !told.ok() {
        bail!("{} {} could not be installed: {}", dist.name, dist.version, told.last_words());
    }
    installed(&python, dist)
}

/// What tells of an installed project.
const INSTALLED: &str = include_str!("../tools/python/installed.py");

/// Imports the modules and starts the programs that a project's list of files names, holds the version that was compiled in
/// against the metadata's, and tells what is installed.
pub fn installed(python: &Path, dist: &Dist) -> Result<Installed> {
    let Dist { name, version, .. } = dist;
    let script = format!("{INSTALLED}\ntell(sys.argv[1], sys.argv[2:])");
    let mut command = Command::new(python);
    command.args(["-I", "-c", &script, name, version, &dist.of.version.to_string()]);
    without_secrets(&mut command);
    let told = child::ask(command)?;
    if !told.ok() {
        bail!("{name} {version} does not work as installed: {}", told.last_words());
    }
    let (installed, metadata, compiled) = read(&told.out);
    agree(dist, &metadata, &compiled)?;
    Ok(installed)
}

/// What is installed, and the versions that metadata and code tell.
fn read(told: &str) -> (Installed, String, String) {
    let mut lines = told.lines().map(str::trim);
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let (site, metadata, compiled) = (next(), next(), next());
    let mut installed = Installed { site, tells_version: !compiled.is_empty(), ..Installed::default() };
    for (kind, name) in lines.filter_map(|line| line.split_once(' ')) {
        let name = name.to_owned();
        match kind {
            "module" => installed.modules.push(name),
            "needs" => installed.needs = Some(name),
            "tells" => {
                installed.telling.push(name.clone());
                installed.programs.push(name);
            }
            "starts" => installed.programs.push(name),
            _ => {}
        }
    }
    (installed, metadata, compiled)
}

/// Holds the versions that metadata and code tell against the wanted one. Code need not tell any.
fn agree(dist: &Dist, metadata: &str, compiled: &str) -> Result<()> {
    let Dist { name, version, .. } = dist;
    if metadata != version || !(compiled.is_empty() || compiled == version) {
        bail!("as installed, {name} is {metadata} by its metadata and {compiled} by its code, not {version}");
    }
    Ok(())
}

/// Whether what is built for `target` runs on this machine.
pub fn runs_here(world: &World<'_>, target: Option<&str>) -> Result<bool> {
    Ok(target.is_none() || target == Some(cargo::host(world.sh)?.as_str()))
}

/// The command that runs tests against what is installed in `site`, with the tool's own pytest; it fails as well when
/// something else was imported.
pub fn tests_against(environment: &Environment, dist: &Dist, site: &str, tests: &Path, dir: &Path) -> Result<Command> {
    let script = format!(
        "{INSTALLED}
import pathlib, pytest
site, tests, name = sys.argv[1:]
site = pathlib.Path(site).resolve()
for dist in importlib.metadata.distributions(name=name, path=[str(site)]):
    for module in modules(dist):
        found = importlib.import_module(module)
        places = [found.__file__] if getattr(found, '__file__', None) else list(found.__path__)
        for place in places:
            if site not in pathlib.Path(place).resolve().parents:
                sys.exit(f'the tests would import {{place}}, not what is installed in {{site}}')
sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--rootdir', tests, tests]))"
    );
    let mut command = Command::new(environment.python());
    command.args(["-c", &script, site]).arg(tests).arg(&dist.name);
    // From a directory without sources: Python would look there first.
    command.envs(environment.variables()?).env("PYTHONPATH", site).current_dir(dir);
    without_secrets(&mut command);
    Ok(command)
}

pub fn observe(world: &World<'_>, dist: &Dist) -> Result<Observation> {
    let listed = listed(world, dist)?;
    if listed.is_empty()
        && let Some(seen) = in_the_way(world, dist)?
    {
        return Ok(seen);
    }
    let ours = files(world, dist)?;
    let is_built = built(world, dist, &ours).is_done();
    let differs = |ours: &Hashes| {
        let pair = ours.iter().find_map(|(name, hash)| {
            listed.get(name).filter(|there| there.sha256 != *hash).map(|there| (name, hash, &there.sha256))
        });
        let other = pair.map(|(name, ours, theirs)| Observation::Blocked {
            why: format!("the index has another {name}: its sha256 is {theirs}, ours is {ours}"),
            next: "publish the files that were uploaded first (--dist DIR), or release a higher version: an index never takes other bytes under the same name"
                .to_owned(),
        });
        other.map(|other| ownership::unless_waived(&dist.of, Check::RegistryContent, other))
    };
    let done = || {
        let since = listed.values().filter_map(|file| file.since.clone()).max();
        Observation::Done { evidence: format!("{}, hashes as built", count(listed.len(), "file")), since }
    };
    // Files of other content are the nearer cause.
    let withdrawn = match !listed.is_empty() && is_yanked(world, dist)? {
        true => Some(yanked(dist, "it is yanked: it was published, and nobody is to have it")),
        false => None,
    };
    if is_built {
        if let Some(other) = differs(&ours).or_else(|| withdrawn.clone()) {
            return Ok(other);
        }
        if ours.keys().all(|name| listed.contains_key(name)) {
            return Ok(done());
        }
    } else if !listed.is_empty() {
        // Built elsewhere: the forge release has their hashes, when it was made already.
        if let Some(sums) = forge::sums(world, &dist.of)? {
            let of_dist: Hashes = sums.into_iter().filter(|(name, _)| is_of(dist, name)).collect();
            if let Some(other) = differs(&of_dist).or_else(|| withdrawn.clone()) {
                return Ok(other);
            }
            let names: Vec<String> = listed.keys().cloned().collect();
            let missing = missing(&dist.platforms, &names);
            if !missing.is_empty() {
                return Ok(Observation::Blocked {
                    why: format!("the index lacks {}", missing.join(", ")),
                    next: "the same command with --dist DIR, where these wheels are".to_owned(),
                });
            }
            if !of_dist.is_empty() && of_dist.keys().all(|name| listed.contains_key(name)) {
                return Ok(done());
            }
        }
    }
    if let Some(withdrawn) = withdrawn {
        return Ok(withdrawn);
    }
    let what = format!("{} {} is not (wholly) on the index", dist.name, dist.version);
    Ok(match index(world, dist)?.lacks_login(&what)? {
        None => Observation::Todo,
        // Without credentials it is only looked at, and what is there may well be what was built elsewhere.
        Some(_) if !is_built && !listed.is_empty() => Observation::Unknown {
            why: format!(
                "the index has {} of it; whether they are ours, the forge's release does not tell",
                count(listed.len(), "file")
            ),
            next: format!("{} --only forge, where the forge knows you", dist.of.typed("publish")),
        },
        Some(Problem { what: why, next }) => Observation::Blocked { why, next },
    })
}

/// Where the project goes.
fn index(world: &World<'_>, dist: &Dist) -> Result<Index> {
    Index::of(&world.sh.current_dir().join(&dist.project))
}

/// What keeps a project off the index that has no file of this version to be had: another has its name, or the version was
/// yanked. Where either is set aside, it is not asked for.
fn in_the_way(world: &World<'_>, dist: &Dist) -> Result<Option<Observation>> {
    let name = Name { kind: Kind::Project, name: dist.name.clone(), registry: None, within: dist.project.clone() };
    if let Some(stranger) = ownership::stranger(world, &dist.of, name)? {
        return Ok(Some(stranger));
    }
    if dist.of.waived.contains_key(&Check::RegistryYanked) {
        return Ok(None);
    }
    let versions = project::versions(world.sh, &dist.name, &index(world, dist)?)?;
    let why = || format!("{} {} was yanked, and an index takes no file twice", dist.name, dist.version);
    Ok((versions.get(&dist.version) == Some(&true)).then(|| yanked(dist, &why())))
}

/// Whether all files of the version are yanked (PEP 592): an index lists them all the same.
fn is_yanked(world: &World<'_>, dist: &Dist) -> Result<bool> {
    match project::versions(world.sh, &dist.name, &index(world, dist)?) {
        Ok(versions) => Ok(versions.get(&dist.version) == Some(&true)),
        // uv may be let in where nobody else is.
        Err(_) => is_offered(world, dist).map(|is_offered| !is_offered),
    }
}

fn yanked(dist: &Dist, why: &str) -> Observation {
    let yanked = Observation::Blocked {
        why: why.to_owned(),
        next: "release a higher version; or, if it was not meant, take the yank back on the index's own page"
            .to_owned(),
    };
    ownership::unless_waived(&dist.of, Check::RegistryYanked, yanked)
}

/// What an index says of a file.
pub struct OnIndex {
    pub sha256: String,
    pub since: Option<String>,
}

/// The files of this version on the index, asked through uv, which writes them as a lock (PEP 751).
pub fn listed(world: &World<'_>, dist: &Dist) -> Result<BTreeMap<String, OnIndex>> {
    let Some(uv) = uv(world)? else { return listed_by_python(world, dist) };
    match resolved(world, dist, uv, "asked", &format!("=={}", dist.version))? {
        Some(lock) => read_lock(&lock),
        None => Ok(BTreeMap::new()),
    }
}

/// Whether installers still take this version for whoever does not pin it: what is wholly yanked they do not (PEP 592).
pub fn is_offered(world: &World<'_>, dist: &Dist) -> Result<bool> {
    let Dist { version, .. } = dist;
    let Some(uv) = uv(world)? else {
        return Ok(project::versions(world.sh, &dist.name, &index(world, dist)?)?.get(version) == Some(&false));
    };
    Ok(resolved(world, dist, uv, "offered", &format!(">={version},<={version}"))?.is_some())
}

/// The uv to ask with; who only looks makes none.
fn uv(world: &World<'_>) -> Result<Option<Command>> {
    match world.tools {
        Tools::Installed => Environment::prepare(world.sh, &world.target)?.uv().map(Some),
        Tools::AsFound => python::uv_as_found(&world.target),
    }
}

/// Python alone knows the versions that there are, and their files and hashes are not asked for with it.
fn listed_by_python(world: &World<'_>, dist: &Dist) -> Result<BTreeMap<String, OnIndex>> {
    match project::versions(world.sh, &dist.name, &index(world, dist)?)?.contains_key(&dist.version) {
        false => Ok(BTreeMap::new()),
        true => bail!(Problem::new(
            format!("the index has {} {}, and only uv shows its files and hashes", dist.name, dist.version),
            format!("install uv, or `cargo xtask smoke --train {}`, which makes an environment with it", dist.of.train),
        )),
    }
}

/// The lock that uv writes for the project at these versions, if there is such a one to be had.
fn resolved(
    world: &World<'_>,
    dist: &Dist,
    mut command: Command,
    place: &str,
    versions: &str,
) -> Result<Option<String>> {
    let dir = publish::place(world, &dist.of).join(place).join(normalized(&dist.name));
    world.sh.create_dir(&dir)?;
    // uv takes settings, and the Python that it runs, from the directories above where it is called: those of the tree.
    let elsewhere = repo::TempDir::new()?;
    let wanted = dir.join("requirements.in");
    world.sh.write_file(&wanted, format!("{}{versions}\n", dist.name))?;
    command
        .args(["pip", "compile", "--no-deps", "--format", "pylock.toml", "--no-header", "--no-annotate", "--quiet"])
        .args(["--prerelease", "allow", "--refresh-package", &dist.name])
        .arg("--cache-dir")
        .arg(dir.join("cache"))
        .arg(&wanted)
        .current_dir(elsewhere.path());
    leave_links(&mut command, elsewhere.path())?;
    let index = index(world, dist)?;
    index.ask_by_uv(&mut command)?;
    let told = child::ask_far(command)?;
    if !told.ok() {
        // uv takes a project that it may not see for one that is not there.
        if let Some(status) = child::refused(&told) {
            bail!(index.closed(&status));
        }
        if is_absent(&told.err) {
            return Ok(None);
        }
        bail!("uv could not ask for {}: {}", dist.name, told.last_words());
    }
    Ok(Some(told.out))
}

/// Whether uv says that there is no such version to be had. It says so, with a hint, of an index that did not let it in.
fn is_absent(err: &str) -> bool {
    const ABSENT: [&str; 5] = [
        "there is no version of",
        "there are no versions of",
        "was not found in the package registry",
        "was yanked",
        "were yanked",
    ];
    let text = err.split_whitespace().collect::<Vec<_>>().join(" ");
    ABSENT.iter().any(|word| text.contains(word)) && !text.contains("credentials")
}

/// Reads the files that a `pylock.toml` names.
fn read_lock(text: &str) -> Result<BTreeMap<String, OnIndex>> {
    let lock: DocumentMut = text.parse().context("uv did not write a pylock.toml")?;
    let mut files = BTreeMap::new();
    let packages = lock.get("packages").and_then(Item::as_array_of_tables);
    for package in packages.into_iter().flatten() {
        let wheels = package.get("wheels").and_then(Item::as_array);
        let wheels = wheels.into_iter().flatten().filter_map(|value| value.as_inline_table());
        let sdist = package.get("sdist").and_then(Item::as_inline_table);
        for file in sdist.into_iter().chain(wheels) {
            let word = |name: &str| file.get(name).and_then(|value| value.as_str());
            let name = word("name").or_else(|| word("url").and_then(|url| url.rsplit('/').next()));
            let hashes = file.get("hashes").and_then(|value| value.as_inline_table());
            let sha256 = hashes.and_then(|hashes| hashes.get("sha256")?.as_str());
            let (Some(name), Some(sha256)) = (name, sha256) else { bail!("a file in uv's lock has no name or sha256") };
            let name = name.split(['?', '#']).next().unwrap_or(name);
            let since = file.get("upload-time").and_then(|value| value.as_datetime()).map(ToString::to_string);
            files.insert(name.to_owned(), OnIndex { sha256: sha256.to_owned(), since });
        }
    }
    Ok(files)
}

/// Uploads what the index does not have yet.
pub fn upload(world: &World<'_>, dist: &Dist) -> Result<()> {
    if !observe_build(world, dist)?.is_done() {
        build(world, dist)?;
        // What is there under our names must be what was built.
        if observe(world, dist)?.is_in_the_way() {
            return Ok(());
        }
    }
    let there = listed(world, dist)?;
    let environment = Environment::prepare(world.sh, &world.target)?;
    let dir = dir(world, dist);
    let to_send: Vec<PathBuf> =
        files(world, dist)?.into_keys().filter(|name| !there.contains_key(name)).map(|name| dir.join(name)).collect();
    if to_send.is_empty() {
        return Ok(());
    }
    let mut command = environment.uv()?;
    let index = index(world, dist)?;
    command.args(["publish", "--no-progress"]).args(&to_send);
    // There it finds the settings that say where.
    let project = world.sh.current_dir().join(&dist.project);
    command.current_dir(if project.is_dir() { &project } else { &dir });
    index.send_by_uv(&mut command);
    // How long it shall wait is in the answer's headers, and uv tells of those nowhere else.
    command.env("RUST_LOG", "uv_publish=trace");
    with_secrets_of(OF_UV, &mut command);
    let told = child::send_hiding(world.report, command, |line| {
        ["DEBUG ", "TRACE "].iter().any(|start| line.starts_with(start))
    })?;
    if told.ok() {
        return Ok(());
    }
    if let Some(refusal) = child::refusal(&told) {
        bail!(
            "uv publish: {refusal}; next: UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD, that the index takes, and the same command goes on"
        );
    }
    let what = format!("uv publish of {} {} ({})", dist.name, dist.version, short(&dist.of.commit));
    let failure = child::failure(&what, &told);
    if failure.is::<Passing>() {
        return Err(failure);
    }
    // Somebody else may have been faster with some of them: what they are is seen, and the rest is sent.
    let there = listed(world, dist)?;
    match to_send.iter().filter_map(|path| path.file_name()?.to_str()).any(|name| there.contains_key(name)) {
        true if observe(world, dist)? == Observation::Todo => upload(world, dist),
        true => Ok(()),
        false => Err(failure),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The Python project of the release that the tests of crates are about.
    pub fn lark() -> Dist {
        Dist {
            of: super::super::crates::tests::lark().of,
            project: PathBuf::new(),
            name: "lark".to_owned(),
            version: "0.8.0rc1".to_owned(),
            platforms: Vec::new(),
            from: None,
            is_private: false,
            backend: None,
        }
    }

    #[test]
    fn a_wheel_that_pypi_refuses_stops_the_release_before_it_goes_out() {
        let names = ["lark-0.8.0rc1-py3-none-linux_x86_64.whl", "lark-0.8.0rc1.tar.gz"].map(str::to_owned);
        let dist = lark();
        let Some(Observation::Blocked { why, .. }) = unfit(&dist, names.iter(), true) else { panic!("it is taken") };
        assert!(why.starts_with("lark-0.8.0rc1-py3-none-linux_x86_64.whl is for `linux_x86_64`"), "{why}");
        // Another index takes it.
        assert!(unfit(&dist, names.iter(), false).is_none());
        assert!(unfit(&Dist { is_private: true, ..dist.clone() }, names.iter(), true).is_none());
        assert!(unfit(&dist, names[1..].iter(), true).is_none());
    }

    /// What is told of a project of these files, by the interpreter that is here, and with what.
    fn told(name: &str, files: &[(&str, &str)], metadata: &str) -> (Option<i32>, String) {
        let place = repo::TempDir::new().unwrap();
        let site = place.path().join("site");
        let info = format!("{}-1.0.dist-info", normalized(name).replace('-', "_"));
        let mut record = String::new();
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}");
        for (path, text) in files.iter().copied().chain([(format!("{info}/METADATA").as_str(), metadata.as_str())]) {
            let at = site.join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(&at, text).unwrap();
            #[cfg(unix)]
            fs::set_permissions(&at, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            record.push_str(&format!("{path},,\n"));
        }
        fs::write(site.join(&info).join("RECORD"), record).unwrap();
        let script = format!(
            "{INSTALLED}\nsys.path.insert(0, sys.argv[1])\nsysconfig.get_path = lambda name: os.path.join(sys.argv[1], '..', 'bin') if name == 'scripts' else 'SITE'\ntell(sys.argv[2], ['1.0'])"
        );
        let mut command = Command::new("python3");
        command.args(["-I", "-B", "-c", &script]).arg(&site).arg(name);
        let told = command.output().unwrap();
        let said = if told.status.success() { told.stdout } else { told.stderr };
        (told.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    #[test]
    fn what_is_imported_is_what_the_wheel_holds() {
        for (name, files, metadata, expected) in [
            ("Lark.Py", &[("lark_py/__init__.py", "__version__ = '1.0'")][..], "", "1.0\nmodule lark_py\n"),
            // The name of the project is not that of the module, which is a file.
            ("lark", &[("songs.py", "print('hello')")], "", "\nmodule songs\n"),
            // Tests that came along are no module of the project.
            (
                "lark",
                &[("lark/__init__.py", ""), ("tests/__init__.py", "import pytest_that_is_nowhere")],
                "",
                "\nmodule lark\n",
            ),
            // A package in a shared one; the library of cffi is none.
            ("lark-core", &[("lark/core/__init__.py", ""), ("lark/core/native.so", "")], "", "\nmodule lark\n"),
            (
                "lark",
                &[("lark/__init__.py", "import numpy_of_nobody")],
                "Requires-Dist: numpy_of_nobody>=1\n",
                "\nneeds numpy_of_nobody\n",
            ),
            ("lark", &[], "", "\n"),
        ] {
            let (code, told) = told(name, files, metadata);
            assert_eq!((code, told.as_str()), (Some(0), format!("SITE\n1.0\n{expected}").as_str()), "{name}: {told}");
        }
        // It declares nothing that could be missing, or what is missing is its own.
        for (files, metadata) in [
            (&[("lark/__init__.py", "import numpy_of_nobody")][..], ""),
            (&[("lark/__init__.py", "import lark.songs")], "Requires-Dist: numpy_of_nobody\n"),
        ] {
            let (code, told) = told("lark", files, metadata);
            assert!(code == Some(1) && told.contains("ModuleNotFoundError"), "{told}");
        }
        // Compiled code is imported, whether the package does that or not.
        let suffix = Command::new("python3")
            .args(["-c", "import importlib.machinery; print(importlib.machinery.EXTENSION_SUFFIXES[0])"])
            .output()
            .unwrap();
        let compiled = format!("lark/_core{}", String::from_utf8_lossy(&suffix.stdout).trim());
        let (code, told) = told("lark", &[("lark/__init__.py", ""), (&compiled, "no library")], "");
        assert!(code == Some(1) && told.contains("_core"), "{told}");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_of_a_wheel_starts() {
        for (text, expected) in [
            ("#!/bin/sh\necho lark 1.0\n", "\ntells lark\n"),
            ("#!/bin/sh\necho lark 0.9\n", "\nstarts lark\n"),
            // It knows no flags.
            ("#!/bin/sh\nexit 2\n", "\nstarts lark\n"),
        ] {
            let (code, told) = told("lark-cli", &[("../bin/lark", text)], "");
            assert_eq!((code, told.as_str()), (Some(0), format!("SITE\n1.0\n{expected}").as_str()), "{told}");
        }
        for text in
            ["\x7fELF", "#!/nowhere/sh\n", "#!/bin/sh\nkill -9 $$\n", "#!/bin/sh\necho no library >&2\nexit 127\n"]
        {
            let (code, told) = told("lark-cli", &[("../bin/lark", text)], "");
            assert!(code == Some(1) && told.contains("bin/lark does not start: "), "{told}");
        }
    }

    #[test]
    fn each_part_of_what_is_installed_is_told() {
        for (lines, expected) in [
            ("1.0\nmodule lark", "it says its version as installed"),
            ("\nmodule lark", "it is imported as installed; its code has no __version__ to compare"),
            ("\nneeds numpy", "it is not imported: it needs numpy, which is not installed here"),
            ("\ntells lark", "its program lark starts as installed, and says the version"),
            ("1.0\nmodule lark\nstarts lark", "it says its version as installed; its program lark starts as installed"),
            ("", "it is installed; it holds no module and no program"),
        ] {
            assert_eq!(read(&format!("site\n1.0\n{lines}\n")).0.to_string(), expected);
        }
    }

    #[test]
    fn a_library_of_another_version_is_not_this_release() {
        let dist = lark();
        for (metadata, compiled, agrees) in [
            ("0.8.0rc1", "0.8.0rc1", true),
            // It need not tell one.
            ("0.8.0rc1", "", true),
            // A stale library under new metadata, stale metadata, and both.
            ("0.8.0rc1", "0.7.3", false),
            ("0.7.3", "0.8.0rc1", false),
            ("0.7.3", "", false),
            ("0.7.3", "0.7.3", false),
        ] {
            let said = agree(&dist, metadata, compiled).map_err(|error| error.to_string());
            assert_eq!(said.is_ok(), agrees, "{metadata} {compiled}");
            assert!(said.err().is_none_or(|said| said.contains(metadata) && said.contains("not 0.8.0rc1")));
        }
    }

    #[test]
    fn an_index_that_lets_nobody_in_is_not_one_without_the_project() {
        let none = "  \u{d7} No solution found when resolving dependencies:\n  \u{2570}\u{2500}\u{25b6} Because lark was not found in the\n      \
            package registry and you require lark==0.8.0, we can conclude that your\n      requirements are unsatisfiable.";
        let hint = "\n\n      hint: An index URL (http://127.0.0.1:1/simple) could not be queried\n      due to a lack of valid \
            authentication credentials (401 Unauthorized).";
        assert!(is_absent(none));
        assert!(!is_absent(&format!("{none}{hint}")));
        let hint = "hint: An index (http://127.0.0.1:1/) returned a 403 Forbidden error. Check that the index URL is correct and \
            the credentials are valid.";
        assert!(!is_absent(&format!("{none}\n\n{hint}")));
        assert!(!is_absent("error: Request failed after 3 retries\n  Caused by: HTTP status server error (503)"));
    }

    #[test]
    fn nothing_that_uv_prints_breaks_who_reads_it() {
        use crate::tools::http::served::{Chance, Served, seed};

        let mut chance = Chance(seed());
        let pieces = [
            "[[packages]]\n",
            "packages = 1\n",
            "name = \"x\"\n",
            "sdist = { url = \"https://a/x-1.tar.gz\", hashes = { sha256 = \"aa\" } }\n",
            "sdist = { url = \"\", hashes = 3 }\n",
            "wheels = [{ name = \"x.whl\", hashes = { sha256 = \"bb\" } }, 1]\n",
            "wheels = [{ url = \"?#\", upload-time = 9999-99-99, hashes = {} }]\n",
        ];
        for _ in 0..2_000 {
            let mut text: String = (0..chance.below(5)).map(|_| *chance.pick(&pieces)).collect();
            if chance.once_in(3) {
                text += &String::from_utf8_lossy(&Served::make(&mut chance).bytes);
            }
            for file in read_lock(&text).unwrap_or_default().into_values() {
                assert!(!file.sha256.is_empty());
            }
            is_absent(&text);
        }
    }

    #[test]
    fn a_lock_names_files_with_hashes() {
        let text = "lock-version = \"1.0\"\n[[packages]]\nname = \"x\"\nversion = \"1\"\n\
            sdist = { url = \"https://a/x-1.tar.gz\", upload-time = 2025-03-19T20:09:59Z, hashes = { sha256 = \"aa\" } }\n\
            wheels = [{ name = \"x-1-py3-none-any.whl\", url = \"https://a/1\", hashes = { sha256 = \"bb\" } }]\n";
        let files = read_lock(text).unwrap();
        assert_eq!(files["x-1.tar.gz"].sha256, "aa");
        assert_eq!(files["x-1.tar.gz"].since.as_deref(), Some("2025-03-19T20:09:59Z"));
        assert_eq!(files["x-1-py3-none-any.whl"].sha256, "bb");
        assert!(read_lock("[[packages]]\nsdist = { url = \"x\" }\n").is_err());
    }
}
