//! Versions that stand elsewhere than in a crate's manifest: behind the words of `files`, and in a wheel's project.
//! It must never take the version of something else for one of these.

use anyhow::Result;

use crate::{
    config::VersionFile,
    edit::slashed,
    files::{Place, anchor},
    finding::{Check, Finding},
    train::{Train, Wheel, wheel_version},
    version::Version,
    workspace::Workspace,
};

/// What to do about a file that the train names.
pub fn correct(train: &Train, key: &str) -> String {
    format!("correct `{key}` in {}, or the file", train.config.table())
}

/// The versions in a configured file, or what is wrong with where they should stand.
pub fn anchored(workspace: &Workspace, train: &Train, file: &VersionFile) -> Result<Vec<Place>, Finding> {
    let path = workspace.in_root(&file.path);
    let found = |what: String| Finding::new(Check::VersionFiles, what, correct(train, "files"));
    let text = workspace.text(&path).map_err(|error| found(format!("{error:#}")))?;
    anchor::read(text, &file.after, file.times).map_err(|error| found(format!("{}: {error:#}", slashed(&path))))
}

/// A wheel's own version that would go down to `to`, or of which that is not known.
pub fn falls(workspace: &Workspace, train: &Train, wheel: &Wheel, to: &Version, python: &str) -> Option<Finding> {
    let path = slashed(&wheel.path);
    let written = wheel.project.version.as_ref().map(|place| place.text.as_str());
    let what = match wheel_version(wheel) {
        Ok(Some(found)) if found.falls_to(to) => {
            format!("{path} is at {} and would go down to {python}", written.unwrap_or(&found.tag()))
        }
        Ok(_) => return None,
        // Both manifests may say what only cargo can spell.
        Err(_) if written == Some(workspace.members[wheel.member].version.to_string().as_str()) => return None,
        Err(error) => format!("{error:#}"),
    };
    let next = format!(
        "write the version of its crate under [project] there and commit, or leave the wheel out: `wheels = []` in {}",
        train.config.table()
    );
    Some(Finding::new(Check::WheelVersion, what, next))
}
