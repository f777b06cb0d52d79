//! The workflows of GitHub Actions as far as this tool has to know them: which start on a train's own tag, which run on
//! every push, and which commands they run. It must never judge the rest of a workflow: linters do that.

use std::path::Path;

use crate::{
    edit::slashed,
    files::workflow::{self, Leaf},
    finding::{Check, Finding},
    repo::rollback_tag,
    train::Train,
    workflows::{self, is_own_xtask},
    workspace::Workspace,
};

/// A workflow's text, read.
pub(super) struct Workflow<'w> {
    path: &'w Path,
    pub(super) leaves: Vec<Leaf>,
    /// Whether `cargo xtask` is another program here: many projects have one.
    has_other: bool,
}

/// The tag of the version that stands here starts a workflow, if any that publishes with this tool waits for tags.
pub fn look(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let (workflows, tag) = (workflows(workspace), own_tag(workspace, train));
    let mut waiting = workflows.iter().filter(|workflow| workflow.publishes_tags()).peekable();
    let Some(first) = waiting.peek().map(|workflow| slashed(workflow.path)) else { return Vec::new() };
    if waiting.any(|workflow| workflow.starts_on_tag(&tag)) {
        return Vec::new();
    }
    let what = format!("the tag {tag} of train {} starts no workflow", train.name());
    vec![finding(&first, &what, format!("add a pattern to `on.push.tags` that lets {tag} through"))]
}

/// No workflow that publishes with this tool starts on the tag of a rollback. This stops no release: that tag may never be
/// made.
pub fn look_at_rollbacks(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let tag = rollback_tag(&own_tag(workspace, train));
    let workflows = workflows(workspace);
    let started = workflows.iter().filter(|workflow| workflow.publishes_tags() && workflow.starts_on_tag(&tag));
    let found = started.map(|workflow| {
        let what = format!("the tag of a rollback, {tag}, starts this workflow");
        finding(&slashed(workflow.path), &what, "add `!rollback/**` to `on.push.tags`")
    });
    found.collect()
}

/// Whether the tag starts any workflow, whatever that runs.
pub fn starts_on_tag(workspace: &Workspace, tag: &str) -> bool {
    // Paths are not looked at when a tag is pushed.
    read(workspace, |_| true).any(|workflow| match (workflow.chooses_tags(), workflow.chooses_branches()) {
        (true, _) => workflow.starts_on_tag(tag),
        (false, true) => false,
        (false, false) => workflow.is_about_pushes(),
    })
}

/// The tag of what stands here: the train's version, or the post release of its wheels. What is in development has the tag
/// of the version that it leads to.
pub(super) fn own_tag(workspace: &Workspace, train: &Train) -> String {
    let wheels = train.wheels.iter().map(|wheel| &workspace.members[wheel.member].version);
    let driver = train.version(workspace);
    if driver.is_development() {
        return train.tag.fill(&driver.final_version());
    }
    let post = wheels.filter(|version| version.base() == driver.base()).max();
    train.tag.fill(post.map_or(driver, |post| post.max(driver)))
}

/// A call of this tool in a workflow.
#[derive(Debug)]
pub struct Called {
    pub place: String,
    pub words: Vec<String>,
    /// The train's own tag starts the workflow, so a release cannot do without it.
    pub is_of_tag: bool,
}

/// Every call of this tool in a workflow.
pub fn calls(workspace: &Workspace, train: &Train) -> Vec<Called> {
    let tag = own_tag(workspace, train);
    let mut found = Vec::new();
    for workflow in workflows(workspace) {
        let is_of_tag = workflow.chooses_tags() && workflow.starts_on_tag(&tag);
        let calls = workflow.commands(|_| true).into_iter();
        found.extend(calls.filter_map(|Command { place, call, .. }| Some(Called { place, words: call?, is_of_tag })));
    }
    found
}

/// A command of a workflow.
#[derive(Debug)]
pub struct Command {
    pub place: String,
    pub words: Vec<String>,
    /// What it calls this tool with, if it does.
    pub call: Option<Vec<String>>,
}

