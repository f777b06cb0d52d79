//! The version of this library in Python's grammar.
//! It must never come from a file at run time: what was compiled is what is meant.

use std::error::Error;
use std::fmt;

/// The version has no form that Python's package index takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionError {
    /// The version as given.
    pub version: String,
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "version {:?} has no Python form: expected X.Y.Z, optionally -alpha.N, -beta.N, -rc.N or -dev.N, and +post.N",
            self.version
        )
    }
}

impl Error for VersionError {}

/// Renders a Cargo version in the grammar of PEP 440, as the metadata of the wheel has it.
///
/// `-alpha.N`, `-beta.N`, `-rc.N` and `-dev.N` become `aN`, `bN`, `rcN` and `.devN`, the spelling PEP 440 calls normal.
/// A post release is `+post.N` in Cargo, because any suffix after `-` would sort below the release; it becomes `.postN`.
///
/// # Errors
/// [`VersionError`] for every other suffix.
pub fn pep440(version: &str) -> Result<String, VersionError> {
    let render = || {
        let (rest, post) = match version.split_once('+') {
            Some((rest, build)) => (rest, format!(".post{}", number(build.strip_prefix("post.")?)?)),
            None => (version, String::new()),
        };
        let (release, pre) = match rest.split_once('-') {
            Some((release, pre)) => {
                let (name, count) = pre.split_once('.')?;
                let short = match name {
                    "alpha" => "a",
                    "beta" => "b",
                    "rc" => "rc",
                    "dev" => ".dev",
                    _ => return None,
                };
                (release, format!("{short}{}", number(count)?))
            }
            None => (rest, String::new()),
        };
        let parts: Vec<u64> = release.split('.').map(number).collect::<Option<_>>()?;
        (parts.len() == 3).then(|| format!("{release}{pre}{post}"))
    };
    render().ok_or_else(|| VersionError { version: version.to_owned() })
}

/// A number without sign or leading zeros; PEP 440 would drop the zeros and the two versions would differ.
fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_form_has_its_python_form() {
        let table = [
            ("0.9.3", "0.9.3"),
            ("0.9.3+post.1", "0.9.3.post1"),
            ("0.9.3+post.12", "0.9.3.post12"),
            ("0.10.0-alpha.2", "0.10.0a2"),
            ("0.10.0-beta.3", "0.10.0b3"),
            ("0.10.0-rc.1", "0.10.0rc1"),
            ("0.10.0-dev.3", "0.10.0.dev3"),
            ("0.10.0-rc.1+post.2", "0.10.0rc1.post2"),
        ];
        for (cargo, python) in table {
            assert_eq!(pep440(cargo).as_deref(), Ok(python), "{cargo}");
        }
    }

    #[test]
    fn other_suffixes_are_refused() {
        for version in [
            "",
            "0.9",
            "0.9.3.1",
            "0.9.x",
            "0.9.3-rc",
            "0.9.3-rc.1.2",
            "0.9.3-nightly.1",
            "0.9.3-post.1",
            "0.9.3+post",
            "0.9.3+post.01",
            "0.9.3+build.5",
            "0.9.3+post.+1",
        ] {
            let error = pep440(version).unwrap_err();
            assert!(error.to_string().starts_with(&format!("version {version:?} has no Python form")), "{error}");
        }
    }

    #[test]
    fn the_version_of_this_library_has_a_python_form() {
        assert!(pep440(env!("CARGO_PKG_VERSION")).is_ok());
    }
}
