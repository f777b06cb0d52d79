//! The workflows of GitHub Actions, generated from the trains: CI, the publication of a tag, wheels, the
//! calendar, and the website.
//! It must never judge what somebody else wrote: only a file with the header of its own is its to compare or to write.

mod actions;
mod button;
mod ci;
mod conditions;
mod publish;
mod release;
mod setup;
mod steps;
mod text;
mod website;
mod wheels;

use std::{collections::BTreeMap, path::PathBuf};

pub(crate) use self::text::HEADER;
pub use self::{
    setup::{BOOK, Part, Setup, Way, Wheels, is_own_xtask},
    text::is_generated,
};
use crate::{
    edit::{Edit, Fate, slashed},
    finding::{Check, Finding},
    workspace::Texts,
};

/// Where workflows are, from the top of the repository.
const DIR: &str = ".github/workflows";

/// The workflows that these trains need; none, where all of them leave theirs to somebody else.
pub fn generate(setup: &Setup) -> Texts {
    let mut files = BTreeMap::new();
    if setup.trains.is_empty() {
        return Texts::new();
    }
    let mut built = Vec::new();
    for train in &setup.trains {
        let Some(wheels) = &train.wheels else { continue };
        let name = match built.is_empty() {
            true => "python-wheels.yml".to_owned(),
            false => format!("python-wheels-{}.yml", train.name.replace('/', "-")),
        };
        let path = format!("{DIR}/{name}");
        files.insert(path.clone(), wheels::wheels(setup, train, wheels, &path));
        built.push((train, path));
    }
    files.insert(format!("{DIR}/ci.yml"), ci::ci(setup));
    files.insert(format!("{DIR}/release.yml"), release::release(setup, &built));
    if setup.any(|train| train.has_dates) {
        files.insert(format!("{DIR}/calendar.yml"), ci::calendar(setup));
    }
    if let Some(sources) = &setup.website {
        let path = format!("{DIR}/website.yml");
        files.insert(path.clone(), website::website(setup, sources, &path));
    }
    let header = format!(
        "{HEADER}{0} init --write`, and compared by `{0} check`: change\n# the trains, not this file. `workflows = \"own\"` in a train's table leaves its workflows to you.\n#\n",
        setup.way.typed()
    );
    files.into_iter().map(|(path, text)| (PathBuf::from(path), format!("{header}{text}"))).collect()
}

/// What is wrong with the generated workflows that are here: those that say something else now, or that nobody needs
/// any more. What is not here is no fault: some of it may be somebody else's to write.
pub fn stale(setup: &Setup, here: &Texts) -> Vec<Finding> {
    let next = format!("{} init --write", setup.way.typed());
    let edits = edits(setup, here).into_iter().filter(|edit| edit.fate != Fate::Create);
    let stale = edits.map(|edit| {
        let what = match edit.fate {
            Fate::Remove => "it is generated, and no train needs it",
            _ => "it is generated, and says something else than the trains do",
        };
        Finding::new(Check::Workflows, format!("{}: {what}", slashed(&edit.path)), next.clone())
    });
    stale.collect()
}

/// What to write: the files that are needed, and those away that were generated and nobody needs any more. What somebody
/// else wrote stays as it is.
pub fn edits(setup: &Setup, here: &Texts) -> Vec<Edit> {
    let wanted = generate(setup);
    let edit = |path: &PathBuf, fate, old: &str, new: &str| Edit {
        path: path.clone(),
        fate,
        old: old.to_owned(),
        new: new.to_owned(),
        tracked: true,
        why: Vec::new(),
    };
    let mut edits = Vec::new();
    for (path, new) in &wanted {
        match here.get(path) {
            None => edits.push(edit(path, Fate::Create, "", new)),
            Some(old) if is_generated(old) && old != new => edits.push(edit(path, Fate::Change, old, new)),
            Some(_) => {}
        }
    }
    let gone =
        here.iter().filter(|(path, text)| path.starts_with(DIR) && is_generated(text) && !wanted.contains_key(*path));
    edits.extend(gone.map(|(path, old)| edit(path, Fate::Remove, old, "")));
    edits
}

/// The files that are needed, and that somebody else wrote.
pub fn taken(setup: &Setup, here: &Texts) -> Vec<PathBuf> {
    let is_theirs = |path: &PathBuf| here.get(path).is_some_and(|text| !is_generated(text));
    generate(setup).into_keys().filter(is_theirs).collect()
}
