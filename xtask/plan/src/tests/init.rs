//! The keys that `init` proposes for workspaces sketched as texts: which ones, with what value, and why.
//! None of them may be one that somebody has set, or that a release would derive.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::sketch::{Sketch, v};
use crate::{
    init::{Released, Seen, kept_from_registries, keys, others, wanted},
    repo::LogEntry,
    train::Train,
    workspace::Texts,
};

/// A program with a wheel and an image, whose releases say their version in a readme: what its commits and its last
/// releases, newest first, tell.
#[derive(Clone)]
struct Told {
    sketch: Sketch,
    log: Vec<LogEntry>,
    releases: Vec<Released>,
}

const LOG: &str = "# History\n\n## [0.8.0] - 2026-01-07\n\n- all of it\n";
const MAKES_IT: &str = "FROM scratch\nCOPY target/program /\n";

fn entry(commit: &str, subject: &str, parents: usize) -> LogEntry {
    LogEntry { commit: commit.to_owned(), parents: vec!["0".to_owned(); parents], subject: subject.to_owned() }
}

/// What the releases after `pairs` of versions changed in files: each with its text, in which `V` stands for the version.
fn released(pairs: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<Released> {
    let texts = |version: &str| -> Texts {
        files.iter().map(|(path, text)| (PathBuf::from(path), text.replace('V', version))).collect()
    };
    let release =
        |(from, to): &(&str, &str)| Released { version: v(to), from: v(from), before: texts(from), after: texts(to) };
    pairs.iter().map(release).collect()
}

fn lark() -> Told {
    let mut sketch = Sketch { trains: json!({ "barter": { "driver": "lark" } }), ..Sketch::default() };
    sketch.repo.main = Some("trunk".to_owned());
    sketch.repo.remote_branches = ["up/next", "up/trunk"].map(str::to_owned).into();
    for (tag, commit) in [("v0.6.0", "6"), ("v0.7.3", "7"), ("v0.8.0-rc.1", "7rc"), ("v0.8.0", "8")] {
        sketch.repo.tags.insert(tag.to_owned(), commit.to_owned());
    }
    let sketch = sketch
        .file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n")
        .member("lark", "0.8.0", "\n[[bin]]\nname = \"program\"\n")
        .member(
            "lark-python",
            "0.8.0",
            "publish = false\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n\
             lark = { path = \"../lark\", version = \"0.8.0\" }\npyo3 = \"0.28\"\n",
        )
        .file(
            "crates/lark-python/pyproject.toml",
            "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"lark\"\nversion = \"0.8.0\"\n",
        )
        .file(
            "beside/song/Cargo.toml",
            "[package]\nname = \"song\"\nversion = \"0.8.0\"\n\n[workspace]\n\n[dependencies]\nlark = { path = \"../../crates/lark\" }\n",
        )
        .file(
            "beside/song/pyproject.toml",
            "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"song\"\nversion = \"0.8.0\"\n",
        )
        .file("crates/lark/Dockerfile", MAKES_IT)
        .file("HISTORY.md", LOG)
        .lock();
    let log = vec![
        entry("9", "feat: songs", 1),
        entry("8", "chore: lark 0.8.0 (#12)", 1),
        entry("7rc", "try 0.8.0-rc.1", 1),
        entry("7", "chore: lark 0.7.3", 1),
        entry("6", "0.6.0", 1),
    ];
    let releases = released(
        &[("0.7.3", "0.8.0"), ("0.6.0", "0.7.3")],
        &[
            ("README.md", "lark = \"V\"\n"),
            ("docs/install.md", "tag vV\ntag vV\nat V\n"),
            ("Cargo.toml", "version = \"V\"\n"),
            ("crates/lark-python/pyproject.toml", "version = \"V\"\n"),
            ("beside/song/pyproject.toml", "version = \"V\"\n"),
        ],
    );
    Told { sketch, log, releases }
}

impl Told {
    fn with(mut self, change: impl FnOnce(&mut Told)) -> Told {
        change(&mut self);
        self
    }

    fn configured(mut self, key: &str, value: serde_json::Value) -> Told {
        self.sketch = self.sketch.configured(key, value);
        self
    }

    fn file(mut self, path: &str, text: &str) -> Told {
        self.sketch = self.sketch.file(path, text);
        self
    }

    fn releases(self, pairs: &[(&str, &str)], files: &[(&str, &str)]) -> Told {
        self.with(|told| told.releases = released(pairs, files))
    }

    /// Every key with its value and why.
    fn keys(&self) -> Vec<(&'static str, String, String)> {
        let workspace = self.sketch.workspace();
        let train = Train::choose(&workspace, &self.sketch.repo, Some("barter")).unwrap();
        let seen = Seen { workspace: &workspace, repo: &self.sketch.repo, log: &self.log, texts: &self.sketch.texts };
        keys(&seen, &train, &self.releases).into_iter().map(|key| (key.name, key.value, key.why)).collect()
    }

    /// The value of one key.
    fn key(&self, name: &str) -> Option<String> {
        self.keys().into_iter().find(|key| key.0 == name).map(|key| key.1)
    }
}

#[test]
fn what_cannot_be_derived_is_proposed_with_its_reason() {
    let told: Vec<String> =
        lark().keys().iter().map(|(name, value, why)| format!("{name} = {value} # {why}")).collect();
    assert_eq!(
        told.join("\n"),
        "main = \"trunk\" # a checkout in CI does not know the remote's default branch\n\
         remote = \"up\" # it is the only remote\n\
         commit = \"chore: lark {version}\" # so the commits of the last two releases are called\n\
         changelog = \"HISTORY.md\" # it has a section for each version\n\
         platforms = [\"manylinux-x86_64\", \"manylinux-aarch64\", \"macos-x86_64\", \"macos-arm64\", \"windows-x86_64\", \"sdist\"] # a wheel for each is built in CI\n\
         images = [{ name = \"program\", dockerfile = \"crates/lark/Dockerfile\", binary = \"program\" }] # each holds a program of the train\n\
         files = [\n  \
           { path = \"README.md\", after = \"lark = \\\"\" },\n  \
           { path = \"docs/install.md\", after = \"tag v\", times = 2 },\n  \
           { path = \"docs/install.md\", after = \"at \" },\n\
         ] # the last 2 releases moved them"
    );
    let workspace = lark().sketch.workspace();
    assert_eq!(wanted(&workspace), ["crates/lark/Dockerfile", "HISTORY.md"].map(PathBuf::from));
}

#[test]
fn paths_count_from_a_workspace_below_the_top_and_lead_out_of_it() {
    let log = "# Log\n\n## 0.8.0\n\n- all of it\n";
    let told = lark().file("CHANGELOG.md", log).with(|told| drop(told.sketch.texts.remove(Path::new("HISTORY.md"))));
    let of = |told: &Told| {
        let mut workspace = told.sketch.workspace();
        let mut train = Train::choose(&workspace, &told.sketch.repo, Some("barter")).unwrap();
        workspace.graph.root = "crates/Cargo.toml".into();
        train.changelog = None;
        assert!(wanted(&workspace).contains(&PathBuf::from("CHANGELOG.md")));
        let seen = Seen { workspace: &workspace, repo: &told.sketch.repo, log: &told.log, texts: &told.sketch.texts };
        let keys = keys(&seen, &train, &told.releases).into_iter();
        keys.map(|key| (key.name, key.value)).collect::<BTreeMap<_, _>>()
    };
    let keys = of(&told.clone().releases(&[("0.7.3", "0.8.0")], &[("README.md", "at V\n"), ("crates/a.md", "at V\n")]));
    assert_eq!(keys["files"], "[{ path = \"../README.md\", after = \"at \" }, { path = \"a.md\", after = \"at \" }]");
    assert_eq!(keys["changelog"], "\"../CHANGELOG.md\"");
    assert!(keys["images"].contains("dockerfile = \"lark/Dockerfile\""), "{}", keys["images"]);
    // What a release would refuse is not proposed.
    let other = of(&told.file("CHANGELOG.md", &log.replace("## 0.8.0", "## In spring\n\n## 0.7.3")));
    assert_eq!(other.get("changelog"), None);
}

#[test]
fn a_commit_is_proposed_without_what_keeps_ci_from_running() {
    let called = |last: &str, before: &str| {
        let told = lark().with(|told| {
            told.log[1].subject = last.to_owned();
            told.log[3].subject = before.to_owned();
        });
        told.key("commit")
    };
    // The lines of a first paragraph are one subject.
    let (last, before) = ("Release: v0.8.0 [skip ci] ### Minor", "Release: v0.7.3 [Skip CI] ### Patch");
    assert_eq!(called(last, before).as_deref(), Some("\"Release: v{version}\""));
    assert_eq!(called("release 0.8.0 [skip ci]", "release 0.7.3 [skip ci]"), None, "it is the usual one");
    assert_eq!(called("[ci skip] lark 0.8.0", "[ci skip] lark 0.7.3"), None, "nothing is left");
}

#[test]
fn a_key_that_is_set_or_not_needed_is_not_proposed() {
    let image = json!([{ "name": "song", "dockerfile": "Dockerfile" }]);
    let table: [(&str, &str, Told); 16] = [
        ("main", "set", lark().configured("main", json!("stem"))),
        ("main", "usual", lark().with(|told| told.sketch.repo.main = Some("master".to_owned()))),
        ("remote", "set", lark().configured("remote", json!("down"))),
        ("remote", "origin", lark().with(|told| told.sketch.repo.origin = Some("../lark".to_owned()))),
        ("remote", "usual", lark().with(|told| told.sketch.repo.remote_branches = ["origin/trunk".to_owned()].into())),
        (
            "remote",
            "two",
            lark().with(|told| told.sketch.repo.remote_branches = ["a/trunk", "b/trunk"].map(str::to_owned).into()),
        ),
        ("commit", "set", lark().configured("commit", json!("Release {version}"))),
        ("commit", "another form before", lark().with(|told| told.log[3].subject = "lark 0.7.3".to_owned())),
        (
            "commit",
            "usual",
            lark().with(|told| {
                told.log[1].subject = "release 0.8.0".to_owned();
                told.log[3].subject = "release 0.7.3".to_owned();
            }),
        ),
        (
            "commit",
            "no subject that git would give back",
            lark().with(|told| {
                told.log[1].subject = " lark 0.8.0".to_owned();
                told.log[3].subject = " lark 0.7.3".to_owned();
            }),
        ),
        ("changelog", "set", lark().configured("changelog", json!("CHANGES.txt"))),
        ("changelog", "usual", lark().file("CHANGELOG.md", LOG)),
        ("changelog", "no versions", lark().file("HISTORY.md", "# How it began\n\n## In a garden\n\n- a song\n")),
        ("platforms", "set", lark().configured("platforms", json!(["sdist"]))),
        ("platforms", "no wheel", lark().configured("wheels", json!([]))),
        ("images", "set", lark().configured("images", image)),
    ];
    for (key, why, told) in table {
        assert_eq!(told.key(key), None, "{key}: {why}");
    }
    assert_eq!(lark().key("registries"), None, "it is described");
    let undescribed = lark().with(|told| {
        let sketch = told.sketch.clone().member("lark", "0.8.0", "# no description\n");
        told.sketch =
            sketch.member("lark-core", "0.8.0", "# no description\n").configured("also", json!(["lark-core"]));
    });
    assert_eq!(undescribed.key("registries").as_deref(), Some("[]"));
    assert_eq!(undescribed.with(|told| told.sketch.repo.tags.clear()).key("registries"), None, "nothing is released");
    // A changelog of the whole is the default train's.
    let second = lark().with(|told| told.sketch.trains["owl"] = json!({ "driver": "lark-python", "default": true }));
    assert_eq!(second.key("changelog"), None);
}

#[test]
fn commits_tell_of_changes_where_nobody_writes_and_most_keep_the_form() {
    let told = |own: usize, unreleased: &str| {
        let log = format!("# Changelog\n\n## [Unreleased]\n\n{unreleased}## [0.8.0] - 2026-01-07\n\n- all of it\n");
        let merges = (0..12).map(|nth| entry(&format!("m{nth}"), "Merge branch next", 2));
        let own = (0..own).map(|nth| entry(&nth.to_string(), "fix: a leak", 1));
        let entries = merges.chain(own).collect();
        lark().file("CHANGELOG.md", &log).with(|told| told.log = entries)
    };
    let both = Some("[\"unreleased\", \"commits\"]".to_owned());
    assert_eq!(told(10, "").key("changes"), both);
    assert_eq!(told(40, "").key("changes"), both);
    assert_eq!(told(9, "").key("changes"), None, "too few to tell");
    assert_eq!(told(10, "- a song\n\n").key("changes"), None, "somebody writes");
    let untagged = told(10, "").with(|told| drop(told.sketch.repo.tags.remove("v0.8.0")));
    assert_eq!(untagged.key("changes"), None, "since when, no tag says: they told of 0.8.0, too");
    assert_eq!(told(10, "").configured("changes", json!(["unreleased"])).key("changes"), None);
    let other = told(0, "").with(|told| told.log = vec![entry("1", "Mend a leak", 1); 12]);
    assert_eq!(other.key("changes"), None);
}

#[test]
fn an_image_is_made_by_a_dockerfile_beside_a_program_that_it_names() {
    let image = |path: &str, text: &str| {
        let told = lark().with(|told| drop(told.sketch.texts.remove(&PathBuf::from("crates/lark/Dockerfile"))));
        told.file(path, text).key("images")
    };
    let alone = |path: &str| Some(format!("[{{ name = \"program\", dockerfile = \"{path}\", binary = \"program\" }}]"));
    assert_eq!(image("Dockerfile", MAKES_IT), alone("Dockerfile"));
    assert_eq!(image("crates/lark/Dockerfile", MAKES_IT), alone("crates/lark/Dockerfile"));
    assert_eq!(image("deploy/Dockerfile", MAKES_IT), None, "it is beside no program");
    assert_eq!(image("crates/lark-python/Dockerfile", MAKES_IT), None, "nor is it beside an extension");
    for other in ["FROM scratch\n", "COPY program-x /\n", "COPY my_program /\n"] {
        assert_eq!(image("Dockerfile", other), None, "{other}");
    }
    let whole = "[{ name = \"program\", dockerfile = \"Dockerfile\" }]".to_owned();
    assert_eq!(image("Dockerfile", "RUN cargo build --bin program\n"), Some(whole), "it compiles");
    // Two make the same one, and the first will do.
    let two = lark().file("Dockerfile", MAKES_IT).key("images");
    assert_eq!(two, alone("Dockerfile"));
}

#[test]
fn a_file_follows_where_each_release_moved_it_and_nothing_else_does() {
    let (twice, once) = ([("0.7.3", "0.8.0"), ("0.6.0", "0.7.3")], [("0.7.3", "0.8.0")]);
    let files = |told: Told| told.key("files");
    let readme = Some("[{ path = \"README.md\", after = \"lark = \\\"\" }]".to_owned());
    let own = ("README.md", "lark = \"V\"\n");
    let told = lark().releases(&once, &[own]);
    let why = told.keys().into_iter().find(|key| key.0 == "files").map(|key| key.2);
    assert_eq!(why.as_deref(), Some("the last release moved them"));
    assert_eq!(files(told), readme);
    // What other keys name, and what the words do not tell apart.
    let deployment = json!([{ "path": "deploy.yaml", "image": "lark" }]);
    let others = [
        own,
        ("docs/log.txt", "lark V\n"),
        ("NOTES.md", "lark V\n"),
        ("deploy.yaml", "image: lark:V\n"),
        (".github/workflows/ci.yml", "lark: V\n"),
        ("two.toml", "is = \"V\"\nis = \"1.2.3\"\n"),
        ("DEPENDENCIES.rust.tsv", "lark@V\tMIT\n"),
    ];
    let known = lark()
        .configured("changelog", json!("docs/log.txt"))
        .configured("release-notes", json!("NOTES.md"))
        .configured("images", json!([{ "name": "lark", "dockerfile": "Dockerfile" }]))
        .configured("deployments", deployment)
        .releases(&twice, &others);
    assert_eq!(files(known), readme);
    // Several places in one file, and a file that is nothing else.
    let pom = "<id>lark</id>\n<version>V</version>\n<id>owl</id>\n<version>1.0</version>\n<tag>V</tag>\n<tag>V</tag>\n";
    let told = lark().releases(&twice, &[("VERSION", "V\n"), ("pom.xml", &format!("<project>\n{pom}"))]);
    assert_eq!(
        files(told).as_deref(),
        Some(
            "[\n  { path = \"VERSION\", after = \"\" },\n  { path = \"pom.xml\", after = \"\\n<id>lark</id>\\n<version>\" },\n  { path = \"pom.xml\", after = \"<tag>\", times = 2 },\n]"
        )
    );
    // One that only the last release moved.
    let late = lark().releases(&twice, &[own, ("late.md", "lark V\n")]);
    let late = late.with(|told| drop(told.releases[1].after.insert(PathBuf::from("late.md"), String::new())));
    assert_eq!(files(late), readme);
    for (why, none) in [
        ("no release", lark().releases(&[], &[own])),
        ("nothing moves", lark().releases(&twice, &[])),
        ("the tree has moved on", lark().releases(&[("0.6.0", "0.7.3")], &[own])),
        ("set", lark().configured("files", json!([{ "path": "a", "after": "b" }])).releases(&once, &[own])),
    ] {
        assert_eq!(files(none), None, "{why}");
    }
}

#[test]
fn what_goes_to_no_registry_is_kept_from_it_and_nothing_else() {
    let workspace = kept_from_registries(lark().sketch.workspace(), &["crates/lark/Cargo.toml".into()].into());
    assert!(!workspace.members.iter().any(|member| member.publish));
    let workspace = kept_from_registries(lark().sketch.workspace(), &["crates/other/Cargo.toml".into()].into());
    assert!(workspace.members.iter().any(|member| member.publish && member.name == "lark"));
}

#[test]
fn each_other_tool_is_told_by_its_file_or_table() {
    let files = [
        ".release-plz.toml",
        "release.toml",
        "dist-workspace.toml",
        ".releaserc.yml",
        "release-please-config.json",
        "knope.toml",
        "cliff.toml",
    ];
    let sketch = files.iter().fold(lark().sketch, |sketch, path| sketch.file(path, ""));
    assert_eq!(
        others::tools(&sketch.workspace()).join("\n"),
        "release-plz is configured in .release-plz.toml: it may go on bumping crates in its pull request: say `git_tag_enable`, `git_release_enable` and `publish = false` there; `release` without a version follows it\n\
         cargo-release is configured in release.toml: it makes the same commits and tags: release with one of the two; what it replaces in other files is `files` here\n\
         dist (cargo-dist) is configured in dist-workspace.toml: it builds programs on the tag and makes the forge's release: leave that to one of the two (`publish --without forge`)\n\
         semantic-release is configured in .releaserc.yml: it tags from CI by itself: take it out, or keep it away from this workspace's tags\n\
         release-please is configured in release-please-config.json: it makes tags from its pull request: take it out, or keep it away from this workspace's tags\n\
         knope is configured in knope.toml: it makes the same commits and tags: release with one of the two\n\
         git-cliff is configured in cliff.toml: the changelog may come from the same commits: `changes = [\"commits\"]`"
    );
    let mut tables = lark().sketch.workspace();
    tables.graph.metadata = json!({ "release": {}, "dist": {}, "trains": {} });
    let told: Vec<String> = others::tools(&tables).iter().map(|told| told.chars().take(70).collect()).collect();
    assert_eq!(
        told,
        [
            "cargo-release is configured in [workspace.metadata.release] in Cargo.t",
            "dist (cargo-dist) is configured in [workspace.metadata.dist] in Cargo.",
        ]
    );
    assert_eq!(others::tools(&lark().sketch.workspace()), [""; 0]);
}
