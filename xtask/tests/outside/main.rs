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
#[path = "../it/crashes.rs"]
#[allow(dead_code, unused_imports)]
mod crashes;
#[path = "../it/dists.rs"]
mod dists;
#[path = "../it/harness.rs"]
#[allow(dead_code)]
mod harness;
#[path = "../it/stage.rs"]
#[allow(dead_code, unused_imports)]
mod stage;

mod outside;
mod weather;

/// The files with tests; the two that keep both processors busy come first.
macro_rules! files {
    ($($file:ident)*) => {
        $(mod $file;)*
        fn tests() -> Vec<needs::Test> {
            [$($file::tests()),*].into_iter().flatten().collect()
        }
    };
}

files! {
    rehearsal
    whole
    after
    book
    calendar
    checklist
    disks
    documents
    due
    hotfix
    publish
    registries
    release_plz
    rollback
    status
    workflows
}

fn main() -> std::process::ExitCode {
    needs::run(tests())
}
