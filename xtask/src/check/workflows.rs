//! The workflows of GitHub Actions held against the workspace: tags that start them, and files, features, artifacts
//! and workflows that they name. It must never complain of what a step may make, nor where no train is configured.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::Finding;
use crate::{
    config::Template,
    edit::slashed,
    files::workflow::{self, Leaf},
    repo::rollback_tag,
    train::Train,
    version::{Dialect, Version},
    workspace::{Workspace, dir, normalized},
};

/// A workflow's text, read.
struct Workflow<'w> {
    path: &'w Path,
    leaves: Vec<Leaf>,
}

/// Everything that is looked at, and what was found.
struct Look<'w> {
    workspace: &'w Workspace,
    workflows: Vec<Workflow<'w>>,
    findings: Vec<Finding>,
}

/// What the workflows name exists, and the train's tags start them.
pub fn look(workspace: &Workspace, train: &Train) -> Vec<Finding> {
    let mut look = Look { workspace, workflows: workflows(workspace), findings: Vec::new() };
    look.tags(train);
    look.platforms(train);
    for at in 0..look.workflows.len() {
        look.filters(at);
        look.hashed(at);
        look.directories(at);
        look.scripts(at);
        look.local_uses(at);
        look.downloads(at);
    }
    look.findings
}

/// The arguments of every `cargo xtask` in a workflow, and where each stands.
pub fn command_lines(workspace: &Workspace) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for workflow in workflows(workspace) {
        for leaf in workflow.leaves.iter().filter(|leaf| workflow.is_shell(leaf)) {
            let ours = workflow::commands(&leaf.text).into_iter().filter_map(|words| Some(xtask(&words)?.to_vec()));
            found.extend(ours.map(|words| (workflow.place(leaf), words)));
        }
    }
    found
}

/// The commands, and where each stands, that run without a condition on every push to the branch.
pub fn commands_of_ci(workspace: &Workspace, branch: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for workflow in workflows(workspace).iter().filter(|workflow| workflow.runs_on_push_to(branch)) {
        let always = |leaf: &&Leaf| {
            let job = leaf.path.get(1).map_or("", |job| job);
            let has_if = workflow.leaves.iter().any(|other| other.is(&["jobs", job, "if"]));
            // In another directory, the same words are another command.
            !has_if && workflow.beside(leaf, &["if"]).is_none() && workflow.setting(leaf, "working-directory").is_none()
        };
        for leaf in workflow.leaves.iter().filter(|leaf| workflow.is_shell(leaf)).filter(always) {
            found.extend(workflow::commands(&leaf.text).into_iter().map(|words| (workflow.place(leaf), words)));
        }
    }
    found
}

/// A finding of this check, at its place.
pub fn finding(place: &str, what: &str, next: impl Into<String>) -> Finding {
    Finding::new("workflows", format!("{place}: {what}"), next)
}

/// Without a configured train, nobody says that `cargo xtask` is this tool.
fn workflows(workspace: &Workspace) -> Vec<Workflow<'_>> {
    let texts = workspace.texts.iter().filter(|(path, _)| !workspace.trains.is_empty() && workflow::is_one(path));
    texts.map(|(path, text)| Workflow { path, leaves: workflow::read(text) }).collect()
}

/// What follows `cargo xtask`.
pub fn xtask(words: &[String]) -> Option<&[String]> {
    match words {
        [cargo, toolchain, xtask, rest @ ..] if cargo == "cargo" && toolchain.starts_with('+') && xtask == "xtask" => {
            Some(rest)
        }
        [cargo, xtask, rest @ ..] if cargo == "cargo" && xtask == "xtask" => Some(rest),
        _ => None,
    }
}

