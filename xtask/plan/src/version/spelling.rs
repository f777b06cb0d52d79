//! How a version is spelt at a place in any text: with a `v` or without, how many of its numbers, what always stands behind.
//! It must never make a place more or less precise than its author did.

use anyhow::{Result, bail};

use super::{Dialect, PRE, Version, is_development};

/// What other ecosystems call a version that is worked on; it may stand behind every version of a file.
const ALWAYS_BEHIND: [&str; 7] = ["-snapshot", "-dev", "+dev", ".dev", ".dev0", "-dev0", "-dev.0"];

/// Whether a text behind a version names a variant of what has it, as the tags of images do: `-alpine`, `-debian-slim`.
fn is_variant(behind: &str) -> bool {
    const PYTHONS: [&str; 8] = ["a", "b", "c", "pre", "preview", "post", "rev", "r"];
    let word = first_word(behind.strip_prefix('-').unwrap_or_default());
    let is_pre = PYTHONS.contains(&word.as_str()) || PRE.iter().any(|(kind, _)| *kind == word) || is_development(&word);
    // As SemVer counts a pre-release, `-foo.1`; a badge has `-blue.svg`.
    let counted = behind.trim_start_matches(|c: char| c == '-' || c.is_ascii_alphabetic()).strip_prefix('.');
    let is_counted = counted.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic()) && !is_pre && !is_counted
}

/// The word that a pre-release, or what looks like one, begins with; its number is left out.
fn first_word(text: &str) -> String {
    let word = text.split(['-', '.', '+']).next().unwrap_or_default();
    word.trim_end_matches(|c: char| c.is_ascii_digit()).to_ascii_lowercase()
}

/// A version as it is spelt somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelling {
    /// `v`, where one stands before it.
    before: String,
    /// What is said, missing numbers taken for 0.
    pub version: Version,
    /// How many of the three numbers are said.
    pub numbers: usize,
    /// What stands behind the numbers whatever the version is: `-SNAPSHOT`, `-alpine`.
    behind: String,
    text: String,
    dialect: Dialect,
}

impl Spelling {
    /// Reads a place. `current` is the version of the crates: `-dev` behind a version that is not worked on is kept.
    pub fn read(text: &str, dialect: Dialect, current: &Version) -> Result<Spelling> {
        let rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (numbers, behind) = numbers(rest);
        let is_short = numbers.len() < 3;
        let is_marked = ALWAYS_BEHIND.contains(&behind.to_ascii_lowercase().as_str());
        // What the crates call their own pre-release is none.
        let is_own = || first_word(behind.trim_start_matches('-')) == first_word(&current.0.pre);
        let is_kept = is_marked && !current.is_development() || is_variant(behind) && !is_own();
        let spelling = |version, behind: &str| Spelling {
            before: text[..text.len() - rest.len()].to_owned(),
            version,
            numbers: numbers.len(),
            behind: behind.to_owned(),
            text: text.to_owned(),
            dialect,
        };
        let mut full: Vec<&str> = numbers.clone();
        full.resize(3, "0");
        let core = Version::parse(&full.join("."), dialect);
        // It is another word for what the crates say.
        if is_marked && !is_kept && core.as_ref().is_ok_and(|core| *core == current.final_version()) {
            return Ok(spelling(current.clone(), ""));
        }
        match !numbers.is_empty() && (is_kept || is_short && behind.is_empty()) {
            true => Ok(spelling(core?, behind)),
            false => Ok(spelling(Version::parse(rest, dialect)?, "")),
        }
    }

    /// Whether the place says no pre-release: it stays until the final one.
    pub fn is_for_finals(&self) -> bool {
        self.numbers < 3 && self.behind.is_empty() || is_variant(&self.behind)
    }

