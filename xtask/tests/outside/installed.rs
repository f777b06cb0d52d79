//! `cargo train` as `cargo install` makes it: from a checkout, and from a repository whose sources are gone when it is used.
//! It must never compile twice what the two share, nor leave a copy of the repository in cargo's home.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::harness::{CommandOutput, Place, run, words};

tests! {
    cargo_train_is_installed_from_a_checkout_and_from_a_repository: needs NOTHING;
}

/// Where cargo keeps what it fetches for `--git`, each directory with this name and a hash.
const REPOSITORY: &str = "cargo-train-installed-by-a-test";

fn cargo_home() -> PathBuf {
    let home = |name| std::env::var_os(name).map(PathBuf::from);
    home("CARGO_HOME").or_else(|| Some(home("HOME")?.join(".cargo"))).expect("cargo has a home")
}

/// Removes the repository, and what cargo fetched of it.
fn forget(repository: &Path) {
    let _ = fs::remove_dir_all(repository);
    for kept in ["git/db", "git/checkouts"].map(|kept| cargo_home().join(kept)) {
        let entries = fs::read_dir(kept).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(REPOSITORY)) {
            fs::remove_dir_all(entry.path()).expect("it is removed");
        }
    }
}

/// Installs it into a root of its own, and gives the directory of the program.
fn install(tmp: &Path, how: &str, from: &[&str]) -> PathBuf {
    let root = tmp.join(how);
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells this test about its package is not for the build of another one.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        cargo.env_remove(name);
    }
    cargo.env_remove("CARGO_MANIFEST_DIR").args(["install", "--quiet", "--debug", "--locked", how]).args(from);
    // The checkout's own directory has what it needs, built for the tests.
    cargo.arg("--root").arg(&root).arg("--target-dir").arg(tmp.ancestors().nth(2).expect("the target directory"));
    run(cargo.current_dir(tmp));
    root.join("bin")
}

/// A workspace of its own on a machine that has the program.
fn place(name: &str, bin: &Path) -> Place {
    let mut place = Place::of_workspace(&format!("installed/{name}"), "plain");
    let path = std::env::var("PATH").expect("a path");
    place.env.push(("PATH".to_owned(), format!("{}:{path}", bin.display())));
    place
}

#[track_caller]
fn train(place: &Place, args: &str) -> String {
    let output = place.command("cargo").arg("train").args(words(args)).output().expect("cargo starts");
    let CommandOutput { out, err, .. } = CommandOutput::of(output).ok();
    out + &err
}

/// What bash offers after `cargo train` and these words, with the completions that the program prints.
fn completed(place: &Place, words: &str) -> String {
    let script = format!(
        "source <(cargo-train completions bash)\nIFS=' ' read -ra COMP_WORDS <<< 'cargo train {words}'; COMP_WORDS+=('')\n\
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _cargo_or_train cargo '' \"${{COMP_WORDS[COMP_CWORD-1]}}\"; echo \"${{COMPREPLY[*]}}\""
    );
    let bash = place.command("bash").args(["--norc", "-c", &script]).output().expect("bash starts");
    CommandOutput::of(bash).ok().out
}

fn cargo_train_is_installed_from_a_checkout_and_from_a_repository() {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR")).join("installed");
    let _ = fs::remove_dir_all(&tmp);
    let repository = tmp.join(REPOSITORY);
    forget(&repository);
    fs::create_dir_all(&tmp).expect("a directory");
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    run(Command::new("git").args(["clone", "--quiet"]).arg(checkout).arg(&repository));
    run(Command::new("git").args(["switch", "--quiet", "--force-create", "main"]).current_dir(&repository));

    let package = checkout.join("xtask/train").display().to_string();
    let from_checkout = install(&tmp, "--path", &[&package, "--offline"]);
    let from_repository = install(&tmp, "--git", &[&format!("file://{}", repository.display()), "cargo-train"]);
    forget(&repository);

    let manifest = fs::read_to_string(checkout.join("xtask/train/Cargo.toml")).expect("a manifest");
    let version = manifest.split_once("\nversion = \"").and_then(|(_, rest)| rest.split('"').next()).expect("a version");
    let commit = run(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(checkout));
    for (name, bin) in [("checkout", &from_checkout), ("repository", &from_repository)] {
        let place = place(name, bin);
        assert_eq!(train(&place, "--version"), format!("cargo train {version} ({})\n", &commit[..9]));
        train(&place, "check");
        assert!(train(&place, "release minor --dry-run").contains("lark       0.7.3 -> 0.8.0"));
        assert_eq!(place.git("tag --list v0.8.0"), "");
        train(&place, "release minor");
        assert_eq!(place.git("log -1 --format=%s v0.8.0"), "align: release 0.8.0");
        assert_eq!(completed(&place, "release --train "), "lark\n");
        train(&place, "man --out pages");
        assert!(place.read("pages/cargo-train-release.1").contains("cargo train release"));
    }
    let mut place = place("rehearsed", &from_repository);
    // The registries pass on to the user's index.
    place.env.push(("CARGO_NET_OFFLINE".to_owned(), "false".to_owned()));
    assert!(train(&place, "rehearse minor").contains("a new project builds with lark 0.8.0"));
}
