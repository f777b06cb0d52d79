//! Rehearses both trains of this very workspace from a fresh clone, as the README's first command does.
//! It must never leave anything behind: no process, no change in the clone, nothing but the pages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

/// A fresh clone of this checkout.
fn fresh_clone() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rehearsal").join("clone");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.parent().expect("it has one")).expect("a directory");
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    run(Command::new("git").args(["clone", "--quiet"]).arg(checkout).arg(&dir));
    run(Command::new("git").args(["switch", "--quiet", "--force-create", "main"]).current_dir(&dir));
    dir
}

/// Processes whose command line names the clone, where the system tells.
fn running(dir: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&dir.join("target").display().to_string())).collect()
}

#[test]
fn both_trains_are_rehearsed_from_a_fresh_clone() {
    let clone = fresh_clone();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        command.env_remove(name);
    }
    for name in ["CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "GITHUB_ACTIONS"] {
        command.env_remove(name);
    }
    let before = running(&clone);
    let told = run(command.args(["rehearse", "--json", "--quiet"]).current_dir(&clone));
    let told: Value = serde_json::from_str(&told).expect("one JSON document");
    let rehearsals = told.as_array().expect("a rehearsal for each train");
    let trains: Vec<_> = rehearsals.iter().filter_map(|one| one["rehearsal"]["train"].as_str()).collect();
    assert_eq!(trains, ["barter", "market-data"]);
    for one in rehearsals {
        let rehearsal = &one["rehearsal"];
        assert_eq!(one["outcome"], "proved", "{rehearsal:#}");
        for stage in ["release", "publish"] {
            let stages = rehearsal["stages"].as_array().expect("stages");
            assert!(stages.iter().any(|found| found["name"] == stage), "{stage} is missing in {rehearsal:#}");
        }
        println!("{}: {} s, {}", rehearsal["train"], rehearsal["seconds"], rehearsal["spent"]);
        println!("not proved: {}", rehearsal["not_proved"]);
    }
    let all = told.to_string();
    for proved in [
        "adds barter 0.9.3 and builds",
        "from the wheel, and its tests pass",
        "from the sdist, and its tests pass",
        "files have the same hashes",
        "a second look finds all",
    ] {
        let proved = proved.replace("0.9.3", rehearsals[0]["rehearsal"]["version"].as_str().expect("a version"));
        assert!(all.contains(&proved), "`{proved}` is not told");
    }
    // Where an engine and a registry are, the image was run; where not, that is said.
    assert!(all.contains("is pulled, run, and healthy") || all.contains("\"images\""), "{all}");

    assert_eq!(run(Command::new("git").args(["status", "--porcelain"]).current_dir(&clone)), "");
    assert_eq!(run(Command::new("git").args(["tag"]).current_dir(&clone)), tags_of_the_checkout());
    for train in trains {
        let page = clone.join("target/xtask").join(format!("rehearsal-{train}.html"));
        let page = fs::read_to_string(&page).expect("a page");
        assert!(page.contains(train) && page.ends_with("</html>\n"), "{page}");
        assert!(!clone.join("target/xtask/rehearsal").join(train).exists(), "the throw-away clone was left");
    }
    assert_eq!(running(&clone), before, "something was left running");
}

fn tags_of_the_checkout() -> String {
    run(Command::new("git").arg("tag").current_dir(env!("CARGO_MANIFEST_DIR")))
}
