//! A workspace as a model that renders its own texts, before a release and after it.
//! It must never use the code under test to say what is expected: it only shares the version type and semver with it.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::json;

use super::super::sketch::{Sketch, v};
use crate::{version::Version, workspace::Texts};

/// A requirement as its author means it: an operator, and how many numbers it names of a version.
#[derive(Clone, Copy, Debug)]
pub struct Asks {
    pub op: &'static str,
    pub numbers: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Inline,
    Dotted,
    SubTable,
    /// `workspace = true`, spelt in each of the ways.
    InheritedInline,
    InheritedDotted,
    InheritedSubTable,
    PathOnly,
}

/// That member `from` requires member `on`, and how that is written.
#[derive(Clone, Debug)]
pub struct Edge {
    pub on: usize,
    pub section: &'static str,
    pub form: Form,
    pub asks: Asks,
    pub renamed: bool,
    pub quote: char,
    pub gap: &'static str,
}

#[derive(Clone, Debug)]
pub struct Crate {
    /// How far its patch number is behind the driver's.
    pub behind: u64,
    pub inherits: bool,
    pub crlf: bool,
    pub bom: bool,
    pub edges: Vec<Edge>,
}

/// A workspace of which the last member is the driver.
#[derive(Clone, Debug)]
pub struct Model {
    pub driver: Version,
    pub crates: Vec<Crate>,
    /// How `[workspace.dependencies]` asks for each member.
    pub shared: Vec<Asks>,
    /// A package from a registry has the first member's name.
    pub twin: bool,
}

pub const SECTIONS: [&str; 6] = [
    "dependencies",
    "build-dependencies",
    "dev-dependencies",
    "target.'cfg(unix)'.dependencies",
    "target.\"cfg(windows)\".build-dependencies",
    "target.'cfg(unix)'.dev-dependencies",
];

/// One version per member: `None` where it stays as the model has it.
pub type Moves<'a> = Vec<Option<&'a Version>>;

impl Asks {
    fn of(&self, version: &Version) -> String {
        let s = version.semver();
        let core = [s.major, s.minor, s.patch].map(|n| n.to_string())[..self.numbers].join(".");
        let number = if version.is_prerelease() { version.to_string() } else { core };
        format!("{}{number}", self.op)
    }

    /// What it says when the member goes from one version to another.
    fn moved(&self, from: &Version, to: &Version, follows: bool) -> String {
        let now = self.of(from);
        let holds = semver::VersionReq::parse(&now).unwrap().matches(to.semver());
        let caret = matches!(self.op, "" | "^" | "^ ");
        if holds && !(caret && follows) { now } else { self.of(to) }
    }
}

impl Model {
    pub fn name(at: usize) -> String {
        format!("m{at}")
    }

    pub fn version(&self, at: usize) -> Version {
        let s = self.driver.semver();
        if self.crates[at].inherits {
            return self.driver.clone();
        }
        v(&format!("{}.{}.{}", s.major, s.minor, s.patch.saturating_sub(self.crates[at].behind)))
    }