impl Workflow<'_> {
    fn place(&self, leaf: &Leaf) -> String {
        format!("{}:{}", slashed(self.path), leaf.line)
    }

    /// What a step says beside one of its keys.
    fn beside(&self, leaf: &Leaf, keys: &[&str]) -> Option<&str> {
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
    fn is_shell(&self, leaf: &Leaf) -> bool {
        let shell = |leaf| self.setting(leaf, "shell").is_none_or(|shell| shell.starts_with("bash") || shell == "sh");
        leaf.is(&["jobs", "*", "steps", "*", "run"]) && shell(leaf)
    }

    fn steps_using<'s>(&'s self, action: &'s str) -> impl Iterator<Item = &'s Leaf> {
        let uses = self.leaves.iter().filter(|leaf| leaf.is(&["jobs", "*", "steps", "*", "uses"]));
        uses.filter(move |leaf| leaf.text.split_once('@').is_some_and(|(name, _)| name == action))
    }

    /// The workflows and actions of this repository that are used, and where.
    fn local_uses(&self, path: &[&str]) -> impl Iterator<Item = (&Leaf, Option<PathBuf>)> {
        let uses = self.leaves.iter().filter(move |leaf| leaf.is(path));
        uses.filter_map(|leaf| {
            let local = leaf.text.strip_prefix("./").or_else(|| leaf.text.strip_prefix("$/"))?;
            Some((leaf, normalized(local.as_ref())))
        })
    }

    fn runs_on_push_to(&self, branch: &str) -> bool {
        let texts = |path: &[&str]| -> Vec<&str> {
            self.leaves.iter().filter(|leaf| leaf.is(path)).map(|leaf| leaf.text.as_str()).collect()
        };
        let branches = [texts(&["on", "push", "branches", "*"]), texts(&["on", "push", "branches"])].concat();
        let any = [texts(&["on"]), texts(&["on", "*"])].concat();
        any.contains(&"push") || !branches.is_empty() && workflow::lets_through(branches, branch)
    }

    fn tag_filters(&self) -> impl Iterator<Item = &Leaf> {
        let is_filter = |leaf: &&Leaf| leaf.is(&["on", "push", "tags", "*"]) || leaf.is(&["on", "push", "tags"]);
        self.leaves.iter().filter(is_filter)
    }
}

/// What a workflow says when it builds for one of the platforms that can be configured.
const BUILT_BY: [(&str, &[&str]); 9] = [
    ("manylinux-x86_64", &["x86_64-unknown-linux-gnu"]),
    ("manylinux-aarch64", &["aarch64-unknown-linux-gnu"]),
    ("musllinux-x86_64", &["x86_64-unknown-linux-musl"]),
    ("musllinux-aarch64", &["aarch64-unknown-linux-musl"]),
    ("macos-x86_64", &["x86_64-apple-darwin"]),
    ("macos-arm64", &["aarch64-apple-darwin"]),
    ("windows-x86_64", &["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"]),
    ("windows-arm64", &["aarch64-pc-windows-msvc"]),
    ("sdist", &["--sdist"]),
];

const JOB: [&str; 3] = ["jobs", "*", "uses"];
const STEP: [&str; 5] = ["jobs", "*", "steps", "*", "uses"];

