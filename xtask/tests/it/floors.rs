//! The floors of the house: within each crate, imports point down; between crates, the compiler sees to it.
//! The table is that of `docs/architecture.md`; a module that is on no floor fails the test.

use std::{collections::BTreeSet, fs, path::Path};

/// The crates and their floors, bottom first. A module may import from its own floor and from those below.
///
/// `report` stands beside the tools because `perform` and `run` talk while they work; it must not act itself, so it
/// needs nothing from above. The formats stand below what is known, because a workspace is known by reading its texts.
const FLOORS: [(&str, &[&[&str]]); 2] = [
    (
        "plan/src",
        &[
            &[
                "version",
                "date",
                "conventional",
                "requirement",
                "edit",
                "finding",
                "hash",
                "parallel",
                "patience",
                "problem",
                "names",
                "visible",
                "crates_io",
                "pep503",
                "percent",
                "pypi",
                "paths",
                "tool",
            ],
            &["files"],
            &["config", "workspace", "train", "repo", "snapshot"],
            &[
                "announcement",
                "changes",
                "check",
                "checklist",
                "draft",
                "due",
                "edits",
                "hotfix",
                "init",
                "occasion",
                "options",
                "ownership",
                "packed",
                "post_release",
                "postfix",
                "publish",
                "pull_request",
                "release",
                "rollback",
                "run_report",
                "smoke",
                "status",
                "step",
                "strays",
                "subject",
                "taken",
                "timetable",
                "version_files",
                "workflows",
            ],
        ],
    ),
    (
        "train/src",
        &[
            &["clock", "repo", "loader"],
            &["tools", "report", "inherited"],
            &["run", "session", "perform", "resume_point"],
            &["cli", "commands", "rehearse"],
        ],
    ),
];

struct Source {
    /// `files/anchor.rs`.
    path: String,
    /// `files`.
    module: String,
    text: String,
}

