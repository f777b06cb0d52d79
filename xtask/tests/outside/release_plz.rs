//! The real release-plz and the release tool, one after the other, on a clone of this workspace with a local remote.
//! It must never reach a registry or a forge: what was released is the checkout of a tag.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

tests! {
    the_real_release_plz_bumps_and_the_release_aligns_the_rest: needs RELEASE_PLZ;
    nothing_is_tagged_or_published_by_release_plz: needs NOTHING;
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// Runs a program and returns what it printed; a failure shows everything.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed + &String::from_utf8_lossy(&output.stderr)
}

struct Clone {
    dir: PathBuf,
}

impl Clone {
    /// A clone of what is committed here, as if its version had been released.
    fn new() -> Clone {
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release_plz");
        let _ = fs::remove_dir_all(&tmp);
        fs::create_dir_all(&tmp).expect("a directory");
        let (dir, remote) = (tmp.join("clone"), tmp.join("remote.git"));
        run(Command::new("git").args(["clone", "--quiet", "--no-tags"]).arg(workspace()).arg(&dir));
        let clone = Clone { dir };
        clone.git("switch --quiet --force-create main");
        clone.git("config user.name Captain");
        clone.git("config user.email captain@example.org");
        run(Command::new("git").args(["init", "--quiet", "--bare", "--initial-branch", "main"]).arg(&remote));
        run(Command::new("git").current_dir(&clone.dir).args(["remote", "set-url", "origin"]).arg(&remote));
        clone
    }

    fn git(&self, args: &str) -> String {
        run(Command::new("git").args(args.split(' ')).current_dir(&self.dir)).trim_end().to_owned()
    }

    /// A line more in a file, as a commit that is pushed.
    fn change(&self, path: &str, message: &str) {
        let path = self.dir.join(path);
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, format!("{text}// more\n")).expect("written");
        self.commit(message);
    }

    fn commit(&self, message: &str) {
        self.git("add --all");
        run(Command::new("git").args(["commit", "--quiet", "--message", message]).current_dir(&self.dir));
        self.git("push --quiet --set-upstream origin main");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// What cargo tells this test about its package must not reach the cargo that a program calls.
    fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
        command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_TARGET_DIR").env("CARGO_NET_OFFLINE", "true");
        command.current_dir(&self.dir);
        command
    }

    /// As the workflow does it: compared with the checkout of the last tag.
    fn release_plz_update(&self, tag: &str) -> String {
        let released = self.dir.with_file_name(tag);
        self.git(&format!("worktree add --quiet {} {tag}", released.display()));
        let url = ["--repo-url", "https://forge.example/we/barter"];
        let mut command = self.program("release-plz");
        run(command.arg("update").args(url).arg("--registry-manifest-path").arg(released.join("Cargo.toml")))
    }

    fn xtask(&self, args: &str) -> String {
        run(self.program(env!("CARGO_BIN_EXE_xtask")).args(args.split(' ')))
    }
}

/// The crate's or wheel's own version.
fn version_in(manifest: &str) -> &str {
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \"")).expect("a version");
    line.trim_end_matches('"')
}

