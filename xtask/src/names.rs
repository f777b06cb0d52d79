//! Words that become arguments of other programs: what no program takes for an option, and what git takes for the name
//! of a branch or tag. It must never ask git: what is configured is refused before any program is called with it.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::visible;

/// A word that no program takes for an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word(String);

/// The name of a branch, as git takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch(String);

impl Word {
    pub fn parse(text: &str) -> Result<Word, String> {
        check_word(text).map(|()| Word(text.to_owned()))
    }
}

impl Branch {
    pub fn parse(text: &str) -> Result<Branch, String> {
        check_ref(text).map(|()| Branch(text.to_owned()))
    }
}

/// Refuses what a program would take for an option, and what cannot be shown on one line.
pub fn check_word(text: &str) -> Result<(), String> {
    let why = if text.is_empty() {
        "is empty"
    } else if text.starts_with('-') {
        "begins with `-`, and other programs would take it for an option"
    } else if text.contains(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    Err(format!("`{}` {why}", visible::line(text)))
}

/// Refuses what git takes for no name of a branch or tag: the rules of git-check-ref-format(1), and those that `git branch`
/// and `git tag` add to them.
pub fn check_ref(name: &str) -> Result<(), String> {
    check_word(name)?;
    const FORBIDDEN: [char; 8] = [' ', '~', '^', ':', '?', '*', '[', '\\'];
    let parts = || name.split('/');
    let forbidden = name.chars().find(|c| FORBIDDEN.contains(c));
    let why = if let Some(c) = forbidden {
        format!("holds `{c}`")
    } else if parts().any(str::is_empty) {
        "has an empty part before, between or after its slashes".to_owned()
    } else if parts().any(|part| part.starts_with('.')) {
        "has a part that begins with `.`".to_owned()
    } else if let Some(end) = [".lock", "."].iter().find(|end| name.ends_with(*end)) {
        format!("ends with `{end}`")
    } else if parts().any(|part| part.ends_with(".lock")) {
        "has a part that ends with `.lock`".to_owned()
    } else if let Some(held) = ["..", "@{"].iter().find(|held| name.contains(*held)) {
        format!("holds `{held}`")
    } else if ["@", "HEAD"].contains(&name) {
        "is a name that git keeps for itself".to_owned()
    } else {
        return Ok(());
    };
    Err(format!("`{name}` {why}, and git takes it for no name of a branch or tag"))
}

/// Refuses what cargo takes for no name of a registry.
pub fn check_registry(name: &str) -> Result<(), String> {
    check_word(name)?;
    match name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) {
        true => Ok(()),
        false => Err(format!("`{name}` is no name of a registry, which holds letters, digits, `-` and `_`")),
    }
}

/// The ref that keeps git from making one of that name: names with a slash are directories, and a name is not both.
pub fn in_the_way<'o>(name: &str, mut others: impl Iterator<Item = &'o String>) -> Option<&'o str> {
    let is_below = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
    others.find(|other| is_below(name, other) || is_below(other, name)).map(String::as_str)
}

/// Refuses what would not come back as it was written from the first line of a commit's message.
pub fn check_subject(subject: &str) -> Result<(), String> {
    let why = if subject.trim().is_empty() {
        "is empty"
    } else if subject.contains(char::is_control) {
        "is not one line of text"
    } else if subject.trim() != subject {
        "begins or ends with a space"
    } else {
        return Ok(());
    };
    Err(format!("`{}` {why}, and cannot be the subject of a commit", visible::line(subject)))
}

macro_rules! text {
    ($name:ident) => {
        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                $name::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

text!(Word);
text!(Branch);

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// git's own word on it; where there is no repository, it takes every name as it is written.
    fn git_takes(name: &str) -> bool {
        let mut git = Command::new("git");
        git.args(["check-ref-format", "--branch", name]).current_dir("/").env("GIT_DIR", "/nowhere");
        git.output().unwrap().status.success()
    }

    fn is_like_git(name: &str) {
        // git's rules let these pass, but nobody can type the first or see the others.
        let reserved = name == "@" || name.contains(|c| ('\u{80}'..='\u{9f}').contains(&c));
        assert_eq!(check_ref(name).is_ok(), git_takes(name) && !reserved, "{name:?}: {:?}", check_ref(name));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn names_are_those_that_git_takes(name in name()) {
            is_like_git(&name);
        }
    }

    /// Names close to the rules: mostly right, with parts that are not.
    fn name() -> impl Strategy<Value = String> {
        let parts = vec![
            "v",
            "1.2.3",
            "release",
            "ü",
            "-",
            ".",
            "..",
            "/",
            "//",
            ".lock",
            "lock",
            "@",
            "{",
            "@{",
            "HEAD",
            " ",
            "~",
            "^",
            ":",
            "?",
            "*",
            "[",
            "]",
            "\\",
            "\t",
            "\u{1b}",
            "\u{7f}",
            "\u{9b}",
            "}",
            "!",
            "\"",
            "'",
            "$",
            "%",
            "&",
            "(",
            "<",
            "|",
            "#",
            "+",
            "=",
            "refs/heads/",
            "\n",
        ];
        prop::collection::vec(prop::sample::select(parts), 0..5).prop_map(|parts| parts.concat())
    }

    #[test]
    fn every_rule_of_git_is_known() {
        for name in [
            "", "v1", "-v1", ".v1", "a/.b", "a.lock", "a.lock/b", "a..b", "a b", "a~b", "a^b", "a:b", "a?b", "a*b",
            "a[b", "a\\b", "/a", "a/", "a//b", "a.", "a@{b", "@", "a@b", "a\u{9b}b", "HEAD", "a/HEAD", "a\tb",
            "a\u{7f}", "ü", "a/-b", "@{-1}", "a.locks", "a./b",
        ] {
            is_like_git(name);
        }
    }

    #[test]
    fn names_that_keep_each_other_away_are_known() {
        let refs = ["owl".to_owned(), "a/b/c".to_owned()];
        for (name, other) in [
            ("owl/1", Some("owl")),
            ("a/b", Some("a/b/c")),
            ("a", Some("a/b/c")),
            ("owl", None),
            ("owl-1", None),
            ("a/b/d", None),
            ("a/bc", None),
        ] {
            assert_eq!(in_the_way(name, refs.iter()), other, "{name}");
        }
    }

    #[test]
    fn a_refusal_names_the_value_and_shows_it_on_one_line() {
        let told = |text: &str| check_word(text).unwrap_err();
        assert_eq!(
            told("--upload-pack=x"),
            "`--upload-pack=x` begins with `-`, and other programs would take it for an option"
        );
        assert_eq!(told("a\u{1b}[2J\nb"), "`a\\u{1b}[2J\\nb` holds a control character");
        assert_eq!(told(""), "`` is empty");
        assert!(check_ref("a b").unwrap_err().starts_with("`a b` holds ` `, and git takes it"));
        for (name, is_one) in [("private", true), ("p_1-x", true), ("--index", false), ("a\", git = \"x", false)] {
            assert_eq!(check_registry(name).is_ok(), is_one, "{name}");
        }
        for subject in ["", " ", "release 1\n\nmore", "a\tb", " a"] {
            assert!(check_subject(subject).is_err(), "{subject:?}");
        }
        assert_eq!(check_subject("release v1.2.3 (ü)"), Ok(()));
    }
}
