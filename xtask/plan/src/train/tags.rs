//! The tags of a train: which are in use, which release another one is compared with.
//! It must never count what was rolled back as released.

use super::{Train, tag};
use crate::{
    config::{Form, NotesSince, Template},
    edit::{count, slashed},
    names::ROLLBACK,
    repo::Repo,
    tool::TOOL,
    version::Version,
    workspace::{Member, Workspace},
};

impl Train {
    /// Its tags, each with the version that it is of.
    pub fn tags<'r>(&self, repo: &'r Repo) -> impl Iterator<Item = (Version, &'r str)> {
        self.tag.among(&repo.tags)
    }

    /// The released version that a person means: build metadata may be left out where one tag alone has that version.
    pub fn named(&self, repo: &Repo, version: &Version) -> Version {
        let is_meant = |(found, _): &(Version, &str)| found.metadata().is_some() && found.base() == *version;
        let mut meant = self.tags(repo).filter(is_meant).map(|(found, _)| found);
        match (repo.tags.contains_key(&self.tag.fill(version)), meant.next(), meant.next()) {
            (false, Some(only), None) => only,
            _ => version.clone(),
        }
    }

    /// Its tags but those of releases that were rolled back, and those of none.
    pub fn tags_in_use<'r>(&self, repo: &'r Repo) -> impl Iterator<Item = (Version, &'r str)> {
        self.tags(repo).filter(|(_, tag)| !repo.is_rolled_back(tag) && !self.strays.contains_key(*tag))
    }

    /// What is to be said of tags that nothing is counted from.
    pub fn stray_note(&self, workspace: &Workspace) -> Option<String> {
        let (tag, found) = self.strays.iter().max_by_key(|(tag, _)| self.tag.version_in(tag))?;
        let driver = &workspace.members[self.driver].name;
        let found = match found {
            Some(version) => format!("which is at {} in its commit", version.tag()),
            None => "which is not in its commit".to_owned(),
        };
        let more = match self.strays.len() - 1 {
            0 => String::new(),
            more => format!(", nor from {} like it", count(more, "other")),
        };
        Some(format!("tag {tag} is of no release of {driver}, {found}: nothing is counted from it{more}"))
    }

    /// That a tag and some like it are of other releases than its own, and what to write.
    pub fn not_its_own(&self, workspace: &Workspace, tag: &str, more: usize) -> String {
        let (name, Member { name: driver, version, .. }) = (self.name(), &workspace.members[self.driver]);
        let like_it = match more {
            0 => "is".to_owned(),
            more => format!("and {} like it are", count(more, "other")),
        };
        let what = format!(
            "tag {tag} {like_it} of no release of {driver}, which is at {version}: the next one would be a step back among them"
        );
        let (slot, root) = (Template::SLOT, slashed(&workspace.graph.root));
        let own = format!("tag = \"{name}-v{slot}\"");
        let follow = format!("where they are its own, and name the version that follows them: {TOOL} release X.Y.Z");
        let or = format!("or say `tag = \"{}\"` {follow}", self.tag);
        match self.config.form {
            Form::Absent => {
                let driver = self.config.driver.as_ref().map(|driver| format!("\ndriver = \"{driver}\""));
                let keys = driver.into_iter().chain([format!("\n{own}")]).collect::<String>();
                format!(
                    "{what}\nnext: give {name} tags of its own in {root}, {or}\n\n[workspace.metadata.trains.{name}]{keys}"
                )
            }
            _ => {
                let next = match own == format!("tag = \"{}\"", self.tag) {
                    true => format!("say `{own}` in {} {follow}", self.config.table()),
                    false => format!("say `{own}` in {}, {or}", self.config.table()),
                };
                format!("train {name}: {what}\nnext: {next}")
            }
        }
    }

    /// The highest of its releases that stand and count, with its tag.
    pub fn highest(&self, repo: &Repo, counts: impl Fn(&Version) -> bool) -> Option<(Version, String)> {
        self.tags_in_use(repo).filter(|(found, _)| counts(found)).max().map(|(found, tag)| (found, tag.to_owned()))
    }

    /// The newest tag of a release that is lower than `version`, post releases left out: they hold no crates.
    pub fn tag_below(&self, repo: &Repo, version: &Version) -> Option<(Version, String)> {
        self.highest(repo, |found| found.post().is_none() && *found < version.base())
    }

    /// Whether the notes of `version` tell what its pre-releases told.
    pub fn sums_up(&self, version: &Version) -> bool {
        self.config.notes_since == NotesSince::Final && version.is_final()
    }

    /// Whether a tag is of a pre-release that the notes of `version` sum up.
    pub fn is_summed_up(&self, tag: &str, version: &Version) -> bool {
        self.sums_up(version) && self.tag.version_in(tag).is_some_and(|found| found.is_prerelease())
    }

    /// The release that `version` is compared with: the last final one where that is whom its notes are for.
    pub fn compared_with(&self, repo: &Repo, version: &Version) -> Option<String> {
        match self.sums_up(version) {
            true => self.final_below(repo, version),
            false => self.tag_below(repo, version).map(|(_, tag)| tag),
        }
    }

    /// The tag of the last final release below `version`.
    pub fn final_below(&self, repo: &Repo, version: &Version) -> Option<String> {
        self.highest(repo, |found| found.is_final() && found < version).map(|(_, tag)| tag)
    }

    /// The newest release below `version` that stands, post releases among them: what was told up to there is told. To those
    /// who read of a final version, no pre-release told anything; what was rolled back told nobody.
    pub fn reported_until(&self, repo: &Repo, version: &Version) -> Option<(Version, String)> {
        self.highest(repo, |found| found < version && !(self.sums_up(version) && found.is_prerelease()))
    }
}

