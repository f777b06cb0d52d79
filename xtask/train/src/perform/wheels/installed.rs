//! A wheel as its user has it: installed, imported, started, and tested.
//! It must never be tried beside the sources.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use super::super::{Context, publish};
use crate::{
    inherited::without_secrets,
    tools::{cargo, child, python::Environment},
};
use plan::step::Dist;

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
        let mut output = Vec::new();
        if let Some(needs) = &self.needs {
            output.push(format!("it is not imported: it needs {needs}, which is not installed here"));
        } else if self.tells_version {
            output.push("it says its version as installed".to_owned());
        } else if !self.modules.is_empty() {
            output.push("it is imported as installed; its code has no __version__ to compare".to_owned());
        }
        for program in &self.programs {
            let version = if self.telling.contains(program) { ", and says the version" } else { "" };
            output.push(format!("its program {program} starts as installed{version}"));
        }
        if output.is_empty() {
            output.push("it is installed; it holds no module and no program".to_owned());
        }
        f.write_str(&output.join("; "))
    }
}

/// Installs a wheel in a fresh environment, and tells where it stands there.
pub fn try_installed(cx: &Context<'_>, dist: &Dist, wheel: &Path) -> Result<Installed> {
    let sh = cx.sh;
    let environment = Environment::prepare(sh, &cx.target)?;
    let scratch = publish::place(cx, &dist.of).join("installed");
    sh.remove_path(&scratch)?;
    environment.make_another(&scratch)?;
    let python = Environment::python_in(&scratch);
    let mut install = environment.uv()?;
    install.args(["pip", "install", "--quiet", "--no-index", "--no-deps", "--python"]).arg(&python).arg(wheel);
    child::ask(install)?.or(|why| format!("{} {} could not be installed: {why}", dist.name, dist.version))?;
    installed(&python, dist)
}

/// What tells of an installed project.
const INSTALLED: &str = include_str!("../../tools/python/installed.py");

/// Imports the modules and starts the programs that a project's list of files names, holds the version that was compiled in
/// against the metadata's, and tells what is installed.
pub fn installed(python: &Path, dist: &Dist) -> Result<Installed> {
    let Dist { name, version, .. } = dist;
    let script = format!("{INSTALLED}\ntell(sys.argv[1], sys.argv[2:])");
    let mut command = Command::new(python);
    command.args(["-I", "-c", &script, name, version, &dist.of.version.to_string()]);
    without_secrets(&mut command);
    let output = child::ask(command)?.or(|why| format!("{name} {version} does not work as installed: {why}"))?;
    let (installed, metadata, compiled) = read(&output.out);
    agree(dist, &metadata, &compiled)?;
    Ok(installed)
}

/// What is installed, and the versions that metadata and code tell.
fn read(output: &str) -> (Installed, String, String) {
    let mut lines = output.lines().map(str::trim);
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
pub fn runs_here(cx: &Context<'_>, target: Option<&str>) -> Result<bool> {
    Ok(target.is_none() || target == Some(cargo::host(cx.sh)?.as_str()))
}

/// The command that runs tests against what is installed in `site`, with the tool's own pytest; it fails as well when
/// something else was imported.
pub fn tests_against(environment: &Environment, dist: &Dist, site: &str, tests: &Path, dir: &Path) -> Result<Command> {
    let mut command = Command::new(environment.python());
    command.args(["-c", &against(), site]).arg(tests).arg(&dist.name);
    // From a directory without sources: Python would look there first.
    command.envs(environment.variables()?).env("PYTHONPATH", site).current_dir(dir);
    without_secrets(&mut command);
    Ok(command)
}

/// The script of it: what is installed where, the tests, and the name of the project.
fn against() -> String {
    format!(
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
# Tests name files as they are seen from their project; from here on, nothing is imported from there by the way.
sys.path = [place for place in sys.path if place]
os.chdir(pathlib.Path(tests).parent)
sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--rootdir', tests, tests]))"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::tests::lark, *};
    use crate::repo;
    use plan::pep503::normalized;

    /// What is told of a project of these files, by the interpreter that is here, and with what.
    fn output(name: &str, files: &[(&str, &str)], metadata: &str) -> (Option<i32>, String) {
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
        let output = command.output().unwrap();
        let message = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.code(), String::from_utf8_lossy(&message).into_owned())
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
            let (code, output) = output(name, files, metadata);
            assert_eq!(
                (code, output.as_str()),
                (Some(0), format!("SITE\n1.0\n{expected}").as_str()),
                "{name}: {output}"
            );
        }
        // It declares nothing that could be missing, or what is missing is its own.
        for (files, metadata) in [
            (&[("lark/__init__.py", "import numpy_of_nobody")][..], ""),
            (&[("lark/__init__.py", "import lark.songs")], "Requires-Dist: numpy_of_nobody\n"),
        ] {
            let (code, output) = output("lark", files, metadata);
            assert!(code == Some(1) && output.contains("ModuleNotFoundError"), "{output}");
        }
        // Compiled code is imported, whether the package does that or not.
        let suffix = Command::new("python3")
            .args(["-c", "import importlib.machinery; print(importlib.machinery.EXTENSION_SUFFIXES[0])"])
            .output()
            .unwrap();
        let compiled = format!("lark/_core{}", String::from_utf8_lossy(&suffix.stdout).trim());
        let (code, output) = output("lark", &[("lark/__init__.py", ""), (&compiled, "no library")], "");
        assert!(code == Some(1) && output.contains("_core"), "{output}");
    }

    #[test]
    fn tests_run_where_their_project_is_and_import_nothing_from_there() {
        let place = repo::TempDir::new().unwrap();
        let (site, project) = (place.path().join("site"), place.path().join("project"));
        for (path, text) in [
            ("lark/__init__.py", ""),
            ("lark-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: lark\nVersion: 1.0\n"),
            ("lark-1.0.dist-info/RECORD", "lark/__init__.py,,\n"),
            (
                "pytest.py",
                "def main(args):\n    import lark, os\n    try:\n        import beside\n    except ImportError:\n        print(os.path.basename(os.getcwd()), lark.__file__)\n",
            ),
        ] {
            let at = site.join(path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(&at, text).unwrap();
        }
        fs::create_dir_all(project.join("tests")).unwrap();
        fs::write(project.join("beside.py"), "").unwrap();
        let mut command = Command::new("python3");
        command.args(["-B", "-c", &against()]).args([&site, &project.join("tests")]).arg("lark");
        let output = command.env("PYTHONPATH", &site).current_dir(place.path()).output().unwrap();
        let expected = format!("project {}\n", site.join("lark/__init__.py").display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", String::from_utf8_lossy(&output.stderr));
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
            let (code, output) = output("lark-cli", &[("../bin/lark", text)], "");
            assert_eq!((code, output.as_str()), (Some(0), format!("SITE\n1.0\n{expected}").as_str()), "{output}");
        }
        for text in
            ["\x7fELF", "#!/nowhere/sh\n", "#!/bin/sh\nkill -9 $$\n", "#!/bin/sh\necho no library >&2\nexit 127\n"]
        {
            let (code, output) = output("lark-cli", &[("../bin/lark", text)], "");
            assert!(code == Some(1) && output.contains("bin/lark does not start: "), "{output}");
        }
    }

    #[test]
    fn each_part_of_what_is_installed_is_reported() {
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
            let message = agree(&dist, metadata, compiled).map_err(|error| error.to_string());
            assert_eq!(message.is_ok(), agrees, "{metadata} {compiled}");
            assert!(message.err().is_none_or(|message| message.contains(metadata) && message.contains("not 0.8.0rc1")));
        }
    }
}
