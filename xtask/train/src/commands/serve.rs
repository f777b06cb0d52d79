//! `serve`: the registries of a rehearsal for people, to a command or until they are ended.
//! It must never show what another project has under the workspace's names.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::registry;
use crate::{
    loader::Source,
    perform::ownership,
    session::Session,
    tools::{
        python::defaults,
        stand_in::{self, Wanted},
    },
};
use plan::{ownership as names, snapshot::Snapshot, tool::TOOL};

/// Serve the registries of a rehearsal for manual tests, to a command or until Ctrl-C.
///
/// Without a command it prints the environment to use.
#[derive(Args)]
#[command(
    after_help = format!("Examples:\n  {TOOL} serve --dir registries -- cargo publish\n  {TOOL} serve --dir registries -- bash\n  {TOOL} serve --dir registries --port 8080")
)]
pub struct Serve {
    /// The directory for what they receive.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The port on the loopback interface; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Hide all crates but those that are published here.
    #[arg(long, hide = true)]
    alone: bool,
    /// Stand in for the private registry of this name, too, which asks for a token.
    #[arg(long, value_name = "NAME", value_parser = registry)]
    registry: Vec<String>,
    /// What to run with them; they end with it.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Serve {
    pub fn run(self, session: &Session<'_>) -> Result<i32> {
        let Serve { dir, port, alone, registry: registries, command } = self;
        let (dir, from) = (std::path::absolute(dir)?, session.manifest.as_deref().and_then(Path::parent));
        let from = std::env::current_dir()?.join(from.unwrap_or(Path::new("")));
        let (hidden, projects) = if alone { Default::default() } else { strange_names(session, &from)? };
        let mut wanted = Wanted { dir, port, alone, registries, hidden, projects, from, ..Wanted::default() };
        let hidden: Vec<&str> = wanted.hidden.iter().chain(&wanted.projects).map(String::as_str).collect();
        if !hidden.is_empty() {
            let hidden = hidden.join(", ");
            let _ = writeln!(io::stderr(), "hidden, because they are not known to be this project's: {hidden}");
        }
        if !wanted.alone {
            wanted.index = match defaults::ask().and_then(defaults::Defaults::leads_to) {
                Ok(index) => Some(index),
                Err(_) if wanted.projects.is_empty() => None,
                Err(why) => {
                    let next = "install with `uv pip install`";
                    let _ = writeln!(io::stderr(), "pip looks in its own index all the same ({why:#}): {next}");
                    None
                }
            };
        }
        match command.is_empty() {
            true => stand_in::serve(&wanted).map(|()| 0),
            false => stand_in::run_with(session.report, &wanted, &command),
        }
    }
}

/// The crates and the Python projects of the workspace whose names are not known to be ours; none outside of a workspace.
fn strange_names(session: &Session<'_>, from: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let loaded = session.loader();
    let (loader, head) = match loaded.and_then(|loader| loader.load(Source::Tree).map(|head| (loader, head))) {
        Ok(loaded) => loaded,
        Err(_) if !from.ancestors().any(|dir| dir.join("Cargo.toml").exists()) => return Ok(Default::default()),
        Err(error) => return Err(error.context("which names another project has cannot be asked of this workspace")),
    };
    let cx = session.looking(&loader)?;
    let (mut hidden, mut projects) = (BTreeSet::new(), BTreeSet::new());
    for train in loader.trains(&head)? {
        let snapshot = Snapshot { train, ..head.clone() };
        let (crates, named): (Vec<_>, Vec<_>) =
            names::names(&snapshot).into_iter().partition(|name| name.kind == names::Kind::Crate);
        let registries = ownership::registries(&cx, &snapshot, &crates);
        if let Some(why) = registries.unasked.first() {
            bail!("{why}");
        }
        let strange = registries.answers.into_iter().filter(|(_, answer)| answer.is_strange());
        hidden.extend(strange.map(|(name, _)| name.name));
        let answers = ownership::registries(&cx, &snapshot, &named).answers;
        let is_known = |name: &names::Name| answers.iter().any(|(of, answer)| of == name && !answer.is_strange());
        projects.extend(named.into_iter().filter(|name| !is_known(name)).map(|name| name.name));
    }
    Ok((hidden.into_iter().collect(), projects.into_iter().collect()))
}
