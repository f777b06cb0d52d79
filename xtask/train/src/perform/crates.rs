//! Crates: sent one by one, and looked for in the index that cargo sees.
//! It must never take a crate for ours by its name and version: only the commit and the hash say so, or a commit before
//! it with the same crate.

pub mod destination;
mod earlier;
pub mod pack;
pub mod package;

use anyhow::Result;

use self::{
    destination::{Outside, call, destination, failure, lacking_login, option, registries, send_to},
    package::{packed_here, target},
};
use super::{Context, ownership, publish};
use crate::tools::{
    cargo, child,
    index::{Asked, other_spelling, packed_from},
    registries::{self, CRATES_IO, Registries},
    transient::Transient,
};
use plan::{
    finding::Check,
    hash,
    ownership::{Kind, Name},
    repo::short,
    step::{CrateUpload, Observation},
};

/// What a registry has under a name and version.
pub struct Listed {
    pub sha256: String,
    /// The commit that cargo recorded when it was packed.
    pub commit: Option<String>,
    dirty: bool,
    /// That commit is an earlier one than the release's, and nothing of the crate changed in between.
    is_unchanged: bool,
    /// Since when, where the index tells.
    since: Option<String>,
    /// Nobody gets it who does not have it in a lock; its commit is not known any more.
    pub yanked: bool,
}

pub fn observe(cx: &Context<'_>, upload: &CrateUpload) -> Result<Observation> {
    let registries = registries(cx, upload)?;
    let (listed, is_known) = look_up(&registries, upload)?;
    // Under a name that others have, nothing of ours will be taken.
    if listed.is_none() && is_known {
        let name = Name {
            kind: Kind::Crate,
            name: upload.name.clone(),
            registry: upload.registry.clone().filter(|name| name != CRATES_IO),
            within: upload.root.clone(),
        };
        if let Some(other) = ownership::stranger(cx, &upload.of, name)? {
            return Ok(other);
        }
    }
    // Only a name of which there is nothing yet can be another's in other letters or dashes.
    if !is_known
        && upload.is_public()
        && upload.is_of_release()
        && let Some(theirs) = other_spelling(&registries, &upload.name, upload.registry.as_deref())?
    {
        return Ok(Observation::blocked(
            format!("crates.io has the name as `{theirs}`, and takes no crate as `{}` beside it", upload.name),
            "give the crate another name, or the same spelling where it is yours",
        ));
    }
    let listed = listed.map(|listed| Listed { is_unchanged: earlier::is_unchanged(cx, upload, &listed), ..listed });
    Ok(judge(upload, listed, packed_here(cx, upload).as_deref(), lacking_login(&registries, upload)))
}

impl Listed {
    /// Why it is not what this release made; `packed` is the hash of what was packed here.
    pub fn foreign(&self, upload: &CrateUpload, packed: Option<&str>) -> Option<String> {
        // A package tells its commit, and has another hash for it.
        if let Some(ours) = packed.filter(|ours| *ours != self.sha256 && !self.is_unchanged) {
            return Some(format!("its sha256 is {}, that of the package made here is {ours}", self.sha256));
        }
        // Of what is yanked, the index tells no commit.
        if self.yanked {
            return None;
        }
        match (&self.commit, &upload.commit) {
            _ if self.dirty => Some("it was packed from a tree with uncommitted changes".to_owned()),
            (Some(theirs), Some(ours)) if theirs != ours && !self.is_unchanged => {
                Some(format!("it was packed from commit {theirs}, ours is {ours}"))
            }
            (None, Some(ours)) => Some(format!("it does not say from which commit it was packed, ours is {ours}")),
            _ => None,
        }
    }
}

