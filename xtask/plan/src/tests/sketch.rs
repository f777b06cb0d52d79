//! A workspace sketched as texts, and what a plan does to it in words that a test can compare.
//! It must never read what it describes from anywhere else: the sketch is all there is.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Value, json};

use crate::{
    crates_io::{About, tests::about},
    date::Date,
    draft::Plan,
    edit::slashed,
    files::cargo_lock,
    options::Options,
    postfix::{self, Fix},
    release::{self, Goal},
    repo::{Message, Recorded, Repo},
    snapshot::{PreviousRelease, Snapshot},
    step::Step,
    strays::Search,
    train::Train,
    version::{Dialect, Version},
    workspace::{Graph, Manifests, Package, Texts, Workspace},
};

/// A repository in a few words. Every file is tracked but those in `ignored`.
#[derive(Clone, Default)]
pub struct Sketch {
    pub texts: Texts,
    pub trains: Value,
    pub train: Option<&'static str>,
    pub ignored: Vec<&'static str>,
    pub repo: Repo,
    pub previous: Option<(&'static str, Vec<&'static str>, Option<Texts>)>,
    /// What the last final release had.
    pub before_candidates: Option<Texts>,
    pub recorded: Option<Recorded>,
    pub commits: Vec<Message>,
    /// Those that a pre-release told.
    pub reported: Vec<&'static str>,
    /// Final releases that are on branches of their own.
    pub elsewhere: Vec<&'static str>,
    pub options: Options,
}

pub fn v(text: &str) -> Version {
    Version::parse(text, Dialect::Cargo).unwrap()
}

/// The trader's house at 0.9.3: three crates that travel, a wheel, and a tool that only uses them.
pub fn house() -> Sketch {
    let mut house = Sketch {
        trains: json!({ "barter": { "driver": "barter", "default": true, "changelog": "CHANGELOG.md" } }),
        ..Sketch::default()
    };
    house.repo.branch = Some("main".to_owned());
    house.repo.main = Some("main".to_owned());
    house.repo.head = "1111111111".to_owned();
    house
        .tagged("v0.9.3")
        .file(
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\", \"barter-python\"]\n\n[workspace.dependencies]\n\
             barter-data = { path = \"crates/barter-data\", version = \"0.9\" }\n\
             barter-instrument = { path = \"crates/barter-instrument\", version = \"=0.9.3\" }\n",
        )
        .member("barter-instrument", "0.9.3", "")
        .member(
            "barter-data",
            "0.9.3",
            "[dependencies]\nbarter-instrument = { workspace = true }\nserde = \"0.9.3\"\n",
        )
        .member("barter", "0.9.3", "[dependencies]\nbarter-data.workspace = true\n")
        .member(
            "tool",
            "0.1.0",
            "publish = false\n\n[dependencies]\nbarter = { path = \"../barter\", version = \"0.9\" }\n",
        )
        .file(
            "barter-python/Cargo.toml",
            "[package]\nname = \"barter-python\"\nversion = \"0.9.3\"\npublish = false\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n\
             [features]\npython-tests = []\n\n[dependencies]\nbarter = { path = \"../crates/barter\", version = \"0.9.3\" }\npyo3 = \"0.28\"\n",
        )
        .file(
            "barter-python/pyproject.toml",
            "[build-system]\nbuild-backend = \"maturin\"\n\n[project]\nname = \"barter-python\"\nversion = \"0.9.3\"\n",
        )
        .file("barter-python/tests_py/test_it.py", "")
        .file("Dockerfile", "FROM scratch\n")
        .file(
            "CHANGELOG.md",
            "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- a rounding error\n\n## [0.9.3] - 2026-01-07\n\n### Added\n\n- all of it\n",
        )
        .lock()
}

impl Sketch {
    pub fn file(mut self, path: &str, text: &str) -> Sketch {
        self.texts.insert(PathBuf::from(path), text.to_owned());
        self
    }

    /// A member below `crates`; `rest` follows its name and version.
    pub fn member(self, name: &str, version: &str, rest: &str) -> Sketch {
        self.file(
            &format!("crates/{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}"),
        )
    }

    /// Changes one place of one file.
    pub fn with(mut self, path: &str, old: &str, new: &str) -> Sketch {
        let text = self.texts.get_mut(Path::new(path)).unwrap();
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {path}");
        *text = text.replace(old, new);
        self
    }