impl Look<'_> {
    fn found(&mut self, at: usize, leaf: &Leaf, what: &str, next: impl Into<String>) {
        let place = self.workflows[at].place(leaf);
        self.findings.push(finding(&place, what, next));
    }

    /// The tags of every train start the workflows that call this tool, and each filter is for one train.
    fn tags(&mut self, train: &Train) {
        let mut series = vec![Series { train: train.name(), template: &train.tag, post: !train.wheels.is_empty() }];
        for other in self.workspace.trains.iter().filter(|other| other.name != train.name()) {
            // What its tags look like is not known without the repository.
            let Some(template) = &other.tag else { return };
            let post = other.wheels.as_ref().is_some_and(|wheels| !wheels.is_empty());
            series.push(Series { train: &other.name, template, post });
        }
        let calls_us = |workflow: &&Workflow<'_>| {
            let scripts = workflow.leaves.iter().filter(|leaf| workflow.is_shell(leaf));
            let calls = scripts.flat_map(|leaf| workflow::commands(&leaf.text)).any(|words| xtask(&words).is_some());
            calls && workflow.tag_filters().next().is_some()
        };
        let started: Vec<&Workflow<'_>> = self.workflows.iter().filter(calls_us).collect();
        let starts = |tag: &String| {
            let lets = |workflow: &&Workflow<'_>| {
                workflow::lets_through(workflow.tag_filters().map(|leaf| leaf.text.as_str()), tag)
            };
            started.iter().any(lets)
        };
        let mut findings = Vec::new();
        if let (Some(first), Some(tag)) = (started.first(), series[0].tags().into_iter().find(|tag| !starts(tag))) {
            findings.push(finding(
                &slashed(first.path),
                &format!("the tag {tag} of train {} starts no workflow", train.name()),
                format!("add a pattern to `on.push.tags` that lets {tag} through"),
            ));
        }
        for workflow in &started {
            let back = series[0].tags().first().map(|tag| rollback_tag(tag)).unwrap_or_default();
            if workflow::lets_through(workflow.tag_filters().map(|leaf| leaf.text.as_str()), &back) {
                let what = format!("a rollback would start it: it lets the tag {back} through");
                findings.push(finding(&slashed(workflow.path), &what, "add `!rollback/**` to `on.push.tags`"));
            }
            for leaf in workflow.tag_filters().filter(|leaf| !leaf.text.starts_with('!')) {
                let fits = |series: &&Series<'_>| series.fits(&leaf.text);
                let caught = |series: &&Series<'_>| series.tags().iter().any(|tag| workflow::matches(&leaf.text, tag));
                if !series.iter().any(|series| fits(&series) || caught(&series)) {
                    let tags: BTreeSet<String> = series.iter().map(|series| series.template.to_string()).collect();
                    let what = format!("no tag of a train is like `{}`", leaf.text);
                    let next = format!("the trains' tags are {}", Vec::from_iter(tags).join(", "));
                    findings.push(finding(&workflow.place(leaf), &what, next));
                }
                let mut trains: Vec<&str> = series.iter().filter(caught).map(|series| series.train).collect();
                trains.sort();
                if trains.len() > 1 {
                    let what = format!("`{}` lets the tags of {} through", leaf.text, trains.join(" and "));
                    findings.push(finding(&workflow.place(leaf), &what, "write one pattern for each train"));
                }
            }
        }
        self.findings.extend(findings);
    }

    /// Where this tool builds wheels, it does so for every platform that they are published for.
    fn platforms(&mut self, train: &Train) {
        let builds = |workflow: &&Workflow<'_>| {
            let scripts = workflow.leaves.iter().filter(|leaf| workflow.is_shell(leaf));
            let mut commands = scripts.flat_map(|leaf| workflow::commands(&leaf.text));
            commands.any(|words| xtask(&words).is_some_and(|words| words.iter().any(|word| word == "wheels")))
        };
        let building: Vec<&Workflow<'_>> = self.workflows.iter().filter(builds).collect();
        let Some(first) = building.first() else { return };
        let says = |word: &str| {
            let holds = |leaf: &Leaf| leaf.text.split([' ', '\n', '=', '"', '\'']).any(|part| part == word);
            building.iter().any(|workflow| workflow.leaves.iter().any(holds))
        };
        for platform in &train.config.platforms {
            let Some((_, words)) = BUILT_BY.iter().find(|(name, _)| name == platform) else { continue };
            if !words.iter().any(|word| says(word)) {
                let what = format!("no job builds what train {} publishes for {platform}", train.name());
                let next = format!("add one with {}, or take {platform} out of `platforms`", words.join(" or "));
                self.findings.push(finding(&slashed(first.path), &what, next));
            }
        }
    }

    /// Filters on paths let some tracked file through.
    fn filters(&mut self, at: usize) {
        for leaf in self.workflows[at].leaves.clone() {
            let [on, _, paths, ..] = leaf.path.as_slice() else { continue };
            let is_filter = on == "on" && matches!(paths.as_str(), "paths" | "paths-ignore");
            if is_filter && !self.is_tracked(leaf.text.trim_start_matches('!')) {
                let what = format!("no tracked file is like `{}`", leaf.text);
                self.found(at, &leaf, &what, format!("correct the pattern under `{paths}`, or remove it"));
            }
        }
    }

    /// `hashFiles('…')` hashes something.
    fn hashed(&mut self, at: usize) {
        for leaf in self.workflows[at].leaves.clone() {
            for call in leaf.text.split("hashFiles(").skip(1).filter_map(|rest| rest.split_once(')')) {
                for glob in call.0.split('\'').skip(1).step_by(2).filter(|glob| !glob.starts_with('!')) {
                    if !self.is_tracked(glob.trim_start_matches("./")) {
                        let what = format!("hashFiles finds no tracked file like `{glob}`");
                        self.found(at, &leaf, &what, "correct the pattern: the hash of nothing is always the same");
                    }
                }
            }
        }
    }

    /// A working directory exists, unless a step may make it.
    fn directories(&mut self, at: usize) {
        let workflow = &self.workflows[at];
        let mut missing = Vec::new();
        for leaf in workflow.leaves.iter().filter(|leaf| leaf.path.last().is_some_and(|key| key == "working-directory"))
        {
            let Some(path) = literal(&leaf.text) else { continue };
            let made =
                |other: &Leaf| other.line != leaf.line && other.text.contains(leaf.text.trim_matches(['.', '/']));
            if !self.is_directory(&path) && !workflow.leaves.iter().any(made) {
                missing.push(leaf.clone());
            }
        }
        for leaf in missing {
            let what = format!("there is no directory `{}`", leaf.text);
            self.found(at, &leaf, &what, "correct `working-directory`");
        }
    }

    /// Scripts that are run and files that options name exist, and so do features.
    fn scripts(&mut self, at: usize) {
        let workflow = &self.workflows[at];
        let mut missing = Vec::new();
        for leaf in workflow.leaves.iter().filter(|leaf| workflow.is_shell(leaf)) {
            let Some(from) = literal(workflow.setting(leaf, "working-directory").unwrap_or(".")) else { continue };
            for words in workflow::commands(&leaf.text) {
                for path in files(&words).into_iter().filter_map(|path| literal(&slashed(&from.join(path)))) {
                    // Beside tracked files, what is not tracked is a slip of the pen; elsewhere a step may have made it.
                    let parent = dir(&path);
                    let sure = parent != Path::new("") && self.is_directory(&parent);
                    if sure && !self.workspace.tracked.contains(&path) && !self.is_directory(&path) {
                        let what = format!("there is no file `{}`", slashed(&path));
                        missing.push((leaf.clone(), what, "correct the path"));
                    }
                }
                for feature in self.missing_features(&words).into_iter().filter(|_| from == Path::new("")) {
                    let what = format!("there is no feature `{feature}` in what `{}` builds", words.join(" "));
                    missing.push((leaf.clone(), what, "correct --features"));
                }
            }
        }
        for (leaf, what, next) in missing {
            self.found(at, &leaf, &what, next);
        }
    }

    /// The features that a cargo command asks of members which do not have them.
    fn missing_features(&self, words: &[String]) -> Vec<String> {
        const BUILDS: [&str; 14] =
            ["b", "bench", "build", "c", "check", "clippy", "d", "doc", "nextest", "r", "run", "rustc", "t", "test"];
        let mut words = words.iter().map(String::as_str).filter(|word| !word.starts_with('+'));
        if words.next() != Some("cargo") || !words.next().is_some_and(|command| BUILDS.contains(&command)) {
            return Vec::new();
        }
        let (mut features, mut packages) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
            match option {
                "--" => break,
                "--manifest-path" => return Vec::new(),
                "--features" | "-F" => features.extend(value.or_else(|| words.next())),
                "--package" | "-p" => packages.extend(value.or_else(|| words.next())),
                _ => {}
            }
        }
        let members: Option<Vec<usize>> = packages.iter().map(|name| self.workspace.member(name)).collect();
        // A package that is not a member, or a pattern.
        let Some(mut members) = members else { return Vec::new() };
        if members.is_empty() {
            members = (0..self.workspace.members.len()).collect();
        }
        let asked = features.iter().flat_map(|list| list.split([',', ' '])).filter(|feature| !feature.is_empty());
        let lacks = |feature: &&str| match feature.split_once('/') {
            _ if feature.contains('$') => false,
            Some((package, feature)) => {
                self.workspace.member(package).is_some_and(|member| !self.has_feature(member, feature))
            }
            None => !members.iter().any(|&member| self.has_feature(member, feature)),
        };
        asked.filter(lacks).map(str::to_owned).collect()
    }

    fn has_feature(&self, member: usize, feature: &str) -> bool {
        let member = &self.workspace.members[member];
        let manifest = self.workspace.manifests.get(&member.manifest);
        // An optional dependency is a feature too.
        let dependency = |parsed: &std::sync::Arc<crate::workspace::Parsed>| {
            parsed.manifest.dependencies.iter().any(|dependency| dependency.key == feature)
        };
        feature == "default" || member.features.iter().any(|known| known == feature) || manifest.is_some_and(dependency)
    }

    /// Workflows and actions of this repository that are used exist.
    fn local_uses(&mut self, at: usize) {
        let workflow = &self.workflows[at];
        let tracked = |path: &Path| self.workspace.tracked.contains(path);
        let mut missing = Vec::new();
        for (leaf, path) in workflow.local_uses(&JOB) {
            if !path.is_some_and(|path| tracked(&path)) {
                missing.push((leaf.clone(), "workflow"));
            }
        }
        // A second checkout may bring an action along.
        let brought =
            workflow.steps_using("actions/checkout").any(|leaf| workflow.beside(leaf, &["with", "path"]).is_some());
        for (leaf, path) in workflow.local_uses(&STEP).filter(|_| !brought) {
            let is_action = |path: PathBuf| ["action.yml", "action.yaml"].iter().any(|name| tracked(&path.join(name)));
            if !path.is_some_and(is_action) {
                missing.push((leaf.clone(), "action"));
            }
        }
        for (leaf, kind) in missing {
            self.found(at, &leaf, &format!("there is no {kind} `{}`", leaf.text), "correct `uses`");
        }
    }

    /// What is downloaded is uploaded by a job of the same run.
    fn downloads(&mut self, at: usize) {
        let family = self.family(at);
        let of_family = || family.iter().map(|&at| &self.workflows[at]);
        // What another repository's workflow, or an action of this one, uploads is not seen here.
        let unseen = |workflow: &Workflow<'_>| {
            let foreign = workflow.leaves.iter().any(|leaf| leaf.is(&JOB) && !leaf.text.starts_with(['.', '$']));
            foreign || workflow.local_uses(&STEP).next().is_some()
        };
        if of_family().any(unseen) {
            return;
        }
        let uploads = of_family().flat_map(|workflow| {
            let uploads = workflow.steps_using("actions/upload-artifact");
            uploads.map(|leaf| unknown_as_star(workflow.beside(leaf, &["with", "name"]).unwrap_or("artifact")))
        });
        let uploads: BTreeSet<String> = uploads.collect();
        let workflow = &self.workflows[at];
        let mut missing = Vec::new();
        for leaf in workflow.steps_using("actions/download-artifact") {
            let with = |key: &str| workflow.beside(leaf, &["with", key]);
            let elsewhere = ["run-id", "repository", "github-token"].into_iter().any(|key| with(key).is_some());
            let Some(name) = with("name").or_else(|| with("pattern")).filter(|_| !elsewhere) else { continue };
            let glob = unknown_as_star(name);
            let readable = !glob.contains(['?', '[', '{', '(', '!', '+', '@']);
            if readable && !uploads.iter().any(|upload| overlap(upload, &glob)) {
                missing.push((leaf.clone(), name.to_owned()));
            }
        }
        for (leaf, name) in missing {
            let all: Vec<&str> = uploads.iter().map(String::as_str).collect();
            let next = match all.as_slice() {
                [] => "upload it, or take the download out".to_owned(),
                all => format!("uploaded are {}", all.join(", ")),
            };
            self.found(at, &leaf, &format!("no job uploads the artifact `{name}`"), next);
        }
    }

    /// The workflow, those that it calls, those that call it, and so on: they may share a run.
    fn family(&self, at: usize) -> BTreeSet<usize> {
        let calls = |from: usize, to: usize| {
            let path = Some(self.workflows[to].path);
            self.workflows[from].local_uses(&JOB).any(|(_, called)| called.as_deref() == path)
        };
        let mut family = BTreeSet::from([at]);
        let mut queue = vec![at];
        while let Some(one) = queue.pop() {
            for other in 0..self.workflows.len() {
                if (calls(one, other) || calls(other, one)) && family.insert(other) {
                    queue.push(other);
                }
            }
        }
        family
    }

    /// Whether a tracked file is meant by the glob.
    fn is_tracked(&self, glob: &str) -> bool {
        let tracked = &self.workspace.tracked;
        match glob.contains(['*', '?', '+', '[', '\\', '$']) {
            false => tracked.contains(Path::new(glob)),
            true => glob.contains('$') || tracked.iter().any(|path| workflow::matches(glob, &slashed(path))),
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        let mut from = self.workspace.tracked.range(path.to_owned()..);
        from.next().is_some_and(|found| found != path && found.starts_with(path))
    }
}

