//! What is made from the command line for people: man pages, completions, examples, and the commands that pages name.
//! It must never let one of them stay behind: `BLESS=1 cargo test -p cargo-train --lib cli` makes the files anew.

use std::{collections::BTreeMap, fs, path::Path};

use clap::{Command, CommandFactory as _, Parser as _};
use clap_complete::Shell;

use super::{Cli, misused, parses, shell};
use plan::tool::Tool;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace")
}

/// Whether this is the workspace that the pages are of, and not one that copied the xtask.
fn is_at_home() -> bool {
    top().join("book.toml").exists()
}

/// Every generated file by its path.
fn generated() -> BTreeMap<String, String> {
    let command = Cli::command();
    let completions = [
        ("completions/xtask.bash", Shell::Bash),
        ("completions/_cargo-xtask", Shell::Zsh),
        ("completions/xtask.fish", Shell::Fish),
    ];
    let completions =
        completions.map(|(path, shell)| (path.to_owned(), shell::completions(&command, Tool::Xtask, shell)));
    let pages =
        shell::man_pages(&command, Tool::Xtask).into_iter().map(|(name, text)| (format!("docs/man/{name}"), text));
    completions.into_iter().chain(pages).collect()
}

#[test]
fn man_pages_and_completions_are_those_of_this_command_line() {
    if !is_at_home() {
        return;
    }
    let files = generated();
    let mut stale = Vec::new();
    for (path, text) in &files {
        if fs::read_to_string(top().join(path)).is_ok_and(|found| found == *text) {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let path = top().join(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, text).expect("written");
        } else {
            stale.push(path.clone());
        }
    }
    for dir in ["docs/man", "completions"] {
        for entry in fs::read_dir(top().join(dir)).into_iter().flatten().flatten() {
            let path = format!("{dir}/{}", entry.file_name().to_string_lossy());
            if !files.contains_key(&path) {
                stale.push(path);
            }
        }
    }
    assert!(stale.is_empty(), "BLESS=1 makes them anew, and what is of no command any more is deleted: {stale:?}");
}

#[test]
fn every_command_has_examples_that_can_be_typed() {
    let whole = Cli::command();
    for sub in whole.get_subcommands() {
        let name = sub.get_name();
        let help = sub.clone().render_long_help().to_string();
        let (_, examples) =
            help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{name} --help has no Examples:"));
        let mut of_this = 0;
        for line in examples.lines().filter(|line| !line.trim().is_empty()) {
            let typed = line.split_once("cargo xtask ").unwrap_or_else(|| panic!("{name}: {line}")).1;
            let words = words(typed);
            parses(&words).unwrap_or_else(|error| panic!("{name}: {error}"));
            of_this += usize::from(words[0] == name);
        }
        assert!(of_this > 0, "{name}: none of the examples is of {name} itself");
    }
}