/// What is to do about a crate, by what the registry has of it; `lacks` tells how cargo gets the token that it has not.
fn judge(upload: &CrateUpload, listed: Option<Listed>, packed: Option<&str>, lacks: Option<String>) -> Observation {
    let Some(listed) = listed else {
        if !upload.is_of_release() {
            let version = upload.version.tag();
            return Observation::blocked(
                format!("an earlier release should have published it, and the current content is not {version}"),
                format!(
                    "{} --only crates, then the same command",
                    upload.of.typed_for("publish", &upload.released_with)
                ),
            );
        }
        return match lacks {
            None => Observation::Todo,
            Some(login) => Observation::blocked(
                "it is not published, and cargo has no token to publish it with",
                format!("{login} in the environment"),
            ),
        };
    };
    if let Some(what) = listed.foreign(upload, packed) {
        let other = Observation::blocked(
            format!("the registry has another {} {}: {what}", upload.name, upload.version),
            format!(
                "find out who published it (cargo owner --list {}); a version cannot be published twice: where the name is yours, {}, else give the crate another name",
                upload.name, upload.moved_by
            ),
        );
        return ownership::unless_waived(&upload.of, Check::RegistryContent, other);
    }
    if listed.yanked {
        let yanked = Observation::blocked(
            format!("{} was published and yanked", upload.version),
            format!(
                "{}, which gives {} a higher version; or, if it was not meant: cargo yank --undo {1}@{}{}",
                upload.moved_by,
                upload.name,
                upload.version,
                option(upload)
            ),
        );
        return ownership::unless_waived(&upload.of, Check::RegistryYanked, yanked);
    }
    let of = listed.commit.as_deref().map_or("no commit", short);
    let same = if listed.is_unchanged { ", since which it has not changed" } else { "" };
    Observation::Done {
        evidence: format!("sha256 {} of {of}{same}", publish::digits(&listed.sha256)),
        since: listed.since,
    }
}

/// Asks through cargo, which knows the user's registries and mirrors; what it downloads tells hash and commit. With it,
/// whether the registry knows the name.
pub fn look_up(registries: &Registries, upload: &CrateUpload) -> Result<(Option<Listed>, bool)> {
    let version = upload.version.to_string();
    let asked = Asked::of(registries, &upload.name, Some(&version), upload.registry.as_deref())?;
    let (is_shown, lines) = (asked.is_shown()?, asked.lines()?);
    let is_known = !lines.is_empty();
    let line = lines.into_iter().find(|line| line.vers == version);
    if !is_shown {
        // What is yanked is not shown, but it is there.
        let listed = line.map(|line| Listed {
            sha256: line.cksum,
            commit: None,
            dirty: false,
            is_unchanged: false,
            since: line.pubtime,
            yanked: line.yanked,
        });
        return Ok((listed, is_known));
    }
    // Cargo shows a crate of another spelling for it.
    let Some(line) = line else { return Ok((None, false)) };
    let (bytes, package) = asked.package()?;
    let (commit, dirty) = packed_from(&package)?;
    let sha256 = hash::sha256(&bytes);
    Ok((Some(Listed { sha256, commit, dirty, is_unchanged: false, since: line.pubtime, yanked: false }), true))
}

/// Sends one crate. That it was compiled from its package is proved by then.
pub fn upload(cx: &Context<'_>, upload: &CrateUpload) -> Result<()> {
    let tree = publish::checkout(cx, &upload.of)?;
    let (known, root) = (registries(cx, upload)?, tree.join(&upload.root));
    let mut command = cargo::command();
    command.args(["publish", "--no-verify", "--package", &upload.name]).env("CARGO_TARGET_DIR", target(cx, &upload.of));
    if upload.locked {
        command.arg("--locked");
    }
    send_to(&mut command, &known, upload);
    let outside = Outside::of(&known, &destination(&known, upload), &command)?;
    call(outside.as_ref(), &mut command, &root);
    registries::let_in(&mut command);
    let output = child::send(cx.report, command)?;
    drop(outside);
    // Ours, whose answer was lost, or somebody else's: looking again tells.
    let is_there = ["is already uploaded", "already exists on"].iter().any(|word| output.err.contains(word));
    if output.ok() || is_there {
        return Ok(());
    }
    let what = format!("cargo publish -p {}", upload.name);
    // All that it needs was found a moment ago: an index that does not show it now is asked again.
    let is_hidden =
        ["no matching package named", "failed to select a version for"].iter().any(|word| output.err.contains(word));
    if is_hidden {
        return Err(Transient { why: format!("{what}: {}", output.last_lines()), after: None }.into());
    }
    Err(failure(&known, upload, (&what, "a token that is good"), &output))
}

