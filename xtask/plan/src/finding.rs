//! What a check finds, and the names of all checks, as `--waive`, `--json` and the tags have them.
//! It must never know how something is found.

use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::{edit::first_of, names::named, problem::Problem};

named! {
    /// A check of a state or a plan, a row of the checklist, or a derived proof. The train's own proofs have names that
    /// are none of these.
    Check {
        Branch "branch",
        BuildMetadata "build-metadata",
        CargoTest "cargo-test",
        ChangedCrates "changed-crates",
        Changelog "changelog",
        Ci "ci",
        Configuration "configuration",
        Contents "contents",
        Crates "crates",
        Dependencies "dependencies",
        Deployments "deployments",
        DevCycle "dev-cycle",
        Development "development",
        DirtyTree "dirty-tree",
        DynamicVersion "dynamic-version",
        GitLock "git-lock",
        Image "image",
        Images "images",
        InProgress "in-progress",
        Later "later",
        Lock "lock",
        Lockstep "lockstep",
        MaturinDevelop "maturin-develop",
        Metadata "metadata",
        NothingToRelease "nothing-to-release",
        PathOnly "path-only",
        Previous "previous",
        PublishableWheel "publishable-wheel",
        Pytest "pytest",
        PythonVersion "python-version",
        ReadBack "read-back",
        RegistryConfiguration "registry-configuration",
        RegistryContent "registry-content",
        RegistryNames "registry-names",
        RegistryYanked "registry-yanked",
        Requirements "requirements",
        Review "review",
        RolledBack "rolled-back",
        Sources "sources",
        Tag "tag",
        Templates "templates",
        Version "version",
        VersionFiles "version-files",
        Website "website",
        WheelTest "wheel-test",
        WheelVersion "wheel-version",
        Wheels "wheels",
        Workflows "workflows",
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub check: Check,
    #[serde(flatten)]
    pub problem: Problem,
    /// The files that it is true of, where it may be true of several.
    #[serde(skip)]
    pub places: Vec<String>,
    /// What people are told of it first, where `what` lists much.
    #[serde(skip)]
    brief: Option<String>,
}

impl Deref for Finding {
    type Target = Problem;

    fn deref(&self) -> &Problem {
        &self.problem
    }
}

impl Finding {
    pub fn new(check: Check, what: impl Into<String>, next: impl Into<String>) -> Finding {
        Finding { check, problem: Problem::new(what, next), places: Vec::new(), brief: None }
    }

    /// What is true of each of these places, and follows their names in `what`.
    pub fn of_many(check: Check, places: &[String], joint: &str, what: &str, next: String) -> Finding {
        let (all, first) = (places.join(joint), first_of(places));
        let brief = (all.len() > first.len()).then(|| format!("{first}{what}"));
        Finding { places: places.to_vec(), brief, ..Finding::new(check, format!("{all}{what}"), next) }
    }

    pub fn in_brief(&self) -> &str {
        self.brief.as_ref().unwrap_or(&self.what)
    }

    /// Whether it tells the same as another one; what to do about that may depend on who tells it.
    pub fn is_of(&self, other: &Finding) -> bool {
        self.check == other.check && self.what == other.what
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_found_by_its_name_in_json_too() {
        for check in Check::ALL {
            assert_eq!(Check::named(&check.to_string()), Some(*check));
            assert_eq!(serde_json::to_value(check).unwrap(), check.name());
        }
        assert_eq!(Check::named("dirty-tre"), None);
    }
}
