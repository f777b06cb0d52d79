//! Words that become arguments of other programs: what no program takes for an option, and what git takes for the name
//! of a branch or tag. It must never ask git: what is configured is refused before any program is called with it.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::visible;

/// An enumeration whose values have names, in the order of the table.
macro_rules! named {
    ($(#[$doc:meta])* $enum:ident { $($(#[$about:meta])* $value:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[$about])* $value,)*
        }

        impl $enum {
            pub const ALL: &[$enum] = &[$($enum::$value,)*];

            pub const fn name(self) -> &'static str {
                match self {
                    $($enum::$value => $name,)*
                }
            }

            pub fn named(name: &str) -> Option<$enum> {
                $enum::ALL.iter().copied().find(|value| value.name() == name)
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use named;

/// A word that no program takes for an option, and that stands in a command to type as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SafeName(String);

/// The name of a branch, as git takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch(String);

impl SafeName {
    pub fn parse(text: &str) -> Result<SafeName, String> {
        check_no_password(text)?;
        check_name(text)?;
        check_typed(text).map(|()| SafeName(text.to_owned()))
    }
}

impl Branch {
    pub fn parse(text: &str) -> Result<Branch, String> {
        check_ref(text).map(|()| Branch(text.to_owned()))
    }
}

/// Refuses what registries take for no name of an image (the `path-component` of the distribution's `reference`).
pub fn check_image(name: &str) -> Result<(), String> {
    check_parts(name).map_err(|why| format!("`{name}` is no name of an image: {why}"))
}

/// Refuses what an image's name cannot be put behind.
pub fn check_image_registry(registry: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("`{registry}` is no HOST/NAMESPACE of an image registry: {why}"));
    if registry.contains("://") {
        return refused("write it without the scheme");
    }
    let place = registry.strip_suffix('/').unwrap_or(registry);
    let (place, namespace) = place.split_once('/').map_or((place, None), |(host, rest)| (host, Some(rest)));
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let host = match place.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => place,
    };
    let is_address = host.starts_with('[') && host.ends_with(']');
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if !is_address && !is_name {
        return refused(&format!("`{place}` is not HOST or HOST:PORT"));
    }
    namespace.map_or(Ok(()), check_parts).or_else(|why| refused(&why))
}

fn check_parts(path: &str) -> Result<(), String> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_right = |part: &str| {
        let between = part.split(is_word).filter(|between| !between.is_empty());
        part.starts_with(is_word)
            && part.ends_with(is_word)
            && between
                .into_iter()
                .all(|between| [".", "_", "__"].contains(&between) || between.chars().all(|c| c == '-'))
    };
    match path.split('/').find(|part| !is_right(part)) {
        Some(part) => {
            Err(format!("`{part}` is not of lowercase letters and digits, with `.`, `_` or `-` between them"))
        }
        None => Ok(()),
    }
}

/// Refuses what a program would take for an option, and what cannot be shown on one line.
pub fn check_name(text: &str) -> Result<(), String> {
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

/// Refuses what a shell would not take as it is: proposed commands hold what is configured, and are copied.
fn check_typed(text: &str) -> Result<(), String> {
    let is_meant = |c: &char| c.is_whitespace() || "$`;&|<>()'\"#!*?\\{}".contains(*c);
    match text.chars().find(is_meant) {
        None => Ok(()),
        Some(c) => Err(format!(
            "`{text}` holds `{c}`, which a shell gives a meaning: a command that names it could not be typed; write it without"
        )),
    }
}

/// Refuses an address with a password or token: it would be read in the file, and in what is told.
fn check_no_password(text: &str) -> Result<(), String> {
    let address = text.split_once("://").and_then(|(scheme, rest)| {
        let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
        (scheme.starts_with("http") || user.contains(':')).then(|| without_user(text))
    });
    match address {
        None => Ok(()),
        Some(address) => Err(format!(
            "`{address}` is written with a user or password before the host, for all to read: leave it out and let git ask its credential helper, or name a remote of the repository"
        )),
    }
}

/// An address without what may be a password in it.
pub fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(start), Some(at)) if start + 3 < at => format!("{}{}", &url[..start + 3], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

/// Refuses what git takes for no name of a branch or tag: the rules of git-check-ref-format(1), and those that `git branch`
/// and `git tag` add to them. And what could not be typed in a command, or holds the directory that git puts it in.
pub fn check_ref(name: &str) -> Result<(), String> {
    check_name(name)?;
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
    } else if let Some(dir) = ["refs/heads/", "refs/tags/", "refs/"].iter().find(|dir| name.starts_with(*dir)) {
        return Err(format!("`{name}` begins with `{dir}`, which git adds itself: write it without"));
    } else {
        return check_typed(name);
    };
    Err(format!("`{name}` {why}, and git takes it for no name of a branch or tag"))
}

/// What the tags begin with that say what was rolled back.
pub const ROLLBACK: &str = "rollback/";

/// What the branches begin with on which hotfixes are made.
pub const HOTFIX: &str = "hotfix/";

