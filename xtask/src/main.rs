//! `cargo xtask`: releases this workspace, or the one that `--manifest-path` names, as one coherent version.
//! The floors of the house are in `docs/architecture.md`: imports point down, and `tests/it/floors.rs` keeps it so.

mod cli;
mod clock;
mod commands;
mod inherited;
mod loader;
mod perform;
mod rehearse;
mod repo;
mod report;
mod resume_point;
mod run;
mod session;
mod tools;

fn main() {
    let code = match inherited::start_without() {
        Ok(None) => cli::main(),
        Ok(Some(code)) => code,
        Err(error) => {
            eprintln!("error: {}", plan::visible::lines(&tools::secrets::shown(&format!("{error:#}"))));
            1
        }
    };
    std::process::exit(code);
}
