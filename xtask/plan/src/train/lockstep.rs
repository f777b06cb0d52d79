//! Whether the patches of a train moved it as a whole, where no configuration says how it is.
//! It must never take what one patch happened to change for a habit.

use super::Train;
use crate::{repo::Repo, version::Version};

/// As many patches are looked at, and two at least make a habit.
const LOOKED_AT: usize = 3;
const HABIT: usize = 2;

/// The tags of the last patches below `to`, newest first, where they can tell something that nobody configured.
pub fn telling<'r>(train: &Train, repo: &'r Repo, to: &Version) -> Vec<&'r str> {
    let is_patch = |found: &Version| found.is_final() && found.semver().patch > 0 && *found < to.base();
    let is_open = train.config.lockstep.is_none();
    let mut patches: Vec<_> = train.tags_in_use(repo).filter(|(found, _)| is_open && is_patch(found)).collect();
    patches.sort();
    let last: Vec<&str> = patches.into_iter().rev().take(LOOKED_AT).map(|(_, tag)| tag).collect();
    if last.len() < HABIT { Vec::new() } else { last }
}

/// Whether members had the driver's version in the commits of some patches: of each its version and theirs, those left out
/// that were not there.
pub fn is_habit(patches: &[(Option<Version>, Vec<Version>)]) -> bool {
    patches.iter().all(|(driver, others)| {
        let is_drivers = |other: &Version| driver.as_ref().is_some_and(|driver| driver.base() == other.base());
        !others.is_empty() && others.iter().all(is_drivers)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sketch::{Sketch, house, v};

    #[test]
    fn a_habit_has_no_exception() {
        let patch = |driver: &str, others: &[&str]| (Some(v(driver)), others.iter().map(|other| v(other)).collect());
        assert!(is_habit(&[patch("0.7.2", &["0.7.2", "0.7.2"]), patch("0.7.1", &["0.7.1"])]));
        assert!(!is_habit(&[patch("0.7.2", &["0.7.2", "0.7.2"]), patch("0.7.1", &["0.7.1", "0.7.0"])]));
        assert!(!is_habit(&[patch("0.7.2", &["0.7.2"]), patch("0.7.1", &[])]), "they are newer than that");
        assert!(!is_habit(&[(None, vec![v("0.7.2")]), patch("0.7.1", &["0.7.1"])]), "the driver was not there");
    }

    #[test]
    fn the_last_patches_tell_where_nobody_said() {
        let tags =
            ["v0.8.4", "v0.9.0", "v0.9.1", "v0.9.2", "v0.9.2-rc.1", "v0.9.3", "v0.9.4", "rollback/v0.9.4", "v0.9.5"];
        let sketch = tags.into_iter().fold(house(), Sketch::tagged);
        let told = |sketch: &Sketch, to: &str| {
            let snapshot = sketch.snapshot();
            telling(&snapshot.train, &snapshot.repo, &v(to)).join(" ")
        };
        for (to, expected) in [
            ("0.10.0", "v0.9.5 v0.9.3 v0.9.2"),
            ("0.9.5", "v0.9.3 v0.9.2 v0.9.1"),
            ("0.9.2", "v0.9.1 v0.8.4"),
            ("0.9.1", ""),
        ] {
            assert_eq!(told(&sketch, to), expected, "{to}");
        }
        assert_eq!(told(&sketch.configured("lockstep", "minor".into()), "0.10.0"), "", "it is configured");
    }
}
