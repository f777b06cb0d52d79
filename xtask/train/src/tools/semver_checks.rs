//! `cargo semver-checks`: what changed in a crate's interface since a commit, when it is installed.
//! It must never take a comparison that failed for one that found nothing.

use std::{path::Path, process::Command};

use anyhow::{Result, bail};

use super::{cargo, child};
use crate::inherited::without_secrets;
use plan::due::Weight;

/// Whether it can be asked.
pub fn is_installed() -> bool {
    let mut command = Command::new(cargo::program());
    command.args(["semver-checks", "--version"]);
    child::ask(command).is_ok_and(|output| output.ok())
}

/// What the crate's interface asks of its next version; `None`: nothing.
pub fn compare(root: &Path, package: &str, baseline: &str) -> Result<Option<Weight>> {
    let mut command = Command::new(cargo::program());
    command.args(["semver-checks", "check-release", "--color", "never", "--package", package]);
    // Whatever version stands there: a bump that was made already would hide what asked for it.
    command.args(["--baseline-rev", baseline, "--release-type", "patch"]).current_dir(root);
    without_secrets(&mut command);
    let output = child::ask(command)?;
    read(output.status.code(), &format!("{}\n{}", output.out, output.err))
}

fn read(code: Option<i32>, message: &str) -> Result<Option<Weight>> {
    let summary = message.lines().find(|line| line.trim_start().starts_with("Summary"));
    match code {
        Some(0) => Ok(None),
        // 100 says that something was found.
        Some(100) => match summary {
            Some(line) if line.contains("new minor version") => Ok(Some(Weight::Feature)),
            _ => Ok(Some(Weight::Breaking)),
        },
        _ => {
            let why = message.lines().find_map(|line| line.strip_prefix("error: "));
            bail!("{}", why.unwrap_or("it could not compare").trim())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_code_says_that_something_was_found() {
        let major = "     Summary semver requires new major version: 1 major and 0 minor checks failed";
        let minor = "     Summary semver requires new minor version: 0 major and 2 minor checks failed";
        assert_eq!(read(Some(100), major).unwrap(), Some(Weight::Breaking));
        assert_eq!(read(Some(100), minor).unwrap(), Some(Weight::Feature));
        assert_eq!(read(Some(0), "     Summary no semver update required").unwrap(), None);
        let failed = read(Some(101), "    Cloning v1\nerror: no crates with library targets selected\n").unwrap_err();
        assert_eq!(failed.to_string(), "no crates with library targets selected");
        assert!(read(None, "").is_err());
    }
}
