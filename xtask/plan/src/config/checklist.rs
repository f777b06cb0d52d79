//! The keys of the checklist: what the forge must confirm, and the commands that a train names as its proofs.
//! It must never hand a command to a shell: its words are split here, and mean nothing but themselves.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::finding::Check;

/// The proofs that are derived, and so need no command.
pub const DERIVED: [Check; 5] =
    [Check::CargoTest, Check::WheelTest, Check::MaturinDevelop, Check::Pytest, Check::Image];

/// What others confirm before a release goes out: the forge of a commit, and a person of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confirmed {
    /// All its checks concluded well.
    Ci,
    /// What came since the last release was approved by somebody other than its author.
    Review,
    /// README and website say what is released, which only a person can see.
    Website,
}

impl Confirmed {
    /// What `checklist` and `--waive` call it.
    pub fn name(self) -> &'static str {
        let check = match self {
            Confirmed::Ci => Check::Ci,
            Confirmed::Review => Check::Review,
            Confirmed::Website => Check::Website,
        };
        check.name()
    }
}

/// A command that must succeed before a release is committed.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamedProof {
    /// What `--waive` calls it.
    pub name: String,
    /// A program and its arguments; there is no shell.
    pub run: String,
    /// The directory that it runs in, from the workspace's root.
    #[serde(rename = "in", default)]
    pub dir: PathBuf,
}

impl NamedProof {
    /// The words of its command: at spaces, what stands in quotes kept together. `None` when a quote does not end.
    pub fn words(&self) -> Option<Vec<String>> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
        for c in self.run.chars() {
            match quote {
                Some(end) if c == end => quote = None,
                Some(_) => word.get_or_insert_default().push(c),
                None if c.is_whitespace() => words.extend(word.take()),
                None if c == '"' || c == '\'' => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                None => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        quote.is_none().then_some(words)
    }
}

/// What is wrong with how proofs are configured.
pub fn problems(proofs: &[NamedProof]) -> Vec<String> {
    let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let problem = |(index, proof): (usize, &NamedProof)| {
        let words = proof.words().unwrap_or_default();
        let problem = if proof.name.is_empty() || !proof.name.chars().all(is_kebab) {
            "its name must be of lowercase letters, digits and hyphens"
        } else if proofs[..index].iter().any(|other| other.name == proof.name) {
            "there are two of that name"
        } else if words.first().is_none_or(String::is_empty) {
            "`run` is not a program and its arguments"
        } else if words.iter().any(|word| ["|", "||", "&&", ";", ">", "<"].contains(&word.as_str())) {
            "`run` is one command without a shell: put more into a script, or into a second proof"
        } else {
            return None;
        };
        Some(format!("proof `{}`: {problem}", proof.name))
    };
    proofs.iter().enumerate().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_its_words() {
        let words = |run: &str| NamedProof { name: "x".to_owned(), run: run.to_owned(), dir: PathBuf::new() }.words();
        let reported = words("  cargo --config 'a = [\"-D\"]'  doc\t\"two words\"x '' ").unwrap();
        assert_eq!(reported, ["cargo", "--config", "a = [\"-D\"]", "doc", "two wordsx", ""]);
        assert_eq!((words("a \"b"), words("")), (None, Some(Vec::new())));
    }
}
