//! Version requirements as an author wrote them: how precise, which operator, which spacing.
//! It must never loosen or reformat one that still says what is needed.

use anyhow::{Context, Result, bail};
use semver::{Comparator, Op, VersionReq};

use crate::version::{Dialect, Version};

/// Whether `requirement` accepts `version`, as cargo decides it.
pub fn accepts(requirement: &str, version: &Version) -> Result<bool> {
    Ok(parse(requirement)?.matches(version.semver()))
}

/// What `requirement` has to say after the bump to `version`, or `None` when it can stay as it is.
///
/// Plain (caret) requirements follow the version at the author's precision: `"0.12"` to 0.13.0 is `"0.13"`, `"1"`
/// stays for 1.1.0. Every other operator, wildcard and list stays until it no longer accepts the version, and
/// is then moved with its operator, precision and spacing. A pre-release is accepted only by a requirement that
/// names it in full, so there every one is written out.
pub fn upgrade(requirement: &str, version: &Version) -> Result<Option<String>> {
    let parsed = parse(requirement)?;
    let accepted = parsed.matches(version.semver());
    let plain = matches!(parsed.comparators.as_slice(), [Comparator { op: Op::Caret, .. }]);
    if accepted && !plain {
        return Ok(None);
    }
    let new = if parsed.comparators.is_empty() {
        // `*` accepts every version but a pre-release.
        full(version)
    } else {
        let parts: Result<Vec<String>> =
            requirement.split(',').zip(&parsed.comparators).map(|(text, c)| move_part(text, c, version)).collect();
        parts?.join(",")
    };
    if !accepts(&new, version)? {
        bail!(
            "`{requirement}` cannot be moved to {version} keeping its operator: `{new}` would not accept it; write the new requirement by hand"
        );
    }
    Ok((new != requirement).then_some(new))
}

/// Whether `requirement` names a pre-release of `version`, which is a final one.
pub fn names_candidate(requirement: &str, version: &Version) -> bool {
    !version.is_prerelease() && candidate(requirement, version).is_some()
}

/// What `requirement` has to say once the candidate that it names is followed by the final `version`: what the way there
/// from the last final version would have given: `direct` moves what it said then, which is `first`. Where that is not known,
/// or somebody has written another one since, operator and spacing stay and the final version takes the candidate's place.
pub fn settle(
    requirement: &str,
    first: Option<&str>,
    version: &Version,
    direct: impl Fn(&str) -> Result<Option<String>>,
) -> Result<String> {
    if let (Some(first), Some(candidate)) = (first, candidate(requirement, version))
        && upgrade(first, &candidate).is_ok_and(|moved| moved.as_deref() == Some(requirement))
    {
        return Ok(direct(first)?.unwrap_or_else(|| first.to_owned()));
    }
    let parsed = parse(requirement)?;
    let parts = requirement.split(',').zip(&parsed.comparators).map(|(text, comparator)| {
        let named = format!("-{}", comparator.pre);
        let is_metadata = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
        match text.split_once('+') {
            _ if !is_of(comparator, version) => text.to_owned(),
            // A requirement says nothing with build metadata.
            Some((text, rest)) => text.replacen(&named, "", 1) + rest.trim_start_matches(is_metadata),
            None => text.replacen(&named, "", 1),
        }
    });
    let settled = parts.collect::<Vec<_>>().join(",");
    match accepts(&settled, version)? {
        true => Ok(settled),
        false => Ok(upgrade(requirement, version)?.unwrap_or_else(|| requirement.to_owned())),
    }
}

/// The pre-release of `version` that is named.
fn candidate(requirement: &str, version: &Version) -> Option<Version> {
    let parsed = parse(requirement).ok()?;
    let named = parsed.comparators.iter().find(|comparator| is_of(comparator, version))?;
    Version::parse(&format!("{}-{}", version.final_version(), named.pre), Dialect::Cargo).ok()
}

fn is_of(comparator: &Comparator, version: &Version) -> bool {
    !comparator.pre.is_empty() && written(comparator) == version.numbers()
}

pub fn parse(requirement: &str) -> Result<VersionReq> {
    VersionReq::parse(requirement).with_context(|| format!("`{requirement}` is not a version requirement"))
}

