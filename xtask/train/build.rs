//! Which commit this is built from, for `--version`.

use std::{env, fs, path::Path, process::Command};

fn main() {
    // A file that is not there would count as changed each time; in a package, no file ever changes.
    println!("cargo::rerun-if-changed=build.rs");
    let dir = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let commit = packaged(Path::new(&dir)).or_else(|| checked_out(Path::new(&dir)));
    let shown = commit.map(|commit| format!(" ({})", &commit[..commit.len().min(9)])).unwrap_or_default();
    println!("cargo::rustc-env=CARGO_TRAIN_COMMIT={shown}");
}

/// A package from a registry says which commit it was made of.
fn packaged(dir: &Path) -> Option<String> {
    let text = fs::read_to_string(dir.join(".cargo_vcs_info.json")).ok()?;
    let (_, rest) = text.split_once("\"sha1\"")?;
    Some(rest.split('"').nth(1)?.to_owned())
}

/// An installed program of a checkout says so, too. One that is built where people work does not ask: it would be built
/// again after each commit.
fn checked_out(dir: &Path) -> Option<String> {
    env::var_os("CARGO_FEATURE_STAND_IN")?;
    let git = |words: &[&str]| {
        let output = Command::new("git").args(words).current_dir(dir).output().ok().filter(|it| it.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let moves = git(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"])?;
    if Path::new(&moves).is_file() {
        println!("cargo::rerun-if-changed={moves}");
    }
    git(&["rev-parse", "HEAD"])
}
