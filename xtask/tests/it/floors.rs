//! The floors of the house: imports point down, and only some floors see the outside.
//! The table is that of `docs/architecture.md`; a module that is on no floor fails the test.

use std::{collections::BTreeMap, fs, path::Path};

/// Bottom first. A module may import from its own floor and from those below.
///
/// `report` stands beside the tools because `perform` and `run` talk while they work; it must not act itself, so it
/// needs nothing from above. The formats stand below what is known, because a workspace is known by reading its texts.
const FLOORS: [&[&str]; 7] = [
    &[
        "version",
        "date",
        "conventional",
        "requirement",
        "edit",
        "hash",
        "parallel",
        "patience",
        "names",
        "visible",
        "crates_io",
        "pep503",
        "pypi",
    ],
    &["files"],
    &["config", "workspace", "train", "repo", "snapshot"],
    &["plan", "step", "check"],
    &["tools", "report", "page", "inherited"],
    &["run", "perform", "basis"],
    &["main", "cli", "commands", "rehearse"],
];

/// Below the tools, only these look at the outside; what is decided is decided from data.
const LOADERS: [&str; 2] = ["repo", "snapshot"];
const OUTSIDE: [&str; 7] =
    ["xshell", "std::env", "std::fs", "std::process", "std::net", "std::time::SystemTime", "std::time::Instant"];

struct Source {
    /// `plan/edits.rs`.
    path: String,
    /// `plan`.
    module: String,
    text: String,
}

impl Source {
    fn floor(&self) -> usize {
        floor(&self.module).unwrap_or_else(|| panic!("{} is on no floor: add it to the table", self.path))
    }

    /// Every path that is imported, in full, and every `crate::` path in the code.
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
        for start in OUTSIDE.iter().map(|word| word.to_string()).chain(["crate::".to_owned()]) {
            let inline = code.match_indices(&start).map(|(at, _)| {
                let path = &code[at..];
                path[..path.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c)).unwrap_or(path.len())].to_owned()
            });
            imports.extend(inline.filter(|path| path != "crate::"));
        }
        imports
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

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
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

/// The sources that are built into the tool.
fn built() -> Vec<Source> {
    let sources = sources("src");
    assert!(sources.len() > 20, "where are the sources?");
    sources.into_iter().filter(|source| !source.path.contains("/tests")).collect()
}

#[test]
fn no_import_hides() {
    let text = "//! use crate::doc;\nuse crate::{\n    a::b,\n    c::{self, d::e},\n};\nuse std::{fs, path::Path};\nfn f() { crate::g::h(); std::env::var(X) }\n\
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
            "std::env::var",
            "std::fs",
            "std::path::Path"
        ]
    );
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in built() {
        for import in source.imports() {
            let Some(module) = import.strip_prefix("crate::").and_then(|path| path.split("::").next()) else {
                continue;
            };
            seen += 1;
            let on = floor(module).unwrap_or_else(|| panic!("{}: {import} is on no floor", source.path));
            if on > source.floor() {
                wrong.push(format!("{} (floor {}) imports {import} (floor {on})", source.path, source.floor()));
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn deciding_sees_no_outside() {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for source in built() {
        let outside: Vec<String> =
            source.imports().into_iter().filter(|path| OUTSIDE.iter().any(|word| path.starts_with(word))).collect();
        if source.floor() < 4 && !LOADERS.contains(&source.module.as_str()) && !outside.is_empty() {
            wrong.push(format!("{} sees {}", source.path, outside.join(", ")));
        }
        *seen.entry(source.module).or_default() += outside.len();
    }
    assert!(seen["snapshot"] > 0 && seen["perform"] > 0, "the search finds nothing: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_in_two_sentences_what_it_is() {
    for source in sources("src").into_iter().chain(sources("tests/it")).chain(sources("tests/outside")) {
        // Fixtures are other people's code.
        if source.path.starts_with("worlds/") || source.path.starts_with("cases/") {
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
    for (on, modules) in FLOORS.iter().enumerate() {
        let row = book.lines().find(|line| line.starts_with(&format!("| {on} "))).unwrap_or_default();
        let files = row.split('|').nth(2).unwrap_or_default();
        let mut told: Vec<&str> = files.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/')).collect();
        let mut modules = modules.to_vec();
        told.sort();
        modules.sort();
        assert_eq!(told, modules, "floor {on} in docs/architecture.md");
    }
}