/// Refuses a name of releases that would be taken for a rollback's or a hotfix's.
pub fn check_release(name: &str) -> Result<(), String> {
    check_ref(name)?;
    match [(ROLLBACK, "rollbacks"), (HOTFIX, "hotfixes")].iter().find(|(own, _)| name.starts_with(own)) {
        Some((own, whose)) => {
            Err(format!("`{name}` begins with `{own}`, which is kept for {whose}: let it begin with another word"))
        }
        None => Ok(()),
    }
}

/// How the variables begin in which cargo looks for what is said of a registry.
pub fn variables_of(registry: &str) -> String {
    format!("CARGO_REGISTRIES_{}", registry.to_uppercase().replace('-', "_"))
}

/// The variable that says where a registry's index is.
pub fn index_variable(registry: &str) -> String {
    format!("{}_INDEX", variables_of(registry))
}

/// Refuses what cargo takes for no name of a registry.
pub fn check_registry(name: &str) -> Result<(), String> {
    check_name(name)?;
    match name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) {
        true => Ok(()),
        false => Err(format!("`{name}` is no name of a registry, which holds letters, digits, `-` and `_`")),
    }
}

/// The ref that keeps git from making one of that name: names with a slash are directories, and a name is not both.
pub fn blocking<'o>(name: &str, mut others: impl Iterator<Item = &'o String>) -> Option<&'o str> {
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

text!(SafeName);
text!(Branch);

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// git's own word on it; where there is no repository, it takes every name as it is written.
    #[expect(clippy::disallowed_methods, reason = "the test alone asks git")]
    fn git_takes(name: &str) -> bool {
        let mut git = Command::new("git");
        git.args(["check-ref-format", "--branch", name]).current_dir("/").env("GIT_DIR", "/nowhere");
        git.output().unwrap().status.success()
    }

    fn is_like_git(name: &str) {
        // git's rules let these pass, but nobody can type the first, see the next, write the others in a command, or mean the last.
        let reserved = name == "@"
            || name.contains(|c| ('\u{80}'..='\u{9f}').contains(&c))
            || name.contains(['$', '`', ';', '&', '|', '<', '>', '(', ')', '\'', '"', '#', '!', '{', '}'])
            || name.starts_with("refs/");
        assert_eq!(check_ref(name).is_ok(), git_takes(name) && !reserved, "{name:?}: {:?}", check_ref(name));
    }

    proptest! {
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
            "`",
            ";",
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
    fn what_is_configured_can_be_typed_in_a_command() {
        for sign in " $`;&|<>()'\"#!*?\\{}".chars() {
            let reported = SafeName::parse(&format!("a{sign}b")).unwrap_err();
            assert!(reported.contains(&format!("holds `{sign}`, which a shell gives a meaning")), "{reported}");
        }
        assert!(Branch::parse("v$(id)").unwrap_err().contains("holds `$`, which a shell gives a meaning"));
        for remote in
            ["origin", "../remote.git", "ssh://git@host:22/r", "git@host:a/r", "C:/x", "~/r", "https://host/@a/r"]
        {
            assert_eq!(SafeName::parse(remote).as_deref(), Ok(remote));
        }
        assert_eq!(Branch::parse("ü/a-b_c@d+e=f,g%h").as_deref(), Ok("ü/a-b_c@d+e=f,g%h"));
    }

    #[test]
    fn no_password_is_taken_or_shown() {
        for remote in ["https://u:p@ss@host/r", "https://p@host/r", "ssh://u:p@host/r", "http://u:p$@host/r"] {
            let reported = SafeName::parse(remote).unwrap_err();
            assert!(reported.contains("://host/r` is written with a user or password"), "{reported}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_user() {
        for (address, shown) in [
            ("https://ada:secret@forge.example/owl", "https://forge.example/owl"),
            ("https://a@b@forge.example/owl", "https://forge.example/owl"),
            ("https://forge.example/owl", "https://forge.example/owl"),
            ("https://@forge.example/owl", "https://@forge.example/owl"),
            ("git@forge.example:owl", "git@forge.example:owl"),
            ("a@b://c", "a@b://c"),
        ] {
            assert_eq!(without_user(address), shown);
        }
    }

    #[test]
    fn a_directory_of_git_is_not_written_before_a_name() {
        for (name, dir) in [("refs/tags/v1", "refs/tags/"), ("refs/heads/main", "refs/heads/"), ("refs/x", "refs/")] {
            let reported = check_ref(name).unwrap_err();
            assert_eq!(reported, format!("`{name}` begins with `{dir}`, which git adds itself: write it without"));
        }
        assert_eq!(check_ref("a/refs/tags"), Ok(()));
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
            assert_eq!(blocking(name, refs.iter()), other, "{name}");
        }
    }

    #[test]
    fn a_refusal_names_the_value_and_shows_it_on_one_line() {
        let reported = |text: &str| check_name(text).unwrap_err();
        assert_eq!(
            reported("--upload-pack=x"),
            "`--upload-pack=x` begins with `-`, and other programs would take it for an option"
        );
        assert_eq!(reported("a\u{1b}[2J\nb"), "`a\\u{1b}[2J\\nb` holds a control character");
        assert_eq!(reported(""), "`` is empty");
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
