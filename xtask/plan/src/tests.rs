//! Stories and laws of the planners, told on workspaces that exist only as texts.
//! None of them may touch a disk, git or cargo: what a plan needs is in its snapshot.

mod announcement;
mod apart;
mod beside;
mod candidates;
mod changes;
mod checklist;
mod contents;
mod derived;
mod due;
mod followers;
mod histories;
mod hotfix;
mod init;
mod kinds;
mod laws;
mod lines;
mod ownership;
mod post_release;
mod postfix;
mod publish;
mod published;
mod release;
mod repository;
mod rollback;
mod rolled_back;
mod schema;
pub mod sketch;
mod status;
mod steps;
mod strays;
mod wheels;
mod words;
mod workflows;

/// The tests of the xtask lint what is generated from the same configurations.
#[path = "../../tests/outside/setups.rs"]
mod setups;
