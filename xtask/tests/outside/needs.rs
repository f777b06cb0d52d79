//! What a test needs of the machine, and how the tests are run: whatever is missing is looked for once.
//! It must never let a test pass that did not run, or hide what a test left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Command, ExitCode, Stdio},
    sync::{LazyLock, Mutex},
};

use libtest_mimic::{Arguments, Completion, Trial};

use crate::disks::SmallDisk;

/// Something that not every machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A program that answers `--version`.
    Program(&'static str),
    /// podman, with which images can be built.
    Engine,
    /// Permission to mount a small file system.
    Mount,
    /// A Python index that nobody here wrote, which pip installs.
    PyPiServer,
}

use Need::{Engine, Mount, Program, PyPiServer};

pub const NOTHING: &[Need] = &[];
pub const GH: &[Need] = &[Program("gh")];
pub const CURL: &[Need] = &[Program("curl")];
/// The registries, the forge and the channels of `outside.rs`.
pub const WORLD: &[Need] = &[Program("gh"), Program("curl")];
pub const IMAGES: &[Need] = &[Engine, Program("docker-registry")];
pub const WORLD_WITH_IMAGES: &[Need] = &[Program("gh"), Program("curl"), Engine, Program("docker-registry")];
pub const WORLD_ON_A_SMALL_DISK: &[Need] = &[Program("gh"), Program("curl"), Mount];
pub const SMALL_DISK: &[Need] = &[Mount];
pub const PYPISERVER: &[Need] = &[Program("gh"), Program("curl"), PyPiServer];
pub const MDBOOK: &[Need] = &[Program("mdbook")];
pub const MAN: &[Need] = &[Program("man")];
pub const FISH: &[Need] = &[Program("fish")];
pub const ZSH: &[Need] = &[Program("zsh")];
pub const RELEASE_PLZ: &[Need] = &[Program("release-plz")];

impl Need {
    /// Why it is not available, found out once.
    fn missing(self) -> Option<String> {
        static FOUND: LazyLock<Mutex<BTreeMap<Need, Option<String>>>> = LazyLock::new(Default::default);
        FOUND.lock().unwrap().entry(self).or_insert_with(|| self.look()).clone()
    }

    fn look(self) -> Option<String> {
        match self {
            Program(name) => answers(name, &["--version"]),
            Engine => answers("podman", &["info"]),
            Mount => {
                let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("mount");
                std::fs::create_dir_all(&dir).unwrap();
                SmallDisk::mount(&dir, "64k").is_none().then(|| "mount is not permitted".to_owned())
            }
            PyPiServer => crate::pypiserver::install().err(),
        }
    }
}

/// The kind of a test that needs programs: `needs gh, curl`. `-- '[needs'` runs all of these, and no other.
fn kind(needs: &[Need]) -> String {
    let programs = needs.iter().filter_map(|need| match need {
        Program(name) => Some(*name),
        Engine => Some("podman"),
        PyPiServer => Some("pypiserver"),
        // Nothing that could be installed.
        Mount => None,
    });
    let programs = programs.collect::<Vec<_>>().join(", ");
    if programs.is_empty() { programs } else { format!("needs {programs}") }
}

/// Why a program does not answer.
fn answers(program: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    match command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => None,
        Ok(_) => Some(format!("`{program} {}` fails", args.join(" "))),
        Err(_) => Some(format!("{program} not found")),
    }
}

/// The first of these that is missing, and why.
pub fn missing(needs: &[Need]) -> Option<String> {
    needs.iter().find_map(|need| need.missing())
}

/// A test found out only while it ran that something is missing.
#[must_use]
pub struct Missing(pub String);

/// What a test function may return: nothing, or that it could not run.
pub trait Ended {
    fn missing(self) -> Option<String>;
}

impl Ended for () {
    fn missing(self) -> Option<String> {
        None
    }
}

impl Ended for Result<(), Missing> {
    fn missing(self) -> Option<String> {
        self.err().map(|missing| missing.0)
    }
}

pub struct Test {
    pub name: &'static str,
    /// Without these it is ignored.
    pub needs: &'static [Need],
    /// Without these it leaves something out, and verifies the rest.
    pub partly: &'static [Need],
    pub run: fn() -> Option<String>,
}

/// The tests of a file, as `name: needs WHAT;` or `name: needs WHAT, partly WHAT;`.
macro_rules! tests {
    ($($name:ident: needs $needs:ident $(, partly $partly:ident)?;)*) => {
        pub fn tests() -> Vec<crate::needs::Test> {
            vec![$(crate::needs::Test {
                name: concat!(module_path!(), "::", stringify!($name)),
                needs: crate::needs::$needs,
                partly: [$(crate::needs::$partly,)? crate::needs::NOTHING][0],
                run: || crate::needs::Ended::missing($name()),
            },)*]
        }
    };
}

/// What is not verified: the reason, and whether a whole test or only its images are left out, with the tests' names.
static NOT_VERIFIED: Mutex<BTreeMap<(&str, String), BTreeSet<String>>> = Mutex::new(BTreeMap::new());

/// Runs the tests that are asked for, and lists what is not verified.
pub fn run(tests: Vec<Test>) -> ExitCode {
    let mut args = Arguments::from_args();
    // They wait for git, cargo and registries rather than for a processor.
    let twice = || Some(2 * std::thread::available_parallelism().ok()?.get());
    let asked = std::env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    args.test_threads = args.test_threads.or(asked).or_else(twice);
    let trials = tests.into_iter().map(|test| trial(test, &args)).collect();
    let conclusion = libtest_mimic::run(&args, trials);
    for ((what, why), names) in NOT_VERIFIED.lock().unwrap().iter() {
        let (count, names) = (names.len(), names.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        println!("not verified here: {what} {count} test{} ({why}): {names}", if count == 1 { "" } else { "s" });
    }
    conclusion.exit_code()
}

fn trial(test: Test, args: &Arguments) -> Trial {
    let name = test.name.split_once("::").map_or(test.name, |(_, name)| name);
    // A list marks what would be ignored; whoever asks for that gets it run, without what it needs.
    if args.list || args.ignored || args.include_ignored {
        let run = move || (test.run)().map_or(Ok(()), |why| Err(why.into()));
        let trial = Trial::test(name, run).with_kind(kind(test.needs));
        return trial.with_ignored_flag(missing(test.needs).is_some());
    }
    Trial::ignorable_test(name, move || {
        let note = |what, why: &str| {
            NOT_VERIFIED.lock().unwrap().entry((what, why.to_owned())).or_default().insert(name.to_owned());
        };
        if let Some(why) = missing(test.needs).or_else(test.run) {
            note("all of", &why);
            return Ok(Completion::ignored_with(why));
        }
        if let Some(why) = missing(test.partly) {
            note("the images of", &why);
        }
        Ok(Completion::Completed)
    })
    .with_kind(kind(test.needs))
}