#[cfg(test)]
pub mod tests {
    use std::{path::PathBuf, sync::Arc};

    use plan::problem::Problem;

    use super::*;

    use plan::{
        config::Template,
        ownership::Owner,
        step::Tagged,
        version::{Dialect, Version},
    };

    pub const OURS: &str = "1111111111";

    /// The crate `lark` 0.8.0 of the release that has commit `OURS`.
    pub fn lark() -> CrateUpload {
        let version = Version::parse("0.8.0", Dialect::Cargo).unwrap();
        let of = Tagged {
            train: "lark".to_owned(),
            version: version.clone(),
            tag: "v0.8.0".to_owned(),
            commit: OURS.to_owned(),
            remote: "origin".to_owned(),
            template: Template::default(),
            own: Default::default(),
            waived: Default::default(),
            without: Vec::new(),
            elsewhere: Default::default(),
            option: " --train lark".to_owned(),
            packed: None,
        };
        CrateUpload {
            of: Arc::new(of),
            root: PathBuf::new(),
            dir: PathBuf::new(),
            name: "lark".to_owned(),
            released_with: version.clone(),
            version,
            commit: Some(OURS.to_owned()),
            registry: None,
            locked: true,
            moved_by: "cargo xtask release patch".to_owned(),
        }
    }

    /// What a registry has that was packed from that commit.
    pub fn listed(commit: Option<&str>) -> Listed {
        Listed {
            sha256: "aaaaaaaaaaaaaaaa".to_owned(),
            commit: commit.map(str::to_owned),
            dirty: false,
            is_unchanged: false,
            since: None,
            yanked: false,
        }
    }

    pub fn dirty() -> Listed {
        Listed { dirty: true, ..listed(Some(OURS)) }
    }

    pub fn yanked() -> Listed {
        Listed { yanked: true, ..listed(None) }
    }

    #[test]
    fn a_crate_is_ours_by_its_commit_and_its_hash_alone() {
        let (same, other) = (Some("aaaaaaaaaaaaaaaa"), Some("bbbbbbbbbbbbbbbb"));
        let before = || Listed { is_unchanged: true, ..listed(Some("2222222222")) };
        for (listed, packed, expected) in [
            (listed(Some(OURS)), None, "done sha256 aaaaaaaaaaaa of 111111111"),
            (listed(Some(OURS)), same, "done sha256 aaaaaaaaaaaa of 111111111"),
            (
                listed(Some(OURS)),
                other,
                "its sha256 is aaaaaaaaaaaaaaaa, that of the package made here is bbbbbbbbbbbbbbbb",
            ),
            (listed(Some("2222222222")), None, "it was packed from commit 2222222222, ours is 1111111111"),
            (before(), other, "done sha256 aaaaaaaaaaaa of 222222222, since which it has not changed"),
            (Listed { dirty: true, ..before() }, None, "it was packed from a tree with uncommitted changes"),
            (listed(None), None, "it does not say from which commit it was packed, ours is 1111111111"),
            (listed(None), same, "it does not say from which commit it was packed, ours is 1111111111"),
            (dirty(), None, "it was packed from a tree with uncommitted changes"),
            (yanked(), same, "was published and yanked"),
            (yanked(), other, "its sha256 is aaaaaaaaaaaaaaaa"),
        ] {
            let message = match judge(&lark(), Some(listed), packed, None) {
                Observation::Done { evidence, .. } => format!("done {evidence}"),
                Observation::Blocked(problem) => problem.what,
                other => panic!("{other:?}"),
            };
            assert!(message.contains(expected), "{message}, not {expected}");
        }
    }