    /// The place as it has to say `version`.
    pub fn of(&self, version: &Version) -> Result<String> {
        let Spelling { before, behind, .. } = self;
        let numbers = version.numbers().map(|number| number.to_string());
        match self.numbers {
            _ if version.is_prerelease() && self.is_for_finals() => Ok(self.text.clone()),
            3 if behind.is_empty() && self.dialect == Dialect::Pep440 => in_python(&self.text, version),
            3 if behind.is_empty() => Ok(format!("{before}{}", version.show(self.dialect)?)),
            written => Ok(format!("{before}{}{behind}", numbers[..written].join("."))),
        }
    }

    /// The place as it has to say `version`, which must not be behind what it says.
    pub fn moved(&self, version: &Version) -> Result<String> {
        if self.is_ahead(version) {
            bail!("it is ahead of {}", version.tag());
        }
        self.of(version)
    }

    /// Whether the place says what is higher than `version`.
    pub fn is_ahead(&self, version: &Version) -> bool {
        match self.numbers == 3 && self.behind.is_empty() {
            true => self.version.falls_to(version),
            false => self.version.falls_to(&version.final_version()),
        }
    }

    /// Whether the place says `version`, as far as it says anything.
    pub fn says(&self, version: &Version) -> bool {
        match self.numbers == 3 && self.behind.is_empty() {
            true => self.version == *version,
            false => self.of(&version.final_version()).is_ok_and(|spelt| spelt == self.text),
        }
    }
}

/// A version for Python in the form of the one that stands there: PEP 440 has many for a pre-release, and takes `0.4.6-alpha.1`
/// for `0.4.6a1`. Where there is no pre-release to tell the form by, it is the canonical one.
pub fn in_python(there: &str, version: &Version) -> Result<String> {
    let canonical = version.show(Dialect::Pep440)?;
    let rest = there.strip_prefix(['v', 'V']).unwrap_or(there);
    let before = &there[..there.len() - rest.len()];
    let spelt = || {
        let is_separator = |c: char| ['-', '_', '.'].contains(&c);
        let (_, behind) = numbers(rest);
        let word = behind.trim_start_matches(is_separator);
        let number = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let digits = number.trim_start_matches(is_separator);
        let (first, word) = (&behind[..behind.len() - word.len()], &word[..word.len() - number.len()]);
        let second = &number[..number.len() - digits.len()];
        let stood = Version::parse(rest, Dialect::Pep440).ok()?;
        let is_canonical = stood.show(Dialect::Pep440).is_ok_and(|canonical| canonical == rest);
        let (stood, next) = (stood.pre().ok()??.0, version.pre().ok()??);
        if is_canonical || word.is_empty() {
            return None;
        }
        // What is written in full, or apart, is so for every kind.
        let is_long = word.len() > 2 || !(first.is_empty() && second.is_empty());
        let kind = match (stood == next.0, is_long) {
            (true, _) => word,
            (false, true) => PRE[next.0].0,
            (false, false) => PRE[next.0].1,
        };
        let numbers = version.final_version();
        Some(format!("{before}{numbers}{first}{kind}{second}{}", next.1))
    };
    Ok(spelt().unwrap_or_else(|| format!("{before}{canonical}")))
}

