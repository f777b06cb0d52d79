//! What a Python index says of a project: its versions, and what the newest one names as its repository.
//! It must never run anything of the project, nor build it to find out.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use xshell::Shell;

use super::{child, index::Index, interpreter};
use crate::files::pyproject;

/// It knows the formats of indexes and packages from Python's own library; pip and uv show nothing of this.
const ASK: &str = include_str!("project.py");

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

/// Asks the first index that knows the project.
pub fn ask(sh: &Shell, name: &str, index: &Index) -> Result<Project> {
    ask_for(sh, &[name, "links"], name, index)
}

/// Its versions alone, for which no file of it is fetched: each with whether all its files are yanked.
pub fn versions(sh: &Shell, name: &str, index: &Index) -> Result<BTreeMap<String, bool>> {
    Ok(ask_for(sh, &[name], name, index)?.versions)
}

fn ask_for(sh: &Shell, words: &[&str], name: &str, index: &Index) -> Result<Project> {
    let python = interpreter::find(sh)?;
    let mut command = Command::new(&python.executable);
    // Nothing of the directory that it is called in, nor of the user's own modules.
    command.args(["-I", "-c", ASK]).args(words).env("XTASK_INDEXES", index.addresses().join(" "));
    let told = child::ask_far(command)?;
    if !told.ok() {
        if let Some(status) = child::refused(&told) {
            bail!(index.closed(&status));
        }
        bail!("the Python index could not be asked for {name}: {}", told.last_words());
    }
    serde_json::from_str(&told.out).with_context(|| format!("the Python index says of {name} what cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_repositories_and_home_pages_say_whose_it_is() {
        let text = r#"{"versions": {"1.0": false}, "links": [["Issues", "https://a/x/issues"], ["Source Code", "https://a/x"], ["homepage", "https://b"]]}"#;
        let project: Project = serde_json::from_str(text).unwrap();
        assert_eq!(project.links(), ["https://a/x", "https://b"]);
    }
}
