//! What PyPI takes: its rules about a project's metadata, as its public code has them, and what maturin cannot build from.
//! It must never know where a value is written, nor ask anybody.

use crate::{
    crates_io::{LICENSES, shown},
    problem::Problem,
};

/// What a project says of itself under `[project]`, and of its wheels under `[tool.maturin]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    pub summary: Option<String>,
    pub classifiers: Vec<String>,
    pub requires_python: Option<String>,
    /// What it requires, and what its extras do.
    pub requirements: Vec<String>,
    /// Each with its label.
    pub urls: Vec<(String, String)>,
    /// Those of authors and maintainers.
    pub emails: Vec<String>,
    /// An expression; a text or a file is none.
    pub license: Option<String>,
    /// That of the readme.
    pub content_type: Option<String>,
    /// Its wheels for Linux name no oldest libc.
    pub any_linux: bool,
}

/// `_LENGTH_LIMITS`, warehouse/forklift/metadata.py in pypi/warehouse.
const LONGEST_SUMMARY: usize = 512;
/// `_validate_metadata`, warehouse/forklift/metadata.py in pypi/warehouse.
const LONGEST_LABEL: usize = 32;

/// With what the classifiers begin that `_validate_metadata`, warehouse/forklift/metadata.py in pypi/warehouse, takes; the
/// whole list grows (src/trove_classifiers/__init__.py in pypa/trove-classifiers).
const CLASSIFIERS: [&str; 10] = [
    "Development Status",
    "Environment",
    "Framework",
    "Intended Audience",
    "License",
    "Natural Language",
    "Operating System",
    "Programming Language",
    "Topic",
    "Typing",
];

/// By these, a project says that it goes to another index: PyPI takes none that begins so, and pypa/trove-classifiers lists
/// none.
const PRIVATE: &str = "Private ::";

/// How a description may be written: `_process_description_content_type`, src/packaging/metadata.py in pypa/packaging.
const CONTENT_TYPES: [&str; 3] = ["text/plain", "text/x-rst", "text/markdown"];

/// Whether a project says that it does not go to PyPI.
pub fn is_private(about: &About) -> bool {
    about.classifiers.iter().any(|classifier| classifier.starts_with(PRIVATE))
}

/// All that there is against a project.
pub fn objections(about: &About) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut object = |what: String, next: &str| found.push(Problem::new(what, next));
    unreadable(about, &mut object);
    if !is_private(about) {
        dependencies_and_summary(about, &mut object);
        labels(about, &mut object);
        license_and_readme(about, &mut object);
    }
    found
}

/// Takes what is wrong, and what to do about it.
type Object<'o> = &'o mut dyn FnMut(String, &str);

/// What maturin builds nothing with, wherever it goes.
fn unreadable(about: &About, object: Object<'_>) {
    if let Some(wanted) = about.requires_python.as_ref().filter(|wanted| !is_specifier(wanted)) {
        object(
            format!("`requires-python = \"{}\"` is no version specifier", shown(wanted)),
            "write one like `>=3.9` or `>=3.9,<4`",
        );
    }
    for requirement in about.requirements.iter().filter(|requirement| parts(requirement).is_none()) {
        object(
            format!("`dependencies`: `{}` is no requirement", shown(requirement)),
            "write a name, and specifiers after it, as in `requests>=2.31,<3`",
        );
    }
}

/// What PyPI has against what is required, and what it is said to be.
fn dependencies_and_summary(about: &About, object: Object<'_>) {
    for requirement in &about.requirements {
        if parts(requirement).is_some_and(|(_, rest)| rest.starts_with('@')) {
            object(
                format!("`dependencies`: `{}` names an address, and PyPI takes none", shown(requirement)),
                "require a version of it that PyPI has; a project that goes to an index of its own says so by `classifiers = [\"Private :: Do Not Upload\"]`",
            );
        }
    }
    if let Some(text) = about.summary.as_ref().filter(|text| text.chars().count() > LONGEST_SUMMARY) {
        object(
            format!("`description` has {} characters, and PyPI takes {LONGEST_SUMMARY}", text.chars().count()),
            "shorten it to one or two sentences; the readme has room for the rest",
        );
    }
}