    /// The driver and what it needs to build; and, when one of them inherits its version, all who do.
    pub fn travellers(&self) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut queue = vec![self.crates.len() - 1];
        while let Some(at) = queue.pop() {
            if found.insert(at) {
                let built = self.crates[at].edges.iter().filter(|edge| !edge.section.contains("dev-"));
                queue.extend(built.map(|edge| edge.on));
            }
        }
        if found.iter().any(|&at| self.crates[at].inherits) {
            found.extend((0..self.crates.len()).filter(|&at| self.crates[at].inherits));
        }
        found
    }

    pub fn moves<'a>(&self, to: &'a Version) -> Moves<'a> {
        let travellers = self.travellers();
        (0..self.crates.len()).map(|at| travellers.contains(&at).then_some(to)).collect()
    }

    /// Every text of the workspace, with these members at these versions.
    pub fn render(&self, moves: &Moves<'_>) -> Texts {
        let mut texts = Texts::new();
        texts.insert(PathBuf::from("Cargo.toml"), self.root(moves));
        texts.insert(PathBuf::from("Cargo.lock"), self.lock(moves));
        for at in 0..self.crates.len() {
            texts.insert(PathBuf::from(format!("crates/m{at}/Cargo.toml")), self.manifest(at, moves));
        }
        texts
    }

    fn now(&self, at: usize, moves: &Moves<'_>) -> Version {
        moves[at].cloned().unwrap_or_else(|| self.version(at))
    }

    fn root(&self, moves: &Moves<'_>) -> String {
        let inherited = (0..self.crates.len()).filter(|&at| self.crates[at].inherits);
        let version = inherited.map(|at| self.now(at, moves)).next();
        let version = version.unwrap_or_else(|| self.driver.clone());
        let mut text = format!(
            "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = '{version}' # ours\n\n[workspace.dependencies]\nserde = \"{}\"\n",
            self.driver
        );
        for (at, asks) in self.shared.iter().enumerate() {
            let asked = asks.moved(&self.version(at), &self.now(at, moves), true);
            text.push_str(&format!(
                "shared-{at} = {{ package = \"m{at}\", version = \"{asked}\",path = 'crates/m{at}' }} # m{at} {}\n",
                self.driver
            ));
        }
        text
    }

    fn manifest(&self, at: usize, moves: &Moves<'_>) -> String {
        let it = &self.crates[at];
        let old = &self.driver;
        let version = if it.inherits {
            "version . workspace = true".to_owned()
        } else {
            format!("version   ='{}'   # not {old}", self.now(at, moves))
        };
        let mut text = format!(
            "# about {old}\n[package]\nname = \"m{at}\"\n{version}\t\ndescription = \"{old}\"\nmetadata.version = \"{old}\"\n"
        );
        for section in SECTIONS {
            let edges: Vec<&Edge> = it.edges.iter().filter(|edge| edge.section == section).collect();
            let is_table = |edge: &&&Edge| matches!(edge.form, Form::SubTable | Form::InheritedSubTable);
            text.push_str(&format!("\n[{section}]\nserde = {{version=\"{old}\"}}\n"));
            for edge in edges.iter().filter(|edge| !is_table(edge)).chain(edges.iter().filter(is_table)) {
                text.push_str(&self.entry(edge, moves, moves[at].is_some()));
            }
        }
        let text = if it.crlf { text.replace('\n', "\r\n") } else { text };
        if it.bom { format!("\u{feff}{text}") } else { text }
    }

    fn entry(&self, edge: &Edge, moves: &Moves<'_>, follows: bool) -> String {
        let Edge { on, section, form, asks, quote, gap, .. } = edge;
        let asked = asks.moved(&self.version(*on), &self.now(*on, moves), follows);
        let inherited = matches!(form, Form::InheritedInline | Form::InheritedDotted | Form::InheritedSubTable);
        let (key, package) = match (inherited, edge.renamed) {
            (true, _) => (format!("shared-{on}"), None),
            (false, true) => (format!("alias{on}"), Some(format!("package = {quote}m{on}{quote}"))),
            (false, false) => (Model::name(*on), None),
        };
        let version = format!("version{gap}={gap}{quote}{asked}{quote}");
        let path = format!("path = {quote}../m{on}{quote}");
        let fields = match form {
            _ if inherited => vec!["workspace = true".to_owned()],
            Form::PathOnly => vec![path],
            _ => vec![version, path],
        };
        let fields: Vec<String> = fields.into_iter().chain(package).collect();
        match form {
            Form::Inline | Form::InheritedInline | Form::PathOnly => {
                format!("{key}{gap}={gap}{{ {} }} # as it is\n", fields.join(" , "))
            }
            Form::Dotted | Form::InheritedDotted => fields.iter().map(|field| format!("{key} . {field}\n")).collect(),
            Form::SubTable | Form::InheritedSubTable => {
                let lines: String = fields.iter().map(|field| format!("  {field}\n")).collect();
                format!("  [{section}.{key}] # a table\n{lines}")
            }
        }
    }

    fn lock(&self, moves: &Moves<'_>) -> String {
        let mut text = "# generated\nversion = 4\n".to_owned();
        for (at, it) in self.crates.iter().enumerate() {
            let version = self.now(at, moves);
            text.push_str(&format!("\n[[package]]\nname = \"m{at}\"\nversion = \"{version}\"\n"));
            let needs: BTreeSet<usize> = it.edges.iter().map(|edge| edge.on).collect();
            text.push_str("dependencies = [\n");
            for on in needs {
                match on {
                    0 if self.twin => text.push_str(&format!(" \"m0 {}\",\n", self.now(0, moves))),
                    _ => text.push_str(&format!(" \"m{on}\",\n")),
                }
            }
            text.push_str(" \"serde\",\n]\n");
            if at == 0 && self.twin {
                text.push_str("\n[[package]]\nname = \"m0\"\nversion = \"99.0.0\"\nsource = \"registry\"\n");
            }
        }
        text.push_str(&format!(
            "\n[[package]]\nname = \"serde\"\nversion = \"{}\"\nsource = \"registry\"\n",
            self.driver
        ));
        text
    }

    pub fn sketch(&self, texts: Texts) -> Sketch {
        let mut sketch = Sketch {
            texts,
            trains: json!({ "barter": { "driver": Model::name(self.crates.len() - 1) } }),
            ..Sketch::default()
        };
        sketch.repo.branch = Some("main".to_owned());
        sketch.repo.main = Some("main".to_owned());
        sketch
    }

    pub fn before(&self) -> Sketch {
        self.sketch(self.render(&vec![None; self.crates.len()]))
    }
}