/// The commands that run without a condition on every push to the branch.
pub fn commands_of_ci(workspace: &Workspace, branch: &str) -> Vec<Command> {
    let mut found = Vec::new();
    for workflow in workflows(workspace).iter().filter(|workflow| workflow.runs_on_push_to(branch)) {
        let always = |leaf: &Leaf| {
            let job = leaf.path.get(1).map_or("", |job| job);
            let has_if = workflow.leaves.iter().any(|other| other.is(&["jobs", job, "if"]));
            // In another directory, the same words are another command.
            !has_if && workflow.beside(leaf, &["if"]).is_none() && workflow.setting(leaf, "working-directory").is_none()
        };
        found.extend(workflow.commands(always));
    }
    found
}

/// A finding of this check, at its place.
pub fn finding(place: &str, what: &str, next: impl Into<String>) -> Finding {
    Finding::new(Check::Workflows, format!("{place}: {what}"), next)
}

/// None where nothing shows that this tool is used.
fn workflows(workspace: &Workspace) -> Vec<Workflow<'_>> {
    let is_used = match workspace.member("xtask") {
        Some(_) => is_own_xtask(workspace) || workspace.texts.values().any(|text| workflows::is_generated(text)),
        // It may be installed, which nobody does for nothing.
        None => !workspace.trains.is_empty(),
    };
    read(workspace, |_| is_used).collect()
}

/// The workflows whose text is wanted.
pub(super) fn read(workspace: &Workspace, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = Workflow<'_>> {
    let has_other = workspace.member("xtask").is_some() && !is_own_xtask(workspace);
    let texts = workspace.texts.iter().filter(move |(path, text)| workflow::is_one(path) && is_wanted(text));
    texts.map(move |(path, text)| Workflow { path, leaves: workflow::read(text), has_other })
}

/// What follows `cargo train`, or `cargo xtask` where no other program has that name, or the path of the program that these
/// run: a job that may compile nothing has it from another.
pub fn xtask(words: &[String], has_other: bool) -> Option<&[String]> {
    let is_name = |word: &String| word == "train" || word == "xtask" && !has_other;
    match words {
        [program, train, rest @ ..] if program.ends_with("/cargo-train") && train == "train" => Some(rest),
        [program, rest @ ..] if program.ends_with("/xtask") && !has_other => Some(rest),
        [cargo, toolchain, name, rest @ ..] if cargo == "cargo" && toolchain.starts_with('+') && is_name(name) => {
            Some(rest)
        }
        [cargo, name, rest @ ..] if cargo == "cargo" && is_name(name) => Some(rest),
        _ => None,
    }
}

