//! Rehearses every train of this very workspace from a fresh clone, as the README's first command does for one after another.
//! It must never leave anything behind: no process, no change in the clone, nothing but the pages. It happens once; what a
//! program is needed for is a test of its own, which looks at what came of it. `PROOFS=waived` is for these alone, after a
//! rehearsal of the same commit without their programs: it is the service that is rehearsed, and not proved again.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{harness::Reported, needs::Missing};

tests! {
    every_train_is_rehearsed_from_a_fresh_clone: needs NOTHING;
    the_image_is_pulled_run_and_healthy: needs IMAGES;
    the_forge_has_the_releases: needs GH;
    the_channels_have_the_messages: needs CURL;
}

/// Each train, and the channel that it announces to.
const TRAINS: [(&str, Option<&str>); 3] = [("barter", Some("discord")), TOOL, (SERVICE.0, Some(SERVICE.1))];

/// The tool's own tests are the ones that run here.
const TOOL: (&str, Option<&str>) = ("cargo-train", None);

/// The one with an image.
const SERVICE: (&str, &str) = ("market-data", "slack");

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

fn xtask(clone: &Path, args: &[String]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        command.env_remove(name);
    }
    for name in ["CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "GITHUB_ACTIONS"] {
        command.env_remove(name);
    }
    run_both(command.args(args).args(["--json", "--quiet"]).current_dir(clone))
}

/// The options of each rehearsal: one of every train, or one of the service that waives each of its proofs.
fn options(clone: &Path) -> Vec<Vec<String>> {
    let of = |train: &str| vec![format!("--train={train}")];
    if std::env::var("PROOFS").is_ok_and(|proofs| proofs == "waived") {
        let train = of(SERVICE.0);
        let (reported, _) = xtask(clone, &[&["release", "--dry-run"].map(str::to_owned)[..], &train].concat());
        let plan: Reported = serde_json::from_str(&reported).expect("one JSON document");
        let proofs = plan.steps.iter().map(|step| &step.step).filter(|step| step["step"] == "prove");
        let waived = proofs.map(|step| format!("--waive={}", step["name"].as_str().expect("a name")));
        return vec![train.into_iter().chain(waived).collect()];
    }
    let waived = |train| (train == TOOL.0).then(|| "--waive=cargo-test".to_owned());
    TRAINS.map(|(train, _)| of(train).into_iter().chain(waived(train)).collect()).into()
}

/// Processes whose command line names the clone, where the system tells.
fn running(dir: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&dir.join("target").display().to_string())).collect()
}

/// Asks the image registry of a rehearsal, as soon as one is there, what it has: as a stranger, and with its login.
fn ask_image_registry(clone: &Path, ended: &AtomicBool) -> Option<[String; 2]> {
    let login = clone.join("target/xtask/rehearsal").join(SERVICE.0).join("images/login/config.json");
    let ask = || {
        let config: Value = serde_json::from_str(&fs::read_to_string(&login).ok()?).ok()?;
        let (host, login) = config["auths"].as_object()?.iter().next()?;
        let known = answer(host, &format!("Authorization: Basic {}\r\n", login["auth"].as_str()?))?;
        Some([answer(host, "")?, known])
    };
    while !ended.load(Ordering::Relaxed) {
        if let Some(answers) = ask() {
            return Some(answers);
        }
        thread::sleep(Duration::from_millis(200));
    }
    None
}

/// The first line of an answer; none while the registry is not there yet.
fn answer(host: &str, field: &str) -> Option<String> {
    let mut server = TcpStream::connect(host).ok()?;
    let request = format!("GET /v2/_catalog HTTP/1.1\r\nHost: {host}\r\n{field}Connection: close\r\n\r\n");
    server.write_all(request.as_bytes()).ok()?;
    let mut reported = String::new();
    server.read_to_string(&mut reported).ok()?;
    reported.lines().next().map(str::to_owned)
}

/// What came of it, for all tests of this file.
static REHEARSED: LazyLock<Rehearsed> = LazyLock::new(Rehearsed::from_a_fresh_clone);

