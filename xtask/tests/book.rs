//! The docs as a book: every page has its place, every link leads somewhere, every requirement has a test.
//! It must never need a program that not every system has: mdBook, man and other shells are for `outside/documents.rs`.

use plan::{check::waivers::WAIVABLE, finding::Check};

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn output(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The pages of the book, from the top of the workspace.
fn pages() -> Vec<PathBuf> {
    let found = walkdir::WalkDir::new(top().join("docs")).sort_by_file_name().into_iter();
    let found = found.map(|entry| entry.expect("an entry").into_path());
    found.filter(|path| path.extension().is_some_and(|end| end == "md")).collect()
}

/// The text of a page without its code, in which nothing is a link or a heading.
fn prose(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let (mut prose, mut in_code) = (String::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            prose += line;
            prose.push('\n');
        }
    }
    prose
}

/// What `[words](…)` lead to, inside of this repository.
fn links(prose: &str) -> Vec<String> {
    let ends = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let near =
        ends.map(|(link, _)| link.to_owned()).filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
    near.collect()
}

/// The names of a page's headings, as forges and mdBook make them.
fn anchors(prose: &str) -> BTreeSet<String> {
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let name = |heading: &str| {
        let kept = heading.to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(name).collect()
}

/// What is wrong with a page's links.
fn broken(page: &Path) -> Vec<String> {
    let prose = prose(page);
    let mut broken = Vec::new();
    for link in links(&prose) {
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = if path.is_empty() { page.to_owned() } else { page.with_file_name("").join(path) };
        if !target.exists() {
            broken.push(format!("{}: there is no {path}", page.display()));
        } else if !anchor.is_empty() && !anchors(&self::prose(&target)).contains(anchor) {
            broken.push(format!("{}: {path} has no #{anchor}", page.display()));
        }
    }
    broken
}

#[test]
fn every_link_leads_somewhere() {
    let others = ["README.md", "CHANGELOG.md", "barter-python/README.md", "crates/market-data-ingestion/README.md"];
    let all: Vec<PathBuf> = pages().into_iter().chain(others.map(|path| top().join(path))).collect();
    let checked: usize = all.iter().map(|page| links(&prose(page)).len()).sum();
    assert!(checked > 30, "where are the links? {checked}");
    let wrong: Vec<String> = all.iter().flat_map(|page| broken(page)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("links");
    fs::create_dir_all(&dir).expect("a directory");
    let page = dir.join("page.md");
    let text = "# A `first` page, 1\n[a](page.md) [b](#a-first-page-1) [c](nowhere.md) [d](page.md#b) [e](https://x.y)\n\
                ```\n[f](nowhere.md)\n# b\n```\n";
    fs::write(&page, text).expect("written");
    let wrong = broken(&page);
    let ends = [": there is no nowhere.md", ": page.md has no #b"];
    assert!(wrong.len() == 2 && ends.iter().zip(&wrong).all(|(end, wrong)| wrong.ends_with(end)), "{wrong:?}");
}

#[test]
fn every_page_has_its_place_in_the_book() {
    let summary = top().join("docs/SUMMARY.md");
    let listed: BTreeSet<PathBuf> = links(&prose(&summary)).iter().map(|link| top().join("docs").join(link)).collect();
    let pages: BTreeSet<PathBuf> = pages().into_iter().filter(|page| *page != summary).collect();
    let missing: Vec<_> = pages.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md lacks {missing:?}");
}

#[test]
fn bash_completes_the_commands_and_leaves_the_rest_to_cargo() {
    let script = r#"
_cargo() { COMPREPLY=(cargos-own "$2"); }
complete -F _cargo cargo
source completions/xtask.bash
try() {
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
    local function; function=$(complete -p cargo); function=${function##*-F }; function=${function%% *}
    "$function" cargo "${!#}" "${COMP_WORDS[COMP_CWORD-1]}"
    echo "${COMPREPLY[*]}"
}
try cargo xtask rel
try cargo +stable xtask reh
try cargo xtask release --pu
try cargo xtask publish --only cr
try cargo xt
try cargo build --rel
"#;
    let completed =
        Command::new("bash").args(["--norc", "-c", script]).current_dir(top()).output().expect("bash starts");
    assert_eq!(output(&completed), "release\nrehearse\n--push\ncrates\ncargos-own xt\ncargos-own --rel\n");
}

/// The rows of the tables of requirements: what is asked, what does it, what proves it.
fn requirements() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(top().join("docs/requirements.md")).expect("the table");
    let rows =
        text.lines().filter(|line| line.starts_with('|') && !line.starts_with("| it says") && !line.starts_with("|-"));
    let cells = |row: &str| {
        let cells = row.trim_matches('|').replace("\\|", "\u{1}");
        cells.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
    };
    rows.map(|row| (row.to_owned(), cells(row))).collect()
}

/// Whether a test is in the tree: `a/file.rs::name`, or the folder of a case.
fn is_test(name: &str, files: &[(String, String)]) -> bool {
    let Some((file, test)) = name.split_once("::") else {
        return name.starts_with("it/cases/") && top().join("xtask/tests").join(name).join("case").is_file();
    };
    let file = format!("/{file}");
    files.iter().filter(|(path, _)| path.ends_with(&file)).any(|(_, text)| {
        let is_named = |line: &str| {
            let line = line.trim_start();
            line.starts_with(&format!("fn {test}("))
                || line.starts_with(&format!("def {test}("))
                // A page whose story is told.
                || line.starts_with(&format!("{test}: \"docs/"))
        };
        text.lines().any(is_named)
    })
}

/// Sources with their texts.
fn sources() -> Vec<(String, String)> {
    let entries = ["xtask", "crates", "barter-python"].map(|dir| walkdir::WalkDir::new(top().join(dir)));
    let paths = entries.into_iter().flatten().map(|entry| entry.expect("an entry").into_path());
    let sources = paths.filter(|path| path.extension().is_some_and(|end| end == "rs" || end == "py") && path.is_file());
    let read =
        |path: PathBuf| (path.to_string_lossy().replace('\\', "/"), fs::read_to_string(&path).unwrap_or_default());
    sources.map(read).collect()
}

/// What stands in backticks.
fn code(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_requirement_is_fulfilled_by_something_and_proved_by_a_test() {
    let (rows, files) = (requirements(), sources());
    assert!(rows.len() > 100, "where are the requirements? {}", rows.len());
    let mut wrong = Vec::new();
    for (row, cells) in &rows {
        let [asked, does, proves] = cells.as_slice() else {
            wrong.push(format!("not three cells: {row}"));
            continue;
        };
        if [asked, does, proves].iter().any(|cell| cell.is_empty()) {
            wrong.push(format!("an empty cell: {row}"));
        }
        if rows.iter().filter(|(_, other)| other[0] == *asked).count() > 1 && asked.len() > 30 {
            wrong.push(format!("asked twice: {row}"));
        }
        if code(proves).count() == 0 {
            wrong.push(format!("no test: {row}"));
        }
        let missing = code(proves).filter(|name| !is_test(name, &files));
        wrong.extend(missing.map(|name| format!("there is no test {name}: {row}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_test_that_does_not_exist_is_not_taken_for_a_proof() {
    let files = sources();
    let here = "a_test_that_does_not_exist_is_not_taken_for_a_proof";
    assert!(is_test(&format!("tests/book.rs::{here}"), &files) && is_test("it/cases/release_minor", &files));
    assert!(is_test("it/book.rs::captain", &files));
    for name in [&here[1..], "it/cases/nothing", "it/cases", "book.rs::nothing", &format!("cases.rs::{here}")] {
        assert!(!is_test(name, &files), "{name}");
    }
}

/// An address that nobody has filled in would lead people, and registries, to somebody else.
#[test]
fn every_finding_is_explained_with_whether_it_can_be_waived() {
    let page = fs::read_to_string(top().join("docs/stuck.md")).expect("the page");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let waivers =
        page.lines().skip_while(|line| !line.starts_with("`--waive NAME`")).take_while(|line| !line.is_empty());
    let waivers = waivers.collect::<Vec<_>>().join("\n");
    for check in Check::ALL {
        let row = rows.iter().find(|row| code(row[0]).any(|name| name == check.name()));
        let is_stated = row.map_or_else(|| code(&waivers).any(|name| name == check.name()), |row| row[2] == "yes");
        assert_eq!(is_stated, WAIVABLE.contains(check), "{check}");
        assert!(row.is_some() || is_stated, "docs/stuck.md does not say what {check} is");
    }
}

#[test]
fn nothing_names_a_repository_that_is_nobodys() {
    let files = Command::new("git").args(["ls-files", "-z"]).current_dir(top()).output().expect("git starts");
    let placeholder = ["your", "org"].join("-");
    let names = output(&files);
    let texts = names.split('\0').filter_map(|name| Some((name, fs::read_to_string(top().join(name)).ok()?)));
    let found: Vec<&str> = texts.filter(|(_, text)| text.contains(&placeholder)).map(|(name, _)| name).collect();
    assert!(names.contains("Cargo.toml") && found.is_empty(), "{placeholder} stands in {found:?}");
}