impl Workflow<'_> {
    pub(super) fn place(&self, leaf: &Leaf) -> String {
        format!("{}:{}", slashed(self.path), leaf.line)
    }

    /// What a step says beside one of its keys.
    pub(super) fn beside(&self, leaf: &Leaf, keys: &[&str]) -> Option<&str> {
        let step = &leaf.path[..leaf.path.len() - 1];
        let is_it = |other: &&Leaf| {
            let rest = other.path.strip_prefix(step);
            rest.is_some_and(|rest| rest.iter().map(String::as_str).eq(keys.iter().copied()))
        };
        self.leaves.iter().find(is_it).map(|leaf| leaf.text.as_str())
    }

    /// A key of a step that runs a script; the job and the workflow have defaults for it.
    fn setting(&self, leaf: &Leaf, key: &str) -> Option<&str> {
        let job = leaf.path.get(1).map_or("", |job| job);
        let get = |path: &[&str]| self.leaves.iter().find(|leaf| leaf.is(path)).map(|leaf| leaf.text.as_str());
        let own = self.beside(leaf, &[key]);
        own.or_else(|| get(&["jobs", job, "defaults", "run", key])).or_else(|| get(&["defaults", "run", key]))
    }

    /// Whether the value is a script in a language that can be read here.
    pub(super) fn is_shell(&self, leaf: &Leaf) -> bool {
        let shell = |leaf| self.setting(leaf, "shell").is_none_or(|shell| shell.starts_with("bash") || shell == "sh");
        leaf.is(&["jobs", "*", "steps", "*", "run"]) && shell(leaf)
    }

    fn runs_on_push_to(&self, branch: &str) -> bool {
        let names_push = |leaf: &Leaf| leaf.text == "push" && (leaf.is(&["on"]) || leaf.is(&["on", "*"]));
        self.leaves.iter().any(names_push) || workflow::lets_through(self.filters("branches"), branch)
    }

    /// Whether pushes start it at all, perhaps only some.
    fn is_about_pushes(&self) -> bool {
        let is_push = |leaf: &Leaf| match leaf.path.as_slice() {
            [on, event, ..] if on == "on" && event == "push" => true,
            [on, ..] if on == "on" => leaf.path.len() < 3 && leaf.text == "push",
            _ => false,
        };
        self.leaves.iter().any(is_push)
    }

    fn chooses_branches(&self) -> bool {
        !self.filters("branches").is_empty() || !self.filters("branches-ignore").is_empty()
    }

    /// The items of a list of filters for pushes.
    fn filters(&self, key: &str) -> Vec<&str> {
        let is_filter = |leaf: &&Leaf| {
            (leaf.is(&["on", "push", key, "*"]) || leaf.is(&["on", "push", key])) && !leaf.text.is_empty()
        };
        self.leaves.iter().filter(is_filter).map(|leaf| leaf.text.as_str()).collect()
    }

    /// The commands of the scripts that are wanted.
    fn commands(&self, is_wanted: impl Fn(&Leaf) -> bool) -> Vec<Command> {
        let mut found = Vec::new();
        for leaf in self.leaves.iter().filter(|leaf| self.is_shell(leaf) && is_wanted(leaf)) {
            found.extend(workflow::commands(&leaf.text).into_iter().map(|words| {
                let call = xtask(&words, self.has_other).map(<[String]>::to_vec);
                Command { place: self.place(leaf), words, call }
            }));
        }
        found
    }

    /// Whether it publishes with this tool on some tags.
    fn publishes_tags(&self) -> bool {
        let is_publish = |command: &Command| command.call.iter().flatten().any(|word| word == "publish");
        self.chooses_tags() && self.commands(|_| true).iter().any(is_publish)
    }

    pub(super) fn chooses_tags(&self) -> bool {
        !self.filters("tags").is_empty() || !self.filters("tags-ignore").is_empty()
    }

    /// Whether the tags that it chooses are such.
    pub(super) fn starts_on_tag(&self, tag: &str) -> bool {
        let ignored = self.filters("tags-ignore").into_iter().any(|glob| workflow::matches(glob, tag));
        let tags = self.filters("tags");
        !ignored && (tags.is_empty() || workflow::lets_through(tags, tag))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        repo::Repo,
        version::{Dialect, Version},
        workspace::{Graph, Manifests, Package, Texts},
    };

    pub fn trains() -> Value {
        json!({ "lark": { "default": true, "driver": "lark", "tag": "v{version}" },
            "ingest": { "driver": "ingest", "tag": "ingest-v{version}" } })
    }

    /// A workspace of two trains with the workflows, which are called `a.yml`, `b.yml`, ….
    pub fn workspace(trains: Value, workflows: &[&str]) -> Workspace {
        let mut texts =
            Texts::from([(PathBuf::from("Cargo.toml"), "[workspace]\nmembers = [\"crates/*\"]\n".to_owned())]);
        let mut packages = Vec::new();
        for name in ["ingest", "lark"] {
            let manifest = PathBuf::from(format!("crates/{name}/Cargo.toml"));
            texts.insert(manifest.clone(), format!("[package]\nname = \"{name}\"\nversion = \"0.7.3\"\n"));
            packages.push(Package {
                binaries: Vec::new(),
                name: name.to_owned(),
                manifest,
                publish: true,
                registries: Vec::new(),
                about: crate::crates_io::tests::about(),
                readme: None,
                readme_length: 0,
                unread: Vec::new(),
                roots: Vec::new(),
                cdylib: false,
                rlib: false,
                library: true,
                built_by_default: true,
            });
        }
        for (at, text) in workflows.iter().enumerate() {
            let name = char::from(b'a' + at as u8);
            texts.insert(PathBuf::from(format!(".github/workflows/{name}.yml")), (*text).to_owned());
        }
        let tracked: BTreeSet<PathBuf> = texts.keys().cloned().collect();
        let graph = Graph {
            top: "".into(),
            root: "Cargo.toml".into(),
            packages,
            metadata: json!({ "trains": trains }),
            lacking: Vec::new(),
            lent: false,
            linked: Vec::new(),
            real: Default::default(),
        };
        Workspace::read(graph, texts, Arc::new(tracked), &Manifests::new()).unwrap()
    }

    fn tag(train: &str) -> &str {
        if train == "lark" { "v0.7.3" } else { "ingest-v0.7.3" }
    }

    fn found(look: fn(&Workspace, &Train) -> Vec<Finding>, train: &str, workflows: &[&str]) -> Vec<String> {
        let workspace = workspace(trains(), workflows);
        let train = Train::choose(&workspace, &Repo::default(), Some(train)).unwrap();
        look(&workspace, &train).into_iter().map(|finding| finding.problem.what).collect()
    }

    /// A workflow that starts on these pushes and runs a command of this tool, or make.
    fn release(filters: &str, command: &str) -> String {
        let command = if command == "make" { command.to_owned() } else { format!("cargo xtask {command}") };
        format!("on:\n  push:\n    {filters}\njobs:\n  a:\n    steps:\n      - run: {command}\n")
    }

    #[test]
    fn a_command_is_the_tools_when_its_program_is() {
        for (line, has_other, rest) in [
            ("cargo xtask publish", false, Some("publish")),
            ("cargo xtask publish", true, None),
            ("cargo train publish", true, Some("publish")),
            ("cargo +nightly train check", true, Some("check")),
            ("cargo +nightly xtask check", true, None),
            ("cargo +nightly test", false, None),
            ("cargo -q train check", false, None),
            ("cross +nightly train check", false, None),
            ("cross train check", false, None),
            ("tool/xtask check", false, Some("check")),
            ("tool/xtask check", true, None),
            ("bin/cargo-train train check", true, Some("check")),
            ("bin/cargo-train publish", true, None),
            ("bin/other train check", true, None),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(xtask(&words, has_other).map(|rest| rest.join(" ")).as_deref(), rest, "{line}");
        }
    }

    #[test]
    fn what_is_watched_is_what_the_tag_starts() {
        let table = [
            ("on:\n  push:\n    tags: ['v*']\n", true),
            ("on:\n  push:\n    tags: ['nightly']\n", false),
            ("on:\n  push:\n    tags-ignore: ['nightly']\n", true),
            ("on:\n  push:\n    branches: [main]\n", false),
            ("on:\n  push:\n    branches-ignore: [old]\n", false),
            ("on:\n  push:\n    branches: [main]\n    tags: ['v*']\n", true),
            ("on:\n  push:\n    paths: [src/**]\n", true),
            ("on: push\n", true),
            ("on: [pull_request, push]\n", true),
            ("on: [pull_request]\n", false),
            ("on:\n  pull_request:\n    branches: [push]\n", false),
            ("on:\n  push:\n  pull_request:\n", true),
            ("name: push\non: pull_request\n", false),
            ("on:\n  workflow_run:\n    workflows: push\n", false),
        ];
        for (on, starts) in table {
            let workspace = workspace(json!({}), &[&format!("{on}jobs:\n  a:\n    steps:\n      - run: make\n")]);
            assert_eq!(starts_on_tag(&workspace, "v0.7.3"), starts, "{on}");
        }
        assert!(!starts_on_tag(&workspace(json!({}), &[]), "v0.7.3"), "there is no workflow");
    }

    #[test]
    fn a_release_is_refused_when_its_own_tag_starts_no_workflow() {
        let table: [(&str, &str, bool); 13] = [
            ("lark", "tags: ['v[0-9]*', 'ingest-v[0-9]*']", true),
            ("ingest", "tags: ['v[0-9]*', 'ingest-v[0-9]*']", true),
            ("lark", "tags: ['v*', 'ingest-*']", true),
            ("lark", "tags: v0.7.3", true),
            ("ingest", "tags: ['v[0-9]*']", false),
            // Those of another version are not of this release.
            ("lark", "tags: ['v[0-9]+.[0-9]+.[0-9]+']", true),
            ("lark", "tags: ['v*', '!v0.7*']", false),
            ("lark", "tags: ['release-*']", false),
            // What else is let through is not asked.
            ("lark", "tags: ['*v[0-9]*', 'nightly', 'release-*', '**']", true),
            ("lark", "tags-ignore: ['nightly']", true),
            ("lark", "tags-ignore: ['v0.*']", false),
            ("lark", "branches: [main]", true),
            ("lark", "paths: [nothing]", true),
        ];
        for (train, filters, starts) in table {
            let refused =
                format!(".github/workflows/a.yml: the tag {} of train {train} starts no workflow", tag(train));
            let expected = Vec::from_iter((!starts).then_some(refused));
            assert_eq!(found(look, train, &[&release(filters, "publish")]), expected, "{train} {filters}");
            assert_eq!(found(look, train, &[&release(filters, "make")]), [""; 0], "nobody calls this tool");
        }
        assert_eq!(found(look, "lark", &[&release("tags: ['nightly']", "check")]), [""; 0], "it publishes nothing");
        let (one, other) = (release("tags: ['nightly']", "publish"), release("tags: ['v*']", "publish"));
        assert_eq!(found(look, "lark", &[&one, &other]), [""; 0], "one workflow is enough");
        let ci = release("branches: [main]", "check");
        assert_eq!(found(look, "lark", &[&ci, &one]).len(), 1, "CI is no workflow for tags");
    }

    #[test]
    fn what_is_in_development_has_the_tag_that_it_leads_to() {
        let release = release("tags: ['v[0-9]+.[0-9]+.[0-9]+']", "publish");
        let mut workspace = workspace(trains(), &[&release]);
        let at = workspace.member("lark").unwrap();
        workspace.members[at].version = Version::parse("0.8.0-dev", Dialect::Cargo).unwrap();
        let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
        assert_eq!(look(&workspace, &train), []);
        assert!(calls(&workspace, &train)[0].is_of_tag);
    }

    #[test]
    fn nothing_else_of_a_workflow_refuses_a_release() {
        let text = "on:\n  push:\n    paths: [crate/**]\njobs:\n  a:\n    steps:\n      - run: ./scripts/missing\n        \
            working-directory: missing\n      - run: cargo test -p lark --features missing\n      \
            - uses: actions/cache@v4\n        with: { key: \"${{ hashFiles('missing') }}\" }\n      \
            - uses: actions/download-artifact@v4\n        with: { name: missing }\n  b:\n    uses: ./.github/workflows/missing.yml\n";
        assert_eq!(found(look, "lark", &[text, "a: [\n"]), [""; 0]);
    }

    #[test]
    fn the_tag_of_a_rollback_starts_nothing() {
        for (tags, starts) in [
            ("tags: ['v*']", false),
            ("tags: ['**']", true),
            ("tags: ['**', '!rollback/**']", false),
            ("tags: ['rollback/v*']", true),
            ("branches: ['**']", false),
        ] {
            let found = found(look_at_rollbacks, "lark", &[&release(tags, "publish")]);
            let expected =
                ".github/workflows/a.yml: the tag of a rollback, rollback/v0.7.3, starts this workflow".to_owned();
            assert_eq!(found, Vec::from_iter(starts.then_some(expected)), "{tags}");
        }
    }

    #[test]
    fn command_lines_are_found() {
        let text = "jobs:\n  a:\n    steps:\n      - run: |\n          cargo build\n          cargo xtask check && cargo +1.89 xtask smoke --train \"$TRAIN\"\n          \"$RUNNER_TEMP/tool/xtask\" status\n          cargo train due\n          \"$RUNNER_TEMP/tool/cargo-train\" train calendar\n          ./xtask.sh status\n";
        let reported = |on: &str| {
            let workspace = workspace(trains(), &[&format!("{text}{on}")]);
            let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
            let tell = |call: Called| format!("{} {} {}", call.place, call.is_of_tag, call.words.join(" "));
            calls(&workspace, &train).into_iter().map(tell).collect::<Vec<_>>()
        };
        for (on, is_of_tag) in [
            ("", false),
            ("on: push\n", false),
            ("on:\n  push:\n    tags: ['ingest-*']\n", false),
            ("on:\n  push:\n    tags: ['v*']\n", true),
        ] {
            let lines = ["check", "smoke --train $TRAIN", "status", "due", "calendar"];
            assert_eq!(reported(on), lines.map(|line| format!(".github/workflows/a.yml:5 {is_of_tag} {line}")), "{on}");
        }
    }

    #[test]
    fn what_runs_on_every_push_is_distinguished_from_what_may_run() {
        let steps = "jobs:\n  a:\n    steps:\n      - run: one\n      - run: two\n        if: always()\n      - run: three\n        working-directory: d\n  b:\n    if: x\n    steps:\n      - run: four\n";
        let reported = |on: &str| -> Vec<String> {
            let commands = commands_of_ci(&workspace(trains(), &[&format!("{on}{steps}")]), "main");
            commands.into_iter().map(|command| command.words.join(" ")).collect()
        };
        for on in ["on: push\n", "on: [push, pull_request]\n", "on:\n  push:\n    branches: [main]\n"] {
            assert_eq!(reported(on), ["one"], "{on}");
        }
        for on in [
            "on: pull_request\n",
            "on:\n  push:\n    tags: ['v*']\n",
            "on:\n  push:\n    branches: ['release/**']\n",
            "on:\n  schedule:\n    - cron: '0 0 * * *'\n",
        ] {
            assert_eq!(reported(on), [""; 0], "{on}");
        }
    }

    #[test]
    fn another_program_of_the_same_name_is_left_alone() {
        let reported = |trains: Value, needs: Option<&str>| {
            let mut workspace = workspace(trains, &[&release("tags: ['x*']", "publish")]);
            if let Some(needs) = needs {
                // What the tool is called is the name of a member.
                let at = workspace.member("ingest").unwrap();
                workspace.members[at].name = "xtask".to_owned();
                let manifest = workspace.members[at].manifest.clone();
                let mut texts = workspace.texts.clone();
                texts.get_mut(&manifest).unwrap().push_str(&format!("[dependencies]\n{needs} = \"=0.1.0\"\n"));
                workspace.manifests = workspace.with_texts(texts).unwrap().manifests;
            }
            let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
            (look(&workspace, &train).len(), calls(&workspace, &train).len())
        };
        let lark = || json!({ "lark": { "driver": "lark" } });
        // A train that is configured is judged as one that is not.
        for trains in [lark(), json!({})] {
            assert_eq!(reported(trains.clone(), Some("cargo-train")), (1, 1), "{trains}");
            assert_eq!(reported(trains.clone(), Some("xshell")), (0, 0), "{trains}");
        }
        assert_eq!(reported(lark(), None), (1, 1));
        assert_eq!(reported(json!({}), None), (0, 0));
    }

    #[test]
    fn a_generated_workflow_leaves_another_program_of_the_same_name_alone() {
        let step = |line: &str| format!("on: push\njobs:\n  a:\n    steps:\n      - run: {line}\n");
        let generated = format!("{}\n{}", crate::workflows::HEADER, step("cargo train smoke"));
        let mut workspace =
            workspace(trains(), &[&generated, &step("cargo xtask ci"), &step("cargo +nightly xtask ci")]);
        let at = workspace.member("ingest").unwrap();
        let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
        workspace.members[at].name = "xtask".to_owned();
        let found = calls(&workspace, &train);
        assert_eq!(found.iter().map(|call| call.words.join(" ")).collect::<Vec<_>>(), ["smoke"]);
        // What the other one runs proves nothing of ours.
        let proving = commands_of_ci(&workspace, "main").into_iter().filter(|command| command.call.is_some());
        assert_eq!(proving.map(|command| command.words.join(" ")).collect::<Vec<_>>(), ["cargo train smoke"]);
    }
}