/// Against what it is filed under: classifiers, addresses and people.
fn labels(about: &About, object: Object<'_>) {
    let is_known = |classifier: &&String| {
        CLASSIFIERS.iter().any(|known| classifier.strip_prefix(known).is_some_and(|rest| rest.starts_with(" :: ")))
            || *classifier == "Typing"
    };
    for classifier in about.classifiers.iter().filter(|classifier| !is_known(classifier)) {
        object(
            format!("`classifiers`: PyPI does not take `{}`", shown(classifier)),
            "write one that the project trove-classifiers lists, or take it out",
        );
    }
    for (label, url) in &about.urls {
        let length = label.chars().count();
        if length == 0 || length > LONGEST_LABEL {
            object(
                format!(
                    "`urls`: the label `{}` has {length} characters, and PyPI takes 1 to {LONGEST_LABEL}",
                    shown(label)
                ),
                "give it another label",
            );
        } else if !is_url(url) {
            object(
                format!("`urls`: PyPI takes no address like `{}`", shown(url)),
                "write one that begins with https:// or http://",
            );
        }
    }
    for email in about.emails.iter().filter(|email| !is_email(email)) {
        object(
            format!("`authors`, `maintainers`: PyPI takes no email address like `{}`", shown(email)),
            "write one like `ada@example.org`, or leave it out",
        );
    }
}

/// Against its licence, its readme and the platforms that its wheels are called after.
fn license_and_readme(about: &About, object: Object<'_>) {
    if let Some(license) = about.license.as_ref().filter(|license| !is_license(license)) {
        object(
            format!("`license = \"{}\"` is no SPDX expression, and PyPI takes nothing else there", shown(license)),
            "write one like `MIT OR Apache-2.0`, or `license-files = [\"LICENSE\"]` alone",
        );
    }
    if let Some(content_type) = about.content_type.as_ref().filter(|content_type| !is_content_type(content_type)) {
        object(
            format!("`readme`: PyPI does not take the content type `{}`", shown(content_type)),
            "write text/markdown, text/x-rst or text/plain",
        );
    }
    if about.any_linux {
        object(
            "[tool.maturin] has wheels called linux_…, and PyPI takes manylinux and musllinux".to_owned(),
            "take `compatibility`, `manylinux`, `skip-auditwheel` and `auditwheel` out of [tool.maturin]; a project that goes to an index of its own says so by `classifiers = [\"Private :: Do Not Upload\"]`",
        );
    }
}

/// What PyPI has against a wheel's name: `_valid_platform_tag`, warehouse/forklift/legacy.py in pypi/warehouse. Of what it
/// refuses, what is made for one machine; that it takes a newer macOS, only time tells.
pub fn platform_objection(file: &str) -> Option<String> {
    const TAKEN: [&str; 2] = ["linux_armv6l", "linux_armv7l"];
    let platforms = file.strip_suffix(".whl")?.rsplit('-').next()?;
    let platform = platforms.split('.').find(|platform| platform.starts_with("linux_") && !TAKEN.contains(platform))?;
    Some(format!("{file} is for `{platform}`, and PyPI takes manylinux and musllinux"))
}

/// PEP 440, "Version specifiers".
fn is_specifier(specifier: &str) -> bool {
    let clauses: Vec<&str> = specifier.split(',').map(str::trim).collect();
    // One comma may end them.
    let clauses = clauses.strip_suffix(&[""]).filter(|before| !before.is_empty()).unwrap_or(&clauses);
    specifier.trim().is_empty() || clauses.iter().all(|clause| is_clause(clause))
}

fn is_clause(clause: &str) -> bool {
    const OPERATORS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];
    let Some(operator) = OPERATORS.into_iter().find(|operator| clause.starts_with(operator)) else { return false };
    let version = clause[operator.len()..].trim();
    match (operator, version.strip_suffix(".*")) {
        ("===", _) => !version.is_empty(),
        ("==" | "!=", Some(start)) => is_version(start),
        ("~=", _) => {
            is_version(version) && version.split(['a', 'b', 'r', 'd', 'p', '-']).next().is_some_and(|v| v.contains('.'))
        }
        _ => is_version(version),
    }
}

/// As much of PEP 440, "Public version identifiers", as people write: numbers, and a word or two behind them.
fn is_version(version: &str) -> bool {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let numbers = version.rsplit_once('!').map_or(version, |(_, numbers)| numbers);
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(numbers.len());
    let (release, rest) = numbers.split_at(end);
    let release = if rest.is_empty() { release } else { release.strip_suffix('.').unwrap_or(release) };
    let rest = rest.to_ascii_lowercase();
    let words = ["a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "post", "rev", "r", "dev"];
    let mut known = rest.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    release.split('.').all(|number| !number.is_empty())
        && (rest.contains('+') || known.all(|word| words.contains(&word)))
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+".contains(c))
}

/// The name of a requirement and what follows its extras: specifiers, or `@` and an address; `None` where it is neither
/// (PEP 508).
fn parts(requirement: &str) -> Option<(&str, &str)> {
    let requirement = requirement.trim();
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let mut rest = rest.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']')?.1.trim_start();
    }
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    let specifier = rest.split(';').next().unwrap_or_default().trim();
    let bare = specifier.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(specifier);
    (is_name && (rest.starts_with('@') || is_specifier(bare))).then_some((name, rest))
}

