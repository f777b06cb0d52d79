//! The planned texts read back, held against every check of a state and against what was meant.
//! It must never find again what was found before.

use super::Draft;
use crate::{
    check,
    edit::{Edit, slashed},
    files::cargo_toml::VersionField,
    finding::{Check, Finding},
    train::Train,
    version::Version,
    workspace::{Texts, Workspace},
};

/// The texts as they will be.
pub fn after(workspace: &Workspace, edits: &[Edit]) -> Texts {
    let mut texts = workspace.texts.clone();
    for edit in edits {
        match edit.after() {
            Some(text) => drop(texts.insert(edit.path.clone(), text.to_owned())),
            None => drop(texts.remove(&edit.path)),
        }
    }
    texts
}

/// Reads the planned texts back and holds them against every check of a state, and against what was meant.
pub fn read_back(workspace: &Workspace, train: &Train, draft: &Draft, texts: Texts) -> Vec<Finding> {
    let broken = |what: String| {
        vec![Finding::new(Check::ReadBack, what, "this is a defect of the tool: please report it with the manifest")]
    };
    let after = match workspace.with_texts(texts) {
        Ok(after) => after,
        Err(error) => return broken(format!("{error:#}")),
    };
    // What is wrong in the changelog is told by the lines that stand there now.
    let mut findings = check::logs::misread(workspace, train);
    let (beside, before) = (&train.beside, (workspace, train));
    let train = match train.again(&after) {
        Ok(train) => train,
        Err(error) => return broken(format!("{error:#}")),
    };
    let again = if findings.is_empty() { Vec::new() } else { check::logs::misread(&after, &train) };
    for (&at, version) in &draft.versions {
        let found = &after.members[at];
        // A member that may not go down keeps its version, and one that has none gets none: that is told already.
        let is_reported =
            workspace.members[at].version.falls_to(version) || found.version_field == VersionField::Absent;
        if found.version != *version && !is_reported {
            findings.extend(broken(format!(
                "{} would say {} instead of {version}",
                slashed(&found.manifest),
                found.version
            )));
        }
    }
    // Where a version or a requirement could not be set, that they now disagree is no news.
    const OF_VERSIONS: [Check; 7] = [
        Check::Version,
        Check::Lockstep,
        Check::PythonVersion,
        Check::Requirements,
        Check::WheelVersion,
        Check::VersionFiles,
        Check::Lock,
    ];
    let unset = draft.findings.iter().any(|finding| OF_VERSIONS.contains(&finding.check));
    let to = draft.versions.get(&train.driver).map(Version::base).filter(|_| !unset);
    for (project, to) in beside.iter().zip(to.iter().cycle()) {
        let found = train.beside.iter().find(|found| found.manifest == project.manifest);
        if !found.is_some_and(|found| found.version == *to && found.is_in_sync()) {
            let (manifest, path) = (slashed(&project.manifest), slashed(&project.path));
            findings.extend(broken(format!("{manifest} or {path} would not say {to}")));
        }
    }
    let is_reported = |check: Check| draft.findings.iter().any(|finding| finding.check == check);
    let is_news = |finding: &Finding| {
        let is_known = finding.check == Check::Lockstep
            || finding.check == Check::BuildMetadata && is_reported(finding.check)
            || unset && OF_VERSIONS.contains(&finding.check)
            || draft.findings.iter().any(|reported| reported.is_of(finding));
        !is_known && !again.contains(finding)
    };
    findings.extend(check::changes(before, (&after, &train), is_news));
    findings
}
