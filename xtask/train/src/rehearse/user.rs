//! What a user does with a release: a new project that needs the crate, new environments with the wheel, a container.
//! It must never use the workspace: all that a user has is what the registries give.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, anyhow, bail};

use super::stand::Stand;
use crate::{
    perform::{Context, wheels::installed},
    repo::TempDir,
    tools::{
        child,
        engine::{Engine, Health, Runner},
        python::{self, index::leave_links},
        registries::CRATES_IO,
    },
};
use plan::{
    patience::Patience,
    step::{CrateUpload, Dist, ImageRelease},
};

impl Stand<'_> {
    /// Runs a program as the user, with the stand-ins for registries.
    fn user(&self, mut command: Command) -> Result<child::ChildOutput> {
        let what = command.get_program().to_string_lossy().into_owned();
        self.environment.apply(&mut command, true);
        leave_links(&mut command, &self.dir)?;
        let output = child::send(self.task.report, command)?;
        if !output.ok() {
            bail!("{what}: {}", output.last_lines());
        }
        Ok(output)
    }
}

/// A new cargo project adds the crate by its version and is built.
pub fn builds_with(stand: &mut Stand<'_>, upload: &CrateUpload) -> Result<()> {
    let (name, version) = (&upload.name, &upload.version);
    stand.try_out(&format!("a new project builds with {name} {version}{}", upload.place()), |stand| {
        let project = stand.dir.join(format!("user{}", upload.place().replace(' ', "-")));
        let cargo = |args: &[&str], dir: &PathBuf| {
            let (verb, options) = args.split_first().unwrap_or((&"", &[]));
            let mut command = stand.environment.cargo(verb);
            command.args(options).current_dir(dir);
            stand.user(command)
        };
        // Not by `cargo new`, which would add it to a workspace that it finds above.
        fs::create_dir_all(project.join("src"))?;
        fs::write(
            project.join("Cargo.toml"),
            "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n[dependencies]\n",
        )?;
        let main = format!("use {} as _;\n\nfn main() {{}}\n", name.replace('-', "_"));
        fs::write(project.join("src").join("main.rs"), main)?;
        let spec = format!("{name}@={version}");
        // Read, crates.io is what stands in for it.
        let from = upload.registry.iter().filter(|name| *name != CRATES_IO).flat_map(|name| ["--registry", name]);
        cargo(&["add", "--quiet", &spec].into_iter().chain(from).collect::<Vec<_>>(), &project)?;
        cargo(&["build", "--quiet"], &project)?;
        let lock = fs::read_to_string(project.join("Cargo.lock"))?;
        let packages = lock.matches("[[package]]").count() - 1;
        Ok(format!("{packages} packages from the registry"))
    })
}

/// New environments install the wheel, and build from the source distribution; the project's tests run against both.
pub fn installs(stand: &mut Stand<'_>, cx: &Context<'_>, dist: &Dist, tests: Option<PathBuf>) -> Result<()> {
    let (name, version) = (&dist.name, &dist.version);
    for (kind, how) in [("wheel", "--only-binary"), ("sdist", "--no-binary")] {
        let title = title(dist, kind, tests.as_deref());
        stand.try_out(&title, |stand| {
            let tools = python::Environment::prepare(cx.sh, &cx.target)?;
            let dir = stand.dir.join(format!("user-{kind}"));
            tools.make_another(&dir)?;
            let own = python::Environment::python_in(&dir);
            // Above the rehearsal is the tree, and its settings of uv are none of a user's.
            let elsewhere = TempDir::new()?;
            let mut install = tools.uv()?;
            install.args(["pip", "install", "--no-progress", how, name, "--refresh-package", name, "--python"]);
            install.arg(&own).arg(format!("{name}=={version}")).current_dir(elsewhere.path());
            stand.user(install)?;
            let installed = installed::installed(&own, dist)?;
            let Some(tests) = &tests else { return Ok(format!("{installed}; it has no tests")) };
            // The tests and pytest are the workspace's, what they import is the user's.
            let output =
                stand.user(installed::tests_against(&tools, dist, &installed.site, &stand.clone.join(tests), &dir)?)?;
            Ok(output.out.lines().last().unwrap_or_default().to_owned())
        })?;
    }
    if tests.is_none() {
        let why = "it has no Python tests in `tests_py` or `tests`";
        stand.rehearsal.left_out.push((format!("what {name} does as installed"), why.to_owned()));
    }
    Ok(())
}

/// What is proved of an installation; what has no tests passes none.
fn title(dist: &Dist, kind: &str, tests: Option<&Path>) -> String {
    let tested = if tests.is_some() { " and test it" } else { "" };
    format!("install {} {} from the {kind}{tested}", dist.name, dist.version)
}

/// The image is pulled from its registry, run, and says of itself that it is healthy. An engine that runs nothing here says
/// nothing about the image.
pub fn runs_image(stand: &mut Stand<'_>, release: &ImageRelease) -> Result<()> {
    let tag = release.of.version.tag();
    stand.try_out(&format!("image {}:{tag} is pulled, run, and healthy", release.image.name), |stand| {
        let registry = stand.environment.images.as_ref().map_err(|why| anyhow!("{why}"))?;
        let engine = Engine::find(&stand.sh)?.with_login(registry.login().clone());
        let registry = registry.address();
        let reference = format!("{registry}/{}:{tag}", release.image.name);
        engine.forget(&reference)?;
        if engine.pull(&reference)?.is_none() {
            bail!("the registry does not have {reference}");
        }
        let ran = engine.runner().map_err(anyhow::Error::from).and_then(|runner| run(&runner, &reference));
        for name in [&tag, "latest"] {
            engine.forget(&format!("{registry}/{}:{name}", release.image.name))?;
        }
        ran
    })
}

fn run(runner: &Runner, reference: &str) -> Result<String> {
    let container = runner.start(reference)?;
    let healthy = is_healthy(runner, &container);
    let log = runner.remove(&container)?;
    let printed = if log.trim().is_empty() { "nothing" } else { log.trim() };
    let evidence = healthy.map_err(|error| anyhow!("{error:#}; it printed: {printed}"))?;
    Ok(match runner.options() {
        options if options.is_empty() => evidence,
        options => format!("{evidence}; run with {options}"),
    })
}

fn is_healthy(runner: &Runner, container: &str) -> Result<String> {
    let pause = Duration::from_millis(300);
    let mut starting = Patience::steady(Duration::from_secs(60), pause);
    let mut unchecked = Patience::steady(Duration::from_secs(2), pause);
    loop {
        let waits = match runner.health(container)? {
            Health::Passes => return Ok("its health check passes".to_owned()),
            Health::Ended(0) => return Ok("it runs to its end, with exit code 0".to_owned()),
            Health::Fails => bail!("its health check fails"),
            Health::Ended(code) => bail!("it ended with exit code {code}"),
            // One that is about to crash looks well for a moment.
            Health::Unchecked => match unchecked.next_pause() {
                Some(pause) => pause,
                None => return Ok("it runs; it has no health check".to_owned()),
            },
            Health::NotYet(why) => match starting.next_pause() {
                Some(pause) => pause,
                None => bail!("it is not healthy after 60 s: {why}"),
            },
        };
        std::thread::sleep(waits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perform::wheels::tests::lark;

    #[test]
    fn only_what_has_tests_passes_them() {
        let dist = lark();
        let with = title(&dist, "wheel", Some(Path::new("tests_py")));
        assert_eq!(with, "install lark 0.8.0rc1 from the wheel and test it");
        assert_eq!(title(&dist, "sdist", None), "install lark 0.8.0rc1 from the sdist");
    }
}
