//! The workspace of a stranger who means harm, only looked at: nothing that its tree says or brings runs.
//! It must never plant what a user has to set up first (hooks, git's own configuration): that is the user's.

use std::fs;

use crate::harness::{CommandOutput, Place, write_program};

/// Every command that only looks.
const LOOKS: [&str; 18] = [
    "status",
    "status 0.7.3",
    "due",
    "check",
    "changelog",
    "changelog patch --train lark",
    "calendar",
    "release minor --dry-run",
    "release minor --push --dry-run",
    "release minor --push --train ingest --dry-run",
    "postfix --note x --dry-run",
    "hotfix 0.7.4 --dry-run",
    "smoke --dry-run",
    "publish 0.7.3 --dry-run",
    "publish 0.1.0 --train ingest --dry-run",
    "post-release 0.7.3 --dry-run",
    "rollback 0.7.3 --dry-run",
    "wheels --dry-run",
];

/// A released workspace, with what came since, that has a remote.
fn workspace(name: &str) -> Place {
    let place = Place::of_workspace(name, "shipped");
    place.git("tag --annotate ingest-v0.1.0 --message ingest-v0.1.0");
    place.write("crates/lark/src/lib.rs", "/// One.\npub fn one() {}\n");
    place.commit("feat: one");
    place.add_remote();
    fs::create_dir_all(place.tree.with_file_name("marks")).unwrap();
    place
}

/// What left a mark, which it did by running.
fn marks(place: &Place) -> Vec<String> {
    let marks = fs::read_dir(place.tree.with_file_name("marks")).unwrap();
    marks.map(|mark| mark.unwrap().file_name().into_string().unwrap()).collect()
}

/// What to type to leave a mark.
fn mark(place: &Place, name: &str) -> String {
    format!("touch {}", place.tree.with_file_name("marks").join(name).display())
}

fn plant_program(place: &Place, path: &str, then: &str) {
    place.write(path, "");
    let script = format!("#!/bin/sh\n{}\n{then}\n", mark(place, &path.replace('/', "-")));
    write_program(&place.tree.join(path), &script);
}

/// A module, which a Python that finds it before its own would run.
fn plant_module(place: &Place, path: &str) {
    let mark = place.tree.with_file_name("marks").join(path.replace('/', "-"));
    place.write(path, &format!("open('{}', 'w').close()\n", mark.display()));
}

#[test]
fn nothing_that_a_tree_brings_runs() {
    let place = workspace("strangers_tree");
    for path in ["wrapper", "rustc", "runner", "credentials", "proof"] {
        plant_program(&place, path, "exec \"$@\"");
    }
    place.write(
        ".cargo/config.toml",
        "[build]\nrustc-wrapper = \"./wrapper\"\nrustc = \"./rustc\"\n\
        [target.'cfg(all())']\nrunner = \"./runner\"\nlinker = \"./runner\"\n\
        [registry]\nglobal-credential-providers = [\"./credentials\"]\n\
        [alias]\nmetadata = \"run\"\ninfo = \"run\"\nsemver-checks = \"run\"\n",
    );
    place.replace("Cargo.toml", "default = true", "default = true\nproofs = [{ name = \"docs\", run = \"./proof\" }]");
    for module in ["sysconfig", "importlib", "json", "platform", "ensurepip", "sitecustomize", "usercustomize", "runpy"]
    {
        plant_module(&place, &format!("{module}.py"));
    }
    plant_module(&place, "pip/__init__.py");
    plant_module(&place, "pip/__main__.py");
    let build = place.tree.with_file_name("marks").join("build-script");
    let build = format!("fn main() {{\n    std::fs::write({build:?}, \"\").unwrap();\n}}\n");
    place.write("crates/lark/build.rs", &build);
    place.commit("harm");
    // What these are told by the directory that they are called in is the tree's word: its settings name programs.
    let bin = place.tree.with_file_name("bin");
    fs::create_dir_all(&bin).unwrap();
    let script = |name: &str, when: &str| {
        format!("#!/bin/sh\ncase \"$PWD $*\" in {when}) {} ;; esac\nexit 1\n", mark(&place, name))
    };
    write_program(&bin.join("uv"), &script("uv-in-the-tree", &format!("{}*\" pip \"*", place.tree.display())));
    write_program(&bin.join("cargo-semver-checks"), &script("semver-checks", "*check-release*"));
    let without_uv = std::env::var("PATH").unwrap();
    let with_uv = format!("{}:{without_uv}", bin.display());
    let asks_pip = ("status 0.7.3", &without_uv);
    for (look, path) in LOOKS.map(|look| (look, &with_uv)).into_iter().chain([asks_pip]) {
        // Below the tree, where cargo builds when nobody says otherwise.
        let mut tool = place.tool(look);
        tool.env("CARGO_TARGET_DIR", place.tree.join("target")).env("PATH", path);
        let output = CommandOutput::of(tool.output().unwrap());
        assert_eq!(marks(&place), [""; 0], "{look}\n{}", output.all());
        // It looked: it was not stopped before.
        assert!(
            output.out.contains("lark") || output.out.contains("ingest") || look == "calendar",
            "{look}\n{}",
            output.all()
        );
    }
}