/// A train's tags.
struct Series<'a> {
    train: &'a str,
    template: &'a Template,
    /// Whether its wheels may have post releases.
    post: bool,
}

impl Series<'_> {
    /// One of each kind.
    fn tags(&self) -> Vec<String> {
        let post = self.post.then_some("0.9.3+post.1");
        let versions = ["0.10.0", "1.3.0", "12.34.56", "0.10.0-rc.1"].into_iter().chain(post);
        let versions = versions.filter_map(|text| Version::parse(text, Dialect::Cargo).ok());
        versions.map(|version| self.template.fill(&version)).collect()
    }

    /// Whether a glob may be meant for these tags, as far as its plain beginning goes.
    fn fits(&self, glob: &str) -> bool {
        let template = self.template.to_string();
        let before = template.split(Template::SLOT).next().unwrap_or_default();
        let plain = glob.split(['*', '?', '+', '[', '\\']).next().unwrap_or_default();
        // The character before `?` may be missing.
        let plain =
            if glob[plain.len()..].starts_with('?') { plain.get(..plain.len() - 1).unwrap_or("") } else { plain };
        let version = |rest: &str| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
        match plain.len() < glob.len() {
            true => before.starts_with(plain) || plain.strip_prefix(before).is_some_and(version),
            false => self.template.version_in(glob).is_some(),
        }
    }
}