/// `is_valid_uri`, warehouse/utils/http.py in pypi/warehouse; of what it refuses, another scheme and blanks.
fn is_url(url: &str) -> bool {
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    ["http", "https"].contains(&scheme.as_str()) && !url.contains(char::is_whitespace)
}

/// `_validate_metadata`, warehouse/forklift/metadata.py in pypi/warehouse: of what the library that it asks refuses, no `@`,
/// blanks, and a domain without a dot or with a name that is nobody's.
fn is_email(email: &str) -> bool {
    const NOBODYS: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];
    let Some((user, domain)) = email.rsplit_once('@') else { return false };
    let top = domain.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    !user.is_empty()
        && !email.contains(char::is_whitespace)
        && domain.split('.').count() > 1
        && domain.split('.').all(|label| !label.is_empty())
        && !NOBODYS.contains(&top.as_str())
}

/// `canonicalize_license_expression`, src/packaging/licenses/__init__.py in pypa/packaging: case makes no difference.
fn is_license(license: &str) -> bool {
    const MODE: spdx::ParseMode = spdx::ParseMode { allow_slash_as_or_operator: false, ..LICENSES };
    let is_one = |license: &str| spdx::Expression::parse_mode(license, MODE).is_ok();
    let canonical = || spdx::Expression::canonicalize(license).ok().flatten();
    is_one(license)
        || canonical().is_some_and(|canonical| canonical.eq_ignore_ascii_case(license) && is_one(&canonical))
}