/// Whether a tag may be one of the train's. Without any of its tags, their form is known only where it is configured.
pub fn may_be_tag(train: &Train, tag: &str) -> bool {
    match &train.config.tag {
        Some(form) => form.version_in(tag).is_some(),
        None => !tag.starts_with(ROLLBACK) && tag::split(tag).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::sketch::{Sketch, house, v};

    #[test]
    fn a_release_is_compared_with_the_newest_one_below_it() {
        let tags = ["v0.9.2", "v0.9.4-rc.1", "v0.9.4-rc.2", "v0.9.4"];
        let snapshot = tags.into_iter().fold(house(), Sketch::tagged).snapshot();
        let (train, repo) = (&snapshot.train, &snapshot.repo);
        for (version, below, last, reported) in [
            ("0.9.4", "v0.9.4-rc.2", "v0.9.3", "v0.9.3"),
            ("0.9.4-rc.2", "v0.9.4-rc.1", "v0.9.3", "v0.9.4-rc.1"),
            ("0.9.3", "v0.9.2", "v0.9.2", "v0.9.2"),
            ("0.9.2", "", "", ""),
        ] {
            let found = [
                train.tag_below(repo, &v(version)).map(|found| found.1),
                train.final_below(repo, &v(version)),
                train.reported_until(repo, &v(version)).map(|found| found.1),
            ];
            assert_eq!(found.map(Option::unwrap_or_default), [below, last, reported], "{version}");
        }
        assert_eq!(train.version_at(repo, "0000000000").map(|version| version.tag()).as_deref(), Some("0.9.4"));
        assert_eq!(train.version_at(repo, "1111111111"), None);
        // A post release tells of itself and holds no crates; build metadata makes no version that comes after.
        let snapshot = house().tagged("v0.9.2").tagged("v0.9.3.post1").snapshot();
        let (train, repo) = (&snapshot.train, &snapshot.repo);
        let tag = |found: Option<(Version, String)>| found.map(|found| found.1).unwrap_or_default();
        assert_eq!(tag(train.tag_below(repo, &v("0.9.4"))), "v0.9.3");
        assert_eq!(tag(train.reported_until(repo, &v("0.9.4"))), "v0.9.3.post1");
        assert_eq!(tag(train.tag_below(repo, &v("0.9.3+a"))), "v0.9.2");
    }

    #[test]
    fn a_mark_of_what_was_rolled_back_is_no_tag_of_a_train() {
        let train = house().snapshot().train;
        for (tag, expected) in [("v1.0.0", true), ("lark-v1.0.0", true), ("rollback/v1.0.0", false), ("nightly", false)]
        {
            assert_eq!(may_be_tag(&train, tag), expected, "{tag}");
        }
    }

    #[test]
    fn build_metadata_may_be_left_out_where_one_tag_has_it() {
        let named = |tags: &[&str], version: &str| {
            let snapshot = tags.iter().fold(house(), |sketch, tag| sketch.tagged(tag)).snapshot();
            snapshot.train.named(&snapshot.repo, &v(version)).tag()
        };
        for (tags, expected) in [
            (&["v0.8.0+a"][..], "0.8.0+a"),
            (&["v0.8.0+a", "v0.8.0+b"], "0.8.0"),
            (&["v0.8.0+a", "v0.8.0"], "0.8.0"),
            (&["v0.8.1+a"], "0.8.0"),
        ] {
            assert_eq!(named(tags, "0.8.0"), expected, "{tags:?}");
        }
    }

    #[test]
    fn tags_of_no_release_are_told_with_what_to_write() {
        let note = |strays: &[(&str, Option<&str>)]| {
            let mut snapshot = house().snapshot();
            snapshot.train.strays = strays.iter().map(|(tag, found)| (tag.to_string(), found.map(v))).collect();
            snapshot.train.stray_note(&snapshot.workspace).unwrap_or_default()
        };
        assert_eq!(note(&[]), "");
        let one = "tag v3.0.0 is of no release of barter, which is at 0.9.3 in its commit: nothing is counted from it";
        assert_eq!(note(&[("v3.0.0", Some("0.9.3"))]), one);
        assert_eq!(
            note(&[("v10.0.0", None), ("v3.0.0", Some("0.9.3"))]),
            "tag v10.0.0 is of no release of barter, which is not in its commit: nothing is counted from it, nor from 1 other like it"
        );
        let own = |form: Form, driver: Option<&str>, more: usize| {
            let mut snapshot = house().snapshot();
            snapshot.train.config.form = form;
            snapshot.train.config.driver = driver.map(str::to_owned);
            snapshot.train.not_its_own(&snapshot.workspace, "v3.0.0", more)
        };
        let or = "or say `tag = \"v{version}\"` where they are its own, and name the version that follows them: cargo xtask release X.Y.Z";
        let what = "of no release of barter, which is at 0.9.3: the next one would be a step back among them";
        let table = "[workspace.metadata.trains.barter]";
        let tag = "tag = \"barter-v{version}\"";
        for (form, driver, more, expected) in [
            (
                Form::Table,
                Some("barter"),
                0,
                format!("train barter: tag v3.0.0 is {what}\nnext: say `{tag}` in {table}, {or}"),
            ),
            (
                Form::Absent,
                Some("barter"),
                2,
                format!(
                    "tag v3.0.0 and 2 others like it are {what}\nnext: give barter tags of its own in Cargo.toml, {or}\n\n{table}\ndriver = \"barter\"\n{tag}"
                ),
            ),
            (
                Form::Absent,
                None,
                1,
                format!(
                    "tag v3.0.0 and 1 other like it are {what}\nnext: give barter tags of its own in Cargo.toml, {or}\n\n{table}\n{tag}"
                ),
            ),
        ] {
            assert_eq!(own(form, driver, more), expected);
        }
        // There is nothing to choose between a form and itself.
        let same = house().configured("tag", json!("barter-v{version}")).snapshot();
        assert_eq!(
            same.train.not_its_own(&same.workspace, "barter-v3.0.0", 0),
            "train barter: tag barter-v3.0.0 is of no release of barter, which is at 0.9.3: the next one would be a step back among them\n\
             next: say `tag = \"barter-v{version}\"` in [workspace.metadata.trains.barter] where they are its own, and name the version that follows them: cargo xtask release X.Y.Z"
        );
        let formed = house().configured("tag", json!("owl-{version}")).snapshot();
        assert!(formed.train.not_its_own(&formed.workspace, "owl-3.0.0", 0).contains("say `tag = \"owl-{version}\"`"));
    }
}