    pub fn without(mut self, path: &str) -> Sketch {
        self.texts.remove(Path::new(path)).unwrap();
        self
    }

    /// Sets a key of the train `barter`.
    pub fn configured(mut self, key: &str, value: Value) -> Sketch {
        self.trains["barter"][key] = value;
        self
    }

    pub fn tagged(mut self, name: &str) -> Sketch {
        self.repo.tags.insert(name.to_owned(), "0000000000".to_owned());
        self
    }

    /// What changed since a tag; the workspace then was the sketch as it is now.
    pub fn changed(mut self, tag: &'static str, paths: &[&'static str]) -> Sketch {
        self.previous = Some((tag, paths.to_vec(), Some(self.texts.clone())));
        self
    }

    /// A commit before those that were named before it.
    pub fn commit(mut self, text: &str, author: &str, paths: &[&str]) -> Sketch {
        let commit = format!("{:010}", 2_000_000_000 + self.commits.len());
        let paths = paths.iter().map(PathBuf::from).collect();
        self.commits.push(Message {
            commit,
            parents: Vec::new(),
            author: author.into(),
            text: text.into(),
            paths,
            ..Message::default()
        });
        self
    }

    /// Writes the lock that cargo would write.
    pub fn lock(self) -> Sketch {
        let mut text = "version = 4\n".to_owned();
        let workspace = self.workspace();
        for member in &workspace.members {
            text.push_str(&format!("\n[[package]]\nname = \"{}\"\nversion = \"{}\"\n", member.name, member.version));
            let needed = workspace.required_packages(member);
            let needed: String = needed.iter().map(|name| format!(" \"{name}\",\n")).collect();
            if !needed.is_empty() {
                text.push_str(&format!("dependencies = [\n{needed}]\n"));
            }
        }
        self.file("Cargo.lock", &text)
    }

    pub fn workspace(&self) -> Workspace {
        // Manifests below `beside` are of workspaces of their own.
        let manifests =
            self.texts.iter().filter(|(path, _)| path.ends_with("Cargo.toml") && !path.starts_with("beside"));
        let mut packages: Vec<Package> = manifests
            .filter_map(|(path, text)| {
                let name = text.lines().find_map(|line| line.trim_start().strip_prefix("name"))?;
                let name = name.trim_start().strip_prefix('=')?.trim().trim_matches(['"', '\'']);
                Some(Package {
                    name: name.to_owned(),
                    manifest: path.clone(),
                    // Cargo never publishes what has no version.
                    publish: !text.contains("publish = false") && text.contains("\nversion"),
                    cdylib: text.contains("cdylib"),
                    rlib: text.contains("rlib"),
                    library: !text.contains("[[bin]]"),
                    binaries: Vec::from_iter(text.contains("[[bin]]").then(|| "program".to_owned())),
                    built_by_default: text.contains("# built by default"),
                    roots: Vec::new(),
                    registries: Vec::new(),
                    about: About {
                        description: about().description.filter(|_| !text.contains("# no description")),
                        ..about()
                    },
                    readme: None,
                    readme_length: 0,
                    unread: Vec::new(),
                })
            })
            .collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let graph = Graph {
            top: PathBuf::new(),
            root: PathBuf::from("Cargo.toml"),
            packages,
            metadata: json!({ "trains": self.trains }),
            lacking: Vec::new(),
            lent: false,
            linked: Vec::new(),
            real: Default::default(),
        };
        let tracked = self.texts.keys().cloned();
        let tracked = tracked.filter(|path| !self.ignored.iter().any(|ignored| path == Path::new(ignored)));
        Workspace::read(graph, self.texts.clone(), Arc::new(tracked.collect()), &Manifests::new()).unwrap()
    }

    pub fn snapshot(&self) -> Snapshot {
        let workspace = self.workspace();
        let mut train = Train::choose(&workspace, &self.repo, self.train).unwrap();
        train.elsewhere = self.elsewhere.iter().copied().map(v).collect();
        let previous = self.previous.clone().map(|(tag, changed, before)| PreviousRelease {
            tag: tag.to_owned(),
            changed: changed.into_iter().map(PathBuf::from).collect(),
            before: before.and_then(|texts| workspace.with_texts(texts).ok().map(Box::new)),
            post: None,
        });
        Snapshot {
            train,
            previous,
            before_candidates: self
                .before_candidates
                .clone()
                .map(|texts| Box::new(workspace.with_texts(texts).unwrap())),
            recorded: self.recorded.clone(),
            commits: self.commits.clone(),
            rolled_back: Default::default(),
            reported: self.reported.iter().map(|commit| commit.to_string()).collect(),
            repo: self.repo.clone(),
            base: self.repo.head.clone(),
            today: Date::parse("2026-02-04").unwrap(),
            yanked: Default::default(),
            workspace,
        }
    }

    /// Plans `release GOAL`; an empty goal aligns.
    pub fn release(&self, goal: &str) -> Plan {
        let snapshot = self.snapshot();
        let goal = if goal.is_empty() { Goal::Align } else { Goal::parse(goal).unwrap() };
        let next = goal.version(&snapshot, snapshot.train.version(&snapshot.workspace)).unwrap();
        let mut plan = release::plan(&snapshot, &next.version, false, &self.options);
        plan.remarks.extend(next.why);
        let left = release::left_behind(&snapshot, &next.version);
        let search = Search::of_release(&snapshot, &left, &next.version);
        let mentions = self.texts.iter().flat_map(|(path, text)| search.mentions(path, text));
        plan.note_strays(&snapshot, &mentions.collect::<Vec<_>>());
        plan
    }

    pub fn postfix(&self, note: Option<&str>, issue: Option<u64>) -> Plan {
        let snapshot = self.snapshot();
        let fix = Fix { note: note.map(str::to_owned), issue };
        let current = postfix::current(&snapshot.workspace, &snapshot.train).unwrap();
        let next = postfix::next(&snapshot, &current).unwrap();
        let mut plan = postfix::plan(&snapshot, &next.version, &fix, false, &self.options);
        plan.remarks.extend(next.why);
        plan
    }

    /// The sketch as it is when the plan's edits are written.
    pub fn after(mut self, plan: &Plan) -> Sketch {
        for edit in plan.edits() {
            assert_eq!(self.texts.get(&edit.path).map(String::as_str), edit.before(), "{}", edit.path.display());
            match edit.after() {
                Some(text) => self.texts.insert(edit.path.clone(), text.to_owned()),
                None => self.texts.remove(&edit.path),
            };
        }
        self
    }
}

