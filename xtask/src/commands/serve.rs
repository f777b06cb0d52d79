//! `serve`: the registries of a rehearsal for people, to a command or until they are ended.
//! It must never show what another project has under the workspace's names.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Result, bail};
use xshell::Shell;

use crate::{
    loader::Source,
    perform::{Tools, ownership},
    session::Call,
    tools::{python::defaults, stand_in},
};
use plan::{ownership as names, snapshot::Snapshot};

/// `serve`: the registries of a rehearsal for people. In a workspace, what another project has under its names is hidden.
/// They end with the command, whose exit code it gives, or when they are ended.
pub fn serve(call: &Call<'_>, mut wanted: stand_in::Wanted, command: &[OsString]) -> Result<i32> {
    wanted.dir = std::path::absolute(&wanted.dir)?;
    wanted.from = call.manifest.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    wanted.from = std::env::current_dir()?.join(&wanted.from);
    if !wanted.alone {
        (wanted.hidden, wanted.projects) = strange_names(call, &wanted.from)?;
    }
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
        false => stand_in::run_with(call.report, &wanted, command),
    }
}

/// The crates and the Python projects of the workspace whose names are not known to be ours; none outside of a workspace.
fn strange_names(call: &Call<'_>, from: &Path) -> Result<(Vec<String>, Vec<String>)> {
    let sh = Shell::new()?;
    let loaded = call.loader(&sh);
    let (loader, head) = match loaded.and_then(|loader| loader.load(Source::Tree).map(|head| (loader, head))) {
        Ok(loaded) => loaded,
        Err(_) if !from.ancestors().any(|dir| dir.join("Cargo.toml").exists()) => return Ok(Default::default()),
        Err(error) => return Err(error.context("which names another project has cannot be asked of this workspace")),
    };
    let world = call.world(&loader, Tools::AsFound)?;
    let (mut hidden, mut projects) = (BTreeSet::new(), BTreeSet::new());
    for train in loader.trains(&head)? {
        let snapshot = Snapshot { train, ..head.clone() };
        let of = |kind: names::Kind| names::names(&snapshot).into_iter().filter(move |name| name.kind == kind);
        let registries = ownership::registries(&world, &snapshot, &of(names::Kind::Crate).collect::<Vec<_>>());
        if let Some(why) = registries.unasked.first() {
            bail!("{why}");
        }
        let is_strange =
            |answer: &names::Answer| matches!(answer.owner, names::Owner::Other(_) | names::Owner::Unknown(_));
        let strange = registries.answers.into_iter().filter(|(_, answer)| is_strange(answer));
        hidden.extend(strange.map(|(name, _)| name.name));
        let named: Vec<names::Name> = of(names::Kind::Project).collect();
        let asked = ownership::registries(&world, &snapshot, &named);
        let known = asked.answers.into_iter().filter(|(_, answer)| !is_strange(answer)).map(|(name, _)| name.name);
        let known: BTreeSet<String> = known.collect();
        projects.extend(named.into_iter().map(|name| name.name).filter(|name| !known.contains(name)));
    }
    Ok((hidden.into_iter().collect(), projects.into_iter().collect()))
}