/// Its parameters are the charset and, for Markdown, the variant.
fn is_content_type(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_known = parts.next().is_some_and(|kind| CONTENT_TYPES.contains(&kind.as_str()));
    let value = |part: &str| {
        part.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
    };
    is_known
        && parts.filter_map(|part| value(&part)).all(|(key, value)| match key.as_str() {
            "charset" => value == "utf-8",
            "variant" => ["gfm", "commonmark"].contains(&value.as_str()),
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(about: &About) -> Vec<String> {
        objections(about).into_iter().map(|objection| objection.what).collect()
    }

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| word.to_string()).collect()
    }

    #[test]
    fn each_value_is_taken_or_refused_as_pypi_does() {
        let taken = About {
            summary: Some("ä".repeat(512)),
            classifiers: list(&["Typing :: Typed", "License :: OSI Approved :: MIT License", "Topic :: Birds"]),
            requires_python: Some(">=3.9".to_owned()),
            requirements: list(&["requests", "numpy >=1.26, <3 ; python_version < '3.13'", "a[x,y]~=2.1", "b (==1.*)"]),
            urls: vec![
                ("Home".to_owned(), "HTTPS://lark.example".to_owned()),
                ("x".repeat(32), "http://a/b".to_owned()),
            ],
            emails: list(&["ada@example.org"]),
            license: Some("mit or Apache-2.0".to_owned()),
            content_type: Some("text/markdown; charset=UTF-8; variant=GFM".to_owned()),
            any_linux: false,
        };
        assert_eq!(reported(&taken), [""; 0]);
        assert_eq!(reported(&About::default()), [""; 0]);
        let url = |label: &str, url: &str| About { urls: vec![(label.to_owned(), url.to_owned())], ..About::default() };
        let of = |words: &[&str]| About { requirements: list(words), ..About::default() };
        for (is, refused) in [
            (
                About { summary: Some("x".repeat(513)), ..About::default() },
                "`description` has 513 characters, and PyPI takes 512",
            ),
            (
                About { classifiers: list(&["Birds :: Lark"]), ..About::default() },
                "`classifiers`: PyPI does not take `Birds :: Lark`",
            ),
            (
                About { classifiers: list(&["Topical :: Lark"]), ..About::default() },
                "`classifiers`: PyPI does not take `Topical :: Lark`",
            ),
            (
                About { requires_python: Some("^3.9".to_owned()), ..About::default() },
                "`requires-python = \"^3.9\"` is no version specifier",
            ),
            (
                url(&"x".repeat(33), "https://a"),
                "`urls`: the label `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` has 33 characters, and PyPI takes 1 to 32",
            ),
            (url("", "https://a"), "`urls`: the label `` has 0 characters, and PyPI takes 1 to 32"),
            (url("a", "lark.example"), "`urls`: PyPI takes no address like `lark.example`"),
            (url("a", "git@lark.example:x"), "`urls`: PyPI takes no address like `git@lark.example:x`"),
            (
                of(&["requests @ https://a/b.zip"]),
                "`dependencies`: `requests @ https://a/b.zip` names an address, and PyPI takes none",
            ),
            (
                of(&["a[x]@git+https://a/b"]),
                "`dependencies`: `a[x]@git+https://a/b` names an address, and PyPI takes none",
            ),
            (of(&["requests ^2"]), "`dependencies`: `requests ^2` is no requirement"),
            (of(&["-e ."]), "`dependencies`: `-e .` is no requirement"),
            (of(&["requests- >=2"]), "`dependencies`: `requests- >=2` is no requirement"),
            (
                About { emails: list(&["ada at example"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `ada at example`",
            ),
            (
                About { emails: list(&["ada@localhost"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `ada@localhost`",
            ),
            (
                About { license: Some("Proprietary".to_owned()), ..About::default() },
                "`license = \"Proprietary\"` is no SPDX expression, and PyPI takes nothing else there",
            ),
            (
                About { content_type: Some("text/asciidoc".to_owned()), ..About::default() },
                "`readme`: PyPI does not take the content type `text/asciidoc`",
            ),
            (
                About { emails: list(&["@lark.example"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `@lark.example`",
            ),
            (
                About { emails: list(&["ada@"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `ada@`",
            ),
            (
                About { emails: list(&["ada@lark..example"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `ada@lark..example`",
            ),
            (
                About { emails: list(&["ada@lark.test"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `ada@lark.test`",
            ),
            (
                About { emails: list(&["a da@lark.example"]), ..About::default() },
                "`authors`, `maintainers`: PyPI takes no email address like `a da@lark.example`",
            ),
            (
                About { content_type: Some("text/markdown; charset=latin-1".to_owned()), ..About::default() },
                "`readme`: PyPI does not take the content type `text/markdown; charset=latin-1`",
            ),
            (
                About { content_type: Some("text/markdown; variant=other".to_owned()), ..About::default() },
                "`readme`: PyPI does not take the content type `text/markdown; variant=other`",
            ),
            (
                About { any_linux: true, ..About::default() },
                "[tool.maturin] has wheels called linux_…, and PyPI takes manylinux and musllinux",
            ),
        ] {
            assert_eq!(reported(&is), [refused]);
            // What cannot be built goes nowhere; the rest is PyPI's own.
            let private = About { classifiers: list(&["Private :: Do Not Upload"]), ..is };
            let is_built = !refused.contains("is no version specifier") && !refused.contains("is no requirement");
            assert_eq!(reported(&private).is_empty(), is_built, "{refused}");
        }
    }

    #[test]
    fn specifiers_are_those_of_pep_440() {
        for specifier in [
            ">=3.9",
            ">=3.9,<4",
            "~=3.9",
            "==3.*",
            "!=3.9.0, >=3.8",
            ">=3.9,",
            "",
            ">3",
            ">=3.13.0rc1",
            "===x",
            ">=1!2.0.post1",
            "<4.0.dev0",
            ">=v3",
        ] {
            assert!(is_specifier(specifier), "{specifier}");
        }
        for specifier in
            ["^3.9", "3.9", ">=", "~3.9", ">=3.9 <4", "~=3", ">=3.x", ">=3.*", ",", ">=3..9", ">= 3.9 || 4", ">=latest"]
        {
            assert!(!is_specifier(specifier), "{specifier}");
        }
    }

    #[test]
    fn a_wheel_for_one_machine_is_none_for_pypi() {
        let refused = "lark-1.0-py3-none-linux_x86_64.whl";
        assert!(platform_objection(refused).is_some_and(|why| why.contains("`linux_x86_64`")));
        for taken in [
            "lark-1.0-cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "lark-1.0-py3-none-any.whl",
            "lark-1.0-py3-none-linux_armv7l.whl",
            "lark-1.0-py3-none-macosx_11_0_arm64.whl",
            "lark-1.0.tar.gz",
        ] {
            assert_eq!(platform_objection(taken), None, "{taken}");
        }
    }
}
