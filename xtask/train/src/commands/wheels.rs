//! `wheels`: builds the train's wheels of the commit at the head for one platform, and tries them where they run.
//! It must never take a file that an earlier build left for one of its own.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::{from_here, name};
use crate::{
    loader::Source,
    perform::{
        self, Context, needs,
        wheels::{build, installed},
    },
    report::Ended,
    session::Session,
    tools::{child, python::Environment},
};
use plan::{
    edit::count,
    postfix, publish, smoke,
    step::{Dist, Group, Step},
    tool::TOOL,
};

/// Build the train's wheels for one platform in a fresh target directory, and try them as installed.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} wheels --sdist\n  {TOOL} wheels --target aarch64-unknown-linux-musl --zig --out dist")
)]
pub struct Wheels {
    /// The platform to build for, as rustc calls it; without it, this machine's.
    #[arg(long, value_name = "TRIPLE", value_parser = name)]
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
}

impl Wheels {
    pub fn run(self, session: &Session<'_>) -> Result<()> {
        let out = from_here(&self.out);
        let loader = session.loader()?;
        let snapshot = loader.load(Source::Commit(&loader.repo.head))?;
        let version = postfix::current(&snapshot.workspace, &snapshot.train)?;
        let options = publish::Options { here: true, only: vec![Group::Wheels], ..Default::default() };
        let publication = publish::plan(&snapshot, &version, &options);
        let report = session.report;
        report.findings(&publication.findings);
        if !publication.findings.is_empty() {
            bail!("refused: {}", count(publication.findings.len(), "finding"));
        }
        let cx = session.context(&loader)?;
        let dists = publication.parts.dists;
        needs::refuse(&cx, &dists.iter().cloned().map(Step::Upload).collect::<Vec<_>>())?;
        for dist in &dists {
            let title = format!("wheels of {} {}", dist.name, dist.version);
            if session.dry_run {
                report.say(format!("  todo    {title}"));
                continue;
            }
            let begun = report.begin(&title);
            let made = make_wheels(&cx, dist, smoke::python_tests(&snapshot, &dist.project), &self, &out);
            match &made {
                Ok(evidence) => {
                    report.say(format!("          {evidence}"));
                    report.end(&title, begun, Ended::Done);
                }
                Err(error) => report.end(&title, begun, Ended::Failed(&format!("{error:#}"))),
            }
            made?;
        }
        Ok(())
    }
}

fn make_wheels(cx: &Context<'_>, dist: &Dist, tests: Option<PathBuf>, wanted: &Wheels, out: &Path) -> Result<String> {
    let tree = perform::publish::checkout(cx, &dist.of)?;
    let fresh = perform::publish::place(cx, &dist.of).join("out");
    cx.sh.remove_path(&fresh)?;
    let how = build::Wanted { sdist: wanted.sdist, target: wanted.target.as_deref(), zig: wanted.zig };
    build::make(cx, dist, &tree, &fresh, &how)?;
    let files = build::files_in(&fresh, dist)?;
    let mut tried = "not tried: it is for another platform".to_owned();
    if let Some(wheel) = files.keys().find(|name| name.ends_with(".whl"))
        && installed::runs_here(cx, wanted.target.as_deref())?
    {
        let installed = installed::try_installed(cx, dist, &fresh.join(wheel))?;
        tried = format!("{installed}; it has no tests");
        if let Some(tests) = tests {
            let environment = Environment::prepare(cx.sh, &cx.target)?;
            let command = installed::tests_against(&environment, dist, &installed.site, &tree.join(tests), &fresh)?;
            let output = child::send(cx.report, command)?;
            if !output.ok() {
                bail!("the tests fail against the wheel as installed");
            }
            tried = format!("as installed: {}", output.out.lines().last().unwrap_or_default());
        }
    }
    cx.sh.create_dir(out)?;
    for (name, hash) in &files {
        cx.sh.copy_file(fresh.join(name), out.join(name))?;
        cx.report.say(format!("          {hash}  {name}"));
    }
    Ok(format!("{}: {tried}", count(files.len(), "file")))
}