/// The numbers at the beginning of a text, three at most, and what is behind them.
pub fn numbers(text: &str) -> (Vec<&str>, &str) {
    let (mut numbers, mut rest, mut next) = (Vec::new(), text, Some(text));
    while let Some(from) = next.filter(|from| numbers.len() < 3 && from.starts_with(|c: char| c.is_ascii_digit())) {
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        numbers.push(&from[..end]);
        rest = &from[end..];
        next = rest.strip_prefix('.');
    }
    (numbers, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Cargo).unwrap()
    }

    #[test]
    fn three_numbers_are_read_and_what_follows_is_behind_them() {
        for (text, expected, behind) in [
            ("1.2.3.4", &["1", "2", "3"][..], ".4"),
            ("1.2-rc", &["1", "2"], "-rc"),
            ("1.x", &["1"], ".x"),
            ("x", &[], "x"),
            ("", &[], ""),
        ] {
            assert_eq!(numbers(text), (expected.to_vec(), behind), "{text}");
        }
    }

    #[test]
    fn a_variant_is_a_word_that_is_no_pre_release() {
        for (behind, is_one) in [
            ("-alpine", true),
            ("-debian-slim", true),
            ("-blue.svg", true),
            ("-rc", false),
            ("-pre", false),
            ("-dev", false),
            ("-rev2", false),
            ("-foo.1", false),
            ("-1", false),
            ("alpine", false),
            ("", false),
        ] {
            assert_eq!(is_variant(behind), is_one, "{behind}");
        }
    }

    #[test]
    fn a_place_that_says_no_candidate_is_not_ahead_of_one() {
        let version = |text: &str| Version::parse(text, Dialect::Cargo).unwrap();
        for (text, is_ahead) in [
            ("1.2.0", true),
            ("1.2", false),
            ("1.2.0-alpine", false),
            ("1.3", true),
            ("1.3.0-alpine", true),
            ("1.2.0-rc.1", false),
            ("1.2.0-rc.2", true),
        ] {
            let spelling = Spelling::read(text, Dialect::Tag, &version("1.1.0")).unwrap();
            assert_eq!(spelling.is_ahead(&version("1.2.0-rc.1")), is_ahead, "{text}");
        }
    }

    #[test]
    fn another_kind_of_candidate_is_as_long_as_the_one_that_stood_there() {
        let to = |there: &str| in_python(there, &Version::parse("0.4.7-alpha.1", Dialect::Cargo).unwrap()).unwrap();
        for (there, expected) in [
            ("0.4.6RC1", "0.4.7a1"),
            ("0.4.6-rc1", "0.4.7-alpha1"),
            ("0.4.6rc.1", "0.4.7alpha.1"),
            ("0.4.6rc1", "0.4.7a1"),
        ] {
            assert_eq!(to(there), expected, "{there}");
        }
    }

    #[test]
    fn a_place_keeps_its_precision() {
        use Dialect::{Cargo, Pep440, Tag};
        for (text, dialect, from, to, expected) in [
            ("0.34", Cargo, "0.34.2", "0.35.0", "0.35"),
            ("0.34", Pep440, "0.34.2", "0.35.0", "0.35"),
            ("0.34", Cargo, "0.34.2", "0.34.3", "0.34"),
            ("0.34", Tag, "0.34.2", "1.0.0", "1.0"),
            ("0", Tag, "0.34.2", "1.0.0", "1"),
            ("v0.34", Tag, "0.34.2", "0.35.0", "v0.35"),
            ("v0.34.2", Tag, "0.34.2", "0.35.0", "v0.35.0"),
            ("v0.34.2", Cargo, "0.34.2", "0.35.0-rc.1", "v0.35.0-rc.1"),
            ("v0.34.2", Pep440, "0.34.2", "0.35.0-rc.1", "v0.35.0rc1"),
            ("0.34.2", Pep440, "0.34.2", "0.34.2+post.1", "0.34.2.post1"),
            // No two numbers name a candidate.
            ("0.34", Cargo, "0.34.2", "0.35.0-rc.1", "0.34"),
            ("0.34", Cargo, "0.35.0-rc.1", "0.35.0", "0.35"),
            // Nor does a variant of an image.
            ("0.34.2-alpine", Tag, "0.34.2", "0.35.0", "0.35.0-alpine"),
            ("0.34.2-debian-slim", Cargo, "0.34.3", "0.35.0", "0.35.0-debian-slim"),
            ("v0.34-python3.12-trixie", Tag, "0.34.2", "0.35.0", "v0.35-python3.12-trixie"),
            ("0.34.2-alpine3.22", Pep440, "0.34.2", "0.35.0-rc.1", "0.34.2-alpine3.22"),
            ("0.34.2-alpine", Tag, "0.35.0-rc.1", "0.35.0", "0.35.0-alpine"),
            ("v0.34.2-blue.svg", Tag, "0.34.2", "0.35.0", "v0.35.0-blue.svg"),
            // What the crates themselves say is a pre-release of theirs, whatever its name.
            ("0.8.0-foo.1", Tag, "0.8.0-foo.1", "0.8.0", "0.8.0"),
            ("0.8.0-foo.1", Cargo, "0.8.0-foo.2", "0.8.0-foo.3", "0.8.0-foo.3"),
            ("0.8.0-foo", Cargo, "0.8.0-foo", "0.8.0", "0.8.0"),
            ("0.8.0-foo.1", Tag, "0.8.0", "0.9.0", "0.9.0"),
            // What always stands behind it stays.
            ("0.34.2-SNAPSHOT", Tag, "0.34.2", "0.35.0", "0.35.0-SNAPSHOT"),
            ("0.34.2-SNAPSHOT", Tag, "0.34.2", "0.35.0-rc.1", "0.35.0-SNAPSHOT"),
            ("0.34-SNAPSHOT", Tag, "0.34.2", "0.35.0", "0.35-SNAPSHOT"),
            ("v0.34.2-dev", Tag, "0.34.2", "0.35.0", "v0.35.0-dev"),
            ("0.34.2+dev", Cargo, "0.34.2", "0.35.0", "0.35.0+dev"),
            ("0.34.2.dev0", Pep440, "0.34.2", "0.35.0", "0.35.0.dev0"),
            // The crates are worked on, too, and are released now.
            ("0.35.0-SNAPSHOT", Tag, "0.35.0-dev.1", "0.35.0", "0.35.0"),
            ("0.35.0-dev", Cargo, "0.35.0-dev", "0.35.0", "0.35.0"),
            ("0.35.0.dev1", Pep440, "0.35.0-dev.1", "0.35.0", "0.35.0"),
            ("0.35.0-rc.1", Tag, "0.35.0-rc.1", "0.35.0", "0.35.0"),
            ("0.35.0rc1", Pep440, "0.35.0-rc.1", "0.35.0-rc.2", "0.35.0rc2"),
            ("v0.35.0-rc.1", Pep440, "0.35.0-rc.1", "0.35.0-rc.2", "v0.35.0-rc.2"),
        ] {
            let place = Spelling::read(text, dialect, &v(from)).unwrap();
            assert_eq!(place.moved(&v(to)).unwrap(), expected, "{text} from {from} to {to}");
        }
    }

    #[test]
    fn a_version_of_python_keeps_the_form_of_its_pre_release() {
        for (there, to, expected) in [
            ("0.4.6-alpha.1", "0.4.6-alpha.2", "0.4.6-alpha.2"),
            ("0.4.6-alpha.1", "0.4.6-rc.1", "0.4.6-rc.1"),
            ("0.4.6-alpha.1", "0.5.0-dev.1", "0.5.0-dev.1"),
            ("0.4.6-rc.1", "0.5.0-beta.1", "0.5.0-beta.1"),
            ("0.4.6-alpha1", "0.4.6-beta.12", "0.4.6-beta12"),
            ("0.4.6.b1", "0.4.6-beta.2", "0.4.6.b2"),
            ("0.4.6alpha1", "0.4.6-beta.2", "0.4.6beta2"),
            ("0.4.6pre1", "0.4.6-rc.2", "0.4.6pre2"),
            ("v0.4.6-RC_1", "0.4.6-rc.2", "v0.4.6-RC_2"),
            ("0.4.6-rc", "0.4.6-rc.2", "0.4.6-rc2"),
            // The final version has one form, and so has what follows it.
            ("0.4.6-alpha.1", "0.4.6", "0.4.6"),
            ("0.4.6", "0.4.7-rc.1", "0.4.7rc1"),
            ("0.4.6-alpha.1", "0.4.6+post.1", "0.4.6.post1"),
            ("0.4.6a1", "0.4.6-rc.1", "0.4.6rc1"),
            ("0.4.6a1", "0.4.6-dev.1", "0.4.6.dev1"),
            ("0.4.6.dev1", "0.4.6-rc.1", "0.4.6rc1"),
            ("0.4.6c1", "0.4.6-rc.2", "0.4.6c2"),
            ("0.4-rc.1", "0.4.6-rc.1", "0.4.6-rc.1"),
            ("latest", "0.4.6-rc.1", "0.4.6rc1"),
        ] {
            let spelt = in_python(there, &v(to)).unwrap();
            assert_eq!(spelt, expected, "{there} to {to}");
            assert_eq!(Version::parse(&spelt, Dialect::Pep440).unwrap(), v(to), "{spelt}");
        }
        assert!(in_python("0.4.6-alpha.1", &v("0.4.6-nightly.1")).is_err());
    }

    #[test]
    fn what_is_ahead_or_no_version_is_not_moved() {
        let current = v("0.34.2");
        for text in ["0.36", "1", "v0.35.1", "0.35.1-SNAPSHOT"] {
            let place = Spelling::read(text, Dialect::Tag, &current).unwrap();
            assert!(place.moved(&v("0.35.0")).is_err() && place.is_ahead(&v("0.35.0")), "{text}");
        }
        for text in ["", "v", "latest", "0.34x", "0.34.2.1", "0.34.2-linux-x", "0.34-rc.1", ".1", "0."] {
            let read = Spelling::read(text, Dialect::Cargo, &current);
            assert!(read.is_err() || text == "0.34.2-linux-x", "{text}");
        }
    }

    #[test]
    fn a_place_says_a_version_as_far_as_it_goes() {
        for (text, version, says) in [
            ("0.34", "0.34.2", true),
            ("0.34", "0.35.0", false),
            ("0.35", "0.35.0-rc.1", true),
            ("0.34", "0.35.0-rc.1", false),
            ("v0.34.2", "0.34.2", true),
            ("0.34.1", "0.34.2", false),
            ("0.34.2-SNAPSHOT", "0.34.2", true),
            ("0.34.1-SNAPSHOT", "0.34.2", false),
            ("0.34.2-SNAPSHOT", "0.34.2-rc.1", true),
        ] {
            let place = Spelling::read(text, Dialect::Tag, &v("0.34.2")).unwrap();
            assert_eq!(place.says(&v(version)), says, "{text} {version}");
        }
        let worked_on = v("0.35.0-dev.1");
        assert!(Spelling::read("0.35.0-SNAPSHOT", Dialect::Tag, &worked_on).unwrap().says(&worked_on));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[v0-9.+a-zé-]{0,12}") {
            for dialect in [Dialect::Cargo, Dialect::Pep440, Dialect::Tag] {
                let _ = Spelling::read(&text, dialect, &v("0.34.2"));
                let _ = in_python(&text, &v("0.35.0-rc.1"));
            }
        }

        #[test]
        fn a_moved_place_is_read_alike(
            numbers in 1..4usize, behind in prop::sample::select(vec!["", "-SNAPSHOT", "-dev"]), mark in "v?",
            to in (1..9u64, 0..9u64, 0..9u64),
        ) {
            let to = v(&format!("{}.{}.{}", to.0, to.1, to.2));
            let text = format!("{mark}{}{behind}", ["0", "9", "3"][..numbers].join("."));
            let moved = Spelling::read(&text, Dialect::Tag, &v("0.9.3")).unwrap().moved(&to).unwrap();
            let again = Spelling::read(&moved, Dialect::Tag, &to).unwrap();
            prop_assert!(again.says(&to), "{text} {moved}");
            prop_assert_eq!(again.moved(&to).unwrap(), moved.clone());
            prop_assert!(moved.starts_with(&mark) && moved.ends_with(behind));
        }
    }
}