impl Source {
    /// Every path that is imported, in full, and every `crate::` and `super::` path in the code.
    fn imports(&self) -> Vec<String> {
        // What only tests import weighs nothing.
        let code = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: String = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| line.to_owned() + "\n")
            .collect();
        let mut imports = Vec::new();
        for tree in code.split("use ").skip(1).filter_map(|rest| rest.split(';').next()) {
            expand("", &tree.split_whitespace().collect::<String>(), &mut imports);
        }
        let starts = code.match_indices("crate::").chain(code.match_indices("super::"));
        let inline = starts.filter(|(at, _)| !code[..*at].ends_with("super::")).map(|(at, _)| {
            let path = &code[at..];
            path[..path.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c)).unwrap_or(path.len())].to_owned()
        });
        imports.extend(inline.filter(|path| path.trim_end_matches("::").contains("::")));
        imports
    }

    /// `files::anchor`; nothing for the file that all others are below.
    fn name(&self) -> String {
        self.path.trim_end_matches(".rs").trim_end_matches("main").replace('/', "::")
    }
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d`, `a::c::e`.
fn expand(before: &str, tree: &str, into: &mut Vec<String>) {
    let Some(open) = tree.find('{') else {
        return into.push(format!("{before}{tree}"));
    };
    let before = format!("{before}{}", &tree[..open]);
    let (mut depth, mut from) = (0, open + 1);
    for (at, c) in tree.char_indices().skip(open + 1) {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                if at > from {
                    expand(&before, &tree[from..at], into);
                }
                from = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
}

fn sources(dir: &str) -> Vec<Source> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let entries = walkdir::WalkDir::new(&dir).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"));
    let sources = files.map(|file| {
        let path = file.path().strip_prefix(&dir).unwrap().to_str().unwrap().replace('\\', "/");
        let module = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        Source { text: fs::read_to_string(file.path()).unwrap(), path, module }
    });
    sources.collect()
}

/// The sources of a crate that are built into the tool.
fn built(dir: &str) -> Vec<Source> {
    let sources = sources(dir);
    assert!(sources.len() > 5, "where are the sources?");
    sources
        .into_iter()
        .filter(|source| !["lib.rs", "main.rs"].contains(&&*source.path) && !source.path.starts_with("tests"))
        .collect()
}

#[test]
fn no_import_hides() {
    let text = "//! use crate::doc;\nuse crate::{\n    a::b,\n    c::{self, d::e},\n};\nuse std::{fs, path::Path};\nfn f() { crate::g::h(super::super::i::J); }\n\
        #[cfg(test)]\nmod tests {\n    use crate::t;\n}\n";
    let source = Source { path: "x.rs".into(), module: "x".into(), text: text.into() };
    let mut imports = source.imports();
    imports.sort();
    assert_eq!(
        imports,
        [
            "crate::a::b",
            "crate::c::d::e",
            "crate::c::self",
            "crate::g::h",
            "std::fs",
            "std::path::Path",
            "super::super::i::J"
        ]
    );
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (dir, floors) in FLOORS {
        let floor = |module: &str| floors.iter().position(|modules| modules.contains(&module));
        let mut examined = 0;
        for source in built(dir) {
            let at =
                floor(&source.module).unwrap_or_else(|| panic!("{} is on no floor: add it to the table", source.path));
            for import in source.imports() {
                let Some(module) = import.strip_prefix("crate::").and_then(|path| path.split("::").next()) else {
                    continue;
                };
                examined += 1;
                let on = floor(module).unwrap_or_else(|| panic!("{}: {import} is on no floor", source.path));
                if on > at {
                    wrong.push(format!("{dir}/{} (floor {at}) imports {import} (floor {on})", source.path));
                }
            }
        }
        assert!(examined > 100, "only {examined} imports were found in {dir}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The file that an import leads to.
fn led_to<'n>(import: &str, from: &str, names: &'n BTreeSet<String>) -> Option<&'n String> {
    let (mut dir, mut path) = (from, import);
    while let Some(rest) = path.strip_prefix("super::") {
        (dir, path) = (dir.rsplit_once("::").map_or("", |(above, _)| above), rest);
    }
    let path = match path.strip_prefix("crate::") {
        Some(path) => path.to_owned(),
        None if path == import => return None,
        None => format!("{dir}::{path}").trim_start_matches("::").to_owned(),
    };
    let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| names.get(&path[..end])).last()
}

/// A file and the files below it are one module in parts: that the upper one calls its parts is no import.
#[test]
fn no_file_imports_in_a_circle() {
    for dir in ["plan/src", "train/src", "stand-in/src"] {
        let sources = built(dir);
        let names = sources.iter().map(Source::name).collect();
        let mut edges = BTreeSet::new();
        for (from, source) in sources.iter().map(|source| (source.name(), source)) {
            let imports = source.imports();
            let to = imports.iter().filter_map(|import| led_to(import, &from, &names));
            let is_part =
                |to: &str| to.strip_prefix(&*from).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
            edges.extend(to.filter(|to| !is_part(to)).map(|to| (from.clone(), to.clone())));
        }
        assert!(edges.len() > 5, "where are the imports of {dir}?");
        // Who imports nothing, or is imported by nobody, is in no circle.
        let mut left = edges.len() + 1;
        while edges.len() < left {
            left = edges.len();
            let (from, to): (BTreeSet<_>, BTreeSet<_>) = edges.iter().cloned().unzip();
            edges.retain(|(file, imported)| from.contains(imported) && to.contains(file));
        }
        assert!(edges.is_empty(), "{dir} has files that import in a circle: {edges:#?}");
    }
}

#[test]
fn every_module_says_in_two_sentences_what_it_is() {
    for source in sources("plan/src")
        .into_iter()
        .chain(sources("train/src"))
        .chain(sources("tests/it"))
        .chain(sources("tests/outside"))
    {
        // Fixtures are other people's code.
        if source.path.starts_with("workspaces/") || source.path.starts_with("cases/") {
            continue;
        }
        let doc: Vec<&str> = source.text.lines().map_while(|line| line.strip_prefix("//!")).collect();
        let ends = doc.join(" ").split(' ').filter(|word| word.ends_with(['.', '!', '?'])).count();
        assert!(
            ends >= 2,
            "{} opens with {ends} sentences: what does it know, and what must it never do?",
            source.path
        );
    }
}

#[test]
fn no_test_is_lost_where_libtest_does_not_run() {
    let sources = sources("tests/outside");
    assert!(sources.iter().any(|source| source.text.contains("\ntests! {")), "where are the tests?");
    for source in sources {
        let lost = source.text.lines().find(|line| line.trim_start().starts_with("#[test]"));
        assert_eq!(lost, None, "{}: name the test in `tests!`; nothing runs it here otherwise", source.path);
    }
}

#[test]
fn the_table_is_the_one_in_the_book() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/architecture.md");
    let book = fs::read_to_string(book).unwrap();
    for (on, modules) in FLOORS.iter().flat_map(|(_, floors)| floors.iter()).enumerate() {
        let row = book.lines().find(|line| line.starts_with(&format!("| {on} "))).unwrap_or_default();
        let files = row.split('|').nth(2).unwrap_or_default();
        let mut reported: Vec<&str> =
            files.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/')).collect();
        let mut modules = modules.to_vec();
        reported.sort();
        modules.sort();
        assert_eq!(reported, modules, "floor {on} in docs/architecture.md");
    }
}