/// Each line that changes, in files that are neither prose nor a Cargo.lock.
pub fn changes(plan: &Plan) -> Vec<String> {
    let edits = plan.edits().iter().filter(|edit| !edit.is_prose() && !edit.path.ends_with("Cargo.lock"));
    let lines = edits.flat_map(|edit| {
        assert_eq!(edit.old.lines().count(), edit.new.lines().count());
        let pairs = edit.old.lines().zip(edit.new.lines()).filter(|(old, new)| old != new);
        pairs.map(|(_, new)| format!("{}: {new}", slashed(&edit.path)))
    });
    lines.collect()
}

/// What a lock says once the plan is carried out, local packages only.
pub fn locked(plan: &Plan, path: &str) -> Vec<String> {
    let edit = plan.edits().iter().find(|edit| edit.path == Path::new(path)).unwrap();
    let entries = cargo_lock::read(&edit.new).into_iter();
    entries.map(|entry| format!("{} {}", entry.name, entry.version)).collect()
}

pub fn moved(plan: &Plan) -> Vec<&str> {
    plan.moved.iter().map(|moved| moved.name.as_str()).collect()
}

pub fn findings(plan: &Plan) -> Vec<String> {
    plan.findings.iter().map(|f| format!("{}: {}", f.check, f.what)).collect()
}

/// The text of a file once the plan is carried out.
pub fn text<'p>(plan: &'p Plan, path: &str) -> &'p str {
    &plan.edits().iter().find(|edit| edit.path == Path::new(path)).unwrap().new
}

pub fn titles(plan: &Plan) -> Vec<String> {
    plan.steps().iter().map(Step::title).collect()
}

pub fn tag_message(plan: &Plan) -> String {
    let mut tags = plan.steps().into_iter().filter_map(|step| match step {
        Step::Tag(tag) => Some(tag.text(Vec::new())),
        _ => None,
    });
    tags.next().unwrap()
}