/// A path from the top of the repository, when it is written out.
fn literal(path: &str) -> Option<PathBuf> {
    let odd = path.contains(['$', '*', '?', '{', '}', '~', '=', ':']) || path.is_empty();
    if odd { None } else { normalized(path.as_ref()) }
}

/// The words of a command that name files which must be there: the script that it runs, and manifests.
fn files(words: &[String]) -> Vec<&str> {
    const INTERPRETERS: [&str; 8] = [".", "bash", "node", "pwsh", "python", "python3", "sh", "source"];
    let mut found = Vec::new();
    match words {
        [interpreter, script, ..] if INTERPRETERS.contains(&interpreter.as_str()) && !script.starts_with('-') => {
            found.push(script.as_str());
        }
        [script, ..] if script.contains('/') => found.push(script),
        _ => {}
    }
    for (at, word) in words.iter().enumerate() {
        for option in ["--manifest-path", "--requirement"] {
            match word.strip_prefix(option) {
                Some("") => found.extend(words.get(at + 1).map(String::as_str)),
                Some(value) => found.extend(value.strip_prefix('=')),
                None => {}
            }
        }
    }
    found
}

/// A name whose expressions may become anything.
fn unknown_as_star(name: &str) -> String {
    let mut parts = name.split("${{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + "*" + part.split_once("}}").map_or("", |(_, after)| after))
}