#[test]
fn no_value_of_a_configuration_runs() {
    let place = workspace("strangers_values");
    let manifest = place.read("Cargo.toml");
    let command = mark(&place, "option");
    let remote = place.remote.display();
    for value in [
        format!("remote = \"--upload-pack={command};\""),
        format!("remote = \"--receive-pack={command};\""),
        format!("remote = \"ext::sh -c '{command}'\""),
        format!("remote = \"{remote} --upload-pack={command};\""),
        format!("main = \"--upload-pack={command};\""),
        "branch = \"--orphan{version}\"".to_owned(),
        "tag = \"--file={version}\"".to_owned(),
    ] {
        let key = value.split(' ').next().unwrap();
        let kept: Vec<&str> = manifest.lines().filter(|line| !line.starts_with(&format!("{key} ="))).collect();
        place.write("Cargo.toml", &kept.join("\n").replace("default = true", &format!("default = true\n{value}")));
        place.commit("harm");
        // What git itself refuses costs time, and is asked in few places.
        let is_refused = value.contains("\"--");
        let asks = |look: &str| ["status", "release minor --push --dry-run", "publish 0.7.3 --dry-run"].contains(&look);
        for look in LOOKS.iter().filter(|look| !look.contains("ingest") && (is_refused || asks(look))) {
            let output = place.xtask(look);
            assert_eq!(marks(&place), [""; 0], "{value}: {look}\n{}", output.all());
            // What no program could be given is refused by all of them, and said where.
            if is_refused {
                let reported = format!("error: Cargo.toml: [workspace.metadata.trains.lark]: `{key}`: `--");
                assert!(
                    output.code == Some(1) && output.err.starts_with(&reported),
                    "{value}: {look}\n{}",
                    output.all()
                );
            }
        }
    }
}

#[test]
fn what_a_manifest_names_is_no_option_either() {
    for (name, path, old, new, reported) in [
        (
            "publish",
            "crates/lark/Cargo.toml",
            "[package]\n",
            "[package]\npublish = [\"--index=x\"]\n",
            "`publish` names a registry",
        ),
        (
            "project",
            "lark-python/pyproject.toml",
            "name = \"lark-python\"",
            "name = \"--index-url=x\"",
            "no name of a project",
        ),
    ] {
        let place = workspace(&format!("strangers_manifest_{name}"));
        place.replace(path, old, new);
        place.commit("harm");
        for look in ["status", "publish 0.7.3 --dry-run", "release minor --dry-run"] {
            let output = place.xtask(look);
            let is_reported = output.err.contains(path) && output.err.contains(reported);
            assert!(output.code == Some(1) && is_reported, "{look}\n{}", output.all());
        }
    }
}

#[test]
fn what_is_kept_among_the_targets_is_none_of_the_tree() {
    let place = workspace("strangers_target");
    let dir = "builds/xtask/venv-0123456789abcdef";
    place.write(&format!("{dir}/finished"), "3.13");
    for program in ["bin/uv", "bin/python"] {
        plant_program(&place, &format!("{dir}/{program}"), "exit 1");
    }
    place.write(".cargo/config.toml", "[build]\ntarget-dir = \"builds\"\n");
    place.commit("harm");
    for look in LOOKS {
        let output = CommandOutput::of(place.tool(look).env_remove("CARGO_TARGET_DIR").output().unwrap());
        assert_eq!(marks(&place), [""; 0], "{look}\n{}", output.all());
        assert!(output.err.contains(&format!("error: git tracks {dir}/")), "{look}\n{}", output.all());
    }
}

#[test]
fn a_toolchain_that_a_tree_brings_is_not_asked() {
    let place = workspace("strangers_toolchain");
    for program in ["cargo", "rustc"] {
        plant_program(&place, &format!("chain/bin/{program}"), "exit 1");
    }
    let chain = place.tree.join("chain");
    for (file, inside) in [("rust-toolchain.toml", ""), ("rust-toolchain", "crates/lark")] {
        place.write(file, &format!("[toolchain]\npath = \"{}\"\n", chain.display()));
        place.commit("harm");
        for look in LOOKS {
            let mut tool = place.tool(look);
            tool.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").current_dir(place.tree.join(inside));
            let output = CommandOutput::of(tool.output().unwrap());
            assert_eq!(marks(&place), [""; 0], "{look}\n{}", output.all());
            let reported = format!("error: {file} names the toolchain {}", chain.display());
            assert!(output.code == Some(1) && output.err.starts_with(&reported), "{look}\n{}", output.all());
            assert!(output.err.contains("next: RUSTUP_TOOLCHAIN="), "{look}\n{}", output.all());
        }
        // Who says which one it is overrules the file.
        let own = std::env::var("RUSTUP_TOOLCHAIN").unwrap_or_else(|_| "stable".to_owned());
        let output = CommandOutput::of(place.tool("due").env("RUSTUP_TOOLCHAIN", own).output().unwrap());
        assert!(output.ok().out.contains("lark"));
        assert_eq!(marks(&place), [""; 0]);
        fs::remove_file(place.tree.join(file)).unwrap();
    }
    for elsewhere in ["[toolchain]\nchannel = \"stable\"\n", "stable\n", "[toolchain]\npath = \"/nowhere\"\n"] {
        place.write("rust-toolchain", elsewhere);
        let output = place.tool("due").env("RUSTUP_TOOLCHAIN", "").output().unwrap();
        assert!(!CommandOutput::of(output).err.contains("names the toolchain"), "{elsewhere}");
    }
}