    #[test]
    fn what_is_set_aside_is_neither_sent_nor_in_the_way() {
        let waiving = |check: Check| {
            let waived = [(check, format!("--waive {check}"))].into();
            CrateUpload { of: Arc::new(Tagged { waived, ..(*lark().of).clone() }), ..lark() }
        };
        let other = || listed(Some("2222222222"));
        for (check, listed, is_waived) in [
            (Check::RegistryContent, other(), true),
            (Check::RegistryYanked, yanked(), true),
            (Check::RegistryContent, yanked(), false),
            (Check::RegistryYanked, other(), false),
            (Check::RegistryNames, other(), false),
        ] {
            let observed = judge(&waiving(check), Some(listed), None, None);
            assert_eq!(
                observed == Observation::Waived { by: format!("--waive {check}") },
                is_waived,
                "{check}: {observed:?}"
            );
            assert_eq!(observed.is_blocking(), !is_waived, "{check}: {observed:?}");
        }
        let name = || Name { kind: Kind::Crate, name: "lark".to_owned(), registry: None, within: PathBuf::new() };
        let theirs = || Owner::Other(Some("https://forge.example/they/lark".to_owned()));
        let observed = ownership::blocking(&lark().of, name(), theirs());
        assert!(
            matches!(&observed, Some(Observation::Blocked(Problem { what, next })) if what.contains("https://forge.example/they/lark") && next.ends_with("or --waive registry-names")),
            "{observed:?}"
        );
        assert_eq!(
            ownership::blocking(&waiving(Check::RegistryNames).of, name(), theirs()),
            None,
            "then the registry decides"
        );
        for owner in [Owner::Nobody, Owner::Ours, Owner::Unknown("x".to_owned())] {
            assert_eq!(ownership::blocking(&lark().of, name(), owner), None);
        }
    }

    #[test]
    fn what_cannot_go_out_again_is_reported_what_moves_it() {
        let unmoved = CrateUpload {
            version: Version::parse("0.7.3", Dialect::Cargo).unwrap(),
            moved_by: "cargo xtask release minor".to_owned(),
            ..lark()
        };
        for (listed, expected) in [
            (
                yanked(),
                "cargo xtask release minor, which gives lark a higher version; or, if it was not meant: cargo yank --undo lark@0.7.3; or --waive registry-yanked, which leaves it as it is",
            ),
            (
                listed(Some("2222222222")),
                "find out who published it (cargo owner --list lark); a version cannot be published twice: where the name is yours, cargo xtask release minor, else give the crate another name; or --waive registry-content, which leaves it as it is",
            ),
        ] {
            let Observation::Blocked(Problem { next, .. }) = judge(&unmoved, Some(listed), None, None) else {
                panic!("passed")
            };
            assert_eq!(next, expected);
        }
    }

    #[test]
    fn a_crate_that_is_not_there_is_sent_by_who_may_and_only_in_its_own_release() {
        assert_eq!(judge(&lark(), None, None, None), Observation::Todo);
        let no_token = judge(&lark(), None, None, Some("CARGO_REGISTRY_TOKEN".to_owned()));
        assert!(
            matches!(&no_token, Observation::Blocked(Problem { next, .. }) if next.contains("CARGO_REGISTRY_TOKEN")),
            "{no_token:?}"
        );
        let version = Version::parse("0.7.3", Dialect::Cargo).unwrap();
        let earlier = CrateUpload { released_with: version.clone(), version, ..lark() };
        let left_behind = judge(&earlier, None, None, None);
        assert!(
            matches!(&left_behind, Observation::Blocked(Problem { next, .. }) if next.starts_with("cargo xtask publish 0.7.3 --train lark --only crates")),
            "{left_behind:?}"
        );
    }
}