/// The version that `requirement` was most likely written for; where it names none, letters that a person replaces.
pub fn written_for(requirement: &str) -> String {
    let parsed = VersionReq::parse(requirement).unwrap_or_default();
    match parsed.comparators.as_slice() {
        [of @ Comparator { op: Op::Exact | Op::Caret | Op::Tilde, .. }] => {
            let (minor, patch) = (of.minor.unwrap_or_default(), of.patch.unwrap_or_default());
            semver::Version { pre: of.pre.clone(), ..semver::Version::new(of.major, minor, patch) }.to_string()
        }
        _ => "X.Y.Z".to_owned(),
    }
}

/// Moves one comparator of a list: the text around its version stays.
fn move_part(text: &str, comparator: &Comparator, version: &Version) -> Result<String> {
    let start = text.find(|c: char| c.is_ascii_digit() || c == '*').unwrap_or(0);
    let end = text.trim_end().len();
    let moved = match comparator.op {
        Op::Less => past(comparator, version),
        Op::Greater => bail!(
            "`{}` excludes what it names, so it cannot follow {version}; write the new requirement by hand",
            text.trim()
        ),
        _ if version.is_prerelease() => full(version),
        Op::Wildcard => format!("{}.*", at_precision(comparator, version)),
        _ => at_precision(comparator, version),
    };
    Ok(format!("{}{moved}{}", &text[..start], &text[end..]))
}

fn full(version: &Version) -> String {
    version.base().to_string()
}

/// The numbers that the author wrote.
fn written(comparator: &Comparator) -> Vec<u64> {
    [Some(comparator.major), comparator.minor, comparator.patch].into_iter().flatten().collect()
}

