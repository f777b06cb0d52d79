//! Other tools that release this workspace, as their files tell.
//! It must never advise to remove one: some of them get along with this tool.

use std::path::Path;

use crate::{edit::slashed, workspace::Workspace};

/// What is configured beside this tool, each with what follows from it.
pub fn tools(workspace: &Workspace) -> Vec<String> {
    let file = |names: &[&str]| {
        let mut paths = names.iter().map(|name| workspace.in_root(Path::new(name)));
        paths.find(|path| workspace.tracked.contains(path)).map(|path| slashed(&path))
    };
    let table = |name: &str| {
        let found = workspace.graph.metadata.get(name).is_some();
        found.then(|| format!("[workspace.metadata.{name}] in {}", slashed(&workspace.graph.root)))
    };
    let found = [
        (
            "release-plz",
            file(&["release-plz.toml", ".release-plz.toml"]),
            "it may go on bumping crates in its pull request: say `git_tag_enable`, `git_release_enable` and `publish = false` there; `release` without a version follows it",
        ),
        (
            "cargo-release",
            file(&["release.toml"]).or_else(|| table("release")),
            "it makes the same commits and tags: release with one of the two; what it replaces in other files is `files` here",
        ),
        (
            "dist (cargo-dist)",
            file(&["dist-workspace.toml", "dist.toml"]).or_else(|| table("dist")),
            "it builds programs on the tag and makes the forge's release: leave that to one of the two (`publish --without forge`)",
        ),
        (
            "semantic-release",
            file(&[
                ".releaserc",
                ".releaserc.json",
                ".releaserc.yml",
                ".releaserc.yaml",
                ".releaserc.js",
                "release.config.js",
            ]),
            "it tags from CI by itself: take it out, or keep it away from this workspace's tags",
        ),
        (
            "release-please",
            file(&["release-please-config.json", ".release-please-manifest.json"]),
            "it makes tags from its pull request: take it out, or keep it away from this workspace's tags",
        ),
        ("knope", file(&["knope.toml"]), "it makes the same commits and tags: release with one of the two"),
        ("git-cliff", file(&["cliff.toml"]), "the changelog may come from the same commits: `changes = [\"commits\"]`"),
    ];
    let told =
        found.into_iter().filter_map(|(tool, place, what)| Some(format!("{tool} is configured in {}: {what}", place?)));
    told.collect()
}