struct Rehearsed {
    clone: PathBuf,
    /// One document for each train.
    trains: Vec<Value>,
    /// What ran before it and after it.
    running: [Vec<String>; 2],
    /// How each ended.
    verdicts: Vec<String>,
    /// What the image registry answered a stranger and who has its login, when there was one.
    answers: Option<[String; 2]>,
}

impl Rehearsed {
    fn from_a_fresh_clone() -> Rehearsed {
        let clone = fresh_clone();
        let before = running(&clone);
        let options = options(&clone);
        let rehearse = |options: &Vec<String>| xtask(&clone, &[&["rehearse".to_owned()], options.as_slice()].concat());
        let ended = AtomicBool::new(false);
        let (outputs, answers) = thread::scope(|scope| {
            let asking = scope.spawn(|| ask_image_registry(&clone, &ended));
            let rehearsed = std::panic::catch_unwind(AssertUnwindSafe(|| options.iter().map(rehearse).collect()));
            ended.store(true, Ordering::Relaxed);
            let answers = asking.join().expect("it asks");
            let outputs: Vec<_> = rehearsed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (outputs, answers)
        });
        let after = running(&clone);
        // What others have of its names on the public registries is told after it.
        let verdict = |output: &str| output.lines().rfind(|line| line.starts_with("rehearsal of ")).map(str::to_owned);
        let verdicts = outputs.iter().filter_map(|(_, output)| verdict(output)).collect();
        let trains = |reported: &str| serde_json::from_str::<Vec<Value>>(reported).expect("a rehearsal");
        let trains = outputs.iter().flat_map(|(reported, _)| trains(reported)).collect();
        Rehearsed { clone, trains, running: [before, after], verdicts, answers }
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

fn every_train_is_rehearsed_from_a_fresh_clone() {
    let Rehearsed { clone, trains, running, verdicts, .. } = &*REHEARSED;
    let names: Vec<_> = trains.iter().filter_map(|one| one["rehearsal"]["train"].as_str()).collect();
    assert_eq!(names, TRAINS.map(|(train, _)| train));
    assert_eq!(verdicts.len(), trains.len());
    for (one, verdict) in trains.iter().zip(verdicts) {
        let (rehearsal, train) = (&one["rehearsal"], one["rehearsal"]["train"].as_str().expect("a name"));
        assert!(verdict.starts_with(&format!("rehearsal of {train} ")) && verdict.contains(": proved in "), "{verdict}");
        assert_eq!(one["outcome"], "proved", "{rehearsal:#}");
        for stage in ["release", "publish"] {
            let stages = rehearsal["stages"].as_array().expect("stages");
            assert!(stages.iter().any(|found| found["name"] == stage), "{stage} is missing in {rehearsal:#}");
        }
    }
    let version = trains[0]["rehearsal"]["version"].as_str().expect("a version");
    for proved in [
        &format!("a new project builds with barter {version}"),
        "from the wheel and test it",
        "from the sdist and test it",
        "a second look finds all",
        "has the same bytes",
        "prove cargo-test",
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
    let answers = REHEARSED.answers.as_ref().map(|answers| answers.each_ref().map(String::as_str));
    assert_eq!(answers, Some(["HTTP/1.1 401 Unauthorized", "HTTP/1.1 200 OK"]), "other users of this machine are let in");
    Ok(())
}

fn the_forge_has_the_releases() {
    for train in &REHEARSED.trains {
        REHEARSED.proves(&format!("release {}", train["rehearsal"]["tag"].as_str().expect("a tag")));
    }
}

fn the_channels_have_the_messages() {
    for train in &REHEARSED.trains {
        let channel = TRAINS.iter().find(|(name, _)| train["rehearsal"]["train"] == *name).expect("it is known").1;
        if let Some(channel) = channel {
            REHEARSED.proves(&format!("announce to {channel}"));
        }
    }
}

fn tags_of_the_checkout() -> String {
    run(Command::new("git").arg("tag").current_dir(env!("CARGO_MANIFEST_DIR")))
}
