//! Rehearses both trains of this very workspace from a fresh clone, as the README's first command does.
//! It must never leave anything behind: no process, no change in the clone, nothing but the pages. It happens once; what a
//! program is needed for is a test of its own, which looks at what came of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

use crate::needs::Missing;

tests! {
    both_trains_are_rehearsed_from_a_fresh_clone: needs NOTHING;
    the_image_is_pulled_run_and_healthy: needs IMAGES;
    the_forge_has_the_releases: needs GH;
    the_channels_have_the_messages: needs CURL;
}

fn run(command: &mut Command) -> String {
    run_both(command).0
}

/// Standard output and standard error.
fn run_both(command: &mut Command) -> (String, String) {
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
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

/// What came of it, for all tests of this file.
static REHEARSED: LazyLock<Rehearsed> = LazyLock::new(Rehearsed::from_a_fresh_clone);

struct Rehearsed {
    clone: PathBuf,
    /// One document for each train.
    trains: Vec<Value>,
    /// What ran before it and after it.
    running: [Vec<String>; 2],
    /// How all of it ended.
    verdict: String,
}

impl Rehearsed {
    fn from_a_fresh_clone() -> Rehearsed {
        let clone = fresh_clone();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
        for name in ["CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "GITHUB_ACTIONS"] {
            command.env_remove(name);
        }
        let before = running(&clone);
        let (told, said) = run_both(command.args(["rehearse", "--json", "--quiet"]).current_dir(&clone));
        let after = running(&clone);
        let trains = serde_json::from_str(&told).expect("a rehearsal for each train");
        // What others have of its names on the public registries is told after it.
        let verdict = said.lines().rfind(|line| line.starts_with("rehearsal of ")).unwrap_or_default().to_owned();
        Rehearsed { clone, trains, running: [before, after], verdict }
    }

    /// That lines of this title are there and say that it was proved.
    #[track_caller]
    fn proves(&self, title: &str) {
        let found = self.lines(title);
        assert!(found.iter().all(|line| line["outcome"]["outcome"] == "proved"), "{found:#?}");
    }

    #[track_caller]
    fn lines(&self, title: &str) -> Vec<&Value> {
        let stages = self.trains.iter().flat_map(|train| train["rehearsal"]["stages"].as_array().expect("stages"));
        let lines = stages.flat_map(|stage| stage["lines"].as_array().expect("lines"));
        let found: Vec<_> = lines.filter(|line| line["title"].as_str().is_some_and(|it| it.contains(title))).collect();
        assert!(!found.is_empty(), "`{title}` is not told: {:#?}", self.trains);
        found
    }
}

fn both_trains_are_rehearsed_from_a_fresh_clone() {
    let Rehearsed { clone, trains, running, verdict } = &*REHEARSED;
    let names: Vec<_> = trains.iter().filter_map(|one| one["rehearsal"]["train"].as_str()).collect();
    assert_eq!(names, ["barter", "market-data"]);
    assert!(verdict.starts_with("rehearsal of barter ") && verdict.contains(": proved in "), "{verdict}");
    for one in trains {
        let rehearsal = &one["rehearsal"];
        assert_eq!(one["outcome"], "proved", "{rehearsal:#}");
        for stage in ["release", "publish"] {
            let stages = rehearsal["stages"].as_array().expect("stages");
            assert!(stages.iter().any(|found| found["name"] == stage), "{stage} is missing in {rehearsal:#}");
        }
    }
    let version = trains[0]["rehearsal"]["version"].as_str().expect("a version");
    for proved in [
        &format!("adds barter {version} and builds"),
        "from the wheel, and its tests pass",
        "from the sdist, and its tests pass",
        "a second look finds all",
        "has the same bytes",
    ] {
        REHEARSED.proves(proved);
    }

    assert_eq!(run(Command::new("git").args(["status", "--porcelain"]).current_dir(clone)), "");
    assert_eq!(run(Command::new("git").args(["tag"]).current_dir(clone)), tags_of_the_checkout());
    for train in names {
        let page = clone.join("target/xtask").join(format!("rehearsal-{train}.html"));
        let page = fs::read_to_string(&page).expect("a page");
        assert!(page.contains(train) && page.ends_with("</html>\n"), "{page}");
        assert!(!clone.join("target/xtask/rehearsal").join(train).exists(), "the throw-away clone was left");
    }
    assert_eq!(running[0], running[1], "something was left running");
}

/// An engine that cannot run anything here says nothing of the image, and the test does not, either.
fn the_image_is_pulled_run_and_healthy() -> Result<(), Missing> {
    let title = "is pulled, run, and healthy";
    for line in REHEARSED.lines(title) {
        if line["outcome"]["outcome"] == "not-proved" {
            return Err(Missing(line["outcome"]["why"].as_str().expect("a reason").to_owned()));
        }
    }
    REHEARSED.proves(title);
    Ok(())
}

fn the_forge_has_the_releases() {
    for train in &REHEARSED.trains {
        REHEARSED.proves(&format!("release {}", train["rehearsal"]["tag"].as_str().expect("a tag")));
    }
}

fn the_channels_have_the_messages() {
    REHEARSED.proves("announce to discord");
    REHEARSED.proves("announce to slack");
}

fn tags_of_the_checkout() -> String {
    run(Command::new("git").arg("tag").current_dir(env!("CARGO_MANIFEST_DIR")))
}
