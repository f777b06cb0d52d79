//! The subjects of the commits that the tool makes: how each is written, and found again whatever a hook made of it.
//! It must never read a history: that is asked by whoever has one.

use crate::{config::Template, train::Train, version::Version, workspace::Workspace};

/// The commit that releases `version` of this train is found by its subject.
pub fn release(train: &Train, version: &Version) -> String {
    train.config.commit.fill(version)
}

/// Whether a commit is called as one of ours, but for what a hook or a forge puts before or behind: a ticket, a sign.
pub fn is_called(message: &str, ours: &str) -> bool {
    if message == ours {
        return true;
    }
    let (low, ours) = (message.to_lowercase(), ours.to_lowercase());
    let about = ["revert ", "merge ", "reapply ", "fixup! ", "squash! ", "amend! "];
    if ours.is_empty() || about.iter().any(|word| low.starts_with(word) && !ours.starts_with(word)) {
        return false;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '"';
    low.match_indices(&ours).any(|(at, found)| {
        let (before, after) = (&low[..at], &low[at + found.len()..]);
        let mut next = after.chars();
        // `release 0.8.0-rc.1` is another release, and `(#12)` a squash, which may hold more.
        let ends = match next.next() {
            Some(c) if is_word(c) => false,
            Some('-' | '+' | '.') => !next.next().is_some_and(char::is_alphanumeric),
            _ => true,
        };
        let is_squash = after.trim().starts_with("(#") && after.trim().ends_with(')');
        ends && !is_squash && !before.ends_with(is_word)
    })
}

/// The subjects of the commits that releases, and what follows them, make here: those of every train.
pub(crate) fn all(workspace: &Workspace, train: &Train) -> Vec<Template> {
    let commits = workspace.trains.iter().map(|train| &train.commit).chain([&train.config.commit]).cloned();
    let tags = workspace.trains.iter().filter_map(|train| train.tag.as_ref()).chain([&train.tag]);
    let after = tags.filter_map(|tag| Template::new(&follow_up(&tag.to_string())).ok());
    commits.chain(after).collect()
}

/// Whether a commit of that subject releases something: ours by its template, or release-plz's.
pub(crate) fn is_release(subjects: &[Template], subject: &str) -> bool {
    let is_back = subject.strip_prefix("Revert \"").and_then(|rest| rest.strip_suffix('"'));
    if is_back.is_some_and(|ours| subjects.iter().any(|template| template.version_in(ours).is_some())) {
        return true;
    }
    // A hook may have put a word before it, or behind it.
    let words: Vec<&str> = subject.split(' ').collect();
    let mut parts = (0..words.len()).flat_map(|from| (from + 1..=words.len()).map(move |to| (from, to)));
    let is_ours = |(from, to): (usize, usize)| {
        subjects.iter().any(|template| template.version_in(&words[from..to].join(" ")).is_some())
    };
    subjects.iter().any(|template| template.version_in(subject).is_some())
        || (words.len() < 12 && !subject.starts_with("Revert ") && parts.any(is_ours))
        || ["chore: release", "chore(release)"].iter().any(|start| subject.starts_with(start))
}

/// The subject of the commit by which it is found again; the tag keeps the trains apart.
pub fn follow_up(tag: &str) -> String {
    format!("after: release {tag}")
}

/// The commit that reverts the release of `version` is found by its subject.
pub fn rollback(train: &Train, version: &Version) -> String {
    format!("Revert \"{}\"", release(train, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_of_ours_is_found_whatever_a_hook_put_around_it() {
        for message in [
            "align: release 0.8.0",
            "[OWL-1] align: release 0.8.0",
            "Align: Release 0.8.0 [skip ci]",
            "✨ align: release 0.8.0",
            "align: release 0.8.0.",
            "align: release 0.8.0 - OWL-1",
            "align: release 0.8.0 (OWL-1)",
            "align: release 0.8.0 (#",
        ] {
            assert!(is_called(message, "align: release 0.8.0"), "{message}");
        }
        for message in [
            "",
            "align: release 0.8.01",
            "align: release 0.8.0-rc.1",
            "align: release 0.8.0+post.1",
            "align: release 0.8.0.1",
            "align: release 0.8.0 (#12)",
            "realign: release 0.8.0",
            "Revert \"align: release 0.8.0\"",
            "the commit \"align: release 0.8.0 again",
            "Merge align: release 0.8.0",
            "fixup! align: release 0.8.0",
        ] {
            assert!(!is_called(message, "align: release 0.8.0"), "{message}");
        }
        assert!(is_called("OWL-1 Revert \"owl 0.8.0\" now", "Revert \"owl 0.8.0\""));
        assert!(is_called("revert \"owl 0.8.0\" now", "Revert \"owl 0.8.0\""));
        assert!(is_called("", "") && !is_called("anything", ""));
    }

    #[test]
    fn a_release_is_told_by_its_subject() {
        let subjects = [Template::new("align: release {version}").unwrap()];
        let ten = "one two three four five six seven eight nine";
        for subject in [
            "align: release 0.8.0",
            "OWL-1 align: release 0.8.0 [skip ci]",
            &format!("{} align: release 0.8.0", &ten[..ten.len() - 5]),
            "Revert \"align: release 0.8.0\"",
            "chore: release",
            "chore(release): owl",
        ] {
            assert!(is_release(&subjects, subject), "{subject}");
        }
        for subject in [
            "",
            "feat: owls",
            "align: release",
            "Revert align: release 0.8.0",
            "Revert \"feat: owls\"",
            &format!("{ten} align: release 0.8.0"),
        ] {
            assert!(!is_release(&subjects, subject), "{subject}");
        }
    }
}
