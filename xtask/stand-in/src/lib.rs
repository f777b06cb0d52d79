//! The registries of a rehearsal, for a program of their own, or for one that has them built in: `rehearse` starts that,
//! and `serve` does for people. It must never outlive the one that it was started for.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    path::PathBuf,
};

use anyhow::Result;
use clap::Parser;
use xshell::Shell;

// What names a file or a project, and what the registry takes, is written once for both programs.
mod server;

use server::{StandIn, Upstream, Upstreams};

/// The variable with the address of the index that pip uses otherwise: what is not held here is there.
const PROJECTS: &str = "XTASK_PYTHON_INDEX";

/// Stands in for an index of crates, one of wheels, a forge and two channels, on the loopback interface.
#[derive(Parser)]
struct Options {
    /// The directory for what they receive.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The port on the loopback interface; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Hide all crates but those that are published here.
    #[arg(long)]
    alone: bool,
    /// Stand in for the private registry of this name, too; with the index of the true one, whoever reads that gets this.
    #[arg(long, value_name = "NAME[=INDEX]")]
    registry: Vec<String>,
    /// A home of cargo in which the public index is looked up, as the configuration in it says; it is removed after.
    #[arg(long, value_name = "DIR")]
    cargo_home: Option<PathBuf>,
    /// Know this crate from the beginning, without the version of `--without`.
    #[arg(long, value_name = "CRATE", requires = "without")]
    hold: Vec<String>,
    /// Know this crate from the beginning, without any version: what is published elsewhere under its name is somebody else's.
    #[arg(long, value_name = "CRATE")]
    hide: Vec<String>,
    /// Know this Python project from the beginning, without any version.
    #[arg(long, value_name = "PROJECT")]
    hold_project: Vec<String>,
    /// The version that is about to be published.
    #[arg(long, value_name = "VERSION")]
    without: Option<String>,
    /// End when standard input does, as it does when the program ends that holds its other side.
    #[arg(long)]
    attached: bool,
}

/// Serves as the words say, of which the first is the program's name, and gives the exit code.
pub fn main(words: impl Iterator<Item = OsString>) -> i32 {
    let Err(error) = serve(&Options::parse_from(words)) else { return 0 };
    let _ = writeln!(io::stderr(), "error: {error:#}");
    1
}

/// Prints the environment to use, and an empty line behind it; then it waits to be ended.
fn serve(options: &Options) -> Result<()> {
    let home = options.cargo_home.clone().unwrap_or(options.dir.join("upstream-home"));
    let find = || Upstream::find(&Shell::new()?, &home);
    let upstream = match (!options.alone).then(find).transpose() {
        // Attached, it has to show what the public registries have.
        Err(error) if !options.attached => {
            let _ = writeln!(io::stderr(), "error: {error:#}\nonly the crates that are published here will be found");
            None
        }
        found => found?,
    };
    let projects = std::env::var(PROJECTS).ok().filter(|_| !options.alone);
    let upstreams = Upstreams { crates: upstream, projects };
    let stand_in = StandIn::start(&options.dir, options.port, upstreams, &options.registry)?;
    stand_in.hold(&options.hold, &options.hold_project, options.without.as_deref().unwrap_or_default())?;
    stand_in.hide(&options.hide)?;
    let mut environment = stand_in.environment();
    if !options.attached {
        // In the workspace's own directory, all would be built anew with another home of cargo, and once more after.
        let target = std::path::absolute(options.dir.join("target"))?.display().to_string();
        environment.push(("CARGO_TARGET_DIR".to_owned(), target));
    }
    let mut out = io::stdout().lock();
    for (name, value) in environment {
        writeln!(out, "export {name}='{}'", value.replace('\'', r"'\''"))?;
    }
    writeln!(out)?;
    out.flush()?;
    drop(out);
    if options.attached {
        io::stdin().read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    let note = "set the variables above in another shell; Ctrl-C ends the server";
    let _ = writeln!(io::stderr(), "serving {} at {}: {note}", options.dir.display(), stand_in.address());
    loop {
        std::thread::park();
    }
}
