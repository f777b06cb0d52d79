//! What is decided: from a snapshot of the world, as data, to a plan, as data.
//! It must never reach a process, a clock, the environment or the file system: its dependencies and `clippy.toml` keep it so.

pub mod announcement;
pub mod changes;
pub mod check;
pub mod checklist;
pub mod config;
pub mod conventional;
pub mod crates_io;
pub mod date;
pub mod draft;
pub mod due;
pub mod edit;
mod edits;
pub mod files;
pub mod finding;
pub mod hash;
pub mod hotfix;
pub mod init;
pub mod names;
pub mod occasion;
pub mod options;
pub mod ownership;
mod packed;
pub mod parallel;
pub mod paths;
pub mod patience;
pub mod pep503;
pub mod percent;
pub mod post_release;
pub mod postfix;
pub mod problem;
pub mod publish;
pub mod pull_request;
pub mod pypi;
pub mod release;
pub mod repo;
mod requirement;
pub mod rollback;
pub mod run_report;
pub mod smoke;
pub mod snapshot;
pub mod status;
pub mod step;
pub mod strays;
pub mod subject;
pub mod taken;
pub mod timetable;
pub mod tool;
pub mod train;
pub mod version;
pub mod version_files;
pub mod visible;
pub mod workflows;
pub mod workspace;

// As the tests of the xtask call this crate, with which its own share some data.
#[cfg(test)]
extern crate self as plan;
#[cfg(test)]
mod tests;
