//! External programs, each wrapped once: typed questions and answers.
//! None of them knows what a release is.

pub mod cargo;
pub mod child;
pub mod engine;
pub mod forge;
pub mod http;
pub mod index;
pub mod lock;
pub mod once;
pub mod program;
pub mod python;
pub mod registries;
pub mod secrets;
pub mod semver_checks;
pub mod spent;
pub mod stand_in;
pub mod transient;
