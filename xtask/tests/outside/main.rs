//! The tests that need a program besides Rust, Python, git and the system's essential ones, and those that take minutes.
//! A test whose program is missing is ignored with the program's name, never ok, and is listed at the end.
//!
//! libtest cannot skip a test at run time, so `#[test]` is not known here: a file lists its tests in `tests!`, and `files!`
//! lists the files. A test that is in no list is dead code, which the compiler reports. `harness`, `crashes` and the
//! like are those of `tests/it`.

#[macro_use]
mod needs;

#[path = "../it/cases.rs"]
#[allow(dead_code, unused_imports, unused_macros)]
mod cases;
#[path = "../it/contents.rs"]
#[allow(dead_code, unused_imports)]
mod contents;
#[path = "../it/crashes.rs"]
#[allow(dead_code, unused_imports)]
mod crashes;
#[path = "../it/dists.rs"]
mod dists;
#[path = "../it/harness.rs"]
#[allow(dead_code)]
mod harness;
#[allow(dead_code)]
mod setups;
#[path = "../it/stage.rs"]
#[allow(dead_code, unused_imports)]
mod stage;

mod fault_proxy;
mod outside;

/// The files with tests; the two that keep both processors busy come first.
/// The first test of each file runs before the second of any: the others of a file may wait for what its first one makes.
macro_rules! files {
    ($($file:ident)*) => {
        $(mod $file;)*
        fn tests() -> Vec<needs::Test> {
            let mut tests: Vec<_> = [$($file::tests()),*].into_iter().flat_map(|file| file.into_iter().enumerate()).collect();
            tests.sort_by_key(|(place, _)| *place);
            tests.into_iter().map(|(_, test)| test).collect()
        }
    };
}

files! {
    rehearsal
    whole
    after
    answers
    book
    calendar
    checklist
    complete
    disks
    documents
    due
    hotfix
    installed
    mail
    private
    publish
    pull_request
    pypiserver
    registries
    release_plz
    rollback
    status
    workflows
}

fn main() -> std::process::ExitCode {
    needs::run(tests())
}
