//! `cargo xtask`: releases this workspace, or the one that `--manifest-path` names, as one coherent version.
//! The floors of the house are in `docs/architecture.md`: imports point down, and `tests/it/floors.rs` keeps it so.

mod basis;
mod check;
mod cli;
mod commands;
mod config;
mod conventional;
mod crates_io;
mod date;
mod edit;
mod files;
mod hash;
mod inherited;
mod names;
mod page;
mod parallel;
mod patience;
mod pep503;
mod perform;
mod plan;
mod pypi;
mod rehearse;
mod repo;
mod report;
mod requirement;
mod run;
mod snapshot;
mod step;
mod tools;
mod train;
mod version;
mod visible;
mod workspace;

fn main() {
    let code = match inherited::start_without() {
        Ok(None) => cli::main(),
        Ok(Some(code)) => code,
        Err(error) => {
            eprintln!("error: {}", visible::lines(&tools::secrets::shown(&format!("{error:#}"))));
            1
        }
    };
    std::process::exit(code);
}