fn joined(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

fn at_precision(comparator: &Comparator, version: &Version) -> String {
    joined(&version.numbers()[..written(comparator).len()])
}

/// The exclusive upper bound just above `version`, counted in the part that the author counted in.
fn past(comparator: &Comparator, version: &Version) -> String {
    let own = written(comparator);
    let counted = own.iter().rposition(|number| *number > 0).unwrap_or(0);
    let mut next = version.numbers();
    next[counted] += 1;
    next[counted + 1..].fill(0);
    joined(&next[..own.len()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::version::Dialect;

    fn v(text: &str) -> Version {
        Version::parse(text, Dialect::Cargo).unwrap()
    }

    #[test]
    fn precision_operator_and_spacing_stay() {
        for (requirement, version, expected) in [
            ("0.12", "0.13.0", Some("0.13")),
            ("0.9.3", "0.10.0", Some("0.10.0")),
            ("0.9.3", "0.9.4", Some("0.9.4")),
            ("1", "1.1.0", None),
            ("1", "2.0.0", Some("2")),
            ("1.0", "1.1.0", Some("1.1")),
            ("^0.9", "0.10.0", Some("^0.10")),
            ("^ 0.9", "0.10.0", Some("^ 0.10")),
            ("=0.9.3", "0.10.0", Some("=0.10.0")),
            ("= 0.9.3 ", "0.10.0", Some("= 0.10.0 ")),
            ("~0.9", "0.9.4", None),
            ("~0.9", "0.10.0", Some("~0.10")),
            (">=0.9", "0.10.0", None),
            (">=0.9, <0.10", "0.9.4", None),
            (">=0.9, <0.10", "0.10.0", Some(">=0.10, <0.11")),
            (">= 0.9.3 , < 0.10.0", "0.10.0", Some(">= 0.10.0 , < 0.11.0")),
            (">=0.9, <1", "1.0.0", Some(">=1.0, <2")),
            (">=0.9, <1.0", "1.0.0", Some(">=1.0, <2.0")),
            (">=0.9, <1.0.0", "1.2.3", Some(">=1.2, <2.0.0")),
            (">=1.0, <1.1.0", "1.2.3", Some(">=1.2, <1.3.0")),
            ("<=0.9.3", "0.10.0", Some("<=0.10.0")),
            ("<0.9.4", "0.9.4", Some("<0.9.5")),
            ("*", "0.10.0", None),
            ("0.9.*", "0.10.0", Some("0.10.*")),
            ("0.*", "0.10.0", None),
            ("0.*", "1.0.0", Some("1.*")),
            ("0.9.3", "0.9.3+post.1", None),
            ("=0.9.3", "0.9.3+post.1", None),
        ] {
            assert_eq!(upgrade(requirement, &v(version)).unwrap().as_deref(), expected, "{requirement} to {version}");
        }
    }

    #[test]
    fn a_pre_release_is_written_out() {
        for (requirement, expected) in [
            ("0.10", "0.10.0-rc.1"),
            ("0.9.3", "0.10.0-rc.1"),
            ("0", "0.10.0-rc.1"),
            ("*", "0.10.0-rc.1"),
            ("0.9.*", "0.10.0-rc.1"),
            ("=0.9.3", "=0.10.0-rc.1"),
            ("~0.9", "~0.10.0-rc.1"),
            (">=0.9", ">=0.10.0-rc.1"),
            (">=0.9, <0.10", ">=0.10.0-rc.1, <0.11"),
        ] {
            assert_eq!(upgrade(requirement, &v("0.10.0-rc.1")).unwrap().as_deref(), Some(expected), "{requirement}");
        }
        assert_eq!(upgrade("0.10.0-rc.1", &v("0.10.0")).unwrap().as_deref(), Some("0.10.0"));
    }

    #[test]
    fn the_final_version_makes_no_difference_of_a_candidate() {
        for first in ["1.0", "1", "1.0.2", "=1.0.2", "~1.0", ">=0", ">= 1.0 , < 1.1", "*", "1.0.*", "^1.0"] {
            let (candidate, version) = (v("1.1.0-rc.1"), v("1.1.0"));
            let direct = upgrade(first, &version).unwrap().unwrap_or(first.to_owned());
            let between = upgrade(first, &candidate).unwrap().unwrap();
            assert!(names_candidate(&between, &version), "{between}");
            let way = |first: &str| upgrade(first, &version);
            assert_eq!(settle(&between, Some(first), &version, way).unwrap(), direct, "{first}");
            // What did not move with the second candidate says the first.
            let again = upgrade(&between, &v("1.1.0-rc.2")).unwrap().unwrap_or(between);
            assert_eq!(settle(&again, Some(first), &version, way).unwrap(), direct, "{first}");
        }
    }

    #[test]
    fn what_is_not_known_of_before_keeps_its_form() {
        for (requirement, first, settled) in [
            ("1.1.0-rc.1", None, "1.1.0"),
            (">= 1.1.0-rc.1 , <2", None, ">= 1.1.0 , <2"),
            ("=1.1.0-rc.1", Some("1.0"), "=1.1.0"),
            ("~1.1.0-rc.1", Some("=1.0.0"), "~1.1.0"),
            ("<1.1.0-rc.1", None, "<1.2.0"),
            (">1.0.0-rc.1, <=1.1.0-rc.1", None, ">1.0.0-rc.1, <=1.1.0"),
            ("= 1.1.0-rc.1+dev.1 , <2", None, "= 1.1.0 , <2"),
        ] {
            let way = |first: &str| upgrade(first, &v("1.1.0"));
            assert_eq!(settle(requirement, first, &v("1.1.0"), way).unwrap(), settled, "{requirement}");
        }
        for other in ["1.1", "1.0.0-rc.1", "2.1.0-rc.1", "not one"] {
            assert!(!names_candidate(other, &v("1.1.0")), "{other}");
        }
        assert!(!names_candidate("1.1.0-rc.1", &v("1.1.0-rc.2")));
    }

    #[test]
    fn what_cannot_follow_is_reported() {
        let excluded = upgrade(">0.9", &v("0.9.4")).unwrap_err().to_string();
        assert!(excluded.starts_with("`>0.9` excludes what it names") && excluded.ends_with("by hand"), "{excluded}");
        assert!(upgrade("not one", &v("0.9.4")).is_err());
    }

    proptest! {
        #[test]
        fn the_result_accepts_and_is_a_fixpoint(
            op in prop::sample::select(vec!["", "^", "~", "=", ">=", "<", "<=", "= ", ">= "]),
            old in (0..3u64, 0..4u64, 0..4u64), width in 1..4usize,
            new in (0..3u64, 0..4u64, 0..4u64), pre in prop::option::of(1..3u64),
        ) {
            let digits = [old.0, old.1, old.2].map(|n| n.to_string())[..width].join(".");
            let requirement = format!("{op}{digits}");
            let version = v(&format!("{}.{}.{}{}", new.0, new.1, new.2, pre.map(|n| format!("-rc.{n}")).unwrap_or_default()));
            if let Ok(upgraded) = upgrade(&requirement, &version) {
                let text = upgraded.unwrap_or(requirement);
                prop_assert!(accepts(&text, &version).unwrap());
                prop_assert_eq!(upgrade(&text, &version).unwrap(), None);
                prop_assert!(text.starts_with(op));
            }
        }
    }
}
