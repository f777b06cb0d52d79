//! What a Python index says of a project: its versions, and what the newest one names as its repository.
//! It must never run anything of the project, nor build it to find out.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use xshell::Shell;

use super::{child, index::Index, interpreter};
use plan::files::pyproject;

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

/// The versions of a project, for which no file of it is fetched: each with whether all its files are yanked.
pub fn versions(sh: &Shell, name: &str, index: &Index) -> Result<BTreeMap<String, bool>> {
    Ok(ask(sh, name, &[], index)?.versions)
}

/// Asks the first index that knows the project: `links` for those of its newest version too, `links VERSION` for those of
/// another.
pub fn ask(sh: &Shell, name: &str, wanted: &[&str], index: &Index) -> Result<Project> {
    let python = interpreter::find(sh)?;
    let mut command = Command::new(&python.executable);
    // Nothing of the directory that it is called in, nor of the user's own modules.
    command.args(["-I", "-S", "-c", ASK]).arg(name).args(wanted).env("XTASK_INDEXES", index.addresses()?.join(" "));
    let output = child::ask_far(command)?;
    if !output.ok() {
        if let Some(status) = child::refused(&output) {
            bail!(index.closed(&status));
        }
        bail!("the Python index did not answer for {name}: {}", output.last_lines());
    }
    serde_json::from_str(&output.out).with_context(|| format!("the Python index says of {name} what cannot be read"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        inherited::is_outside_of_a_rehearsal,
        repo::TempDir,
        tools::http::served::{Chance, Reads, Served, Strange},
    };

    /// Whose it is stands in a file of the project, and not on its page.
    #[test]
    fn a_project_of_which_no_file_is_to_be_had_is_nobodys_yet() {
        let name = "tools::python::project::tests::a_project_of_which_no_file_is_to_be_had_is_nobodys_yet";
        if !is_outside_of_a_rehearsal(name) {
            return;
        }
        let answer = |status: u16, head: &str| Served {
            reads: Reads::Nothing,
            bytes: format!("HTTP/1.1 {status} x\r\n{head}\r\n").into_bytes(),
            status: Some(status),
            pause: Duration::ZERO,
            is_refusal: false,
            is_receipt: false,
        };
        let empty = "Content-Length: 0\r\n";
        let answers = vec![
            answer(503, empty),
            answer(403, empty),
            answer(200, "Content-Length: 9\r\n"),
            answer(404, empty),
            answer(200, empty),
        ];
        let server = Strange::serve(answers.into(), |first| {
            first.contains("/lark/ ").then(|| "<a href=\"lark-0.8.0-py3-none-any.whl\">it</a>".to_owned())
        });
        let (sh, dir) = (Shell::new().unwrap(), TempDir::new().unwrap());
        for (at, is_heard) in [false, false, false, true, true].into_iter().enumerate() {
            let message = format!("check-url = \"http://{}/answer-{at}/\"\n", server.address);
            std::fs::write(dir.path().join("uv.toml"), message).unwrap();
            let output = ask(&sh, "lark", &["links"], &Index::of(dir.path()).unwrap());
            match output {
                Ok(output) => {
                    assert!(is_heard && output.links().is_empty() && output.versions.len() == 1, "{at}: {output:?}")
                }
                Err(error) => assert!(!is_heard && format!("{error:#}").contains("127.0.0.1"), "{at}: {error:#}"),
            }
        }
    }

    #[test]
    fn each_version_names_a_repository_of_its_own() {
        let name = "tools::python::project::tests::each_version_names_a_repository_of_its_own";
        if !is_outside_of_a_rehearsal(name) {
            return;
        }
        let server = Strange::serve(vec![Served::make(&mut Chance(0))].into(), |first| {
            let file = |version: &str| {
                format!("<a href=\"lark-{version}-py3-none-any.whl\" data-core-metadata=\"true\">it</a>\n")
            };
            let named =
                |owner: &str| format!("Name: lark\nProject-URL: Source, https://forge.example/{owner}/lark\n\n");
            let is_of = |version: &str| first.contains(&format!("lark-{version}-py3-none-any.whl.metadata "));
            Some(match (is_of("0.7.3"), is_of("0.8.0")) {
                (true, _) => named("we"),
                (_, true) => named("they"),
                _ => file("0.7.3") + &file("0.8.0"),
            })
        });
        let (sh, dir) = (Shell::new().unwrap(), TempDir::new().unwrap());
        let message = format!("check-url = \"http://{}/answer-0/\"\n", server.address);
        std::fs::write(dir.path().join("uv.toml"), message).unwrap();
        let index = Index::of(dir.path()).unwrap();
        assert_eq!(ask(&sh, "lark", &["links"], &index).unwrap().links(), ["https://forge.example/they/lark"]);
        assert_eq!(ask(&sh, "lark", &["links", "0.7.3"], &index).unwrap().links(), ["https://forge.example/we/lark"]);
        assert!(ask(&sh, "lark", &["links", "0.7.2"], &index).unwrap().links().is_empty());
    }

    #[test]
    fn only_repositories_and_home_pages_say_whose_it_is() {
        let text = r#"{"versions": {"1.0": false}, "links": [["Issues", "https://a/x/issues"], ["Source Code", "https://a/x"], ["homepage", "https://b"]]}"#;
        let project: Project = serde_json::from_str(text).unwrap();
        assert_eq!(project.links(), ["https://a/x", "https://b"]);
    }
}
