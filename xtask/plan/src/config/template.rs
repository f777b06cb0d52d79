//! A name or subject in which `{version}` stands once: of tags, branches and commits.
//! It must never be one that git does not take, whatever the version.

use std::{collections::BTreeMap, fmt, ops::Bound};

use anyhow::{Result, bail};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::TrainConfig;
use crate::{
    names::{check_release, check_subject},
    version::{Dialect, Version},
    visible,
};

/// A text in which `{version}` stands once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Template(String);

impl TryFrom<String> for Template {
    type Error = anyhow::Error;

    fn try_from(text: String) -> Result<Template> {
        Template::new(&text)
    }
}

impl Template {
    pub const SLOT: &'static str = "{version}";

    pub fn new(text: &str) -> Result<Template> {
        match text.matches(Template::SLOT).count() {
            1 => Ok(Template(text.to_owned())),
            n => bail!("`{text}` holds `{{version}}` {n} times, expected once"),
        }
    }

    pub fn fill(&self, version: &Version) -> String {
        self.0.replace(Template::SLOT, &version.tag())
    }

    /// Filled in with some version.
    pub(super) fn sample(&self) -> String {
        self.0.replace(Template::SLOT, "0.1.0")
    }

    /// Holds it against the rules of what it names, filled in: a version adds digits, letters and dots between them.
    fn checked(self, check: impl Fn(&str) -> Result<(), String>) -> Result<Template, String> {
        match check(&self.sample()) {
            Ok(()) => Ok(self),
            Err(why) => Err(format!("`{}`, filled in: {why}", visible::line(&self.0))),
        }
    }

    /// Whether a text of this form can be one of the other, too, or a directory of one: git keeps no two such names.
    pub fn meets(&self, other: &Template) -> bool {
        let versions = ["0.1.0", "1.2.3-rc.1", "1.2.3.post1"];
        let versions = versions.into_iter().filter_map(|text| Version::parse(text, Dialect::Tag).ok());
        let meets = |version: &Version| {
            other.version_in(&self.fill(version)).is_some()
                || self.version_in(&other.fill(version)).is_some()
                || self.is_directory_of(&other.fill(version))
                || other.is_directory_of(&self.fill(version))
        };
        versions.into_iter().any(|version| meets(&version))
    }

    /// Whether a directory of the name has this form.
    fn is_directory_of(&self, name: &str) -> bool {
        name.match_indices('/').any(|(at, _)| self.version_in(&name[..at]).is_some())
    }

    /// The version in a text of this form.
    pub fn version_in(&self, text: &str) -> Option<Version> {
        let (before, after) = self.0.split_once(Template::SLOT)?;
        between(text, before, after)
    }

    /// Those of some names that have this form, each with its version. A repository may have very many of others, and only
    /// the names that begin as this form does are looked at.
    pub fn among<'n, V>(&self, names: &'n BTreeMap<String, V>) -> impl Iterator<Item = (Version, &'n str)> {
        self.0.split_once(Template::SLOT).into_iter().flat_map(|(before, after)| {
            let from =
                names.range::<str, _>((Bound::Included(before), Bound::Unbounded)).map(|(name, _)| name.as_str());
            let alike = from.take_while(move |name| name.starts_with(before));
            alike.filter_map(move |name| Some((between(name, before, after)?, name)))
        })
    }
}

fn between(text: &str, before: &str, after: &str) -> Option<Version> {
    Version::parse(text.strip_prefix(before)?.strip_suffix(after)?, Dialect::Tag).ok()
}

/// The commit message when none is configured.
impl Default for Template {
    fn default() -> Template {
        Template("release {version}".to_owned())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of a tag or a branch.
pub(super) fn ref_template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Template>, D::Error> {
    let template = Option::<Template>::deserialize(deserializer)?;
    template.map(|template| template.checked(check_release)).transpose().map_err(de::Error::custom)
}

pub(super) fn subject_template<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Template, D::Error> {
    Template::deserialize(deserializer)?.checked(check_subject).map_err(de::Error::custom)
}

/// What is wrong with templates of two trains that can give the same name.
pub(super) fn shared<'c>(
    trains: &'c [TrainConfig],
    key: &str,
    of: impl Fn(&'c TrainConfig) -> Option<&'c Template>,
) -> Vec<(String, String)> {
    let named: Vec<_> = trains.iter().filter_map(|train| Some((train.name.as_str(), of(train)?))).collect();
    let mut problems = Vec::new();
    for (nth, (name, one)) in named.iter().enumerate() {
        for (other, theirs) in named[..nth].iter().filter(|(_, theirs)| one.meets(theirs)) {
            let (train, another) = apart(name, (other, theirs));
            let place = if train == *name { "write another one" } else { "write another one there" };
            problems.push((name.to_string(), format!(
                "`{key} = \"{one}\"` can be a {key} of train {other}, too, whose are \"{theirs}\": {place}, as \"{another}\""
            )));
        }
    }
    problems
}

/// Which of two trains takes another template, and which: the other one, where it has taken the first one's name.
pub fn apart<'n>(name: &'n str, (other, theirs): (&'n str, &Template)) -> (&'n str, Template) {
    let named = |train: &str| Template(format!("{train}-v{}", Template::SLOT));
    match named(name).meets(theirs) {
        true => (other, named(other)),
        false => (name, named(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_form_are_found_among_others() {
        let names = ["0.1.0", "light-v0.1.0", "u1.0.0", "v", "v0.1.0", "v0.1.0-linux", "v0.2.0-rc.1", "vx", "w1.0.0"];
        let names: BTreeMap<String, ()> = names.into_iter().map(|name| (name.to_owned(), ())).collect();
        for (form, expected) in [
            ("v{version}", &["v0.1.0", "v0.1.0-linux", "v0.2.0-rc.1"][..]),
            ("{version}", &["0.1.0"]),
            ("v{version}-linux", &["v0.1.0-linux"]),
            ("light-v{version}", &["light-v0.1.0"]),
            ("x{version}", &[]),
        ] {
            let form = Template::new(form).unwrap();
            let found: Vec<&str> = form.among(&names).map(|(_, name)| name).collect();
            assert_eq!(found, expected, "{form}");
            assert!(form.among(&names).all(|(version, name)| form.version_in(name) == Some(version)));
        }
    }
}
