//! What all steps of a publication share: the tag on the remote, a clean checkout of it, and a place for what is built.
//! It must never build from the working tree: what goes out is made from the tagged commit alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use xshell::{Shell, cmd};

use super::{Context, git};
use crate::{
    repo::{self, contents},
    tools::{cargo, child::Watch},
};
use plan::{
    date::Date,
    edit::slashed,
    publish,
    repo::{Lack, Lacking, rollback_tag, short},
    step::{Observation, Tagged},
    tool::TOOL,
    version::Version,
};

/// Files by name, each with its sha256.
pub type Hashes = BTreeMap<String, String>;

/// As much of a hash as a person compares.
pub fn digits(sha256: &str) -> &str {
    let sha256 = sha256.strip_prefix("sha256:").unwrap_or(sha256);
    sha256.get(..12).unwrap_or(sha256)
}

/// What to type for the packages that somebody else shall send.
pub fn pack_again(of: &Tagged) -> String {
    format!("at the tag, {TOOL} pack --out DIR{}, and the same command with --packed DIR", of.option)
}

/// Everything of one publication stands below this directory.
pub fn place(cx: &Context<'_>, of: &Tagged) -> PathBuf {
    cx.target.join("xtask").join("publish").join(of.tag.replace(['/', '\\'], "-"))
}

/// Tags on the remote, with the objects that they name and the commits that they lead to.
pub struct RemoteTags(git::remote::Refs);

impl RemoteTags {
    pub fn ask(cx: &Context<'_>, of: &Tagged) -> Result<RemoteTags> {
        git::remote::ls_remote(cx, &of.remote, Some("--tags"), &[]).map(RemoteTags)
    }

    /// The commit that the tag leads to.
    pub fn commit(&self, tag: &str) -> Option<&str> {
        let find = |name: String| self.0.get(&name).map(String::as_str);
        find(format!("refs/tags/{tag}^{{}}")).or_else(|| find(format!("refs/tags/{tag}")))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|name| name.strip_prefix("refs/tags/"))
    }

    /// The highest final version that has a tag.
    pub fn highest(&self, of: &Tagged) -> Option<Version> {
        publish::highest(of, self.names())
    }

    /// The version that keeps `latest`, when it is higher than ours.
    pub fn higher(&self, of: &Tagged) -> Option<Version> {
        publish::higher(of, self.names())
    }
}

/// The branch that is pushed with a commit: the main one, when that leads to it.
fn branch_of(cx: &Context<'_>, commit: &str) -> Result<Option<String>> {
    let format = "--format=%(refname:short)";
    let branches = repo::text(cmd!(cx.sh, "git for-each-ref --contains {commit} {format} refs/heads"))?;
    let branches: Vec<&str> = branches.lines().collect();
    let main = ["main", "master"].into_iter().find(|main| branches.contains(main));
    Ok(main.or(branches.first().copied()).map(str::to_owned))
}

pub fn observe_tag(cx: &Context<'_>, of: &Tagged) -> Result<Observation> {
    let (tag, remote) = (&of.tag, &of.remote);
    let tags = RemoteTags::ask(cx, of)?;
    let rolled_back = rollback_tag(tag);
    if tags.commit(&rolled_back).is_some() {
        return Ok(Observation::blocked(
            format!("it was rolled back: {remote} has {rolled_back}"),
            format!("git fetch {remote} tag {rolled_back}, which says why; release a higher version"),
        ));
    }
    Ok(match tags.commit(tag) {
        None => Observation::blocked(
            format!("{remote} does not have it, and what is not there must not be published"),
            match branch_of(cx, &of.commit)? {
                Some(branch) => format!(
                    "{TOOL} release{} --push, or git push --atomic {remote} refs/heads/{branch} refs/tags/{tag}",
                    of.option
                ),
                None => format!(
                    "no branch here leads to its commit, as after a squash merge: git tag -d {tag}, then {} on the merged commit",
                    of.typed("release")
                ),
            },
        ),
        Some(commit) if commit != of.commit => Observation::blocked(
            format!("on {remote} it leads to {}, here to {}", short(commit), short(&of.commit)),
            format!("git fetch {remote} tag {tag}, and compare: a pushed tag is never moved"),
        ),
        Some(commit) => Observation::Done {
            evidence: format!("leads to {}", short(commit)),
            since: match git::resolve(cx, &format!("refs/tags/{tag}"))? {
                Some(_) => Some(Date::timestamp(repo::tagged_at(cx.sh, tag)?)),
                None => None,
            },
        },
    })
}

