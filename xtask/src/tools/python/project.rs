//! What a Python index says of a project: its versions, and what the newest one names as its repository.
//! It must never run anything of the project, nor build it to find out.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use xshell::Shell;

use super::{child, interpreter};
use crate::files::pyproject;

/// It knows the formats of indexes and packages from Python's own library; pip and uv show nothing of this.
const ASK: &str = include_str!("project.py");

/// Where Python looks when nothing else is said.
const PYPI: &str = "https://pypi.org/simple/";

/// What the index says of a project; nothing for a name that it does not know.
#[derive(Debug, Default, Deserialize, PartialEq)]
pub struct Project {
    /// Each with whether all its files are yanked.
    pub versions: BTreeMap<String, bool>,
    /// What it names, each with its label.
    links: Vec<(String, String)>,
}

impl Project {
    /// The addresses of its repository and home page.
    pub fn links(&self) -> Vec<String> {
        let named = self.links.iter().filter(|(label, _)| pyproject::is_link(label));
        named.map(|(_, url)| url.clone()).collect()
    }
}

/// The indexes on which a project is looked for, in their order.
pub fn indexes(variable: impl Fn(&str) -> Option<String>) -> Result<Vec<String>> {
    let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    // Where it is published to, when that is said.
    if let Some(url) = variable("UV_PUBLISH_CHECK_URL") {
        return Ok(vec![url]);
    }
    let named = |list: String| -> Vec<String> {
        // A name may stand before an address.
        let bare = |one: &str| match one.split_once('=') {
            Some((name, url)) if !name.contains("://") => url.to_owned(),
            _ => one.to_owned(),
        };
        list.split_whitespace().map(bare).collect()
    };
    let mut indexes = variable("UV_INDEX").or_else(|| variable("UV_EXTRA_INDEX_URL")).map(named).unwrap_or_default();
    let default = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"].into_iter().find_map(variable);
    if indexes.is_empty() && default.is_none() && variable("UV_PUBLISH_URL").is_some() {
        bail!(
            "UV_PUBLISH_URL says where projects go, and nothing says where they are listed: set UV_PUBLISH_CHECK_URL"
        );
    }
    let default = default.map(named).unwrap_or_else(|| vec![PYPI.to_owned()]);
    indexes.extend(default);
    Ok(indexes)
}

/// Whether projects go to an index of the user's own; that of a rehearsal stands for PyPI.
pub fn has_own_index() -> bool {
    let is_pypi = |url: &str| url.contains("upload.pypi.org") || url.starts_with("http://127.0.0.1:");
    std::env::var("UV_PUBLISH_URL").is_ok_and(|url| !url.trim().is_empty() && !is_pypi(&url))
}

/// Asks the first index that knows the project.
pub fn ask(sh: &Shell, name: &str) -> Result<Project> {
    let indexes = indexes(|name| std::env::var(name).ok())?;
    let python = interpreter::find(sh)?;
    let mut command = Command::new(&python.executable);
    // Nothing of the directory that it is called in, nor of the user's own modules.
    command.args(["-I", "-c", ASK, name]).args(indexes);
    let told = child::ask(command)?;
    if !told.ok() {
        bail!("the Python index could not be asked for {name}: {}", told.last_words());
    }
    serde_json::from_str(&told.out).with_context(|| format!("the Python index says of {name} what cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_looked_for_where_it_is_published() {
        type Set = &'static [(&'static str, &'static str)];
        let table: [(Set, &[&str]); 6] = [
            (&[], &[PYPI]),
            (&[("UV_PUBLISH_CHECK_URL", "http://a/simple/"), ("UV_INDEX", "http://b/")], &["http://a/simple/"]),
            (
                &[("UV_INDEX", "own=http://a/ http://b/"), ("PIP_INDEX_URL", "http://c/")],
                &["http://a/", "http://b/", "http://c/"],
            ),
            (&[("UV_DEFAULT_INDEX", "main=http://a/?x=y")], &["http://a/?x=y"]),
            (&[("PIP_INDEX_URL", "http://a/?x=y"), ("UV_PUBLISH_URL", "http://b/")], &["http://a/?x=y"]),
            (&[("PIP_INDEX_URL", " ")], &[PYPI]),
        ];
        for (set, expected) in table {
            let variable =
                |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(indexes(variable).unwrap(), expected, "{set:?}");
        }
        let elsewhere = |name: &str| (name == "UV_PUBLISH_URL").then(|| "http://b/".to_owned());
        assert!(indexes(elsewhere).unwrap_err().to_string().contains("UV_PUBLISH_CHECK_URL"));
    }

    #[test]
    fn only_repositories_and_home_pages_say_whose_it_is() {
        let text = r#"{"versions": {"1.0": false}, "links": [["Issues", "https://a/x/issues"], ["Source Code", "https://a/x"], ["homepage", "https://b"]]}"#;
        let project: Project = serde_json::from_str(text).unwrap();
        assert_eq!(project.links(), ["https://a/x", "https://b"]);
    }
}
