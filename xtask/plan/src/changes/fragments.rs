//! Fragments: one file for each entry of a changelog, which the release takes away.
//! It must never pass over one in silence: what cannot be an entry is a finding.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{
    config::{self, TrainConfig},
    conventional::numbers,
    edit::slashed,
    files::{changelog, pyproject},
    finding::{Check, Finding},
    paths::{dir, normalized},
    train::Train,
    workspace::Workspace,
};

/// The entries that fragments hold, and what is wrong with fragments.
pub fn fragments(workspace: &Workspace, train: &Train) -> (Vec<(PathBuf, String, String)>, Vec<Finding>) {
    let (mut entries, mut findings) = (Vec::new(), Vec::new());
    let Some(dir) = train.config.fragments().map(|dir| workspace.in_root(&dir)) else {
        return (entries, findings);
    };
    // A file is none, which is found with the configuration.
    if workspace.tracked.contains(&dir) {
        return (entries, findings);
    }
    for path in astray(workspace, &dir) {
        findings.push(unassigned(path, &format!("fragments stand in {}", slashed(&dir))));
    }
    for (path, text) in workspace.texts.iter().filter(|(path, _)| path.starts_with(&dir)) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name.eq_ignore_ascii_case("readme.md") {
            continue;
        }
        match read((path, text), &name, &dir, train) {
            Ok((kind, texts)) => entries.extend(texts.into_iter().map(|text| (path.clone(), kind.clone(), text))),
            Err(finding) => findings.push(finding),
        }
    }
    (entries, findings)
}

/// The kind of a fragment, and its entries.
fn read((path, text): (&Path, &str), name: &str, dir: &Path, train: &Train) -> Result<(String, Vec<String>), Finding> {
    if path.parent() != Some(dir) {
        return Err(unassigned(path, &format!("fragments stand in {} itself", slashed(dir))));
    }
    let (id, kind) = id_and_kind(name, train).map_err(|why| unassigned(path, &why))?;
    if let Some((what, next)) = changelog::unclosed(&slashed(path), text) {
        return Err(Finding::new(Check::Changelog, what, next));
    }
    // The whole text is one entry, unless it is a list.
    let all = text.replace("\r\n", "\n");
    let mut texts: Vec<String> = match changelog::is_list(all.trim_start()) {
        true => changelog::entries(&all).into_iter().map(|(_, text)| text).collect(),
        false => vec![changelog::links::without_definitions(&all).trim().to_owned()],
    };
    texts.retain(|text| !text.is_empty());
    if texts.is_empty() {
        return Err(unassigned(path, "it says nothing"));
    }
    for text in &mut texts {
        if let Some(number) = id.parse::<u64>().ok().filter(|number| !numbers(text).any(|found| found == *number)) {
            text.push_str(&format!(" (#{number})"));
        }
        *text = changelog::links::with_definitions(&all, text);
    }
    Ok((kind.to_owned(), texts))
}

/// Fragments that were put beside their crate: nobody looks at one there again.
fn astray<'w>(workspace: &'w Workspace, dir: &Path) -> impl Iterator<Item = &'w PathBuf> {
    let dirs: Vec<PathBuf> = workspace.trains.iter().filter_map(TrainConfig::fragments).collect();
    let is_own = move |at: &Path| dirs.iter().any(|dir| at.starts_with(workspace.in_root(dir)));
    let written = workspace.tracked.iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    written.filter(move |path| path.parent().is_some_and(|at| at.file_name() == dir.file_name() && !is_own(at)))
}

fn unassigned(path: &Path, why: &str) -> Finding {
    let what = format!("{} cannot be assigned to the changelog: {why}", slashed(path));
    Finding::new(Check::Changelog, what, "correct it and commit")
}

/// What a fragment's name says of it, or why it is no name of one.
fn id_and_kind<'a>(name: &'a str, train: &'a Train) -> Result<(&'a str, &'a str), String> {
    // A number may follow the kind, to have two fragments of one name.
    let words: Vec<&str> = name.split('.').collect();
    let (id, kind) = match words.as_slice() {
        [id, kind, "md"] => (*id, *kind),
        [id, kind, number, "md"] if number.parse::<u32>().is_ok() => (*id, *kind),
        _ => return Err("its name is not NAME.KIND.md".to_owned()),
    };
    let known = train.config.kind(kind).ok_or_else(|| {
        let known = train.config.fragment_kinds();
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        format!("`{kind}` is not a kind of change: {}", config::nearest(kind, &names))
    });
    Ok((id, known?))
}

/// A directory in which other programs keep fragments, beside the changelog: towncrier, scriv, changie, changesets, reno.
const OF_OTHERS: [&str; 6] =
    ["newsfragments", "changelog.d", ".changes/unreleased", ".changeset", "releasenotes/notes", ".unreleased"];

/// Fragments that no release takes, since nobody said so.
pub struct Waiting {
    pub dir: PathBuf,
    pub count: usize,
    /// Whether the release could take them.
    is_ours: bool,
    /// Kinds of change that are none here yet.
    kinds: BTreeSet<String>,
}

impl Waiting {
    pub fn find(workspace: &Workspace, train: &Train) -> Option<Waiting> {
        let beside = dir(train.changelog.as_ref().filter(|_| train.config.changes.is_none())?);
        let project = workspace.texts.get(&beside.join("pyproject.toml"));
        let named = project.and_then(|text| pyproject::fragments(text));
        let dirs = named.iter().map(String::as_str).chain(OF_OTHERS);
        dirs.filter_map(|name| normalized(&beside.join(name))).find_map(|dir| {
            let files = workspace.tracked.range(dir.clone()..).skip_while(|path| **path == dir);
            let files = files.take_while(|path| path.starts_with(&dir)).filter_map(|path| path.file_name()?.to_str());
            let files: Vec<&str> = files.filter(|name| is_fragment(name)).collect();
            let is_ours = files.iter().all(|name| name.ends_with(".md") && name.split('.').count() > 2);
            let kinds = files.iter().filter_map(|name| name.split('.').nth(1));
            let kinds = kinds.filter(|kind| train.config.kind(kind).is_none()).map(str::to_owned).collect();
            (!files.is_empty()).then_some(Waiting { dir, count: files.len(), is_ours, kinds })
        })
    }

    /// How a release is told to take them.
    pub fn ways(&self, workspace: &Workspace, train: &Train) -> Option<String> {
        let dir = self.dir.strip_prefix(workspace.root_dir()).unwrap_or(&self.dir);
        let heading = |kind: &String| {
            let (first, rest) = kind.split_at(kind.chars().next().map_or(0, char::len_utf8));
            format!("{{ heading = \"{}{rest}\" }}", first.to_uppercase())
        };
        let headings: Vec<String> = self.kinds.iter().map(heading).collect();
        let kinds = match headings.is_empty() {
            true => String::new(),
            false => format!(", `kinds = [{}]`", headings.join(", ")),
        };
        self.is_ours.then(|| {
            format!(
                "`changes = [\"unreleased\", \"fragments\"]`{kinds} and `fragments = \"{}\"` in {}",
                slashed(dir),
                train.config.table()
            )
        })
    }
}

fn is_fragment(name: &str) -> bool {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    !stem.is_empty() && !stem.eq_ignore_ascii_case("readme") && ["md", "rst", "txt", "yaml", "yml"].contains(&end)
}