/// A clone that stands on the tagged commit, and holds nothing else.
pub fn checkout(cx: &Context<'_>, of: &Tagged) -> Result<PathBuf> {
    let (sh, commit) = (cx.sh, &of.commit);
    let tree = place(cx, of).join("tree");
    let is_ours = |tree: &Path| {
        let head = cmd!(sh, "git -C {tree} rev-parse HEAD").quiet().ignore_stderr().read().ok();
        let dirty = cmd!(sh, "git -C {tree} status --porcelain").quiet().ignore_stderr().read().ok();
        tree.join(".git").is_dir() && head.as_ref() == Some(commit) && dirty.is_some_and(|dirty| dirty.is_empty())
    };
    if is_ours(&tree) {
        return Ok(tree);
    }
    let _watch = Watch::start("git");
    sh.remove_path(&tree)?;
    let top = sh.current_dir();
    check_out(sh, &top, &top, commit, &tree)?;
    if !is_ours(&tree) {
        bail!("{} is not a clean checkout of {}", tree.display(), short(commit));
    }
    Ok(tree)
}

/// Clones a repository, and checks out a commit with the submodules and large files that the working tree `with` has of it.
pub fn check_out(sh: &Shell, repository: &Path, with: &Path, commit: &str, tree: &Path) -> Result<()> {
    cmd!(sh, "git clone --quiet --no-checkout {repository} {tree}")
        .quiet()
        .run()
        .context("the repository was not cloned")?;
    contents::share_large_files(sh, with, tree)?;
    cmd!(sh, "git -C {tree} -c advice.detachedHead=false checkout --quiet --detach {commit}").quiet().run()?;
    contents::bring_submodules(sh, with, tree)
}

/// Refuses to make something of a checkout that lacks a part of what it is made of.
pub fn refuse_lacking(sh: &Shell, tree: &Path, is_part: impl Fn(&Lacking) -> bool) -> Result<()> {
    let there = sh.clone();
    there.change_dir(tree);
    let lacking = contents::lacking(&there, &contents::tracked(&there)?)?;
    let found = lacking.iter().find(|lacking| is_part(lacking));
    let Some(Lacking { path, what }) = found else { return Ok(()) };
    let place = slashed(path);
    match what {
        Lack::Pointer => {
            bail!("{place} is only a pointer of Git LFS; next: git lfs install && git lfs pull, and the same command")
        }
        _ => bail!(
            "{place} is a submodule that this clone does not have as the tag does; next: git submodule update --init --recursive at the tag, and the same command"
        ),
    }
}

/// The environment under which a build gives the same bytes again: the commit's time, and no path of this machine.
/// `CARGO_BUILD_RUSTFLAGS` adds to what the user configured (<https://doc.rust-lang.org/cargo/reference/config.html>).
pub fn reproducible(cx: &Context<'_>, of: &Tagged, tree: &Path, command: &mut Command) -> Result<()> {
    let (sh, commit) = (cx.sh, &of.commit);
    let epoch = cmd!(sh, "git show --no-patch --format=%ct {commit}").quiet().read()?;
    command.env("SOURCE_DATE_EPOCH", epoch.trim());
    let sources = cargo::sources().into_iter().map(|source| cargo::remap(&source, "/registry"));
    let remaps = std::iter::once(cargo::remap(tree, "/build")).chain(sources);
    let remaps: Vec<String> = remaps.filter(|remap| !remap.contains(char::is_whitespace)).collect();
    let flags = std::env::var("CARGO_BUILD_RUSTFLAGS").unwrap_or_default();
    command.env("CARGO_BUILD_RUSTFLAGS", format!("{flags} {}", remaps.join(" ")).trim());
    Ok(())
}
