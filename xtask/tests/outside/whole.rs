//! Releases this very workspace in a throw-away clone, and then its wheel once more as a post release, which is proved: the
//! releases' own proofs are run by `rehearsal.rs`, and compiling all of it twice shows nothing more. It must never touch the
//! checkout that it was started from, nor know which version that has.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

tests! {
    this_workspace_is_released_and_its_wheel_fixed: needs NOTHING;
}

/// Runs a program and returns what it printed; a failure shows everything.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

struct Clone {
    dir: PathBuf,
}

impl Clone {
    fn new() -> Clone {
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole");
        let dir = tmp.join("clone");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&tmp).expect("a directory");
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        run(Command::new("git").args(["clone", "--quiet"]).arg(checkout).arg(&dir));
        let clone = Clone { dir };
        clone.git(&["switch", "--quiet", "--force-create", "main"]);
        clone.git(&["config", "user.name", "Captain"]);
        clone.git(&["config", "user.email", "captain@example.org"]);
        clone
    }

    fn git(&self, args: &[&str]) -> String {
        run(Command::new("git").args(args).current_dir(&self.dir)).trim_end().to_owned()
    }

    /// The release tool, as `cargo xtask` would start it.
    fn xtask(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        // What cargo tells this test about its package must not reach the cargo that the tool calls.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
        command.env("CARGO_TARGET_DIR", self.target()).env_remove("CARGO_MANIFEST_DIR");
        run(command.args(args).current_dir(&self.dir))
    }

    fn target(&self) -> PathBuf {
        self.dir.with_file_name("target")
    }

    fn planned(&self, args: &[&str]) -> Value {
        let json = self.xtask(&[args, &["--dry-run", "--json"]].concat());
        serde_json::from_str(&json).expect("one JSON document")
    }

    fn commit_line(&self, path: &str, line: &str) {
        let path = self.dir.join(path);
        let text = fs::read_to_string(&path).expect("a tracked file");
        fs::write(&path, format!("{text}\n{line}\n")).expect("written");
        self.git(&["commit", "--quiet", "--all", "--message", "a change for the release"]);
    }

    fn unreleased(&self, path: &str) {
        let path = self.dir.join(path);
        let text = fs::read_to_string(&path).expect("a changelog");
        let text =
            text.replacen("## [Unreleased]\n", "## [Unreleased]\n\n### Fixed\n\n- a change for the release\n", 1);
        fs::write(&path, text).expect("written");
        self.git(&["commit", "--quiet", "--all", "--message", "an entry for the release"]);
    }
}

/// The command with every proof of the plan waived.
fn proved_elsewhere<'w>(args: &[&'w str], plan: &'w Value) -> Vec<&'w str> {
    let proofs = plan["steps"].as_array().expect("steps").iter().filter(|step| step["step"] == "prove");
    let names = proofs.filter_map(|step| step["name"].as_str());
    args.iter().copied().chain(names.flat_map(|name| ["--waive", name])).collect()
}

fn this_workspace_is_released_and_its_wheel_fixed() {
    let clone = Clone::new();
    clone.unreleased("CHANGELOG.md");
    let plan = clone.planned(&["release", "minor"]);
    let to = plan["to"].as_str().expect("a version").to_owned();
    let head = clone.git(&["rev-parse", "HEAD"]);

    clone.xtask(&proved_elsewhere(&["release", "minor"], &plan));
    assert_eq!(clone.git(&["log", "-1", "--format=%s %P"]), format!("align: release {to} {head}"));
    assert_eq!(clone.git(&["rev-parse", &format!("v{to}^{{commit}}")]), clone.git(&["rev-parse", "HEAD"]));
    assert_eq!(clone.git(&["cat-file", "-t", &format!("v{to}")]), "tag");
    assert_eq!(clone.git(&["status", "--porcelain"]), "");
    for moved in plan["moved"].as_array().expect("members") {
        assert_eq!(moved["to"], to.as_str(), "{moved}");
    }
    assert_eq!(plan["moved"].as_array().map(Vec::len), Some(6));
    clone.xtask(&["check"]);

    clone.commit_line("barter-python/python/barter_python/__init__.py", "# A fix.");
    clone.xtask(&["postfix", "--note", "fix NaN in Sharpe", "--issue", "123"]);
    let post = format!("{to}.post1");
    assert_eq!(clone.git(&["log", "-1", "--format=%s"]), format!("align: release {post}"));
    assert!(
        clone.git(&["tag", "--list", "--format=%(contents)", &format!("v{post}")]).contains("fix NaN in Sharpe (#123)")
    );
    let files = clone.git(&["show", "--name-only", "--format=", "HEAD"]);
    assert!(files.lines().all(|path| !path.starts_with("crates/")), "{files}");
    clone.xtask(&["check"]);
    wheel_installs_as(&clone, &post);

    clone.unreleased("crates/market-data-ingestion/CHANGELOG.md");
    let plan = clone.planned(&["release", "patch", "--train", "market-data"]);
    let to = plan["to"].as_str().expect("a version").to_owned();
    clone.xtask(&proved_elsewhere(&["release", "patch", "--train", "market-data"], &plan));
    assert_eq!(clone.git(&["log", "-1", "--format=%s"]), format!("Merge branch 'release/v{to}'"));
    assert_eq!(clone.git(&["log", "-1", "--format=%s", "HEAD^2"]), format!("Release v{to}"));
    assert_eq!(clone.git(&["rev-parse", &format!("market-data-v{to}^{{commit}}")]), clone.git(&["rev-parse", "main"]));
}

/// Builds the wheel as a user's pip would get it, and asks the installed package who it is.
fn wheel_installs_as(clone: &Clone, version: &str) {
    let made = fs::read_dir(clone.target().join("xtask")).expect("the tool's own directory");
    let made = made.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.join("finished").is_file());
    let bin = made.expect("the tool's environment").join("bin");
    let wheels = clone.target().join("wheels");
    let _ = fs::remove_dir_all(&wheels);
    let mut build = Command::new(bin.join("python"));
    build.args(["-m", "maturin", "build", "--release", "--out"]).arg(&wheels);
    run(build.current_dir(clone.dir.join("barter-python")).env("CARGO_TARGET_DIR", clone.target().join("xtask/wheel")));
    let built: Vec<PathBuf> =
        fs::read_dir(&wheels).expect("wheels").filter_map(|entry| Some(entry.ok()?.path())).collect();
    let [wheel] = built.as_slice() else { panic!("one wheel: {built:?}") };
    let name = wheel.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    assert!(name.starts_with(&format!("barter_python-{version}-cp39-abi3-")), "{name}");

    let user = clone.target().join("user");
    let _ = fs::remove_dir_all(&user);
    run(Command::new(bin.join("python")).args(["-m", "venv"]).arg(&user));
    run(Command::new(user.join("bin/python")).args(["-m", "pip", "install", "--quiet", "--no-index"]).arg(wheel));
    let ask =
        "import barter_python, importlib.metadata as m; print(barter_python.__version__, m.version('barter-python'))";
    let reported = run(Command::new(user.join("bin/python")).args(["-c", ask]));
    assert_eq!(reported.trim(), format!("{version} {version}"));
}
