//! Releases a workspace of Rust crates, Python wheels and images as one coherent version: the program `cargo train`, and
//! what a workspace's own `xtask` calls. The floors of the house are in `docs/architecture.md`: imports point down, and
//! `xtask/tests/it/floors.rs` keeps it so.

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

pub use plan::tool::Tool;

/// Does what the command line says, and gives the exit code: 0 when done, 1 when refused or failed, 2 for a misused
/// command line. Texts name the tool as it was called.
pub fn main(tool: Tool) -> i32 {
    tool.is_called();
    match inherited::start_without() {
        Ok(None) => cli::main(),
        Ok(Some(code)) => code,
        Err(error) => {
            eprintln!("error: {}", plan::visible::lines(&tools::secrets::shown(&format!("{error:#}"))));
            1
        }
    }
}