#[test]
fn what_the_pages_tell_to_type_can_be_typed() {
    if !is_at_home() {
        return;
    }
    let docs = fs::read_dir(top().join("docs")).expect("docs").map(|entry| entry.expect("an entry").path());
    let pages = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).chain([top().join("README.md")]);
    let (mut examined, mut wrong) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for typed in commands(&text) {
            examined += 1;
            if let Err(error) = parses(&filled(&typed)) {
                wrong.push(format!("{}: {error}", page.display()));
            }
        }
    }
    assert!(examined > 30, "where are the commands? {examined}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_lists_every_command() {
    if !is_at_home() {
        return;
    }
    let readme = fs::read_to_string(top().join("README.md")).expect("the README");
    for sub in Cli::command().get_subcommands() {
        let row = format!("| `cargo xtask {}", sub.get_name());
        assert!(readme.lines().any(|line| line.starts_with(&row)), "the table of the README lacks {}", sub.get_name());
    }
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_with_its_option() {
    let refused = |typed: &[&str]| {
        let typed: Vec<String> = typed.iter().map(|word| (*word).to_owned()).collect();
        parses(&typed).unwrap_err()
    };
    for (typed, value, why) in [
        (&["postfix", "--note", ""][..], "'' for '--note", "it is blank"),
        (&["postfix", "--note", "  "], "'  ' for '--note", "it is blank"),
        (&["rollback", "0.1.0", "--reason", " "], "' ' for '--reason", "it is blank"),
        (&["postfix", "--note", "x", "--issue", "0"], "'0' for '--issue", "is not in 1..=4294967295"),
        (&["postfix", "--note", "x", "--issue", " "], "' ' for '--issue", "invalid digit"),
        (&["publish", "--deadline", "18446744073709551615"], "'18446744073709551615'", "is not in 0..=31536000"),
        (&["release", "18446744073709551615.0.0"], "'18446744073709551615.0.0'", "999999999999999 is the largest"),
        (&["release", "0.1.0-rc.18446744073709551615"], "rc.18446744073709551615'", "too large a number"),
        (&["release", "1.2"], "'1.2'", "write one like 0.10.0"),
        (&["release", "mino"], "'mino'", "did you mean `minor`?"),
        (&["status", "0.9.3.post18446744073709551615"], "'0.9.3.post18446744073709551615'", "too large a number"),
    ] {
        let output = refused(typed);
        assert!(output.contains(value) && output.contains(why), "{typed:?}: {output}");
    }
}

#[test]
fn a_flag_that_means_nothing_to_a_command_is_refused() {
    let flag = |typed: &str| {
        let words = std::iter::once("cargo xtask").chain(typed.split(' '));
        let Cli { global, command } = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{typed}: {error}"));
        misused(&global, &command).map(|(flag, _)| flag)
    };
    for (typed, misused) in [
        ("serve --dir x", None),
        ("serve --dir x --dry-run", Some("--dry-run")),
        ("--dry-run serve --dir x", Some("--dry-run")),
        ("serve --dir x --json", Some("--json")),
        ("serve --dir x --train y", Some("--train")),
        ("serve --dir x --manifest-path y", None),
        ("due --dry-run", None),
        ("due --interfaces --dry-run", Some("--dry-run")),
        ("publish --dry-run", None),
        ("publish --announced mail --dry-run", Some("--dry-run")),
        ("rollback 0.10.0 --announce-again slack --dry-run", Some("--dry-run")),
        ("status --issue --dry-run", None),
    ] {
        assert_eq!(flag(typed), misused, "{typed}");
    }
}

#[test]
fn a_command_offers_no_flag_that_it_has_no_use_for() {
    let offering = |flag: &str| -> Vec<String> {
        let whole = Cli::command();
        let offers = |sub: &&Command| sub.get_arguments().any(|argument| argument.get_long() == Some(flag));
        whole.get_subcommands().filter(offers).map(|sub| sub.get_name().to_owned()).collect()
    };
    assert_eq!(offering("waive"), ["release", "postfix", "hotfix", "publish", "rehearse", "smoke"]);
    assert_eq!(offering("confirm"), ["release", "postfix", "hotfix"]);
    let typed = ["check", "--waive", "image"].map(str::to_owned);
    assert!(parses(&typed).unwrap_err().contains("unexpected argument '--waive'"));
}

#[test]
fn commands_are_found_wherever_they_stand() {
    let page = "`cargo xtask release 0.10.0`, or\n`cargo xtask a\nb`:\n```console\n$ cargo xtask c # why\n  cargo xtask d\n\
                next: cargo xtask e\n```\n    `git push`\n```bash\ncargo xtask f --g \"h i\"\n```\n| `cargo xtask j [K\\|l]` |";
    assert_eq!(commands(page), ["release 0.10.0", "a b", "c", "f --g \"h i\"", "j"]);
    assert_eq!(filled("status VERSION --only GROUP -- x").join(" "), "status 0.10.0 --only crates -- x");
}

/// What stands after `cargo xtask` in a page's code: in a line of it, and where a line of a shell's block begins.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (nth, part) in page.split("```").enumerate() {
        if nth % 2 == 0 {
            let inline =
                part.split('`').skip(1).step_by(2).map(|code| code.split_whitespace().collect::<Vec<_>>().join(" "));
            found.extend(inline.filter_map(|code| Some(code.strip_prefix("cargo xtask ")?.to_owned())));
        } else if let Some((lang @ ("bash" | "console"), lines)) = part.split_once('\n') {
            // In a console, what has no prompt was printed.
            let typed = lines.lines().filter_map(|line| match lang {
                "console" => line.trim_start().strip_prefix("$ "),
                _ => Some(line.trim_start()),
            });
            found.extend(typed.filter_map(|line| Some(line.strip_prefix("cargo xtask ")?.to_owned())));
        }
    }
    // What may be left out, and what a shell would not hand on.
    let ends = ["[", "…", " #", " |", " >", " &&", ";"];
    let end = |typed: &String| ends.iter().filter_map(|end| typed.find(end)).min().unwrap_or(typed.len());
    found.iter().map(|typed| typed[..end(typed)].trim().to_owned()).filter(|typed| !typed.is_empty()).collect()
}

/// The words of a command, with something true for each name in capitals.
fn filled(typed: &str) -> Vec<String> {
    let fill = |word: String| match word.as_str() {
        "VERSION" | "X.Y.Z" => "0.10.0".to_owned(),
        "COMMAND" => "release".to_owned(),
        "GROUP" => "crates".to_owned(),
        "CHANNEL" => "discord".to_owned(),
        "N" | "SECONDS" => "3".to_owned(),
        _ => word,
    };
    words(typed).into_iter().map(fill).collect()
}

/// Words at spaces; double quotes keep some together.
fn words(line: &str) -> Vec<String> {
    let parts =
        line.split('"').enumerate().map(|(nth, part)| if nth % 2 == 1 { part.replace(' ', "\0") } else { part.into() });
    parts.collect::<String>().split_whitespace().map(|word| word.replace('\0', " ")).collect()
}