/// Whether two globs, of which each `*` stands for anything, have a name in common.
fn overlap(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Whether what follows `i` in one and `j` in the other can be the same, from the end on.
    let mut same = vec![vec![false; b.len() + 1]; a.len() + 1];
    for i in (0..=a.len()).rev() {
        for j in (0..=b.len()).rev() {
            same[i][j] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some('*'), other) => same[i + 1][j] || other.is_some() && same[i][j + 1],
                (other, Some('*')) => same[i][j + 1] || other.is_some() && same[i + 1][j],
                (Some(x), Some(y)) => x == y && same[i + 1][j + 1],
                _ => false,
            };
        }
    }
    same[0][0]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        config::{PLATFORMS, SDIST},
        repo::Repo,
        workspace::{Graph, Manifests, Package, Texts},
    };

    fn trains() -> Value {
        json!({ "lark": { "default": true, "driver": "lark", "tag": "v{version}" },
            "ingest": { "driver": "ingest", "tag": "ingest-v{version}" } })
    }

    /// A workspace of two trains with the workflows, which are called `a.yml`, `b.yml`, ….
    fn workspace(trains: Value, workflows: &[&str]) -> Workspace {
        let mut texts =
            Texts::from([(PathBuf::from("Cargo.toml"), "[workspace]\nmembers = [\"crates/*\"]\n".to_owned())]);
        let mut packages = Vec::new();
        for name in ["ingest", "lark"] {
            let manifest = PathBuf::from(format!("crates/{name}/Cargo.toml"));
            let rest = if name == "lark" { "[features]\nsong = []\n[dependencies]\nserde = \"1\"\n" } else { "" };
            texts.insert(manifest.clone(), format!("[package]\nname = \"{name}\"\nversion = \"0.7.3\"\n{rest}"));
            packages.push(Package {
                name: name.to_owned(),
                manifest,
                publish: true,
                registry: None,
                described: true,
                licensed: true,
                cdylib: false,
            });
        }
        for (at, text) in workflows.iter().enumerate() {
            let name = char::from(b'a' + at as u8);
            texts.insert(PathBuf::from(format!(".github/workflows/{name}.yml")), (*text).to_owned());
        }
        let mut tracked: BTreeSet<PathBuf> = texts.keys().cloned().collect();
        tracked.extend(["scripts/ci/run", "README.md", "act/action.yml"].map(PathBuf::from));
        let graph = Graph { root: "Cargo.toml".into(), packages, metadata: json!({ "trains": trains }) };
        Workspace::read(graph, texts, Arc::new(tracked), &Manifests::new()).unwrap()
    }

    fn found(train: &str, workflows: &[&str]) -> Vec<String> {
        let workspace = workspace(trains(), workflows);
        let train = Train::choose(&workspace, &Repo::default(), Some(train)).unwrap();
        look(&workspace, &train).into_iter().map(|finding| finding.what).collect()
    }

    fn release(tags: &str) -> String {
        format!("on:\n  push:\n    tags: {tags}\njobs:\n  a:\n    steps:\n      - run: cargo xtask publish\n")
    }

    #[test]
    fn the_tags_of_every_train_start_a_workflow() {
        let a = ".github/workflows/a.yml";
        let table: [(&str, &str, &[&str]); 12] = [
            ("lark", "['v[0-9]*', 'ingest-v[0-9]*']", &[]),
            ("ingest", "['v[0-9]*', 'ingest-v[0-9]*']", &[]),
            ("lark", "['v*', 'ingest-*']", &[]),
            ("ingest", "['v[0-9]*']", &["the tag ingest-v0.10.0 of train ingest starts no workflow"]),
            (
                "lark",
                "['v[0-9]+.[0-9]+.[0-9]+', 'ingest-v*']",
                &["the tag v0.10.0-rc.1 of train lark starts no workflow"],
            ),
            ("lark", "['v*', 'ingest-v*', '!v*-rc*']", &["the tag v0.10.0-rc.1 of train lark starts no workflow"]),
            ("lark", "['v*', 'ingest-v*', 'release-*']", &["no tag of a train is like `release-*`"]),
            ("lark", "['v*', 'ingest-v*', 'v7.*', 'vv?2.*']", &[]),
            ("lark", "['v*', 'ingest-v*', 'v-*']", &["no tag of a train is like `v-*`"]),
            ("lark", "['*v[0-9]*']", &["`*v[0-9]*` lets the tags of ingest and lark through"]),
            (
                "lark",
                "['v*', 'ingest-v*', 'rollback/v*']",
                &[
                    "a rollback would start it: it lets the tag rollback/v0.10.0 through",
                    "no tag of a train is like `rollback/v*`",
                ],
            ),
            ("lark", "['v*', 'ingest-v*', 'nightly']", &["no tag of a train is like `nightly`"]),
        ];
        for (train, tags, expected) in table {
            let found: Vec<String> = found(train, &[&release(tags)]);
            let found: Vec<&str> = found.iter().map(|what| what.strip_prefix(a).unwrap()).collect();
            let found: Vec<&str> = found.iter().map(|what| what.split_once(": ").unwrap().1).collect();
            assert_eq!(found, expected, "{train} {tags}");
        }
        assert!(found("lark", &[&release("['x*']").replace("cargo xtask", "make")]).is_empty());
    }

    #[test]
    fn every_published_platform_is_built() {
        let mut trains = trains();
        trains["lark"]["platforms"] = json!(["manylinux-x86_64", "macos-arm64", "windows-x86_64", "sdist"]);
        let text = "jobs:\n  a:\n    strategy:\n      matrix:\n        include:\n          - { os: x, target: x86_64-unknown-linux-gnu }\n    \
            steps:\n      - run: cargo xtask wheels --target \"$TARGET\"\n      - run: cargo xtask wheels --target=x86_64-pc-windows-msvc --sdist\n";
        let found = |text: &str| -> Vec<String> {
            let workspace = workspace(trains.clone(), &[text]);
            let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
            look(&workspace, &train).into_iter().map(|finding| finding.what).collect()
        };
        assert_eq!(found(text), [".github/workflows/a.yml: no job builds what train lark publishes for macos-arm64"]);
        assert!(found(&text.replace("wheels", "check")).is_empty(), "nobody builds wheels here");
        let known = PLATFORMS.iter().map(|(name, ..)| *name).chain([SDIST]);
        assert!(known.eq(BUILT_BY.iter().map(|(name, _)| *name)));
    }

    #[test]
    fn what_a_workflow_names_exists() {
        let job = |steps: &str| format!("on: push\njobs:\n  a:\n    steps:\n{steps}");
        let table: [(String, &[&str]); 24] = [
            ("on:\n  push:\n    paths: [crates/**, '!**.md', README.md]\n".into(), &[]),
            ("on:\n  pull_request:\n    paths:\n      - crate/**\n".into(), &["4: no tracked file is like `crate/**`"]),
            ("on:\n  push:\n    paths-ignore: [crates]\n".into(), &["3: no tracked file is like `crates`"]),
            (job("      - run: x\n        working-directory: crates/lark\n"), &[]),
            (
                job("      - run: x\n        working-directory: crates/larc\n"),
                &["6: there is no directory `crates/larc`"],
            ),
            (job("      - run: mkdir -p out/a\n      - run: x\n        working-directory: out\n"), &[]),
            (job("      - run: x\n        working-directory: ${{ matrix.x }}\n"), &[]),
            (job("      - run: scripts/ci/run && bash ./scripts/ci/run --fast\n"), &[]),
            (job("      - run: ./scripts/ci/rum\n"), &["5: there is no file `scripts/ci/rum`"]),
            (job("      - run: ./ci/run\n        working-directory: scripts\n"), &[]),
            (job("      - run: bash scripts/ci/$X; target/debug/lark; /bin/x; crates/lark/target/y\n"), &[]),
            (job("      - run: cargo test -p lark --features song,serde -- --features x\n"), &[]),
            (
                job("      - run: |\n          a\n          cargo test -p lark -F 'song sing'\n"),
                &["6: there is no feature `sing` in what `cargo test -p lark -F song sing` builds"],
            ),
            (
                job("      - run: cargo +stable build --features=lark/sing --features song\n"),
                &[
                    "5: there is no feature `lark/sing` in what `cargo +stable build --features=lark/sing --features song` builds",
                ],
            ),
            (job("      - run: cargo test -p ingest -p lark --features song\n"), &[]),
            (job("      - run: cargo test --manifest-path x/Cargo.toml --features any\n"), &[]),
            (
                job("      - run: cargo build --manifest-path crates/lark/cargo.toml\n"),
                &["5: there is no file `crates/lark/cargo.toml`"],
            ),
            (job("      - uses: x/cache@1\n        with:\n          key: ${{ hashFiles('**/Cargo.toml') }}\n"), &[]),
            (
                job(
                    "      - uses: x/cache@1\n        with:\n          key: a-${{ hashFiles('Cargo.lock', 'README.md') }}\n",
                ),
                &["7: hashFiles finds no tracked file like `Cargo.lock`"],
            ),
            (job("      - uses: ./act\n      - uses: ./\n"), &["6: there is no action `./`"]),
            (
                "jobs:\n  a:\n    uses: ./.github/workflows/a.yml\n  b:\n    uses: x/y/.github/workflows/z.yml@1\n"
                    .into(),
                &[],
            ),
            (
                "jobs:\n  a:\n    uses: ./.github/workflows/z.yml\n".into(),
                &["3: there is no workflow `./.github/workflows/z.yml`"],
            ),
            (job("      - run: Get-Item ./scripts/ci/rum\n        shell: pwsh\n"), &[]),
            ("a: [\n".into(), &[]),
        ];
        for (text, expected) in table {
            let found = found("lark", &[&text]);
            let found: Vec<&str> =
                found.iter().map(|what| what.strip_prefix(".github/workflows/a.yml:").unwrap()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_downloaded_is_uploaded() {
        let step = |what: &str, with: &str| {
            format!(
                "jobs:\n  {what}:\n    steps:\n      - uses: actions/{what}-artifact@v4\n        with: {{ {with} }}\n"
            )
        };
        let up = step("upload", "name: 'wheels-${{ matrix.os }}'");
        let table: [(&str, bool); 7] = [
            ("pattern: wheels-*", true),
            ("name: wheels-linux", true),
            ("name: 'wheels-${{ env.X }}'", true),
            ("path: all", true),
            ("name: wheel-linux", false),
            ("pattern: pages-*", false),
            ("name: wheel-linux, run-id: 3", true),
        ];
        for (with, expected) in table {
            let down = step("download", with);
            let both = format!("{up}{}", down.strip_prefix("jobs:\n").unwrap());
            assert_eq!(found("lark", &[&both]).is_empty(), expected, "{with}: {:?}", found("lark", &[&both]));
            let calls = format!("{down}  call:\n    uses: ./.github/workflows/b.yml\n");
            assert_eq!(found("lark", &[&calls, &up]).is_empty(), expected, "called, {with}");
        }
        let told = found("lark", &[&step("download", "name: x"), &up]);
        assert_eq!(told, [".github/workflows/a.yml:4: no job uploads the artifact `x`"], "b is another run");
    }

    #[test]
    fn command_lines_are_found() {
        let text = "jobs:\n  a:\n    steps:\n      - run: |\n          cargo build\n          cargo xtask check && cargo +1.89 xtask smoke --train \"$TRAIN\"\n";
        let lines = command_lines(&workspace(trains(), &[text]));
        let told: Vec<String> =
            lines.into_iter().map(|(place, words)| format!("{place} {}", words.join(" "))).collect();
        assert_eq!(told, [".github/workflows/a.yml:5 check", ".github/workflows/a.yml:5 smoke --train $TRAIN"]);
    }

    #[test]
    fn what_runs_on_every_push_is_told_from_what_may_run() {
        let steps = "jobs:\n  a:\n    steps:\n      - run: one\n      - run: two\n        if: always()\n      - run: three\n        working-directory: d\n  b:\n    if: x\n    steps:\n      - run: four\n";
        let told = |on: &str| -> Vec<String> {
            let commands = commands_of_ci(&workspace(trains(), &[&format!("{on}{steps}")]), "main");
            commands.into_iter().map(|(_, words)| words.join(" ")).collect()
        };
        for on in ["on: push\n", "on: [push, pull_request]\n", "on:\n  push:\n    branches: [main]\n"] {
            assert_eq!(told(on), ["one"], "{on}");
        }
        for on in [
            "on: pull_request\n",
            "on:\n  push:\n    tags: ['v*']\n",
            "on:\n  push:\n    branches: ['release/**']\n",
            "on:\n  schedule:\n    - cron: '0 0 * * *'\n",
        ] {
            assert_eq!(told(on), [""; 0], "{on}");
        }
    }

    #[test]
    fn foreign_workspaces_are_left_alone() {
        let workspace = workspace(json!({}), &[&release("['x*']"), "on:\n  push:\n    paths: [nothing]\n"]);
        let train = Train::choose(&workspace, &Repo::default(), Some("lark")).unwrap();
        assert!(look(&workspace, &train).is_empty() && command_lines(&workspace).is_empty());
    }
}