fn the_real_release_plz_bumps_and_the_release_aligns_the_rest() {
    let clone = Clone::new();
    let old = version_in(&clone.read("crates/barter/Cargo.toml")).to_owned();
    clone.git(&format!("tag --annotate v{old} --message v{old}"));
    clone.change(
        "crates/barter-data/src/lib.rs",
        "feat(depth)!: ten levels (#9031)\n\nBREAKING CHANGE: levels are a list",
    );
    clone.change("crates/barter/src/lib.rs", "fix: NaN in the ratio (#9033)");
    clone.change("barter-python/src/lib.rs", "fix: a leak in the wheel (#9034)");
    let fragment = clone.dir.join("changelog.d/9035.added.md");
    fs::write(&fragment, "A word from a fragment\n").expect("written");
    clone.commit("docs: a fragment");

    println!("{}", clone.release_plz_update(&format!("v{old}")));
    clone.commit("chore: release");
    let new = version_in(&clone.read("crates/barter/Cargo.toml")).to_owned();
    assert_ne!(new, old, "release-plz bumped the driver");
    for name in ["barter-data", "barter-execution", "barter-instrument", "barter-integration"] {
        assert_eq!(version_in(&clone.read(&format!("crates/{name}/Cargo.toml"))), new, "{name} is in lockstep");
    }
    assert_eq!(version_in(&clone.read("barter-python/Cargo.toml")), old, "the wheel is not release-plz's");
    assert_eq!(clone.git("tag"), format!("v{old}"));
    let logs = ["barter", "barter-data"].map(|name| clone.read(&format!("crates/{name}/CHANGELOG.md")));
    assert!(logs.iter().all(|log| log.matches(&format!("## [{new}]")).count() == 1), "{logs:?}");

    let unproved = "--waive cargo-test --waive wheel-test --waive maturin-develop --waive pytest --waive docs";
    clone.xtask(&format!("release {unproved}"));
    assert_eq!(
        clone.git("tag"),
        format!("v{new}\nv{old}")
            .lines()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
            .join("\n")
    );
    assert_eq!(clone.git("log -1 --format=%s"), format!("align: release {new}"));
    assert_eq!(version_in(&clone.read("barter-python/Cargo.toml")), new);
    assert_eq!(version_in(&clone.read("barter-python/pyproject.toml")), new);
    assert!(clone.read("docs/install.md").contains(&format!("barter-python=={new}")));
    assert!(!fragment.exists());
    // Each change once, in the train's log and in the notes.
    for path in ["CHANGELOG.md", "barter-python/README.md"] {
        let text = clone.read(path);
        for reported in
            ["ten levels ([#9031]", "NaN in the ratio ([#9033]", "a leak in the wheel (#9034", "fragment (#9035)"]
        {
            assert_eq!(text.matches(reported).count(), 1, "{reported} in {path}: {text}");
        }
    }
    assert_eq!(logs, ["barter", "barter-data"].map(|name| clone.read(&format!("crates/{name}/CHANGELOG.md"))));

    // For release-plz, too, that is released: there is nothing more to bump.
    clone.git("push --quiet origin main");
    clone.release_plz_update(&format!("v{new}"));
    assert_eq!(clone.git("status --porcelain"), "", "release-plz finds nothing new");
}

/// What stands in release-plz.toml, as far as a test must know: the keys of `[workspace]`, and those of each package.
fn configured() -> (BTreeMap<String, String>, BTreeMap<String, BTreeMap<String, String>>) {
    let text = fs::read_to_string(workspace().join("release-plz.toml")).expect("release-plz.toml");
    let (mut shared, mut packages) = (BTreeMap::new(), BTreeMap::new());
    for part in text.split("\n[").skip(1) {
        let keys = part.lines().skip(1).filter_map(|line| line.split_once(" = "));
        let keys: BTreeMap<String, String> =
            keys.map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned())).collect();
        if part.starts_with("workspace]") {
            shared = keys;
        } else if part.starts_with("[package]]") {
            packages.insert(keys["name"].clone(), keys);
        }
    }
    (shared, packages)
}

fn nothing_is_tagged_or_published_by_release_plz() {
    let (shared, packages) = configured();
    for key in ["git_tag_enable", "git_release_enable", "publish"] {
        assert_eq!(shared[key], "false", "{key}");
        assert!(packages.values().all(|package| !package.contains_key(key)), "{key} for one package");
    }
    // Whoever it bumps travels with the driver, and nobody is forgotten: it would bump them alone.
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(workspace()).no_deps().exec().expect("metadata");
    let driver = metadata.packages.iter().find(|package| package.name == "barter").expect("the driver").version.clone();
    for package in &metadata.packages {
        let keys = packages.get(package.name.as_str()).unwrap_or_else(|| panic!("{} is not named", package.name));
        let bumped = keys.get("version_group").is_some_and(|group| group == "barter");
        let travels = package.version == driver && package.publish.is_none();
        assert_eq!(bumped, travels, "{}", package.name);
        assert_ne!(bumped, keys.get("release").is_some_and(|release| release == "false"), "{}", package.name);
    }
    assert_eq!(packages.len(), metadata.packages.len(), "a package of release-plz.toml is none of the workspace");
}