#[test]
fn a_directory_that_looks_like_gits_own_is_not_opened() {
    let place = workspace("strangers_bare");
    fs::create_dir_all(place.tree.join("nested/src")).unwrap();
    place.write("nested/src/lib.rs", "");
    let manifest = "[workspace]\n[package]\nname = \"owl\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    place.write("nested/Cargo.toml", manifest);
    for dir in ["objects", "refs"] {
        place.copy_to(&format!("nested/{dir}"), &place.tree.join(".git").join(dir));
    }
    place.write("nested/HEAD", &place.read(".git/HEAD"));
    let config =
        format!("[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = \"{}; false\"\n", mark(&place, "fsmonitor"));
    place.write("nested/config", &config);
    place.write(".gitignore", "target\n");
    for look in ["status", "check", "due", "release minor --dry-run"] {
        let output = CommandOutput::of(place.tool(look).current_dir(place.tree.join("nested")).output().unwrap());
        assert_eq!(marks(&place), [""; 0], "{look}\n{}", output.all());
        assert_eq!(output.code, Some(1), "{look}\n{}", output.all());
        assert!(output.err.contains("nested") && output.err.contains("bare repository"), "{look}\n{}", output.all());
    }
}

/// What a terminal obeys instead of showing it.
const OBEYED: [char; 8] = ['\u{1b}', '\u{9b}', '\u{7}', '\u{8}', '\r', '\u{7f}', '\u{202e}', '\u{2066}'];

#[test]
fn what_others_wrote_is_only_text() {
    let place = workspace("strangers_words");
    let harm = OBEYED.iter().map(|c| format!("{c}[2J")).collect::<String>();
    let changes = "default = true\nchanges = [\"unreleased\", \"commits\"]\ncaptains = [\"ada\\u001b[2J\"]";
    place.replace("Cargo.toml", "default = true", changes);
    place.replace("CHANGELOG.md", "## [Unreleased]\n", &format!("## [Unreleased]\n\n### Fixed\n\n- a{harm}\n"));
    place.write("notes\u{1b}[2J\u{202e}.md", "needs lark 0.7.3\n");
    place.write("crates/lark/src/lib.rs", "/// Two.\npub fn two() {}\n");
    // What a person writes a line of, git keeps as it is.
    place.commit(&format!("feat: b{harm}"));
    place.write("crates/lark/src/lib.rs", "/// Three.\npub fn three() {}\n");
    place.commit("feat: three\n\n::error::pwned\n");
    place.write("changed\u{1b}[2J.md", "");
    place.write("::error::pwned\n::warning::pwned.md", "");
    place.git("tag --annotate rc\u{9b}31m\u{202e} --message x");
    let quotes = ["status", "due", "check", "changelog", "calendar", "release minor --push", "smoke"];
    for look in LOOKS.iter().filter(|look| quotes.iter().any(|quotes| look.starts_with(quotes))) {
        for option in ["--json", "-v --color always"] {
            let output = CommandOutput::of(
                place.tool(&format!("{look} {option}")).env("GITHUB_ACTIONS", "true").output().unwrap(),
            );
            let mut all = output.all();
            for ours in ["1", "2", "31", "32", "0"] {
                all = all.replace(&format!("\u{1b}[{ours}m"), "");
            }
            let is_ours = |line: &str| ["::error title=", "::warning title="].iter().any(|ours| line.starts_with(ours));
            let commands = |line: &str| line.trim_start().starts_with("::") && !is_ours(line);
            let line = all.lines().find(|line| line.contains(OBEYED) || commands(line));
            assert_eq!(line, None, "{look} {option}");
        }
    }
    // For a program the changelog is the text that it is; what a commit says is spelt out before it gets there.
    let reported: serde_json::Value =
        serde_json::from_str(&place.xtask("changelog --train lark --json").ok().out).unwrap();
    let reported = reported.to_string();
    assert!(reported.contains("a\\u001b[2J\u{9b}[2J"), "{reported}");
    assert!(reported.contains("b\\\\u{1b}[2J\\\\u{9b}[2J"), "{reported}");
}
